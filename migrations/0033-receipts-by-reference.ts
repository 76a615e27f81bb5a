import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Names that postings take, and what brands say of their references. Each purchase and redemption of before takes its reference's name: the first that
 * stands takes it for good, the others beside it, so that they are found by it. A brand whose references repeat today may go on repeating them.
 */
export class ReceiptsByReference1790000000033 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CLAIMS);
    await runner.query(BRANDS);
    await runner.query(FACTS);
    await runner.query(TAKEN_BEFORE);
    await runner.query(CLOSED_AGAIN);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX purchase_by_time, redemption_by_time;
      ALTER TABLE purchase_return DROP COLUMN reference;
      ALTER TABLE brand DROP COLUMN references_repeat;
      DROP TABLE claim;
    `);
  }
}

const CLAIMS = `
-- At most one accepted posting takes a name at each turn. turn: see src/purchases/reference-turns.ts. made_id: what the posting made.
CREATE TABLE claim (
  name uuid NOT NULL,
  turn bigint NOT NULL CONSTRAINT claim_turn CHECK (turn >= 0),
  party_id uuid NOT NULL,
  posting_id uuid NOT NULL,
  made_id uuid NOT NULL,
  PRIMARY KEY (name, turn)
);
CREATE TRIGGER claim_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON claim TO tessera_kernel;
GRANT SELECT ON claim TO tessera_app;
ALTER TABLE claim ENABLE ROW LEVEL SECURITY;
CREATE POLICY kernel_all ON claim TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY coalition_reads ON claim FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY party_reads ON claim FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND party_id = (SELECT current_brand()));
`;

const BRANDS = `
ALTER TABLE brand ADD COLUMN references_repeat text NOT NULL DEFAULT 'NEVER' CONSTRAINT brand_references_repeat CHECK (references_repeat IN ('NEVER', 'DAILY', 'ANY'));
GRANT UPDATE (references_repeat) ON brand TO tessera_app;
`;

const FACTS = `
ALTER TABLE purchase_return ADD COLUMN reference text;
-- Lists of a brand, newest first.
CREATE INDEX purchase_by_time ON purchase (brand_id, occurred_at, id);
CREATE INDEX redemption_by_time ON redemption (brand_id, occurred_at, id);
`;

// Owners are bound by row-level security too, where it is forced. The name is derivedUuid('reference', brand, kind, currency, reference) of src/ids.ts.
const TAKEN_BEFORE = `
ALTER TABLE brand NO FORCE ROW LEVEL SECURITY;
ALTER TABLE currency NO FORCE ROW LEVEL SECURITY;
ALTER TABLE purchase NO FORCE ROW LEVEL SECURITY;
ALTER TABLE redemption NO FORCE ROW LEVEL SECURITY;
ALTER TABLE hold NO FORCE ROW LEVEL SECURITY;

CREATE FUNCTION pg_temp.derived_uuid(VARIADIC parts text[]) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  WITH digest AS (SELECT substring(sha256(convert_to((SELECT string_agg(octet_length(part) || ':' || part, '' ORDER BY place)
    FROM unnest(parts) WITH ORDINALITY AS p (part, place)), 'UTF8')) FROM 1 FOR 16) AS bytes)
  SELECT encode(set_byte(set_byte(bytes, 6, (get_byte(bytes, 6) & 15) | 128), 8, (get_byte(bytes, 8) & 63) | 128), 'hex')::uuid FROM digest $$;

CREATE TEMPORARY TABLE named_before ON COMMIT DROP AS
  SELECT f.*, pg_temp.derived_uuid('reference', f.brand_id::text, f.kind, c.code, f.reference) AS name,
    row_number() OVER (PARTITION BY f.brand_id, f.kind, f.currency_id, f.reference ORDER BY f.stands DESC, f.recorded_at, f.id) AS place
  FROM (
    SELECT 'PURCHASE' AS kind, brand_id, currency_id, reference, posting_id, id, recorded_at, true AS stands FROM purchase WHERE reference IS NOT NULL
    UNION ALL
    SELECT 'REDEMPTION', r.brand_id, r.currency_id, r.reference, r.posting_id, r.id, r.recorded_at, coalesce(h.state, '') NOT IN ('VOIDED', 'EXPIRED')
    FROM redemption r LEFT JOIN hold h ON r.kind = 'HOLD' AND h.id = r.id WHERE r.reference IS NOT NULL) f
  JOIN currency c ON c.id = f.currency_id;

-- 2^52 and more: turns of what may repeat.
INSERT INTO claim (name, turn, party_id, posting_id, made_id)
  SELECT name, CASE WHEN stands AND place = 1 THEN 0 ELSE 4503599627370496 + ('x' || right(id::text, 12))::bit(48)::bigint END, brand_id, posting_id, id
  FROM named_before ON CONFLICT DO NOTHING;

UPDATE brand SET references_repeat = 'ANY' WHERE id IN (SELECT brand_id FROM named_before WHERE stands AND place > 1);
`;

const CLOSED_AGAIN = `
ALTER TABLE brand FORCE ROW LEVEL SECURITY;
ALTER TABLE currency FORCE ROW LEVEL SECURITY;
ALTER TABLE purchase FORCE ROW LEVEL SECURITY;
ALTER TABLE redemption FORCE ROW LEVEL SECURITY;
ALTER TABLE hold FORCE ROW LEVEL SECURITY;
ALTER TABLE claim FORCE ROW LEVEL SECURITY;
`;
