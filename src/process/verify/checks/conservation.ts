import type { Check } from '../finding';

/**
 * The identity of each points currency. What was put out was issued, brought in as openings, or given as goodwill, less
 * what was clawed back. All of it is in wallets and pools (active, pending or held, less arrears), was redeemed and not
 * given back, has expired, was converted and did not come back, or was kept as fees and remainders. One side comes from
 * the journal's summed accounts, the other from the guarded accounts' own lots.
 */
export const conservation: Check = {
  name: 'conservation: issued + opening + goodwill - clawed back = in lots - arrears + redeemed + expired + converted + fees + remainders',
  of: 'points currencies',
  sql: `
    WITH sides AS (
      SELECT debit_account AS account_id, -amount AS amount FROM transfer WHERE debit_seq IS NULL
      UNION ALL SELECT credit_account, amount FROM transfer WHERE credit_seq IS NULL
    ), summed AS (
      SELECT a.currency_id, -sum(s.amount) FILTER (WHERE a.kind IN ('ISSUED', 'OPENING', 'GOODWILL')) AS put_out,
        sum(s.amount) FILTER (WHERE a.kind IN ('REDEEMED', 'EXPIRED', 'CONVERSION', 'FEE', 'REMAINDER')) AS gone
      FROM sides s JOIN account a ON a.id = s.account_id GROUP BY a.currency_id
    ), in_lots AS (
      SELECT o.currency_id, sum(l.remaining + l.held) AS points FROM lot l JOIN lot_origin o ON o.id = l.origin_id GROUP BY o.currency_id
    ), in_arrears AS (
      SELECT a.currency_id, sum(r.remaining) AS points FROM arrears r JOIN account a ON a.id = r.account_id GROUP BY a.currency_id
    ), compared AS (
      SELECT c.code, coalesce(s.put_out, 0) AS put_out, coalesce(l.points, 0) - coalesce(r.points, 0) + coalesce(s.gone, 0) AS accounted_for
      FROM currency c LEFT JOIN summed s ON s.currency_id = c.id LEFT JOIN in_lots l ON l.currency_id = c.id LEFT JOIN in_arrears r ON r.currency_id = c.id
      WHERE c.kind = 'POINTS'
    )
    SELECT NULL::bigint AS account_id, 1 AS ordinal, put_out <> accounted_for AS wrong, 'currency ' || code AS what, put_out::text AS expected, accounted_for::text AS found
    FROM compared`,
};
