import type { Check } from '../finding';

/** Each purchase, redemption and return that has a reference against the name that it took, and each name against the posting that took it. */
export const references: Check = {
  name: 'references against the names that they took',
  of: 'references and names',
  sql: `
    WITH named AS (
      SELECT account_id, posting_id, id, 'purchase ' AS kind, reference FROM purchase WHERE bare_text(reference) <> ''
      UNION ALL SELECT account_id, posting_id, id, 'redemption ', reference FROM redemption WHERE bare_text(reference) <> ''
      UNION ALL SELECT 0, posting_id, id, 'return ', reference FROM purchase_return WHERE bare_text(reference) <> '')
    SELECT f.account_id, 1 AS ordinal, c.made_id IS NULL AS wrong, 'name of the reference of ' || f.kind || f.id AS what, 'taken' AS expected,
      CASE WHEN c.made_id IS NULL THEN 'not taken' ELSE 'taken' END AS found
    FROM named f LEFT JOIN claim c ON c.made_id = f.id AND c.posting_id = f.posting_id
    UNION ALL
    SELECT 0, 2, p.outcome IS DISTINCT FROM 'ACCEPTED', 'posting of the name ' || c.name, 'ACCEPTED', coalesce(p.outcome, 'none')
    FROM claim c LEFT JOIN posting p ON p.id = c.posting_id AND p.party_id = c.party_id`,
};
