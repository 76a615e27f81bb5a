import type { Check } from '../finding';

// Every transfer below the roll-up's cursor, in the stretch that it belongs to: by its place in the journal, or by its
// UTC day where it was restored into this cluster. width_bucket finds the stretch without comparing each transfer with
// each of them.
const PLACED = `
  cursor AS (SELECT coalesce(max(epoch), 1) AS epoch, coalesce(max(position), '0') AS position FROM journal_cursor WHERE consumer = 'roll-ups'),
  edges AS (
    SELECT coalesce(array_agg(from_xid::text::numeric ORDER BY from_xid), '{}') AS froms, coalesce(array_agg(id ORDER BY from_xid), '{}') AS ids
    FROM roll_up_bucket WHERE from_xid IS NOT NULL
  ), known AS (
    SELECT t.*, c.epoch > 1 AND t.xmin <> t.xid::xid AS restored FROM transfer t, cursor c
  ), placed AS (
    SELECT k.id, k.debit_account, k.credit_account, k.debit_seq, k.credit_seq, k.amount, k.code, k.origin_id, k.recorded_at,
      CASE WHEN k.restored THEN d.id ELSE e.ids[width_bucket(k.xid::text::numeric, e.froms)] END AS bucket_id
    FROM known k CROSS JOIN edges e CROSS JOIN cursor c
    LEFT JOIN roll_up_bucket d ON k.restored AND d.from_xid IS NULL AND date_trunc('day', d.first_recorded_at, 'UTC') = date_trunc('day', k.recorded_at, 'UTC')
    WHERE k.restored OR k.xid < c.position
  )`;

/** Each stretch of the journal that is rolled up against the transfers in it. */
export const stretches: Check = {
  name: 'rolled-up stretches against the journal',
  of: 'stretches of the journal',
  sql: `
    WITH ${PLACED}, counted AS (
      SELECT coalesce(bucket_id, 0) AS bucket_id, count(*) AS transfers, min(recorded_at) AS first, max(recorded_at) AS last FROM placed GROUP BY 1
    )
    SELECT NULL::bigint AS account_id, coalesce(b.id, 0) AS ordinal,
      (b.transfers, b.first_recorded_at, b.last_recorded_at) IS DISTINCT FROM (c.transfers, c.first, c.last) AS wrong,
      'rolled-up stretch ' || coalesce(b.id, c.bucket_id) AS what, concat_ws(', ', coalesce(c.transfers, 0), c.first, c.last) AS expected,
      concat_ws(', ', coalesce(b.transfers, 0), b.first_recorded_at, b.last_recorded_at) AS found
    FROM roll_up_bucket b FULL JOIN counted c ON c.bucket_id = b.id`,
};

/** What is rolled up of each summed account, stretch by stretch, against the transfers. */
export const accountTotals: Check = {
  name: 'rolled-up totals of summed accounts against the journal',
  of: 'account totals',
  sql: `
    WITH ${PLACED}, summed AS (
      SELECT account_id, bucket_id, sum(debit) AS debits, sum(credit) AS credits FROM (
        SELECT debit_account AS account_id, bucket_id, amount AS debit, 0 AS credit FROM placed WHERE debit_seq IS NULL
        UNION ALL SELECT credit_account, bucket_id, 0, amount FROM placed WHERE credit_seq IS NULL) side
      GROUP BY account_id, bucket_id
    )
    SELECT coalesce(r.account_id, s.account_id) AS account_id, coalesce(r.bucket_id, s.bucket_id, 0) AS ordinal,
      (r.debits, r.credits) IS DISTINCT FROM (s.debits, s.credits) AS wrong,
      'rolled-up debits and credits of stretch ' || coalesce(r.bucket_id, s.bucket_id, 0) AS what,
      concat_ws(', ', coalesce(s.debits, 0), coalesce(s.credits, 0)) AS expected, concat_ws(', ', coalesce(r.debits, 0), coalesce(r.credits, 0)) AS found
    FROM account_roll_up r FULL JOIN summed s ON s.account_id = r.account_id AND s.bucket_id = r.bucket_id`,
};

/** What is rolled up of what became of each origin's points, against transfers, allocations and arrears fills. */
export const issuerTotals: Check = {
  name: "rolled-up totals of issuers' points against the journal",
  of: 'issuer totals',
  sql: `
    WITH ${PLACED}, moved AS (
      SELECT p.origin_id, p.code, false AS at_issuer, -p.amount AS points FROM placed p WHERE p.origin_id IS NOT NULL
      UNION ALL
      SELECT l.origin_id, p.code, coalesce(a.owner_id = o.issuer_id, false), l.amount FROM placed p JOIN allocation l ON l.transfer_id = p.id
        JOIN lot_origin o ON o.id = l.origin_id
        LEFT JOIN account a ON a.id = CASE WHEN p.code IN ('REFUND', 'REINSTATEMENT') THEN p.debit_account ELSE p.credit_account END AND a.kind = 'REDEEMED'
      UNION ALL
      SELECT f.origin_id, 'FILL', false, f.amount FROM placed p JOIN arrears_fill f ON f.transfer_id = p.id
    ), summed AS (
      SELECT origin_id, code, at_issuer, sum(points) AS left_lots FROM moved GROUP BY origin_id, code, at_issuer
    )
    SELECT NULL::bigint AS account_id, coalesce(r.origin_id, s.origin_id) AS ordinal, coalesce(r.left_lots, 0) <> coalesce(s.left_lots, 0) AS wrong,
      'what left lots of origin ' || coalesce(r.origin_id, s.origin_id) || ' by ' || coalesce(r.code, s.code) AS what,
      coalesce(s.left_lots, 0)::text AS expected, coalesce(r.left_lots, 0)::text AS found
    FROM issuer_roll_up r FULL JOIN summed s ON s.origin_id = r.origin_id AND s.code = r.code AND s.at_issuer = r.at_issuer`,
};
