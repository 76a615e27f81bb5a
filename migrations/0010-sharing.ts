import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Points between people: rules for gifts, what was given, household pools and who is in them. */
export class Sharing1790000000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(GIFTS);
    await runner.query(HOUSEHOLDS);
    await runner.query(GRANTS);
    await runner.query(FUNCTIONS);
    await runner.query(POLICIES);
    await runner.query(CONSENT);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP POLICY household_reads ON account;
      DROP TABLE household_member, household_pool, gift, gift_rule CASCADE;
      ALTER TABLE redemption DROP COLUMN pool_id;
      DROP FUNCTION guard_household_member(); DROP FUNCTION find_recipient(uuid); DROP FUNCTION current_pool(); DROP FUNCTION owned_pool();
      DROP FUNCTION pools_of_wallets(uuid[]); DROP FUNCTION pool_contributors(uuid); DROP FUNCTION pool_spenders(uuid[]);
      DROP POLICY owner_resolves ON wallet; DROP POLICY owner_resolves ON account; DROP POLICY owner_resolves ON redemption;
    `);
  }
}

const GIFTS = `
-- The coalition's rule for gifts of a currency. Versions, never edited: the latest with effective_from <= occurredAt is in force. None: no gifts.
CREATE TABLE gift_rule (
  id uuid PRIMARY KEY,
  currency_id smallint NOT NULL REFERENCES point_currency (id),
  version int NOT NULL,
  minimum bigint NOT NULL CONSTRAINT gift_rule_minimum CHECK (minimum >= 1),
  step bigint NOT NULL CONSTRAINT gift_rule_step CHECK (step >= 1),
  -- Most points that a member gives on one day of the currency's time zone; NULL: no limit.
  daily_maximum bigint CONSTRAINT gift_rule_daily_maximum CHECK (daily_maximum >= minimum),
  effective_from timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT gift_rule_unique UNIQUE (currency_id, version),
  CONSTRAINT gift_rule_one_start UNIQUE (currency_id, effective_from)
);
CREATE TRIGGER gift_rule_version AFTER INSERT OR UPDATE OR DELETE ON gift_rule FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();

-- One row a gift; id is the transfer's. wallet_id and member_id are the giver's.
CREATE TABLE gift (
  id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  member_id uuid NOT NULL,
  to_wallet_id uuid NOT NULL,
  to_member_id uuid NOT NULL,
  -- The brand that asked for the member; NULL: the member asked.
  brand_id uuid,
  posting_id uuid NOT NULL,
  currency_id smallint NOT NULL,
  points bigint NOT NULL CONSTRAINT gift_points_positive CHECK (points > 0),
  rule_id uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (wallet_id, id),
  CONSTRAINT gift_two_wallets CHECK (wallet_id <> to_wallet_id)
);
CREATE INDEX gift_recipient ON gift (to_wallet_id);
CREATE TRIGGER gift_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gift FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
`;

const HOUSEHOLDS = `
-- Owner of the ledger's POOL accounts, one a currency.
CREATE TABLE household_pool (
  id uuid PRIMARY KEY,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz
);
-- An invitation, then a membership, then its end: one row, kept.
CREATE TABLE household_member (
  id uuid NOT NULL,
  wallet_id uuid NOT NULL REFERENCES wallet (id),
  pool_id uuid NOT NULL REFERENCES household_pool (id),
  member_id uuid NOT NULL REFERENCES member (id),
  role text NOT NULL CONSTRAINT household_member_role CHECK (role IN ('OWNER', 'ADULT', 'CHILD')),
  -- The part of what the member earns that goes into the pool.
  share_numerator bigint NOT NULL DEFAULT 0,
  share_denominator bigint NOT NULL DEFAULT 1,
  invited_at timestamptz NOT NULL,
  -- An invitation can be accepted before this instant.
  invitation_ends_at timestamptz NOT NULL,
  joined_at timestamptz,
  ended_at timestamptz,
  end_reason text CONSTRAINT household_member_end_reason CHECK (end_reason IN ('LEFT', 'REMOVED', 'DECLINED', 'WITHDRAWN', 'LAPSED', 'CLOSED')),
  PRIMARY KEY (wallet_id, id),
  CONSTRAINT household_member_share CHECK (share_numerator BETWEEN 0 AND share_denominator AND share_denominator BETWEEN 1 AND 1000000),
  CONSTRAINT household_member_end CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
  -- Checked when a statement ends, so that one hands ownership over.
  CONSTRAINT household_member_one_owner EXCLUDE USING btree (pool_id WITH =) WHERE (role = 'OWNER' AND ended_at IS NULL) DEFERRABLE INITIALLY IMMEDIATE
);
CREATE UNIQUE INDEX household_member_id ON household_member (id);
CREATE INDEX household_member_pool ON household_member (pool_id);
CREATE UNIQUE INDEX household_member_one_pool ON household_member (member_id) WHERE joined_at IS NOT NULL AND ended_at IS NULL;
CREATE UNIQUE INDEX household_member_once ON household_member (pool_id, member_id) WHERE ended_at IS NULL;

-- The household pool whose points these were; NULL: the member's own. account_id is the pool's then, wallet_id and member_id who spent.
ALTER TABLE redemption ADD COLUMN pool_id uuid;
`;

// Policies cannot say who may change what of a row: joining and the own share are the member's, the role is the owner's, an end is final.
// STABLE: while ownership is handed over, both rows are judged by who owned the pool before.
const CONSENT = `
CREATE FUNCTION guard_household_member() RETURNS trigger LANGUAGE plpgsql STABLE AS $$ BEGIN
  IF OLD.ended_at IS NOT NULL
    OR (OLD.joined_at IS DISTINCT FROM NEW.joined_at AND (OLD.joined_at IS NOT NULL OR NEW.member_id IS DISTINCT FROM current_member()))
    OR ((OLD.share_numerator, OLD.share_denominator) IS DISTINCT FROM (NEW.share_numerator, NEW.share_denominator) AND NEW.member_id IS DISTINCT FROM current_member())
    OR (OLD.role <> NEW.role AND NEW.pool_id IS DISTINCT FROM owned_pool())
  THEN RAISE EXCEPTION 'a household member is not changed like this' USING ERRCODE = 'restrict_violation'; END IF;
  RETURN NEW; END $$;
CREATE TRIGGER household_member_consent BEFORE UPDATE ON household_member FOR EACH ROW EXECUTE FUNCTION guard_household_member();
`;

const GRANTS = `
GRANT SELECT, INSERT ON gift_rule TO tessera_app;
GRANT SELECT ON gift TO tessera_app;
GRANT SELECT, INSERT ON gift TO tessera_kernel;
GRANT SELECT, INSERT ON household_pool, household_member TO tessera_app;
GRANT UPDATE (closed_at) ON household_pool TO tessera_app;
GRANT UPDATE (role, share_numerator, share_denominator, joined_at, ended_at, end_reason) ON household_member TO tessera_app;
`;

// Each answers about what is named exactly, or about the asking member's own household: nothing can be listed. pg_temp last: see the members migration.
const FUNCTIONS = `
CREATE POLICY owner_resolves ON wallet FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_resolves ON account FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_resolves ON redemption FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_resolves ON household_member FOR SELECT TO CURRENT_USER USING (true);

-- The wallet of a member to whom somebody gives points, or whom somebody invites.
CREATE FUNCTION find_recipient(asked uuid) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT w.id FROM wallet w JOIN member m ON m.id = w.member_id WHERE m.id = asked AND m.status = 'ACTIVE' $$;

-- The pool that the asking member is in, and the one that the asking member owns.
CREATE FUNCTION current_pool() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT pool_id FROM household_member WHERE current_principal() = 'member' AND member_id = current_member() AND joined_at IS NOT NULL AND ended_at IS NULL $$;
CREATE FUNCTION owned_pool() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT pool_id FROM household_member
  WHERE current_principal() = 'member' AND member_id = current_member() AND joined_at IS NOT NULL AND ended_at IS NULL AND role = 'OWNER' $$;

-- What a purchase of these wallets' members puts into their pool, and whether they may spend from it.
CREATE FUNCTION pools_of_wallets(asked uuid[]) RETURNS TABLE (wallet_id uuid, pool_id uuid, role text, share_numerator bigint, share_denominator bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT wallet_id, pool_id, role, share_numerator, share_denominator FROM household_member
  WHERE wallet_id = ANY (asked) AND joined_at IS NOT NULL AND ended_at IS NULL $$;

-- The accounts of everybody who is or was in a pool, and the pool's of the same currency; a former member sees the own ones.
CREATE FUNCTION pool_contributors(asked uuid) RETURNS TABLE (pool_account bigint, currency_id smallint, wallet_account bigint, wallet_id uuid, member_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT p.id, p.currency_id, w.id, h.wallet_id, h.member_id
  FROM household_member h JOIN account w ON w.owner_id = h.wallet_id AND w.kind = 'WALLET'
  JOIN account p ON p.owner_id = h.pool_id AND p.kind = 'POOL' AND p.currency_id = w.currency_id
  WHERE h.pool_id = asked AND h.joined_at IS NOT NULL AND (
    current_principal() IN ('operator', 'worker') OR (current_principal() = 'member' AND (asked = current_pool() OR h.member_id = current_member()))) $$;

-- Who of the household spent: not where, nor for what.
CREATE FUNCTION pool_spenders(asked uuid[]) RETURNS TABLE (redemption_id uuid, member_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.id, r.member_id FROM redemption r WHERE r.id = ANY (asked) AND (
    (current_principal() IN ('operator', 'worker') AND r.pool_id IS NOT NULL) OR r.pool_id = current_pool()) $$;

REVOKE ALL ON FUNCTION find_recipient(uuid), current_pool(), owned_pool(), pools_of_wallets(uuid[]), pool_contributors(uuid), pool_spenders(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_recipient(uuid), current_pool(), owned_pool(), pools_of_wallets(uuid[]), pool_contributors(uuid), pool_spenders(uuid[]) TO tessera_app;
`;

const POLICIES = `
ALTER TABLE gift_rule ENABLE ROW LEVEL SECURITY; ALTER TABLE gift_rule FORCE ROW LEVEL SECURITY;
ALTER TABLE gift ENABLE ROW LEVEL SECURITY; ALTER TABLE gift FORCE ROW LEVEL SECURITY;
ALTER TABLE household_pool ENABLE ROW LEVEL SECURITY; ALTER TABLE household_pool FORCE ROW LEVEL SECURITY;
ALTER TABLE household_member ENABLE ROW LEVEL SECURITY; ALTER TABLE household_member FORCE ROW LEVEL SECURITY;

CREATE POLICY directory ON gift_rule FOR SELECT TO tessera_app USING ((SELECT current_principal()) <> 'nobody');
CREATE POLICY operator_writes ON gift_rule FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'operator');

CREATE POLICY kernel_all ON gift TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY coalition_reads ON gift FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY own_brand ON gift FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()));
CREATE POLICY own_member ON gift FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND (SELECT current_member()) IN (member_id, to_member_id));

CREATE POLICY coalition_reads ON household_pool FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY household_reads ON household_pool FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'member' AND id = (SELECT current_pool()));
CREATE POLICY member_opens ON household_pool FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'member' AND closed_at IS NULL);
CREATE POLICY owner_closes ON household_pool FOR UPDATE TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND id = (SELECT owned_pool())) WITH CHECK ((SELECT current_principal()) = 'member' AND id = (SELECT owned_pool()));

-- A member sees the own invitations and memberships, and who else is in the pool; writes the own ones, and as owner those of the pool.
CREATE POLICY coalition_reads ON household_member FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY household_reads ON household_member FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND (member_id = (SELECT current_member()) OR pool_id = (SELECT current_pool())));
-- Into somebody's pool a member comes by being invited: only a pool without an owner takes a new one.
CREATE POLICY member_opens ON household_member FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'member' AND (
  (member_id = (SELECT current_member()) AND role = 'OWNER') OR (pool_id = (SELECT owned_pool()) AND joined_at IS NULL)));
CREATE POLICY member_changes ON household_member FOR UPDATE TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND (member_id = (SELECT current_member()) OR pool_id = (SELECT owned_pool())))
  WITH CHECK ((SELECT current_principal()) = 'member' AND (member_id = (SELECT current_member()) OR pool_id = (SELECT owned_pool())));

-- A member who is closed or merged leaves.
CREATE POLICY operator_ends ON household_member FOR UPDATE TO tessera_app
  USING ((SELECT current_principal()) = 'operator') WITH CHECK ((SELECT current_principal()) = 'operator' AND ended_at IS NOT NULL);

-- Its lots, transfers, holds and arrears follow the account: see the members migration. A brand sees no pool.
CREATE POLICY household_reads ON account FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND kind = 'POOL' AND owner_id = (SELECT current_pool()));
`;
