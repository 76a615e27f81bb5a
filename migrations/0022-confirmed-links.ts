import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a brand's word about a member is worth: links are confirmed or not, and till codes confirm them (docs/decisions/0024). */
export class ConfirmedLinks1790000000022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LINKS);
    await runner.query(TILL_CODES);
    await runner.query(READERS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP POLICY holder_reads ON account;
      CREATE POLICY holder_reads ON account FOR SELECT TO tessera_app
        USING ((SELECT current_principal()) IN ('brand', 'member') AND kind = 'WALLET' AND EXISTS (SELECT FROM wallet w WHERE w.id = owner_id));
      DROP POLICY holder_reads ON expiry_notice;
      CREATE POLICY holder_reads ON expiry_notice FOR SELECT TO tessera_app
        USING (((SELECT current_principal()) = 'member' OR ((SELECT current_principal()) = 'brand' AND contributor_id = 0)) AND EXISTS (SELECT FROM wallet w WHERE w.id = wallet_id));
      DROP FUNCTION wallet_of_account(bigint);
      DROP FUNCTION wallet_accounts(uuid);
      DROP FUNCTION meet_by_till_code(bytea, uuid, timestamptz);
      DROP FUNCTION use_till_code(bytea, uuid, timestamptz);
      DROP TRIGGER brand_link_confirmation ON brand_link;
      DROP FUNCTION guard_confirmation();
      DROP TABLE till_code;
      ALTER TABLE brand_link DROP COLUMN confirmed_at, DROP COLUMN confirmed_by;
    `);
  }
}

const LINKS = `
ALTER TABLE brand_link ADD COLUMN confirmed_at timestamptz, ADD COLUMN confirmed_by text,
  ADD CONSTRAINT brand_link_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
  ADD CONSTRAINT brand_link_confirmed_by CHECK (confirmed_by IN ('ENROLMENT', 'LOGIN', 'TILL_CODE'));
GRANT UPDATE (confirmed_at, confirmed_by) ON brand_link TO tessera_app;
-- Links of today: only who enrolled the member has proof of it. What was linked by a number may have been linked by a stranger's phone number.
ALTER TABLE brand_link NO FORCE ROW LEVEL SECURITY;
UPDATE brand_link l SET confirmed_at = l.linked_at, confirmed_by = 'ENROLMENT'
  WHERE l.unlinked_at IS NULL AND (l.source = 'ENROLLED' OR l.enrolled_content IS NOT NULL OR EXISTS (
    SELECT FROM member m WHERE m.enrolled_by_brand_id = l.brand_id AND (m.id = l.member_id OR m.merged_into = l.member_id)));
ALTER TABLE brand_link FORCE ROW LEVEL SECURITY;
`;

const TILL_CODES = `
-- A code that a member's own login makes and shows at a till: one a member at a time. Only a keyed hash is kept.
CREATE TABLE till_code (
  member_id uuid PRIMARY KEY REFERENCES member (id),
  hash bytea NOT NULL CONSTRAINT till_code_hash_length CHECK (octet_length(hash) = 32),
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  used_by_brand_id uuid REFERENCES brand (id),
  -- The request that it was used for: its repetition finds the member again.
  used_for uuid,
  CONSTRAINT till_code_used CHECK ((used_at IS NULL) = (used_by_brand_id IS NULL) AND (used_at IS NULL) = (used_for IS NULL))
);
CREATE UNIQUE INDEX till_code_hash_once ON till_code (hash);
ALTER TABLE till_code ENABLE ROW LEVEL SECURITY; ALTER TABLE till_code FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (hash, made_at, expires_at, used_at, used_by_brand_id, used_for) ON till_code TO tessera_app;
CREATE POLICY own_member ON till_code TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()))
  WITH CHECK ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()));
CREATE POLICY owner_resolves ON till_code TO CURRENT_USER USING (true) WITH CHECK (true);

-- A brand cannot confirm its own links: whoever writes the row, the proof is asked for.
CREATE FUNCTION guard_confirmation() RETURNS trigger LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
  IF NEW.confirmed_by IS NULL OR (TG_OP = 'UPDATE' AND (NEW.confirmed_by, NEW.confirmed_at) IS NOT DISTINCT FROM (OLD.confirmed_by, OLD.confirmed_at)) THEN RETURN NEW; END IF;
  -- Nobody: the database's owner, by hand.
  IF current_principal() IN ('operator', 'nobody')
    OR (NEW.confirmed_by = 'LOGIN' AND current_principal() = 'member')
    OR (NEW.confirmed_by = 'ENROLMENT' AND EXISTS (SELECT FROM member m WHERE m.id = NEW.member_id AND m.enrolled_by_brand_id = NEW.brand_id))
    OR (NEW.confirmed_by = 'TILL_CODE' AND EXISTS (
      SELECT FROM till_code c WHERE c.member_id = NEW.member_id AND c.used_by_brand_id = NEW.brand_id AND c.used_at <= NEW.confirmed_at))
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'a link is confirmed by enrolment, by the member''s login or by a till code' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER brand_link_confirmation BEFORE INSERT OR UPDATE OF confirmed_by, confirmed_at ON brand_link FOR EACH ROW EXECUTE FUNCTION guard_confirmation();

-- Takes a code for a brand's request, once. Without a request it is only looked at.
CREATE FUNCTION use_till_code(code_hash bytea, request uuid, at timestamptz) RETURNS uuid
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE brand uuid := current_brand(); holder uuid;
BEGIN
  IF current_principal() <> 'brand' OR brand IS NULL THEN RETURN NULL; END IF;
  SELECT c.member_id INTO holder FROM till_code c JOIN member m ON m.id = c.member_id
  WHERE c.hash = code_hash AND m.status = 'ACTIVE' AND ((c.used_at IS NULL AND c.expires_at > at) OR (c.used_by_brand_id = brand AND c.used_for = request));
  IF holder IS NULL OR request IS NULL THEN RETURN holder; END IF;
  UPDATE till_code SET used_at = at, used_by_brand_id = brand, used_for = request WHERE member_id = holder AND hash = code_hash AND used_at IS NULL;
  IF NOT FOUND THEN
    RETURN (SELECT c.member_id FROM till_code c WHERE c.hash = code_hash AND c.used_by_brand_id = brand AND c.used_for = request);
  END IF;
  RETURN holder;
END $$;
COMMENT ON FUNCTION use_till_code(bytea, uuid, timestamptz) IS 'The member who made this code, if the brand may use it for this request.';
REVOKE ALL ON FUNCTION use_till_code(bytea, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION use_till_code(bytea, uuid, timestamptz) TO tessera_app;
-- The same, and the brand's link with the member is confirmed from then on; with the caller's own rights.
CREATE FUNCTION meet_by_till_code(code_hash bytea, request uuid, at timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE holder uuid := use_till_code(code_hash, request, at);
BEGIN
  IF holder IS NULL OR request IS NULL THEN RETURN holder; END IF;
  INSERT INTO brand_link (id, brand_id, member_id, source, linked_at, confirmed_at, confirmed_by)
    VALUES (gen_random_uuid(), current_brand(), holder, 'PRESENTED', at, at, 'TILL_CODE')
    ON CONFLICT (brand_id, member_id) WHERE unlinked_at IS NULL DO UPDATE
      SET confirmed_at = EXCLUDED.confirmed_at, confirmed_by = EXCLUDED.confirmed_by WHERE brand_link.confirmed_at IS NULL;
  RETURN holder;
END $$;
`;

const READERS = `
-- What a wallet holds, a brand sees over a confirmed link only: its account, and with it its lots; notices of what expires.
DROP POLICY holder_reads ON account;
CREATE POLICY holder_reads ON account FOR SELECT TO tessera_app USING (kind = 'WALLET' AND (
  ((SELECT current_principal()) = 'member' AND EXISTS (SELECT FROM wallet w WHERE w.id = owner_id))
  OR ((SELECT current_principal()) = 'brand' AND EXISTS (SELECT FROM wallet w JOIN brand_link l ON l.member_id = w.member_id
    WHERE w.id = owner_id AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL))));
DROP POLICY holder_reads ON expiry_notice;
CREATE POLICY holder_reads ON expiry_notice FOR SELECT TO tessera_app USING (
  ((SELECT current_principal()) = 'member' AND EXISTS (SELECT FROM wallet w WHERE w.id = wallet_id))
  OR ((SELECT current_principal()) = 'brand' AND contributor_id = 0 AND EXISTS (SELECT FROM wallet w JOIN brand_link l ON l.member_id = w.member_id
    WHERE w.id = wallet_id AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL)));
-- Which accounts a wallet has, and whose an account is, whoever asks: a brand finds what it has booked itself by them, whatever its link. No balances.
CREATE FUNCTION wallet_accounts(asked uuid) RETURNS TABLE (id bigint, currency_id smallint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.id, a.currency_id FROM account a WHERE a.owner_id = asked AND a.kind = 'WALLET' $$;
REVOKE ALL ON FUNCTION wallet_accounts(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wallet_accounts(uuid) TO tessera_app;
CREATE FUNCTION wallet_of_account(account_id bigint) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.owner_id FROM account a WHERE a.id = account_id AND a.kind = 'WALLET' $$;
REVOKE ALL ON FUNCTION wallet_of_account(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wallet_of_account(bigint) TO tessera_app;
`;
