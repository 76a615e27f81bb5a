import type { Check } from '../finding';

/** Each row of arrears against the points that filled it. */
export const arrears: Check = {
  name: 'arrears against the points that filled them',
  of: 'arrears',
  sql: `
    WITH filled AS (SELECT account_id, arrears_id, sum(amount) AS amount FROM arrears_fill GROUP BY account_id, arrears_id)
    SELECT coalesce(r.account_id, f.account_id) AS account_id, coalesce(r.seq, 0) AS ordinal,
      r.id IS NULL OR r.amount - r.remaining <> coalesce(f.amount, 0) OR t.code IS DISTINCT FROM 'CLAWBACK' OR t.debit_seq IS DISTINCT FROM r.seq AS wrong,
      'filled of arrears ' || coalesce(r.id, f.arrears_id) AS what, coalesce(f.amount, 0)::text AS expected, (r.amount - r.remaining)::text AS found
    FROM arrears r FULL JOIN filled f ON f.account_id = r.account_id AND f.arrears_id = r.id LEFT JOIN transfer t ON t.id = r.id`,
};

/** Each transfer from a wallet to itself against the arrears that its points filled. */
export const ownFills: Check = {
  name: 'points that filled the arrears of their own wallet',
  of: 'transfers',
  sql: `
    SELECT t.debit_account AS account_id, t.debit_seq AS ordinal,
      (t.debit_account, t.debit_seq + 1, t.amount) IS DISTINCT FROM (t.credit_account, t.credit_seq, coalesce(f.amount, 0)) AS wrong,
      'points of transfer ' || t.id AS what, t.amount::text AS expected, coalesce(f.amount, 0)::text AS found
    FROM transfer t LEFT JOIN (SELECT transfer_id, account_id, sum(amount)::bigint AS amount FROM arrears_fill GROUP BY transfer_id, account_id) f
      ON f.transfer_id = t.id AND f.account_id = t.debit_account
    WHERE t.code = 'ARREARS_FILL'`,
};

/**
 * Live points never lie beside arrears. Live is what has not ended, is not held and does not wait to be confirmed, on
 * the day of the last event that was told. What ended since then was live when its wallet was last used, and filled
 * them.
 */
export const besideArrears: Check = {
  name: 'live points beside arrears',
  of: 'wallets in arrears',
  sql: `
    WITH last AS (SELECT max(greatest(occurred_at, recorded_at)) AS at FROM transfer), owing AS (
      SELECT a.id, a.arrears, a.slides_until, (last.at AT TIME ZONE coalesce(p.time_zone, 'UTC'))::date AS day
      FROM last, account a LEFT JOIN point_currency p ON p.id = a.currency_id WHERE a.arrears > 0)
    SELECT o.id AS account_id, 1 AS ordinal, coalesce(l.points, 0) > 0 AS wrong,
      'live points beside ' || o.arrears || ' points of arrears' AS what, '0' AS expected, coalesce(l.points, 0)::text AS found
    FROM owing o LEFT JOIN (
      SELECT l.account_id, sum(l.remaining) AS points FROM lot l JOIN owing o ON o.id = l.account_id
      WHERE l.remaining > 0 AND l.available_on < 'infinity' AND least(l.expires_on, o.slides_until) > o.day GROUP BY l.account_id
    ) l ON l.account_id = o.id`,
};
