import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Names of references leave out the blanks around them, and how Unicode writes an accent (docs/decisions/0029). What was booked under another writing
 * keeps the name that it took, and takes the one of today as well: at the same turn if that is free, else beside it.
 */
export class BareReferences1790000000046 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FUNCTIONS);
    for (const table of READ) await runner.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
    await runner.query(NAMED_OTHERWISE);
    for (const table of READ) await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
  }

  /** The names that were taken as well are left: the version before asks for none of them. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION reference_name(uuid, text, text, text), bare_text(text)');
  }
}

/** Owners are bound by row-level security too, where it is forced. */
const READ = ['currency', 'purchase', 'purchase_return', 'redemption', 'claim'];

// What JavaScript's trim() takes away. The name is derivedUuid('reference', brand, kind, currency, reference) of src/ids.ts.
const FUNCTIONS = `
CREATE FUNCTION bare_text(given text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT normalize(btrim(given, E' \\t\\n\\u000b\\f\\r\\u00a0\\u1680\\u2000\\u2001\\u2002\\u2003\\u2004\\u2005\\u2006\\u2007\\u2008\\u2009\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff'), NFC) $$;
COMMENT ON FUNCTION bare_text(text) IS 'What of a name counts, as bareText in src/bare-text.ts has it.';

CREATE FUNCTION reference_name(brand uuid, kind text, currency text, reference text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  bare text := bare_text(reference);
  digest text := encode(sha256(convert_to('9:reference36:' || brand || octet_length(kind) || ':' || kind || octet_length(currency) || ':' || currency
    || octet_length(bare) || ':' || bare, 'UTF8')), 'hex');
BEGIN
  RETURN substr(digest, 1, 12) || '8' || substr(digest, 14, 3) || translate(substr(digest, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab') || substr(digest, 18, 15);
END $$;
COMMENT ON FUNCTION reference_name(uuid, text, text, text) IS 'The name that a reference is claimed by, as referenceName in src/purchases/reference-turns.ts has it.';
REVOKE ALL ON FUNCTION bare_text(text), reference_name(uuid, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bare_text(text), reference_name(uuid, text, text, text) TO tessera_app;
`;

// 2^52 and more: turns of what may repeat.
const NAMED_OTHERWISE = `
CREATE TEMPORARY TABLE named_otherwise ON COMMIT DROP AS
  SELECT reference_name(f.brand_id, f.kind, c.code, f.reference) AS name, k.turn, k.party_id, k.posting_id, k.made_id
  FROM (
    SELECT 'PURCHASE' AS kind, brand_id, currency_id, reference, id FROM purchase
    UNION ALL SELECT 'REDEMPTION', brand_id, currency_id, reference, id FROM redemption
    UNION ALL SELECT 'RETURN', p.brand_id, p.currency_id, r.reference, r.id
      FROM purchase_return r JOIN purchase p ON p.wallet_id = r.wallet_id AND p.id = r.purchase_id) f
  JOIN currency c ON c.id = f.currency_id
  JOIN claim k ON k.made_id = f.id AND k.party_id = f.brand_id
  WHERE bare_text(f.reference) NOT IN (f.reference, '');

INSERT INTO claim (name, turn, party_id, posting_id, made_id)
  SELECT name, CASE WHEN place = 1 AND NOT EXISTS (SELECT FROM claim k WHERE k.name = n.name AND k.turn = n.turn) THEN turn
    ELSE 4503599627370496 + ('x' || right(made_id::text, 12))::bit(48)::bigint END, party_id, posting_id, made_id
  FROM (SELECT *, row_number() OVER (PARTITION BY name, turn ORDER BY made_id) AS place FROM named_otherwise) n
  WHERE NOT EXISTS (SELECT FROM claim k WHERE k.name = n.name AND k.made_id = n.made_id) ON CONFLICT DO NOTHING;
`;
