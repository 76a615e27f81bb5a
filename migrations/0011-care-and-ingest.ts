import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Opening balances and what they cost, goodwill and merges that a second person decides, closed members, and imports of files. */
export class CareAndIngest1790000000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PRICES);
    await runner.query(MEMBERS);
    await runner.query(PROPOSALS);
    await runner.query(IMPORTS);
    await runner.query(GRANTS);
    await runner.query(POLICIES);
    await runner.query(SURVIVORS);
  }

  /** Refused by the database where a row already says what could not be said before. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION surviving_account(bigint); DROP FUNCTION surviving_member(uuid);
      DROP TABLE file_import_reference, file_import_error, file_import, care_proposal;
      DROP FUNCTION refuse_second_decision();
      DROP INDEX member_merged_into;
      ALTER TABLE member DROP CONSTRAINT member_closed, DROP CONSTRAINT member_merged, DROP COLUMN merged_into, DROP COLUMN closed_at;
      ALTER TABLE obligation DROP CONSTRAINT obligation_kind, DROP CONSTRAINT obligation_supply,
        ADD CONSTRAINT obligation_kind CHECK (kind IN ('ISSUANCE', 'CLAWBACK', 'REIMBURSEMENT', 'REINSTATEMENT', 'ARREARS_FILL', 'FOREIGN_CLAWBACK')),
        ADD CONSTRAINT obligation_supply CHECK (supply_kind IN ('ISSUANCE', 'REIMBURSEMENT'));
      ALTER TABLE terms_version DROP COLUMN opening_price;
    `);
  }
}

const PRICES = `
-- Micro-units of the settlement currency per whole point that comes in from a brand's old programme. NULL: none may.
ALTER TABLE terms_version ADD COLUMN opening_price bigint CONSTRAINT terms_version_opening CHECK (opening_price >= 0);
ALTER TABLE obligation DROP CONSTRAINT obligation_kind, DROP CONSTRAINT obligation_supply,
  ADD CONSTRAINT obligation_kind CHECK (kind IN (
    'ISSUANCE', 'OPENING', 'GOODWILL', 'CLAWBACK', 'REIMBURSEMENT', 'REINSTATEMENT', 'ARREARS_FILL', 'FOREIGN_CLAWBACK', 'CONVERSION')),
  ADD CONSTRAINT obligation_supply CHECK (supply_kind IN ('ISSUANCE', 'REIMBURSEMENT', 'TRANSFER'));
`;

const MEMBERS = `
ALTER TABLE member
  ADD COLUMN closed_at timestamptz,
  -- The member who has this one's points, identifiers and links now; always one who was merged into nobody.
  ADD COLUMN merged_into uuid REFERENCES member (id),
  ADD CONSTRAINT member_closed CHECK (closed_at IS NULL OR status = 'CLOSED'),
  ADD CONSTRAINT member_merged CHECK (merged_into IS NULL OR (status = 'CLOSED' AND merged_into <> id));
CREATE INDEX member_merged_into ON member (merged_into) WHERE merged_into IS NOT NULL;
`;

const PROPOSALS = `
-- What costs somebody points or money and is asked for by one person and decided by another. API clients have no row in staff and can do neither.
CREATE TABLE care_proposal (
  id uuid PRIMARY KEY,
  kind text NOT NULL CONSTRAINT care_proposal_kind CHECK (kind IN ('GOODWILL', 'MERGE')),
  -- For whom it was asked, and whose staff decide: who pays for goodwill, the operator for a merge.
  brand_id uuid NOT NULL REFERENCES brand (id),
  deciding_brand_id uuid NOT NULL REFERENCES brand (id),
  -- Who gets goodwill; the duplicate of a merge.
  member_id uuid NOT NULL REFERENCES member (id),
  survivor_id uuid REFERENCES member (id),
  currency_id smallint REFERENCES point_currency (id),
  points bigint CONSTRAINT care_proposal_points CHECK (points > 0),
  reason text NOT NULL CONSTRAINT care_proposal_reason CHECK (length(reason) BETWEEN 1 AND 500),
  proposed_by uuid NOT NULL REFERENCES staff (id),
  proposed_at timestamptz NOT NULL,
  status text NOT NULL DEFAULT 'PROPOSED' CONSTRAINT care_proposal_status CHECK (status IN ('PROPOSED', 'APPROVED', 'DECLINED')),
  decided_by uuid REFERENCES staff (id),
  decided_at timestamptz,
  decision_reason text CONSTRAINT care_proposal_decision_reason CHECK (length(decision_reason) <= 500),
  CONSTRAINT care_proposal_two_people CHECK (decided_by IS NULL OR decided_by <> proposed_by),
  CONSTRAINT care_proposal_decided CHECK ((status = 'PROPOSED') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
  CONSTRAINT care_proposal_goodwill CHECK ((kind = 'GOODWILL') = (currency_id IS NOT NULL) AND (kind = 'GOODWILL') = (points IS NOT NULL)),
  CONSTRAINT care_proposal_merge CHECK ((kind = 'MERGE') = (survivor_id IS NOT NULL) AND survivor_id <> member_id)
);
CREATE INDEX care_proposal_brand ON care_proposal (brand_id, id);
CREATE INDEX care_proposal_deciding ON care_proposal (deciding_brand_id, id);
CREATE FUNCTION refuse_second_decision() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'a proposal is decided once' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER care_proposal_decided_once BEFORE UPDATE ON care_proposal FOR EACH ROW WHEN (OLD.status <> 'PROPOSED') EXECUTE FUNCTION refuse_second_decision();
`;

const IMPORTS = `
-- A file of a brand that is imported line by line, and how far that has come.
CREATE TABLE file_import (
  id uuid PRIMARY KEY,
  brand_id uuid NOT NULL REFERENCES brand (id),
  kind text NOT NULL CONSTRAINT file_import_kind CHECK (kind IN ('OPENINGS', 'PURCHASES')),
  dry_run boolean NOT NULL,
  file_name text CONSTRAINT file_import_name CHECK (length(file_name) <= 255),
  -- What a line means that names none of its own.
  currency_id smallint NOT NULL REFERENCES point_currency (id),
  started_by text NOT NULL,
  started_at timestamptz NOT NULL,
  -- Moves with every batch.
  updated_at timestamptz NOT NULL,
  finished_at timestamptz,
  -- The last line that is done: a file is imported in its own order, and goes on after it.
  last_line bigint NOT NULL DEFAULT 0,
  entries bigint NOT NULL DEFAULT 0,
  imported bigint NOT NULL DEFAULT 0,
  repeated bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  enrolled bigint NOT NULL DEFAULT 0,
  points bigint NOT NULL DEFAULT 0,
  bytes_done bigint NOT NULL DEFAULT 0,
  bytes_total bigint,
  CONSTRAINT file_import_counts CHECK (imported + repeated + rejected = entries)
);
CREATE INDEX file_import_brand ON file_import (brand_id, id);
-- What was wrong with a line; the first 10,000 of an import.
CREATE TABLE file_import_error (
  import_id uuid NOT NULL REFERENCES file_import (id),
  line bigint NOT NULL,
  brand_id uuid NOT NULL,
  field text CONSTRAINT file_import_error_field CHECK (length(field) <= 100),
  code text NOT NULL,
  message text NOT NULL CONSTRAINT file_import_error_message CHECK (length(message) <= 500),
  PRIMARY KEY (import_id, line)
);
-- Which line brought which reference (a keyed hash), so that the second one is told. Deleted when the import is finished.
CREATE TABLE file_import_reference (
  import_id uuid NOT NULL REFERENCES file_import (id),
  reference uuid NOT NULL,
  line bigint NOT NULL,
  brand_id uuid NOT NULL,
  PRIMARY KEY (import_id, reference)
);
`;

const GRANTS = `
GRANT UPDATE (closed_at, merged_into) ON member TO tessera_app;
GRANT SELECT, INSERT ON care_proposal, file_import, file_import_error, file_import_reference TO tessera_app;
GRANT UPDATE (status, decided_by, decided_at, decision_reason) ON care_proposal TO tessera_app;
GRANT UPDATE (updated_at, finished_at, last_line, entries, imported, repeated, rejected, enrolled, points, bytes_done, bytes_total) ON file_import TO tessera_app;
GRANT DELETE ON file_import_reference TO tessera_app;
`;

const POLICIES = `
ALTER TABLE care_proposal ENABLE ROW LEVEL SECURITY; ALTER TABLE care_proposal FORCE ROW LEVEL SECURITY;
ALTER TABLE file_import ENABLE ROW LEVEL SECURITY; ALTER TABLE file_import FORCE ROW LEVEL SECURITY;
ALTER TABLE file_import_error ENABLE ROW LEVEL SECURITY; ALTER TABLE file_import_error FORCE ROW LEVEL SECURITY;
ALTER TABLE file_import_reference ENABLE ROW LEVEL SECURITY; ALTER TABLE file_import_reference FORCE ROW LEVEL SECURITY;

CREATE POLICY coalition_all ON care_proposal TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker')) WITH CHECK ((SELECT current_principal()) = 'operator');
-- Both sides see it; who asked writes it, who pays decides it.
CREATE POLICY sides_read ON care_proposal FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'brand' AND (SELECT current_brand()) IN (brand_id, deciding_brand_id));
CREATE POLICY own_brand_proposes ON care_proposal FOR INSERT TO tessera_app
  WITH CHECK ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()) AND kind = 'GOODWILL' AND status = 'PROPOSED');
CREATE POLICY own_brand_decides ON care_proposal FOR UPDATE TO tessera_app
  USING ((SELECT current_principal()) = 'brand' AND deciding_brand_id = (SELECT current_brand()) AND kind = 'GOODWILL')
  WITH CHECK ((SELECT current_principal()) = 'brand' AND deciding_brand_id = (SELECT current_brand()) AND kind = 'GOODWILL');

CREATE POLICY coalition_reads ON file_import FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON file_import_error FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON file_import_reference FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY own_brand ON file_import TO tessera_app
  USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()))
  WITH CHECK ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()));
CREATE POLICY own_brand ON file_import_error TO tessera_app
  USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()))
  WITH CHECK ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()) AND EXISTS (SELECT FROM file_import i WHERE i.id = import_id));
CREATE POLICY own_brand ON file_import_reference TO tessera_app
  USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()))
  WITH CHECK ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()) AND EXISTS (SELECT FROM file_import i WHERE i.id = import_id));
`;

// Whoever knew a duplicate, or settles a purchase of it, is led to the survivor; by the exact id only, so nothing can be listed.
const SURVIVORS = `
CREATE FUNCTION surviving_member(member_id uuid) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(m.merged_into, m.id) FROM member m WHERE m.id = member_id $$;
CREATE FUNCTION surviving_account(account_id bigint) RETURNS TABLE (id bigint, closed boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH RECURSIVE chain AS (
    SELECT a.id, a.merged_into, a.closed_at, 1 AS step FROM account a WHERE a.id = account_id
    UNION ALL
    SELECT a.id, a.merged_into, a.closed_at, c.step + 1 FROM chain c JOIN account a ON a.id = c.merged_into WHERE c.step < 1000
  )
  SELECT chain.id, closed_at IS NOT NULL FROM chain WHERE merged_into IS NULL $$;
REVOKE ALL ON FUNCTION surviving_member(uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION surviving_account(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION surviving_member(uuid), surviving_account(bigint) TO tessera_app;
`;
