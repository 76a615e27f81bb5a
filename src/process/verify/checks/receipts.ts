import type { Check } from '../finding';

/**
 * What points pay of a purchase against its cost and its redemptions, and money given back on a line against what is
 * left of it.
 */
export const receipts: Check = {
  name: 'what points paid of purchases against what they cost',
  of: 'purchases and reduced lines',
  sql: `
    WITH paid AS (SELECT wallet_id, purchase_id, sum(value) AS value FROM purchase_redemption GROUP BY wallet_id, purchase_id)
    SELECT p.account_id, 1 AS ordinal, p.paid_with_points <> coalesce(r.value, 0) OR p.paid_with_points > p.amount AS wrong,
      'paid with points of purchase ' || p.id AS what, coalesce(r.value, 0) || ', at most ' || p.amount AS expected, p.paid_with_points::text AS found
    -- In the arithmetic of before nothing kept points from paying more.
    FROM purchase p LEFT JOIN paid r ON r.wallet_id = p.wallet_id AND r.purchase_id = p.id WHERE p.arithmetic > 1
    UNION ALL
    SELECT coalesce(p.account_id, 0), 2, l.reduction < 0, 'given back without goods on line ' || l.line_no || ' of purchase ' || l.purchase_id,
      'not below 0', l.reduction::text
    FROM ( SELECT wallet_id, purchase_id, line_no, sum(reduction) AS reduction FROM purchase_return_line l
      WHERE NOT EXISTS (SELECT FROM purchase_return_cancellation c WHERE c.wallet_id = l.wallet_id AND c.return_id = l.return_id) GROUP BY wallet_id, purchase_id, line_no
      HAVING sum(abs(reduction)) > 0) l
    LEFT JOIN purchase p ON p.wallet_id = l.wallet_id AND p.id = l.purchase_id`,
};
