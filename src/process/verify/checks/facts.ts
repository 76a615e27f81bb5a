import type { Check } from '../finding';

/** Each purchase, redemption and return against the transfers or hold that it says it made. */
export const facts: Check = {
  name: 'purchases, redemptions and returns against transfers and holds',
  of: 'purchases, redemptions and returns',
  sql: `
    WITH taken_back AS (
      SELECT posting_id, sum(amount) FILTER (WHERE code = 'CLAWBACK') AS clawed_back, sum(amount) FILTER (WHERE code = 'EXPIRED_CLAWBACK') AS expired,
        sum(amount) FILTER (WHERE code IN ('REFUND', 'REINSTATEMENT')) AS reinstated,
        sum(amount) FILTER (WHERE code = 'CLAWBACK_CANCELLATION') AS given_back, sum(amount) FILTER (WHERE code = 'REINSTATEMENT_CANCELLATION') AS taken_again
      FROM transfer WHERE reverses IS NOT NULL GROUP BY posting_id)
    SELECT p.account_id, 1 AS ordinal,
      p.points <> coalesce(t.amount, 0) OR (p.earn_transfer_id IS NOT NULL AND (t.code, t.credit_account, t.posting_id) IS DISTINCT FROM ('EARN', p.account_id, p.posting_id)) AS wrong,
      'points of purchase ' || p.id AS what, coalesce(t.amount, 0)::text AS expected, p.points::text AS found
    FROM purchase p LEFT JOIN transfer t ON t.id = p.earn_transfer_id
    UNION ALL
    SELECT r.account_id, 2,
      CASE r.kind WHEN 'BURN' THEN (t.amount, t.code, t.debit_account, t.posting_id) IS DISTINCT FROM (r.points, 'BURN', r.account_id, r.posting_id)
        ELSE (h.amount, h.account_id, h.posting_id) IS DISTINCT FROM (r.points, r.account_id, r.posting_id) END,
      'points of redemption ' || r.id, coalesce(t.amount, h.amount, 0)::text, r.points::text
    FROM redemption r LEFT JOIN transfer t ON t.id = r.id AND r.kind = 'BURN' LEFT JOIN hold h ON h.id = r.id AND r.kind = 'HOLD'
    UNION ALL
    SELECT coalesce(p.account_id, 0), 3,
      p.id IS NULL OR (r.clawed_back, r.expired, r.reinstated) IS DISTINCT FROM (coalesce(b.clawed_back, 0)::bigint, coalesce(b.expired, 0)::bigint, coalesce(b.reinstated, 0)::bigint),
      'points clawed back, expired and reinstated by return ' || r.id, concat_ws(', ', coalesce(b.clawed_back, 0), coalesce(b.expired, 0), coalesce(b.reinstated, 0)), concat_ws(', ', r.clawed_back, r.expired, r.reinstated)
    FROM purchase_return r LEFT JOIN purchase p ON p.wallet_id = r.wallet_id AND p.id = r.purchase_id LEFT JOIN taken_back b ON b.posting_id = r.posting_id
    UNION ALL
    SELECT coalesce(p.account_id, 0), 4,
      r.id IS NULL OR (c.given_back, c.taken_back) IS DISTINCT FROM (coalesce(b.given_back, 0)::bigint, coalesce(b.taken_again, 0)::bigint)
        OR (c.given_back, c.taken_back) IS DISTINCT FROM (r.clawed_back, r.reinstated),
      'points given back and taken again by the cancellation of return ' || c.return_id, concat_ws(', ', coalesce(b.given_back, 0), coalesce(b.taken_again, 0)),
      concat_ws(', ', c.given_back, c.taken_back)
    FROM purchase_return_cancellation c LEFT JOIN purchase_return r ON r.wallet_id = c.wallet_id AND r.id = c.return_id
    LEFT JOIN purchase p ON p.wallet_id = c.wallet_id AND p.id = c.purchase_id LEFT JOIN taken_back b ON b.posting_id = c.posting_id`,
};

/** Each purchase's lines against its amount, and what came back against what was bought. */
export const quantities: Check = {
  name: 'returned quantities against what was bought',
  of: 'purchase lines',
  sql: `
    WITH returned AS (SELECT wallet_id, purchase_id, line_no, sum(quantity) AS quantity FROM purchase_return_line l
      WHERE NOT EXISTS (SELECT FROM purchase_return_cancellation c WHERE c.wallet_id = l.wallet_id AND c.return_id = l.return_id) GROUP BY wallet_id, purchase_id, line_no)
    SELECT coalesce(p.account_id, 0) AS account_id, l.line_no AS ordinal, p.id IS NULL OR coalesce(r.quantity, 0) > l.quantity AS wrong,
      'units returned of line ' || l.line_no || ' of purchase ' || l.purchase_id AS what, 'at most ' || l.quantity AS expected, coalesce(r.quantity, 0)::text AS found
    FROM purchase_line l LEFT JOIN purchase p ON p.wallet_id = l.wallet_id AND p.id = l.purchase_id
    LEFT JOIN returned r ON r.wallet_id = l.wallet_id AND r.purchase_id = l.purchase_id AND r.line_no = l.line_no`,
};
