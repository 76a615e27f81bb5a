import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Members, their identifiers and links, wallets; and who may see a wallet's accounts in the ledger. */
export class Members1790000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(GRANTS);
    await runner.query(POLICIES);
    await runner.query(RESOLVE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP POLICY holder_reads ON account; DROP POLICY holder_reads ON lot; DROP POLICY holder_reads ON arrears;
      DROP POLICY member_reads ON transfer; DROP POLICY member_reads ON hold;
      DROP FUNCTION find_member_by_identifier(text, bytea);
      DROP TABLE wallet, brand_link, member_identifier, member_personal_data, member CASCADE;
    `);
  }
}

const TABLES = `
CREATE TABLE member (
  id uuid PRIMARY KEY,
  enrolled_by_brand_id uuid NOT NULL REFERENCES brand (id),
  enrolled_at timestamptz NOT NULL,
  jurisdiction char(2),
  status text NOT NULL DEFAULT 'ACTIVE' CONSTRAINT member_status CHECK (status IN ('ACTIVE', 'CLOSED'))
);
-- All personal data in one place; nothing else in the database holds any.
CREATE TABLE member_personal_data (
  member_id uuid PRIMARY KEY REFERENCES member (id),
  given_name text, family_name text, email text, phone text, birth_date date, language text,
  updated_at timestamptz NOT NULL
);
-- Card, QR, phone ...: only a keyed hash is kept.
CREATE TABLE member_identifier (
  id uuid PRIMARY KEY,
  member_id uuid NOT NULL REFERENCES member (id),
  kind text NOT NULL CONSTRAINT member_identifier_kind CHECK (kind IN ('CARD', 'QR', 'PHONE', 'EMAIL', 'WALLET_PASS', 'LOGIN')),
  hash bytea NOT NULL CONSTRAINT member_identifier_hash_length CHECK (octet_length(hash) = 32),
  added_by_brand_id uuid,
  added_at timestamptz NOT NULL,
  removed_at timestamptz
);
CREATE UNIQUE INDEX member_identifier_one_owner ON member_identifier (kind, hash) WHERE removed_at IS NULL;
CREATE INDEX member_identifier_member ON member_identifier (member_id);
-- A brand knows this member: by its own customer id (keyed hash), by enrolment, or because an identifier was presented at its till.
CREATE TABLE brand_link (
  id uuid PRIMARY KEY,
  brand_id uuid NOT NULL REFERENCES brand (id),
  member_id uuid NOT NULL REFERENCES member (id),
  customer_hash bytea CONSTRAINT brand_link_hash_length CHECK (octet_length(customer_hash) = 32),
  source text NOT NULL CONSTRAINT brand_link_source CHECK (source IN ('ENROLLED', 'LINKED', 'PRESENTED')),
  linked_at timestamptz NOT NULL,
  unlinked_at timestamptz
);
CREATE UNIQUE INDEX brand_link_once ON brand_link (brand_id, member_id) WHERE unlinked_at IS NULL;
CREATE UNIQUE INDEX brand_link_customer_once ON brand_link (brand_id, customer_hash) WHERE unlinked_at IS NULL AND customer_hash IS NOT NULL;
CREATE INDEX brand_link_member ON brand_link (member_id);
-- Its accounts are in the ledger, one a currency, with owner_id = wallet.id.
CREATE TABLE wallet (
  id uuid PRIMARY KEY,
  member_id uuid NOT NULL REFERENCES member (id),
  opened_at timestamptz NOT NULL,
  -- A spend lock: earns go on, burns are refused. The ledger's accounts carry it too (account.spend_locked), since they decide.
  locked_at timestamptz,
  lock_reason text CONSTRAINT wallet_lock_reason CHECK (length(lock_reason) <= 500),
  CONSTRAINT wallet_one_a_member UNIQUE (member_id),
  CONSTRAINT wallet_lock CHECK (lock_reason IS NULL OR locked_at IS NOT NULL)
);
`;

const GRANTS = `
GRANT SELECT, INSERT ON member, member_personal_data, member_identifier, brand_link, wallet TO tessera_app;
GRANT UPDATE (status) ON member TO tessera_app;
GRANT UPDATE (given_name, family_name, email, phone, birth_date, language, updated_at) ON member_personal_data TO tessera_app;
GRANT UPDATE (removed_at) ON member_identifier TO tessera_app;
GRANT UPDATE (unlinked_at, customer_hash, source) ON brand_link TO tessera_app;
GRANT UPDATE (locked_at, lock_reason) ON wallet TO tessera_app;
`;

const POLICIES = `
ALTER TABLE member ENABLE ROW LEVEL SECURITY; ALTER TABLE member FORCE ROW LEVEL SECURITY;
ALTER TABLE member_personal_data ENABLE ROW LEVEL SECURITY; ALTER TABLE member_personal_data FORCE ROW LEVEL SECURITY;
ALTER TABLE member_identifier ENABLE ROW LEVEL SECURITY; ALTER TABLE member_identifier FORCE ROW LEVEL SECURITY;
ALTER TABLE brand_link ENABLE ROW LEVEL SECURITY; ALTER TABLE brand_link FORCE ROW LEVEL SECURITY;
ALTER TABLE wallet ENABLE ROW LEVEL SECURITY; ALTER TABLE wallet FORCE ROW LEVEL SECURITY;

CREATE POLICY coalition_all ON brand_link TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker')) WITH CHECK ((SELECT current_principal()) = 'operator');
CREATE POLICY own_brand ON brand_link TO tessera_app
  USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()))
  WITH CHECK ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()));
CREATE POLICY own_member ON brand_link TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()))
  WITH CHECK ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()));

CREATE POLICY coalition_all ON member TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker')) WITH CHECK ((SELECT current_principal()) = 'operator');
CREATE POLICY own_member ON member TO tessera_app USING ((SELECT current_principal()) = 'member' AND id = (SELECT current_member()));
CREATE POLICY linked_brand ON member FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND
  EXISTS (SELECT FROM brand_link l WHERE l.member_id = member.id AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL));
CREATE POLICY enrolling_brand ON member FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'brand' AND enrolled_by_brand_id = (SELECT current_brand()));

-- A brand may write what the member tells it at enrolment, and reads none of it back: reading is for privacy to decide.
CREATE POLICY own_member ON member_personal_data TO tessera_app USING ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()));
CREATE POLICY operator_reads ON member_personal_data FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'operator');
CREATE POLICY enrolling_brand ON member_personal_data FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'operator' OR ((SELECT current_principal()) = 'brand' AND
  EXISTS (SELECT FROM brand_link l WHERE l.member_id = member_personal_data.member_id AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL)));

CREATE POLICY coalition_all ON member_identifier TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker')) WITH CHECK ((SELECT current_principal()) = 'operator');
CREATE POLICY own_member ON member_identifier TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()))
  WITH CHECK ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()));
CREATE POLICY linked_brand ON member_identifier TO tessera_app
  USING ((SELECT current_principal()) = 'brand' AND added_by_brand_id = (SELECT current_brand()) AND
    EXISTS (SELECT FROM brand_link l WHERE l.member_id = member_identifier.member_id AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL))
  WITH CHECK ((SELECT current_principal()) = 'brand' AND added_by_brand_id = (SELECT current_brand()) AND
    EXISTS (SELECT FROM brand_link l WHERE l.member_id = member_identifier.member_id AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL));

-- A wallet is visible to whoever may see its member, its accounts to whoever may see the wallet, its lots to whoever may see the account.
CREATE POLICY with_member ON wallet TO tessera_app
  USING (EXISTS (SELECT FROM member m WHERE m.id = member_id)) WITH CHECK (EXISTS (SELECT FROM member m WHERE m.id = member_id));
CREATE POLICY holder_reads ON account FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) IN ('brand', 'member') AND kind = 'WALLET' AND EXISTS (SELECT FROM wallet w WHERE w.id = owner_id));
CREATE POLICY holder_reads ON lot FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) IN ('brand', 'member') AND EXISTS (SELECT FROM account a WHERE a.id = account_id));
-- A brand sees the arrears that its own clawbacks left (party_reads), not those of others.
CREATE POLICY holder_reads ON arrears FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND EXISTS (SELECT FROM account a WHERE a.id = account_id));
-- A member sees every movement of the own wallet; a brand only what it asked for itself (party_reads).
CREATE POLICY member_reads ON transfer FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND EXISTS (SELECT FROM account a WHERE a.id IN (debit_account, credit_account)));
CREATE POLICY member_reads ON hold FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND EXISTS (SELECT FROM account a WHERE a.id = account_id));
`;

// A presented card is found whoever enrolled it: by its exact hash only, so nothing can be listed.
// pg_temp last: unnamed it is searched first, and a temporary table of the caller's would be read with the owner's rights.
const RESOLVE = `
CREATE POLICY owner_resolves ON member_identifier FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_resolves ON member FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION find_member_by_identifier(identifier_kind text, identifier_hash bytea) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT i.member_id FROM member_identifier i JOIN member m ON m.id = i.member_id
  WHERE i.kind = identifier_kind AND i.hash = identifier_hash AND i.removed_at IS NULL AND m.status = 'ACTIVE' $$;
REVOKE ALL ON FUNCTION find_member_by_identifier(text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_member_by_identifier(text, bytea) TO tessera_app;
`;
