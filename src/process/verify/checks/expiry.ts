import type { Check } from '../finding';

/**
 * What each booking of expiry took: points whose local day had come, from lots that were to be had, to the account of
 * their own issuer. And what was cancelled of it: points that were live when it happened for which they came back, from
 * there.
 */
export const expiries: Check = {
  name: 'expired points against the lots that they were',
  of: 'lots in bookings of expiry',
  sql: `
    SELECT a.account_id, a.position AS ordinal,
      a.expires_on > (t.occurred_at AT TIME ZONE coalesce(p.time_zone, 'UTC'))::date OR a.available_on = 'infinity'
        OR (c.kind, c.owner_id) IS DISTINCT FROM ('EXPIRED', o.issuer_id) AS wrong,
      'lot that expiry ' || t.id || ' took' AS what,
      'over by ' || (t.occurred_at AT TIME ZONE coalesce(p.time_zone, 'UTC'))::date || ', to EXPIRED of ' || coalesce(o.issuer_id::text, 'its issuer') AS expected,
      'over on ' || a.expires_on || ', to ' || concat_ws(' of ', c.kind, c.owner_id) AS found
    FROM transfer t JOIN allocation a ON a.transfer_id = t.id LEFT JOIN account c ON c.id = t.credit_account
    LEFT JOIN lot_origin o ON o.id = a.origin_id LEFT JOIN point_currency p ON p.id = t.currency_id
    WHERE t.code = 'EXPIRY'
    UNION ALL
    SELECT a.account_id, a.position, a.expires_on <= (t.occurred_at AT TIME ZONE coalesce(p.time_zone, 'UTC'))::date OR (c.kind, c.owner_id) IS DISTINCT FROM ('EXPIRED', o.issuer_id),
      'lot that transfer ' || t.id || ' cancelled the expiry of',
      'live on ' || (t.occurred_at AT TIME ZONE coalesce(p.time_zone, 'UTC'))::date || ', from EXPIRED of ' || coalesce(o.issuer_id::text, 'its issuer'),
      'over on ' || a.expires_on || ', from ' || concat_ws(' of ', c.kind, c.owner_id)
    FROM transfer t JOIN allocation a ON a.transfer_id = t.id LEFT JOIN account c ON c.id = t.debit_account
    LEFT JOIN lot_origin o ON o.id = a.origin_id LEFT JOIN point_currency p ON p.id = t.currency_id
    WHERE t.code = 'EXPIRY_CANCELLATION'`,
};

/**
 * Pending awards against the points that they are of. What became of them against what was booked: taken back, or given
 * other dates, and once. What still waits to be confirmed is of awards that are neither confirmed nor cancelled. It is
 * at most as many points as they are of: other clawbacks may have taken some, and some have filled arrears.
 */
export const awards: Check = {
  name: 'pending awards against earned points, confirmations and cancellations',
  of: 'purchases, awards and lots of awards',
  sql: `
    SELECT p.account_id, 1 AS ordinal,
      CASE WHEN coalesce(t.lot_available_on, '-infinity') = '-infinity' THEN a.purchase_id IS NOT NULL
        ELSE (a.earn_transfer_id, a.points, coalesce(a.available_on, 'infinity'), coalesce(a.deadline + 1, t.lot_expires_on))
          IS DISTINCT FROM (t.id, t.amount, t.lot_available_on, t.lot_expires_on) END AS wrong,
      'award of purchase ' || p.id AS what,
      CASE WHEN coalesce(t.lot_available_on, '-infinity') = '-infinity' THEN 'none' ELSE concat_ws(', ', t.amount, t.lot_available_on, t.lot_expires_on) END AS expected,
      coalesce(concat_ws(', ', a.points, coalesce(a.available_on, 'infinity'), a.deadline + 1), 'none') AS found
    FROM purchase p LEFT JOIN transfer t ON t.id = p.earn_transfer_id LEFT JOIN purchase_award a ON a.wallet_id = p.wallet_id AND a.purchase_id = p.id
    UNION ALL
    SELECT a.account_id, 2, a.deadline IS NULL OR coalesce(c.amount, 0) <> CASE r.state WHEN 'CANCELLED' THEN r.points ELSE 0 END,
      'points taken back of the award of purchase ' || r.purchase_id, coalesce(c.amount, 0)::text, CASE r.state WHEN 'CANCELLED' THEN r.points ELSE 0 END::text
    FROM award_resolution r LEFT JOIN purchase_award a ON a.wallet_id = r.wallet_id AND a.purchase_id = r.purchase_id
    LEFT JOIN transfer c ON c.posting_id = r.posting_id AND c.code = 'CLAWBACK' AND c.reverses = a.earn_transfer_id
    UNION ALL
    SELECT l.account_id, 3, (r.state, r.posting_id) IS DISTINCT FROM ('CONFIRMED', l.posting_id),
      'confirmation of earn ' || l.credit_id, 'CONFIRMED by posting ' || l.posting_id, coalesce(concat_ws(' by posting ', r.state, r.posting_id), 'none')
    FROM lot_change l LEFT JOIN purchase_award a ON a.earn_transfer_id = l.credit_id
    LEFT JOIN award_resolution r ON r.wallet_id = a.wallet_id AND r.purchase_id = a.purchase_id
    WHERE l.credit_id IS NOT NULL
    UNION ALL
    SELECT w.account_id, 4, w.points > coalesce(o.points, 0),
      'points that wait to be confirmed', 'at most the ' || coalesce(o.points, 0) || ' of awards without an end', w.points::text
    FROM (SELECT account_id, sum(remaining) AS points FROM lot WHERE available_on = 'infinity' AND remaining > 0 GROUP BY account_id) w
    LEFT JOIN (
      SELECT s.id, sum(a.points) AS points
      FROM purchase_award a LEFT JOIN award_resolution r ON r.wallet_id = a.wallet_id AND r.purchase_id = a.purchase_id
      CROSS JOIN LATERAL surviving_account(a.account_id) s
      WHERE a.deadline IS NOT NULL AND r.purchase_id IS NULL GROUP BY s.id
    ) o ON o.id = w.account_id`,
};

/**
 * Each notice is of an account of its wallet, or of points that it put into a pool. It was given between its threshold
 * and the end.
 */
export const notices: Check = {
  name: 'notices of expiry against wallets and thresholds',
  of: 'notices',
  sql: `
    SELECT n.account_id, n.days AS ordinal,
      (n.wallet_id, n.currency_id) IS DISTINCT FROM (coalesce(c.owner_id, a.owner_id), a.currency_id) OR o.id IS NULL
        OR (n.told_at AT TIME ZONE p.time_zone)::date NOT BETWEEN n.ends_on - n.days AND n.ends_on - 1 AS wrong,
      'notice ' || n.id AS what, 'to the wallet of the points, from ' || n.ends_on - n.days || ' on' AS expected, 'to ' || n.wallet_id || ' at ' || n.told_at AS found
    FROM expiry_notice n LEFT JOIN account a ON a.id = n.account_id LEFT JOIN account c ON c.id = n.contributor_id AND n.contributor_id <> 0
    LEFT JOIN lot_origin o ON o.id = n.origin_id LEFT JOIN point_currency p ON p.id = n.currency_id`,
};
