import type { Check } from '../finding';

/**
 * Each transfer against its two accounts: they exist, are of its currency, and the guarded ones (and only those) know
 * its place and balance.
 */
export const accounts: Check = {
  name: 'transfers against their accounts',
  of: 'transfers',
  sql: `
    WITH joins (code, debited, credited) AS (VALUES
      ('EARN', '{ISSUED}'::text[], '{WALLET}'::text[]), ('BONUS', '{ISSUED}', '{WALLET}'), ('OPENING', '{OPENING}', '{WALLET}'), ('GOODWILL', '{GOODWILL}', '{WALLET}'),
      ('BURN', '{WALLET,POOL}', '{REDEEMED}'), ('CAPTURE', '{WALLET,POOL}', '{REDEEMED}'), ('REFUND', '{REDEEMED}', '{WALLET,POOL}'),
      ('REINSTATEMENT', '{REDEEMED}', '{WALLET,POOL}'), ('CLAWBACK', '{WALLET}', '{ISSUED,OPENING,GOODWILL}'), ('EXPIRED_CLAWBACK', '{EXPIRED}', '{ISSUED,OPENING,GOODWILL}'),
      ('CLAWBACK_CANCELLATION', '{ISSUED,OPENING,GOODWILL}', '{WALLET}'), ('REINSTATEMENT_CANCELLATION', '{WALLET,POOL}', '{REDEEMED}'),
      ('ARREARS_FILL', '{WALLET}', '{WALLET}'), ('GIFT', '{WALLET}', '{WALLET}'), ('MERGE', '{WALLET}', '{WALLET}'), ('POOL_CONTRIBUTION', '{WALLET}', '{POOL}'), ('POOL_RETURN', '{POOL}', '{WALLET}'),
      ('CONVERSION_OUT', '{WALLET}', '{CONVERSION}'), ('CONVERSION_IN', '{CONVERSION}', '{WALLET}'), ('FEE', '{WALLET}', '{FEE}'), ('REMAINDER', '{WALLET}', '{REMAINDER}'),
      ('EXPIRY', '{WALLET,POOL}', '{EXPIRED}'), ('CLOSURE', '{WALLET,POOL}', '{EXPIRED}'), ('EXPIRY_CANCELLATION', '{EXPIRED}', '{WALLET,POOL}'),
      ('CLEARING', '{CLEARING}', '{CLEARING}'))
    SELECT t.debit_account AS account_id, 1 AS ordinal,
      d.id IS NULL OR c.id IS NULL OR d.currency_id <> t.currency_id OR c.currency_id <> t.currency_id
        OR d.guarded <> (t.debit_seq IS NOT NULL) OR c.guarded <> (t.credit_seq IS NOT NULL)
        OR (t.debit_seq IS NULL) <> (t.debit_balance_after IS NULL) OR (t.credit_seq IS NULL) <> (t.credit_balance_after IS NULL)
        OR (t.code IN ('EARN', 'BONUS', 'OPENING', 'GOODWILL', 'EXPIRED_CLAWBACK')) <> (t.origin_id IS NOT NULL)
        OR NOT EXISTS (SELECT FROM joins j WHERE j.code = t.code AND d.kind = ANY (j.debited) AND c.kind = ANY (j.credited)) AS wrong,
      'accounts of transfer ' || t.id AS what, t.code || ' between accounts that such a transfer joins, in one currency' AS expected,
      concat_ws(' ', t.code, 'from', coalesce(d.kind, 'an unknown account'), 'to', coalesce(c.kind, 'an unknown account'),
        'in currencies', d.currency_id, t.currency_id, c.currency_id) AS found
    FROM transfer t LEFT JOIN account d ON d.id = t.debit_account LEFT JOIN account c ON c.id = t.credit_account`,
};

/** Each transfer against the posting that it belongs to: accepted, of the same party, at the same times. */
export const postings: Check = {
  name: 'transfers against postings',
  of: 'transfers',
  sql: `
    SELECT coalesce(CASE WHEN t.debit_seq IS NOT NULL THEN t.debit_account END, t.credit_account) AS account_id, 1 AS ordinal,
      p.outcome IS DISTINCT FROM 'ACCEPTED' OR (p.party_id, p.occurred_at, p.recorded_at) IS DISTINCT FROM (t.party_id, t.occurred_at, t.recorded_at) AS wrong,
      'posting ' || t.posting_id || ' of transfer ' || t.id AS what,
      concat_ws(' ', 'ACCEPTED by', t.party_id, 'occurred', t.occurred_at, 'recorded', t.recorded_at) AS expected,
      CASE WHEN p.id IS NULL THEN 'none' ELSE concat_ws(' ', p.outcome, 'by', p.party_id, 'occurred', p.occurred_at, 'recorded', p.recorded_at) END AS found
    FROM transfer t LEFT JOIN posting p ON p.id = t.posting_id`,
};

/**
 * What each debit consumed, and each reversal or move put into lots, against its amount: points that a clawback did not
 * find are its arrears.
 */
export const allocations: Check = {
  name: 'allocations against transfers and holds',
  of: 'debits, credits to former lots and holds',
  sql: `
    WITH allocated AS (SELECT transfer_id, account_id, sum(amount) AS amount FROM allocation GROUP BY transfer_id, account_id),
    consumer AS (
      SELECT t.id, t.debit_account AS account_id, t.code, t.amount - coalesce(r.amount, 0) AS amount
      FROM transfer t LEFT JOIN arrears r ON r.id = t.id AND r.account_id = t.debit_account
      WHERE t.debit_seq IS NOT NULL AND t.code <> 'ARREARS_FILL'
      UNION ALL
      SELECT id, credit_account, code, -amount FROM transfer WHERE credit_seq IS NOT NULL AND origin_id IS NULL AND code <> 'ARREARS_FILL'
      UNION ALL
      SELECT id, account_id, 'HOLD', amount FROM hold
    )
    SELECT c.account_id, 1 AS ordinal, c.amount <> coalesce(a.amount, 0) AS wrong,
      'allocations of ' || lower(c.code) || ' ' || c.id AS what, c.amount::text AS expected, coalesce(a.amount, 0)::text AS found
    FROM consumer c LEFT JOIN allocated a ON a.transfer_id = c.id AND a.account_id = c.account_id`,
};

/** Each allocation belongs to a transfer or a hold of its account. */
export const allocationOwners: Check = {
  name: 'allocations that nothing made',
  of: 'allocations',
  sql: `
    SELECT a.account_id, a.position AS ordinal, coalesce(a.account_id NOT IN (t.debit_account, t.credit_account), h.account_id <> a.account_id, true) AS wrong,
      'allocation of ' || a.transfer_id AS what, 'a transfer or a hold of this account' AS expected,
      CASE WHEN t.id IS NULL AND h.id IS NULL THEN 'neither' ELSE 'one of another account' END AS found
    FROM allocation a LEFT JOIN transfer t ON t.id = a.transfer_id LEFT JOIN hold h ON h.id = a.transfer_id`,
};

/** Each hold against its capture. */
export const holds: Check = {
  name: 'holds against their captures',
  of: 'holds',
  sql: `
    SELECT h.account_id, 1 AS ordinal,
      h.captured <> coalesce(t.amount, 0) OR (t.id IS NOT NULL AND (t.debit_account, t.credit_account, t.currency_id) IS DISTINCT FROM (h.account_id, h.credit_account, h.currency_id)) AS wrong,
      'captured of hold ' || h.id AS what, coalesce(t.amount, 0)::text AS expected, h.captured::text AS found
    FROM hold h LEFT JOIN transfer t ON t.hold_id = h.id`,
};

/**
 * Each reversed transfer against its reversals: never more than it moved, between the same accounts; a merged wallet's
 * survivor stands for it.
 */
export const reversals: Check = {
  name: 'reversals against what they reverse',
  of: 'reversed transfers',
  sql: `
    WITH reversed AS (
      SELECT r.reverses, sum(r.amount - coalesce(x.amount, 0)) AS amount, bool_and(r.code IN ('CLAWBACK', 'EXPIRED_CLAWBACK')) AS clawbacks, bool_and(r.code IN ('REFUND', 'REINSTATEMENT')) AS refunds,
        bool_and(r.code = t.code || '_CANCELLATION' AND r.amount = t.amount) AS cancellations,
        bool_and(r.debit_account = t.credit_account OR c.merged_into IS NOT NULL OR r.code = 'EXPIRED_CLAWBACK') AS debited, bool_and(r.credit_account = t.debit_account OR d.merged_into IS NOT NULL) AS credited
      FROM transfer r LEFT JOIN transfer t ON t.id = r.reverses LEFT JOIN account d ON d.id = t.debit_account LEFT JOIN account c ON c.id = t.credit_account
      LEFT JOIN transfer x ON x.reverses = r.id
      WHERE r.reverses IS NOT NULL GROUP BY r.reverses)
    SELECT coalesce(t.debit_account, 0) AS account_id, 1 AS ordinal,
      t.id IS NULL OR v.amount > t.amount OR NOT v.debited OR NOT v.credited
        OR NOT CASE WHEN t.code IN ('EARN', 'BONUS', 'OPENING', 'GOODWILL') THEN v.clawbacks WHEN t.code IN ('BURN', 'CAPTURE') THEN v.refunds ELSE v.cancellations END AS wrong,
      'reversals of transfer ' || v.reverses AS what, coalesce('at most ' || t.amount || ' back between its accounts', 'a transfer') AS expected, v.amount::text AS found
    FROM reversed v LEFT JOIN transfer t ON t.id = v.reverses`,
};
