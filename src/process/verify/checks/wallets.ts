import type { Check } from '../finding';

/**
 * Each wallet's totals against its transfers, and the order of its movements: seq from 1 without a gap, each balance
 * the one before it plus the transfer. One window over both sides of the journal sorts millions of movements once.
 */
export const movements: Check = {
  name: 'wallet totals and running balances against transfers',
  of: 'wallets',
  sql: `
    WITH side AS (
      SELECT id, debit_account AS account_id, debit_seq AS seq, debit_balance_after AS after, 0 AS credit, amount AS debit FROM transfer WHERE debit_seq IS NOT NULL
      UNION ALL
      SELECT id, credit_account, credit_seq, credit_balance_after, amount, 0 FROM transfer WHERE credit_seq IS NOT NULL
    ), ordered AS (
      SELECT *, row_number() OVER w AS place, lag(after, 1, 0::bigint) OVER w + credit - debit AS should_be
      FROM side WINDOW w AS (PARTITION BY account_id ORDER BY seq)
    ), summed AS (
      SELECT account_id, count(*) AS movements, sum(credit) AS credits, sum(debit) AS debits,
        (array_agg(id) FILTER (WHERE seq <> place OR after <> should_be))[1] AS transfer_id,
        (array_agg(place || ', ' || should_be) FILTER (WHERE seq <> place OR after <> should_be))[1] AS expected,
        (array_agg(seq || ', ' || after) FILTER (WHERE seq <> place OR after <> should_be))[1] AS found
      FROM ordered GROUP BY account_id
    )
    SELECT a.id AS account_id, 1 AS ordinal, f.what IS NOT NULL AS wrong, f.what, f.expected, f.found
    FROM account a LEFT JOIN summed s ON s.account_id = a.id
    LEFT JOIN LATERAL (
      -- A transfer that does not fit is the better name for a balance that does not.
      SELECT * FROM (VALUES
        ('place and balance after transfer ' || s.transfer_id, coalesce(s.expected, ''), coalesce(s.found, '')),
        ('balance', (coalesce(s.credits, 0) - coalesce(s.debits, 0))::text, (a.credits - a.debits)::text),
        ('credits', coalesce(s.credits, 0)::text, a.credits::text),
        ('debits', coalesce(s.debits, 0)::text, a.debits::text),
        ('number of movements', coalesce(s.movements, 0)::text, a.seq::text)
      ) AS pair (what, expected, found) WHERE pair.expected <> pair.found LIMIT 1
    ) f ON true
    WHERE a.guarded`,
};

/** What each wallet says is held and in arrears against the rows behind it, and its balance against its lots. */
export const parts: Check = {
  name: 'wallet held, arrears and balance against holds, arrears rows and lots',
  of: 'wallets',
  sql: `
    WITH holds AS (SELECT account_id, sum(amount) AS held FROM hold WHERE state = 'OPEN' GROUP BY account_id),
      owed AS (SELECT account_id, sum(remaining) AS arrears FROM arrears GROUP BY account_id),
      lots AS (SELECT account_id, sum(remaining) AS remaining, sum(held) AS held FROM lot GROUP BY account_id)
    SELECT a.id AS account_id, 1 AS ordinal, f.what IS NOT NULL AS wrong, f.what, f.expected::text, f.found::text
    FROM account a LEFT JOIN holds h ON h.account_id = a.id LEFT JOIN owed o ON o.account_id = a.id LEFT JOIN lots l ON l.account_id = a.id
    LEFT JOIN LATERAL (
      SELECT * FROM (VALUES
        ('held, against its open holds', coalesce(h.held, 0), a.held),
        ('arrears, against its arrears rows', coalesce(o.arrears, 0), a.arrears),
        ('held, against its lots', coalesce(l.held, 0), a.held),
        ('balance that is not held, against its lots', coalesce(l.remaining, 0), a.credits - a.debits - a.held + a.arrears)
      ) AS pair (what, expected, found) WHERE pair.expected <> pair.found LIMIT 1
    ) f ON true
    WHERE a.guarded`,
};

/** Every lot against the credits, allocations, arrears fills and changes of dates that filled and emptied it. */
export const lots: Check = {
  name: 'lots against transfers, allocations and arrears fills',
  of: 'lots',
  sql: `
    WITH moved AS (
      SELECT credit_account AS account_id, origin_id, lot_expires_on AS expires_on, lot_available_on AS available_on, 0::bigint AS contributor_id,
        amount AS remaining, 0 AS held
      FROM transfer WHERE origin_id IS NOT NULL AND code <> 'EXPIRED_CLAWBACK'
      UNION ALL
      SELECT a.account_id, a.origin_id, a.expires_on, a.available_on, a.contributor_id, -a.amount, 0 FROM allocation a JOIN transfer t ON t.id = a.transfer_id
      UNION ALL
      SELECT a.account_id, a.origin_id, a.expires_on, a.available_on, a.contributor_id, -a.amount, a.amount
      FROM allocation a JOIN hold h ON h.id = a.transfer_id AND h.state = 'OPEN'
      UNION ALL
      SELECT account_id, origin_id, expires_on, available_on, 0, -amount, 0 FROM arrears_fill
      UNION ALL
      SELECT account_id, origin_id, from_expires_on, from_available_on, contributor_id, -amount, 0 FROM lot_change
      UNION ALL
      SELECT account_id, to_origin_id, to_expires_on, to_available_on, contributor_id, amount, 0 FROM lot_change
    ), expected AS (
      SELECT account_id, origin_id, expires_on, available_on, contributor_id, sum(remaining) AS remaining, sum(held) AS held
      FROM moved GROUP BY account_id, origin_id, expires_on, available_on, contributor_id
    ), compared AS (
      SELECT coalesce(l.account_id, e.account_id) AS account_id, coalesce(l.origin_id, e.origin_id) AS origin_id,
        coalesce(l.expires_on, e.expires_on) AS expires_on, coalesce(l.available_on, e.available_on) AS available_on,
        coalesce(l.contributor_id, e.contributor_id) AS contributor_id,
        coalesce(e.remaining, 0) AS should_remain, coalesce(e.held, 0) AS should_be_held, coalesce(l.remaining, 0) AS remaining, coalesce(l.held, 0) AS held
      FROM lot l FULL JOIN expected e
        ON e.account_id = l.account_id AND e.origin_id = l.origin_id AND e.expires_on = l.expires_on AND e.available_on = l.available_on
          AND e.contributor_id = l.contributor_id
    )
    SELECT c.account_id, c.origin_id AS ordinal,
      c.remaining <> c.should_remain OR c.held <> c.should_be_held OR o.id IS NULL OR a.currency_id IS DISTINCT FROM o.currency_id AS wrong,
      'lot of ' || coalesce(o.issuer_code || ' ' || to_char(o.issue_month, 'YYYY-MM'), 'unknown origin ' || c.origin_id)
        || ' that expires ' || c.expires_on || ', remaining and held' AS what,
      c.should_remain || ', ' || c.should_be_held AS expected, c.remaining || ', ' || c.held AS found
    FROM compared c LEFT JOIN lot_origin o ON o.id = c.origin_id LEFT JOIN account a ON a.id = c.account_id`,
};
