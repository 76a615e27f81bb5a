import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Logins are bound by claim codes, staff accept invitations, members read their own part of the trail, sessions see what their brand sees (docs/decisions/0024). */
export class LoginsByClaim1790000000023 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CLAIMS);
    await runner.query(STAFF);
    await runner.query(TRAIL);
    for (const [table, condition] of Object.entries(SESSIONS))
      await runner.query(
        `CREATE POLICY session_is_brand ON ${table} AS RESTRICTIVE TO tessera_app
           USING ((SELECT current_principal()) <> 'member' OR (SELECT current_brand()) IS NULL OR ${condition})`,
      );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(SESSIONS)) await runner.query(`DROP POLICY session_is_brand ON ${table}`);
    await runner.query(`
      DROP INDEX staff_once; DROP INDEX staff_invited_once;
      DELETE FROM staff WHERE accepted_at IS NULL;
      CREATE UNIQUE INDEX staff_once ON staff (issuer, subject) WHERE removed_at IS NULL;
      DROP POLICY authenticator_accepts ON staff;
      ALTER TABLE staff DROP COLUMN accepted_at;
      DROP TABLE login_claim;
      DROP INDEX member_identifier_one_login;
      ALTER TABLE member_identifier DROP COLUMN second_login;
    `);
  }
}

const CLAIMS = `
-- A code by which a login is bound to a member: single use, a quarter of an hour. Only a keyed hash is kept.
CREATE TABLE login_claim (
  id uuid PRIMARY KEY,
  member_id uuid NOT NULL REFERENCES member (id),
  hash bytea NOT NULL CONSTRAINT login_claim_hash_length CHECK (octet_length(hash) = 32),
  -- The brand that enrolled the member; NULL: the operator's support.
  brand_id uuid REFERENCES brand (id),
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  login_id uuid REFERENCES member_identifier (id),
  CONSTRAINT login_claim_used CHECK ((used_at IS NULL) = (login_id IS NULL))
);
CREATE UNIQUE INDEX login_claim_hash_once ON login_claim (hash);
CREATE INDEX login_claim_member ON login_claim (member_id);
ALTER TABLE login_claim ENABLE ROW LEVEL SECURITY; ALTER TABLE login_claim FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (used_at, login_id) ON login_claim TO tessera_app;
CREATE POLICY operator_all ON login_claim TO tessera_app USING ((SELECT current_principal()) = 'operator') WITH CHECK ((SELECT current_principal()) = 'operator' AND brand_id IS NULL);
CREATE POLICY enrolling_brand ON login_claim FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand())
  AND EXISTS (SELECT FROM member m WHERE m.id = member_id AND m.enrolled_by_brand_id = (SELECT current_brand())));
CREATE POLICY own_member ON login_claim TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()))
  WITH CHECK ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()) AND used_at IS NOT NULL);
CREATE POLICY authenticator_reads ON login_claim FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'authenticator');

-- One login a member. Members with several today keep them, marked, until they are removed.
ALTER TABLE member_identifier ADD COLUMN second_login boolean NOT NULL DEFAULT false;
ALTER TABLE member_identifier NO FORCE ROW LEVEL SECURITY;
UPDATE member_identifier i SET second_login = true
  WHERE i.kind = 'LOGIN' AND i.removed_at IS NULL AND EXISTS (
    SELECT FROM member_identifier first WHERE first.member_id = i.member_id AND first.kind = 'LOGIN' AND first.removed_at IS NULL
      AND (first.added_at, first.id) < (i.added_at, i.id));
ALTER TABLE member_identifier FORCE ROW LEVEL SECURITY;
CREATE UNIQUE INDEX member_identifier_one_login ON member_identifier (member_id) WHERE kind = 'LOGIN' AND removed_at IS NULL AND NOT second_login;
`;

const STAFF = `
-- A login acts for a brand once it has accepted the invitation itself.
ALTER TABLE staff ADD COLUMN accepted_at timestamptz;
ALTER TABLE staff NO FORCE ROW LEVEL SECURITY;
UPDATE staff SET accepted_at = created_at;
ALTER TABLE staff FORCE ROW LEVEL SECURITY;
GRANT UPDATE (accepted_at) ON staff TO tessera_app;
DROP INDEX staff_once;
CREATE UNIQUE INDEX staff_once ON staff (issuer, subject) WHERE removed_at IS NULL AND accepted_at IS NOT NULL;
CREATE UNIQUE INDEX staff_invited_once ON staff (brand_id, issuer, subject) WHERE removed_at IS NULL;
CREATE POLICY authenticator_accepts ON staff FOR UPDATE TO tessera_app
  USING ((SELECT current_principal()) = 'authenticator' AND accepted_at IS NULL AND removed_at IS NULL)
  WITH CHECK ((SELECT current_principal()) = 'authenticator' AND accepted_at IS NOT NULL);
`;

const TRAIL = `
-- A till code that is used is in the trail too.
CREATE OR REPLACE FUNCTION meet_by_till_code(code_hash bytea, request uuid, at timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE holder uuid := use_till_code(code_hash, request, at); link uuid;
BEGIN
  IF holder IS NULL OR request IS NULL THEN RETURN holder; END IF;
  INSERT INTO brand_link (id, brand_id, member_id, source, linked_at, confirmed_at, confirmed_by)
    VALUES (gen_random_uuid(), current_brand(), holder, 'PRESENTED', at, at, 'TILL_CODE')
    ON CONFLICT (brand_id, member_id) WHERE unlinked_at IS NULL DO UPDATE
      SET confirmed_at = EXCLUDED.confirmed_at, confirmed_by = EXCLUDED.confirmed_by WHERE brand_link.confirmed_at IS NULL
    RETURNING id INTO link;
  IF link IS NOT NULL THEN
    INSERT INTO audit_entry (id, at, actor, brand_id, member_id, operation, target_id)
      VALUES (gen_random_uuid(), at, 'brand:' || current_brand(), current_brand(), holder, 'useTillCode', link);
  END IF;
  RETURN holder;
END $$;
`;

/** What a session that a brand minted may see of the member's, table by table: what the brand itself may. */
const ITS_PARTY = 'party_id = (SELECT current_brand())';
const ITS_BRAND = 'brand_id = (SELECT current_brand())';
const SESSIONS: Readonly<Record<string, string>> = {
  member: 'EXISTS (SELECT FROM brand_link l WHERE l.member_id = member.id AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL)',
  account: `kind = 'WALLET' AND EXISTS (SELECT FROM wallet w JOIN brand_link l ON l.member_id = w.member_id
    WHERE w.id = owner_id AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL)`,
  transfer: ITS_PARTY,
  hold: ITS_PARTY,
  arrears: ITS_PARTY,
  posting: ITS_PARTY,
  purchase: ITS_BRAND,
  purchase_line: ITS_BRAND,
  purchase_redemption: ITS_BRAND,
  purchase_return: ITS_BRAND,
  purchase_return_line: ITS_BRAND,
  purchase_award: ITS_BRAND,
  award_resolution: ITS_BRAND,
  redemption: ITS_BRAND,
  conversion: ITS_BRAND,
  conversion_quote: ITS_BRAND,
  gift: ITS_BRAND,
  brand_link: ITS_BRAND,
  audit_entry: ITS_BRAND,
  expiry_notice: `contributor_id = 0 AND EXISTS (SELECT FROM wallet w JOIN brand_link l ON l.member_id = w.member_id
    WHERE w.id = wallet_id AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL)`,
  member_identifier: `added_by_brand_id = (SELECT current_brand()) AND EXISTS (
    SELECT FROM brand_link l WHERE l.member_id = member_identifier.member_id AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL)`,
  member_personal_data: 'false',
  till_code: 'false',
  login_claim: 'false',
  household_member: 'false',
  household_pool: 'false',
};
