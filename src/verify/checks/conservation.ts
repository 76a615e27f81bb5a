import type { Check } from '../finding';

/**
 * The identity of each points currency: what was issued, less what was clawed back, is in wallets (active, pending or held, less arrears),
 * was redeemed and not given back, or expired. One side comes from the journal's summed accounts, the other from the wallets' own lots.
 */
export const conservation: Check = {
  name: 'conservation: issued - clawed back = active + pending + held - arrears + redeemed - refunded + expired',
  of: 'points currencies',
  sql: `
    WITH summed AS (
      SELECT t.currency_id,
        sum(t.amount) FILTER (WHERE d.kind = 'ISSUED') AS issued, sum(t.amount) FILTER (WHERE c.kind = 'ISSUED') AS clawed_back,
        sum(t.amount) FILTER (WHERE c.kind = 'REDEEMED') AS redeemed, sum(t.amount) FILTER (WHERE d.kind = 'REDEEMED') AS refunded,
        sum(t.amount) FILTER (WHERE c.kind = 'EXPIRED') - coalesce(sum(t.amount) FILTER (WHERE d.kind = 'EXPIRED'), 0) AS expired
      FROM transfer t JOIN account d ON d.id = t.debit_account JOIN account c ON c.id = t.credit_account GROUP BY t.currency_id
    ), in_lots AS (
      SELECT o.currency_id, sum(l.remaining + l.held) AS points FROM lot l JOIN lot_origin o ON o.id = l.origin_id GROUP BY o.currency_id
    ), in_arrears AS (
      SELECT a.currency_id, sum(r.remaining) AS points FROM arrears r JOIN account a ON a.id = r.account_id GROUP BY a.currency_id
    ), sides AS (
      SELECT c.code, coalesce(s.issued, 0) - coalesce(s.clawed_back, 0) AS put_out,
        coalesce(l.points, 0) - coalesce(r.points, 0) + coalesce(s.redeemed, 0) - coalesce(s.refunded, 0) + coalesce(s.expired, 0) AS accounted_for
      FROM currency c LEFT JOIN summed s ON s.currency_id = c.id LEFT JOIN in_lots l ON l.currency_id = c.id LEFT JOIN in_arrears r ON r.currency_id = c.id
      WHERE c.kind = 'POINTS'
    )
    SELECT NULL::bigint AS account_id, 1 AS ordinal, put_out <> accounted_for AS wrong, 'currency ' || code AS what, put_out::text AS expected, accounted_for::text AS found
    FROM sides`,
};
