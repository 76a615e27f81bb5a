import type { Check } from '../finding';

/** Each transfer of goodwill against the proposal that a second person approved, and the other way round. */
export const goodwill: Check = {
  name: 'goodwill against approved proposals',
  of: 'transfers of goodwill',
  sql: `
    WITH given AS (
      SELECT t.id, t.posting_id, t.amount, t.credit_account, a.owner_id AS funder FROM transfer t JOIN account a ON a.id = t.debit_account WHERE t.code = 'GOODWILL'
    ), approved AS (
      -- Approved a moment ago, or refused by the ledger after it: nothing is to be given.
      SELECT p.* FROM care_proposal p WHERE p.kind = 'GOODWILL' AND p.status = 'APPROVED' AND EXISTS (SELECT FROM posting g WHERE g.id = p.id AND g.outcome = 'ACCEPTED')
    )
    SELECT g.credit_account AS account_id, 1 AS ordinal, (g.amount, g.funder) IS DISTINCT FROM (p.points, p.deciding_brand_id) AS wrong,
      CASE WHEN g.id IS NULL THEN 'transfer of proposal ' || p.id ELSE 'proposal of goodwill ' || g.id END AS what,
      CASE WHEN p.id IS NULL THEN 'an approved proposal' ELSE concat_ws(' ', p.points, 'of', p.deciding_brand_id) END AS expected,
      CASE WHEN g.id IS NULL THEN 'none' ELSE concat_ws(' ', g.amount, 'of', g.funder) END AS found
    FROM given g FULL JOIN approved p ON p.id = g.posting_id`,
};

/** Each wallet account of a member who has ended: closed, empty, and of a merged member leading to the survivor. */
export const endedWallets: Check = {
  name: 'accounts of closed and merged members',
  of: 'accounts of closed members',
  sql: `
    WITH RECURSIVE chain AS (
      SELECT a.id, a.merged_into FROM account a WHERE a.kind = 'WALLET' AND a.merged_into IS NOT NULL
      UNION ALL
      SELECT c.id, n.merged_into FROM chain c JOIN account n ON n.id = c.merged_into WHERE n.merged_into IS NOT NULL
    ), survivor AS (SELECT c.id, w.member_id FROM chain c JOIN account s ON s.id = c.merged_into AND s.merged_into IS NULL JOIN wallet w ON w.id = s.owner_id),
    lots AS (SELECT account_id, sum(remaining + held) AS points FROM lot GROUP BY account_id)
    SELECT a.id AS account_id, 1 AS ordinal, f.what IS NOT NULL AS wrong, f.what, f.expected, f.found
    FROM member m JOIN wallet w ON w.member_id = m.id JOIN account a ON a.owner_id = w.id AND a.kind = 'WALLET'
    LEFT JOIN lots l ON l.account_id = a.id LEFT JOIN survivor s ON s.id = a.id
    LEFT JOIN LATERAL (
      SELECT * FROM (VALUES
        ('state', 'closed', CASE WHEN a.closed_at IS NULL THEN 'open' ELSE 'closed' END),
        ('points in lots', '0', coalesce(l.points, 0)::text),
        ('whose its points are', coalesce(m.merged_into::text, 'nobody''s'), coalesce(s.member_id::text, 'nobody''s'))
      ) AS pair (what, expected, found) WHERE pair.expected <> pair.found LIMIT 1
    ) f ON true
    WHERE m.status = 'CLOSED' AND m.closed_at IS NOT NULL`,
};
