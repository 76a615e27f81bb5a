import type { Check } from '../finding';

/**
 * What has ended of each lot against the bookings of its end, less what of those was cancelled. And what of that was
 * taken back, origin by origin, against the transfers that did.
 */
export const expiredLots: Check = {
  name: 'expired lots against expiries and what returns took back of them',
  of: 'expired lots and origins',
  sql: `
    WITH ended AS (
      SELECT a.account_id, a.origin_id, a.expires_on, a.available_on, a.contributor_id, sum(a.amount) AS amount FROM transfer t JOIN allocation a ON a.transfer_id = t.id
      WHERE t.code IN ('EXPIRY', 'CLOSURE', 'EXPIRY_CANCELLATION') GROUP BY a.account_id, a.origin_id, a.expires_on, a.available_on, a.contributor_id
    ), kept AS (SELECT abs(origin_id) AS origin_id, sum(returned) AS returned FROM expired_lot GROUP BY 1),
    taken AS (SELECT origin_id, sum(amount) AS amount FROM transfer WHERE code = 'EXPIRED_CLAWBACK' GROUP BY origin_id)
    SELECT account_id, origin_id AS ordinal, coalesce(e.amount, 0) <> coalesce(l.amount, 0) AS wrong,
      'expired of the lot of origin ' || origin_id || ' that ended ' || expires_on AS what, coalesce(e.amount, 0)::text AS expected, coalesce(l.amount, 0)::text AS found
    FROM expired_lot l FULL JOIN ended e USING (account_id, origin_id, expires_on, available_on, contributor_id)
    UNION ALL
    SELECT NULL, origin_id, coalesce(t.amount, 0) <> coalesce(k.returned, 0),
      'taken back of what expired of origin ' || origin_id, coalesce(t.amount, 0)::text, coalesce(k.returned, 0)::text
    FROM kept k FULL JOIN taken t USING (origin_id)`,
};
