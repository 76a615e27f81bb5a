import type { Check } from '../finding';

/**
 * Points in a household pool are of somebody who is or was in it. In a wallet they are nobody else's. What was spent
 * from a pool says so.
 */
export const pools: Check = {
  name: 'points in pools against who was in them',
  of: 'lots of pools and redemptions from them',
  sql: `
    WITH known AS (
      SELECT p.id AS pool_account, w.id AS wallet_account FROM household_member h
      JOIN account p ON p.owner_id = h.pool_id AND p.kind = 'POOL'
      JOIN account w ON w.owner_id = h.wallet_id AND w.kind = 'WALLET' AND w.currency_id = p.currency_id WHERE h.joined_at IS NOT NULL)
    SELECT l.account_id, 1 AS ordinal,
      CASE a.kind WHEN 'POOL' THEN k.pool_account IS NULL ELSE l.contributor_id <> 0 END AS wrong,
      'whose points lot of origin ' || l.origin_id || ' that expires ' || l.expires_on || ' holds' AS what,
      CASE a.kind WHEN 'POOL' THEN 'a member of the pool, now or once' ELSE 'nobody but the wallet''s own' END AS expected, 'account ' || l.contributor_id AS found
    FROM lot l JOIN account a ON a.id = l.account_id LEFT JOIN known k ON k.pool_account = l.account_id AND k.wallet_account = l.contributor_id
    WHERE a.kind = 'POOL' OR l.contributor_id <> 0
    UNION ALL
    SELECT r.account_id, 2,
      (a.kind, a.owner_id) IS DISTINCT FROM (CASE WHEN r.pool_id IS NULL THEN 'WALLET' ELSE 'POOL' END, coalesce(r.pool_id, r.wallet_id)),
      'account of redemption ' || r.id, CASE WHEN r.pool_id IS NULL THEN 'WALLET ' || r.wallet_id ELSE 'POOL ' || r.pool_id END, concat_ws(' ', a.kind, a.owner_id)
    FROM redemption r LEFT JOIN account a ON a.id = r.account_id WHERE r.pool_id IS NOT NULL OR a.kind IS DISTINCT FROM 'WALLET'`,
};

/** Each gift against its transfer: out of the giver's wallet, into the receiver's. */
export const gifts: Check = {
  name: 'gifts against transfers',
  of: 'gifts',
  sql: `
    SELECT coalesce(t.debit_account, 0) AS account_id, 1 AS ordinal,
      g.id IS NULL OR (t.code, t.amount, t.posting_id, d.owner_id, c.owner_id) IS DISTINCT FROM ('GIFT', g.points, g.posting_id, g.wallet_id, g.to_wallet_id) AS wrong,
      'gift ' || coalesce(g.id, t.id) AS what, concat_ws(' ', g.points, g.wallet_id, g.to_wallet_id) AS expected, concat_ws(' ', t.amount, d.owner_id, c.owner_id) AS found
    FROM gift g FULL JOIN (SELECT * FROM transfer WHERE code = 'GIFT') t ON t.id = g.id
    LEFT JOIN account d ON d.id = t.debit_account LEFT JOIN account c ON c.id = t.credit_account`,
};
