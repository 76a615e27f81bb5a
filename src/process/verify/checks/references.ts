import type { Check } from '../finding';

/**
 * Each purchase, redemption and return that has a reference against the name that it took, worked out again, and
 * against the turns at which that may be: for good, of its local day, or its own where references repeat
 * (src/programme/postings/reference-turns.ts). And each name against the posting that took it.
 */
export const references: Check = {
  name: 'references against the names that they took',
  of: 'references and names',
  sql: `
    WITH named AS (
      SELECT account_id, posting_id, id, 'PURCHASE' AS kind, brand_id, currency_id, reference, occurred_at FROM purchase WHERE bare_text(reference) <> ''
      UNION ALL SELECT account_id, posting_id, id, 'REDEMPTION', brand_id, currency_id, reference, occurred_at FROM redemption WHERE bare_text(reference) <> ''
      UNION ALL SELECT 0, r.posting_id, r.id, 'RETURN', r.brand_id, p.currency_id, r.reference, r.occurred_at
        FROM purchase_return r JOIN purchase p ON p.wallet_id = r.wallet_id AND p.id = r.purchase_id WHERE bare_text(r.reference) <> ''),
    holding AS (
      SELECT f.*, reference_name(f.brand_id, f.kind, c.code, f.reference) AS name,
        1000 + CASE WHEN day >= -10 THEN day + 10 ELSE 1000000000 - day END * 100::bigint AS of_day, 4503599627370496 + ('x' || right(f.id::text, 12))::bit(48)::bigint AS own
      FROM named f JOIN currency c ON c.id = f.currency_id JOIN point_currency p ON p.id = f.currency_id
        CROSS JOIN LATERAL (SELECT (f.occurred_at AT TIME ZONE p.time_zone)::date - DATE '2000-01-01') d (day))
    SELECT f.account_id, 1 AS ordinal, c.made_id IS NULL AS wrong, 'name of the reference of ' || lower(f.kind) || ' ' || f.id AS what, 'taken' AS expected,
      CASE WHEN c.made_id IS NULL THEN 'not taken' ELSE 'taken' END AS found
    FROM holding f LEFT JOIN claim c ON c.made_id = f.id AND c.posting_id = f.posting_id AND c.name = f.name
      AND (c.turn BETWEEN 0 AND 99 OR c.turn BETWEEN f.of_day AND f.of_day + 99 OR c.turn = f.own)
    UNION ALL
    SELECT 0, 2, p.outcome IS DISTINCT FROM 'ACCEPTED', 'posting of the name ' || c.name, 'ACCEPTED', coalesce(p.outcome, 'none')
    FROM claim c LEFT JOIN posting p ON p.id = c.posting_id AND p.party_id = c.party_id`,
};
