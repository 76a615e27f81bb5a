import type { ClientBase, Pool } from 'pg';

/**
 * What must be true of the books at every moment, each as SQL that finds the rows for which it is not.
 * Written from the design document, apart from the product's own `verify`.
 */
export const CHECKS: Readonly<Record<string, string>> = {
  conservation: `
    WITH side AS (
      SELECT currency_id, debit_account AS account_id, -amount AS amount FROM transfer UNION ALL SELECT currency_id, credit_account, amount FROM transfer
    ), per_kind AS (
      SELECT s.currency_id, coalesce(sum(-s.amount) FILTER (WHERE a.kind IN ('ISSUED', 'OPENING', 'GOODWILL')), 0) AS put_out,
        coalesce(sum(s.amount) FILTER (WHERE a.kind IN ('REDEEMED', 'EXPIRED', 'CONVERSION', 'FEE', 'REMAINDER')), 0) AS gone
      FROM side s JOIN account a ON a.id = s.account_id GROUP BY s.currency_id
    ), wallets AS (SELECT currency_id, sum(credits - debits) AS posted, sum(arrears) AS arrears FROM account WHERE guarded GROUP BY currency_id),
    lots AS (SELECT a.currency_id, sum(l.remaining) AS free, sum(l.held) AS held FROM lot l JOIN account a ON a.id = l.account_id GROUP BY a.currency_id)
    SELECT k.currency_id, k.put_out, w.posted, w.arrears, l.free, l.held, k.gone FROM per_kind k JOIN wallets w USING (currency_id) LEFT JOIN lots l USING (currency_id)
    WHERE k.put_out <> coalesce(l.free, 0) + coalesce(l.held, 0) - w.arrears + k.gone OR w.posted <> coalesce(l.free, 0) + coalesce(l.held, 0) - w.arrears`,
  'no wallet is below its floor': 'SELECT id, credits, debits, held, arrears FROM account WHERE credits - debits - held + arrears < 0',
  'wallets are what their transfers make them': `
    SELECT a.id, a.credits, a.debits, t.credits, t.debits FROM account a CROSS JOIN LATERAL (
      SELECT coalesce(sum(amount) FILTER (WHERE credit_account = a.id), 0) AS credits, coalesce(sum(amount) FILTER (WHERE debit_account = a.id), 0) AS debits,
        count(*) + count(*) FILTER (WHERE debit_account = credit_account) AS movements
      FROM transfer WHERE debit_account = a.id OR credit_account = a.id) t
    WHERE a.guarded AND (a.credits, a.debits, a.seq) IS DISTINCT FROM (t.credits::bigint, t.debits::bigint, t.movements)`,
  'movements are counted without a gap, each with the balance it left': `
    WITH movement AS (
      SELECT credit_account AS account_id, credit_seq AS seq, credit_balance_after AS after, amount AS change FROM transfer WHERE credit_seq IS NOT NULL
      UNION ALL SELECT debit_account, debit_seq, debit_balance_after, -amount FROM transfer WHERE debit_seq IS NOT NULL
    ), counted AS (
      SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY seq) AS place, sum(change) OVER (PARTITION BY account_id ORDER BY seq) AS balance FROM movement)
    SELECT * FROM counted WHERE seq <> place OR after <> balance`,
  'lots add up to their wallet': `
    SELECT a.id, a.credits - a.debits - a.held + a.arrears AS free, l.free, a.held, l.held AS held_in_lots FROM account a
    CROSS JOIN LATERAL (SELECT coalesce(sum(remaining), 0) AS free, coalesce(sum(held), 0) AS held FROM lot WHERE account_id = a.id) l
    WHERE a.guarded AND (a.credits - a.debits - a.held + a.arrears <> l.free OR a.held <> l.held)`,
  'lots are what credits, fills, allocations and changes of date make them': `
    WITH change AS (
      SELECT credit_account AS account_id, origin_id, lot_expires_on AS expires_on, lot_available_on AS available_on, 0::bigint AS contributor_id, amount AS points,
        0::bigint AS held FROM transfer WHERE origin_id IS NOT NULL AND code <> 'EXPIRED_CLAWBACK'
      UNION ALL SELECT account_id, origin_id, expires_on, available_on, 0, -amount, 0 FROM arrears_fill
      UNION ALL SELECT a.account_id, a.origin_id, a.expires_on, a.available_on, a.contributor_id, -a.amount, 0 FROM allocation a JOIN transfer t ON t.id = a.transfer_id
      UNION ALL SELECT a.account_id, a.origin_id, a.expires_on, a.available_on, a.contributor_id, 0, a.amount
        FROM allocation a JOIN hold h ON h.id = a.transfer_id WHERE h.state = 'OPEN'
      UNION ALL SELECT account_id, origin_id, from_expires_on, from_available_on, contributor_id, -amount, 0 FROM lot_change
      UNION ALL SELECT account_id, to_origin_id, to_expires_on, to_available_on, contributor_id, amount, 0 FROM lot_change
      UNION ALL SELECT account_id, origin_id, expires_on, available_on, contributor_id, -remaining - held, -held FROM lot)
    SELECT account_id, origin_id, expires_on::text, available_on::text, contributor_id, sum(points) AS points, sum(held) AS held FROM change
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(points) <> 0 OR sum(held) <> 0`,
  'points in a pool are somebody’s, those in a wallet nobody else’s': `
    SELECT l.account_id, a.kind, l.contributor_id FROM lot l JOIN account a ON a.id = l.account_id
    WHERE (a.kind = 'POOL') <> (l.contributor_id <> 0) AND l.remaining + l.held > 0`,
  'each movement has its allocations: what it took, and what it put where no lot is named': `
    SELECT x.id, x.taken, x.put, a.taken AS taken_from_lots, a.put AS put_into_lots FROM (
      SELECT t.id, CASE WHEN t.debit_seq IS NULL OR t.code = 'ARREARS_FILL' THEN 0 ELSE t.amount - coalesce(r.amount, 0) END AS taken,
        CASE WHEN t.credit_seq IS NULL OR t.origin_id IS NOT NULL OR t.code = 'ARREARS_FILL' THEN 0 ELSE t.amount END AS put
      FROM transfer t LEFT JOIN arrears r ON r.account_id = t.debit_account AND r.id = t.id
      UNION ALL SELECT id, amount, 0 FROM hold) x
    CROSS JOIN LATERAL (SELECT coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS taken, coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS put
      FROM allocation WHERE transfer_id = x.id) a WHERE (x.taken, x.put) IS DISTINCT FROM (a.taken::bigint, a.put::bigint)`,
  'arrears are what their fills left': `
    SELECT r.id, r.amount, r.remaining, f.filled FROM arrears r CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS filled FROM arrears_fill WHERE arrears_id = r.id) f
    WHERE r.remaining <> r.amount - f.filled
    UNION ALL SELECT NULL, a.arrears, NULL, r.owed FROM account a CROSS JOIN LATERAL (SELECT coalesce(sum(remaining), 0) AS owed FROM arrears WHERE account_id = a.id) r WHERE a.arrears <> r.owed`,
  'arrears were filled oldest first': `
    SELECT older.id, newer.id AS newer FROM arrears older JOIN arrears newer ON newer.account_id = older.account_id AND newer.seq > older.seq
    -- What its cancellation forgives is nobody else's.
    WHERE older.remaining > 0 AND newer.remaining < newer.amount - (SELECT coalesce(sum(f.amount), 0) FROM arrears_fill f JOIN transfer t ON t.id = f.transfer_id
      WHERE f.arrears_id = newer.id AND t.reverses = newer.id)`,
  'live points never lie beside arrears': `
    SELECT a.id, a.arrears, l.remaining FROM account a JOIN lot l ON l.account_id = a.id
    WHERE a.arrears > 0 AND l.remaining > 0 AND l.available_on < 'infinity'
      AND least(l.expires_on, a.slides_until) > (SELECT (max(greatest(occurred_at, recorded_at)) AT TIME ZONE 'UTC')::date FROM transfer)`,
  'holds are captured by one transfer of that amount': `
    SELECT h.id, h.state, h.captured, t.amount FROM hold h LEFT JOIN transfer t ON t.hold_id = h.id WHERE h.captured <> coalesce(t.amount, 0)`,
  'held is what open holds hold': `
    SELECT a.id, a.held, h.held AS in_holds FROM account a CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS held FROM hold WHERE account_id = a.id AND state = 'OPEN') h
    WHERE a.held <> h.held`,
  'no more is reversed than there was': `
    SELECT o.id, o.amount, sum(r.amount - coalesce(c.amount, 0)) FROM transfer r JOIN transfer o ON o.id = r.reverses LEFT JOIN transfer c ON c.reverses = r.id
    GROUP BY o.id HAVING sum(r.amount - coalesce(c.amount, 0)) > o.amount`,
  'no transfer without an accepted posting': `
    SELECT t.id, p.outcome FROM transfer t LEFT JOIN posting p ON p.id = t.posting_id WHERE p.outcome IS DISTINCT FROM 'ACCEPTED'
    UNION ALL SELECT h.id, p.outcome FROM hold h LEFT JOIN posting p ON p.id = h.posting_id WHERE p.outcome IS DISTINCT FROM 'ACCEPTED'`,
};

/** The faults found, in one snapshot; none when the books are right. */
export async function faultsInBooks(owner: Pool, names: readonly string[] = Object.keys(CHECKS)): Promise<string[]> {
  const client = await owner.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const faults = await faultsSeenBy(client, names);
    await client.query('COMMIT');
    return faults;
  } finally {
    client.release();
  }
}

export async function faultsSeenBy(client: ClientBase, names: readonly string[] = Object.keys(CHECKS)): Promise<string[]> {
  const faults: string[] = [];
  for (const name of names) {
    const { rows } = await client.query(CHECKS[name]);
    for (const row of rows.slice(0, 3)) faults.push(`${name}: ${JSON.stringify(row)}`);
  }
  return faults;
}
