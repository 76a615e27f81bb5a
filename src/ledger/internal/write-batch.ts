import type { ClientBase, QueryConfig, QueryResult } from 'pg';
import { dayFromIso } from '../../points/calendar';
import type { AlongsideRow, AlongsideTable, ColumnType, ColumnValue } from '../alongside';
import type { BatchState, LotState } from './batch-state';
import { boolArray, byteaArray, dateArray, int2Array, int4Array, int8Array, textArray, timestamptzArray, uuidArray } from './binary-arrays';
import { requireRowCount } from './row-counts';

interface Write {
  readonly name: string;
  readonly text: string;
  readonly values: readonly Buffer[];
  /** Rows that must be affected: see requireRowCount. */
  readonly rows: number;
}

/** Writes all that a batch decided: one statement a table, all sent at once, every row count checked. */
export async function writeBatch(client: ClientBase, state: BatchState): Promise<void> {
  const writes = [...balanceWrites(state), ...insertWrites(state), ...rowWrites(state.writes.rows)];
  const results = await Promise.allSettled(
    writes.map(({ name, text, values }) => client.query({ name: `kernel-${name}`, text, values: values as unknown[] } as QueryConfig) as Promise<QueryResult>),
  );
  for (const [at, result] of results.entries()) {
    if (result.status === 'rejected') throw result.reason;
    requireRowCount(writes[at].name, result.value.rowCount, writes[at].rows);
  }
}

function balanceWrites(state: BatchState): Write[] {
  const wallets = [...state.wallets.values()].filter((wallet) => wallet.changed);
  const lots = [...state.wallets.values()].flatMap((wallet) => wallet.lots);
  const loaded = lots.filter((lot) => lot.loaded && (lot.loaded.remaining !== lot.remaining || lot.loaded.held !== lot.held));
  const made = lots.filter((lot) => !lot.loaded && (lot.remaining > 0 || lot.held > 0));
  const arrears = [...state.wallets.values()]
    .flatMap((wallet) => wallet.arrearsRows)
    .filter((row) => row.loadedRemaining !== null && row.loadedRemaining !== row.remaining);
  const holds = [...state.holds.values()].filter((hold) => hold.changed && !hold.isNew);
  const counters = [...state.counters.values()].filter((counter) => counter.changed);
  const lotColumns = (rows: readonly LotState[]) => [
    int8Array(rows.map((lot) => lot.account)),
    dateArray(rows.map((lot) => lot.expiresOn)),
    dateArray(rows.map((lot) => lot.issueMonth)),
    textArray(rows.map((lot) => lot.issuerCode)),
    int4Array(rows.map((lot) => lot.originId)),
    dateArray(rows.map((lot) => lot.availableOn)),
    int8Array(rows.map((lot) => lot.remaining)),
    int8Array(rows.map((lot) => lot.held)),
    int8Array(rows.map((lot) => lot.contributor)),
  ];
  const LOT_ARRAYS = '$1::bigint[], $2::date[], $3::date[], $4::text[], $5::int[], $6::date[], $7::bigint[], $8::bigint[], $9::bigint[]';
  const LOT_COLUMNS = 'account_id, expires_on, issue_month, issuer_code, origin_id, available_on, remaining, held, contributor_id';
  return [
    write(
      'update-wallets',
      `UPDATE account a SET credits = x.credits, debits = x.debits, held = x.held, arrears = x.arrears, seq = x.seq, version = a.version + 1,
         slides_until = x.slides_until, closed_at = x.closed_at, merged_into = x.merged_into
       FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::date[], $8::timestamptz[], $9::bigint[])
         AS x (id, credits, debits, held, arrears, seq, slides_until, closed_at, merged_into) WHERE a.id = x.id`,
      wallets.length,
      () => [
        int8Array(wallets.map((wallet) => wallet.account)),
        int8Array(wallets.map((wallet) => wallet.credits)),
        int8Array(wallets.map((wallet) => wallet.debits)),
        int8Array(wallets.map((wallet) => wallet.held)),
        int8Array(wallets.map((wallet) => wallet.arrears)),
        int8Array(wallets.map((wallet) => wallet.seq)),
        dateArray(wallets.map((wallet) => wallet.slidesUntil)),
        timestamptzArray(wallets.map((wallet) => wallet.closedAt)),
        int8Array(wallets.map((wallet) => wallet.mergedInto)),
      ],
    ),
    write(
      'update-lots',
      `UPDATE lot l SET remaining = x.remaining, held = x.held
       FROM unnest(${LOT_ARRAYS}) AS x (${LOT_COLUMNS})
       WHERE l.account_id = x.account_id AND l.expires_on = x.expires_on AND l.issue_month = x.issue_month
         AND l.issuer_code = x.issuer_code AND l.origin_id = x.origin_id AND l.available_on = x.available_on AND l.contributor_id = x.contributor_id`,
      loaded.length,
      () => lotColumns(loaded),
    ),
    // A lot that was not loaded is new or stands empty: either way what the batch put into it is what it holds.
    write(
      'upsert-lots',
      `INSERT INTO lot AS l (${LOT_COLUMNS})
       SELECT * FROM unnest(${LOT_ARRAYS})
       ON CONFLICT (account_id, expires_on, issue_month, issuer_code, origin_id, available_on, contributor_id)
       DO UPDATE SET remaining = l.remaining + excluded.remaining, held = l.held + excluded.held`,
      made.length,
      () => lotColumns(made),
    ),
    write(
      'update-arrears',
      `UPDATE arrears a SET remaining = x.remaining FROM unnest($1::bigint[], $2::uuid[], $3::bigint[]) AS x (account_id, id, remaining)
       WHERE a.account_id = x.account_id AND a.id = x.id`,
      arrears.length,
      () => [int8Array(arrears.map((row) => row.account)), uuidArray(arrears.map((row) => row.id)), int8Array(arrears.map((row) => row.remaining))],
    ),
    write(
      'update-holds',
      `UPDATE hold h SET state = x.state, captured = x.captured, settled_at = x.settled_at
       FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[]) AS x (id, state, captured, settled_at) WHERE h.id = x.id AND h.state = 'OPEN'`,
      holds.length,
      () => [
        uuidArray(holds.map((hold) => hold.id)),
        textArray(holds.map((hold) => hold.state)),
        int8Array(holds.map((hold) => hold.captured)),
        timestamptzArray(holds.map((hold) => hold.settledAt)),
      ],
    ),
    write(
      'upsert-counters',
      `INSERT INTO counter (account_id, key, value) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[])
       ON CONFLICT (account_id, key) DO UPDATE SET value = excluded.value`,
      counters.length,
      () => [int8Array(counters.map((each) => each.account)), textArray(counters.map((each) => each.key)), int8Array(counters.map((each) => each.value))],
    ),
  ].flat();
}

function insertWrites({ writes }: BatchState): Write[] {
  const { postings, transfers, allocations, fills, holds, arrears, lotChanges } = writes;
  return [
    write(
      'insert-postings',
      `INSERT INTO posting (id, party_id, kind, content_hash, outcome, result, occurred_at, recorded_at)
       SELECT x.id, x.party_id, x.kind, x.content_hash, x.outcome, x.result::json, x.occurred_at, x.recorded_at
       FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])
         AS x (id, party_id, kind, content_hash, outcome, result, occurred_at, recorded_at)`,
      postings.length,
      () => [
        uuidArray(postings.map((row) => row.id)),
        uuidArray(postings.map((row) => row.party)),
        textArray(postings.map((row) => row.kind)),
        byteaArray(postings.map((row) => row.contentHash)),
        textArray(postings.map((row) => (row.outcome.refusal ? 'REFUSED' : 'ACCEPTED'))),
        textArray(postings.map(({ outcome: { answer, refusal, balances } }) => JSON.stringify({ answer, refusal, balances }))),
        timestamptzArray(postings.map((row) => row.occurredAt)),
        timestamptzArray(postings.map((row) => row.recordedAt)),
      ],
    ),
    write(
      'insert-transfers',
      `INSERT INTO transfer (id, posting_id, party_id, debit_account, credit_account, currency_id, amount, code, reverses, hold_id, origin_id, lot_expires_on,
         lot_available_on, debit_balance_after, debit_seq, credit_balance_after, credit_seq, terms_id, occurred_at, recorded_at)
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bigint[], $8::text[], $9::uuid[], $10::uuid[], $11::int[],
         $12::date[], $13::date[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::uuid[], $19::timestamptz[], $20::timestamptz[])`,
      transfers.length,
      () => [
        uuidArray(transfers.map((row) => row.id)),
        uuidArray(transfers.map((row) => row.postingId)),
        uuidArray(transfers.map((row) => row.party)),
        int8Array(transfers.map((row) => row.debitAccount)),
        int8Array(transfers.map((row) => row.creditAccount)),
        int2Array(transfers.map((row) => row.currencyId)),
        int8Array(transfers.map((row) => row.amount)),
        textArray(transfers.map((row) => row.code)),
        uuidArray(transfers.map((row) => row.reverses)),
        uuidArray(transfers.map((row) => row.holdId)),
        int4Array(transfers.map((row) => row.lot?.originId ?? null)),
        dateArray(transfers.map((row) => row.lot?.expiresOn ?? null)),
        dateArray(transfers.map((row) => row.lot?.availableOn ?? null)),
        int8Array(transfers.map((row) => row.debitAfter?.balance ?? null)),
        int8Array(transfers.map((row) => row.debitAfter?.seq ?? null)),
        int8Array(transfers.map((row) => row.creditAfter?.balance ?? null)),
        int8Array(transfers.map((row) => row.creditAfter?.seq ?? null)),
        uuidArray(transfers.map((row) => row.termsId)),
        timestamptzArray(transfers.map((row) => row.occurredAt)),
        timestamptzArray(transfers.map((row) => row.recordedAt)),
      ],
    ),
    write(
      'insert-allocations',
      `INSERT INTO allocation (transfer_id, position, account_id, origin_id, expires_on, available_on, amount, contributor_id)
       SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::int[], $5::date[], $6::date[], $7::bigint[], $8::bigint[])`,
      allocations.length,
      () => [
        uuidArray(allocations.map((row) => row.transferId)),
        int2Array(allocations.map((row) => row.position)),
        int8Array(allocations.map((row) => row.account)),
        int4Array(allocations.map((row) => row.originId)),
        dateArray(allocations.map((row) => row.expiresOn)),
        dateArray(allocations.map((row) => row.availableOn)),
        int8Array(allocations.map((row) => row.amount)),
        int8Array(allocations.map((row) => row.contributor)),
      ],
    ),
    write(
      'insert-fills',
      `INSERT INTO arrears_fill (transfer_id, arrears_id, origin_id, expires_on, available_on, account_id, amount)
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::date[], $5::date[], $6::bigint[], $7::bigint[])`,
      fills.length,
      () => [
        uuidArray(fills.map((row) => row.transferId)),
        uuidArray(fills.map((row) => row.arrearsId)),
        int4Array(fills.map((row) => row.originId)),
        dateArray(fills.map((row) => row.expiresOn)),
        dateArray(fills.map((row) => row.availableOn)),
        int8Array(fills.map((row) => row.account)),
        int8Array(fills.map((row) => row.amount)),
      ],
    ),
    write(
      'insert-holds',
      `INSERT INTO hold (id, posting_id, party_id, account_id, credit_account, currency_id, amount, captured, state, terms_id, occurred_at, expires_at, settled_at)
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bigint[], $8::bigint[], $9::text[], $10::uuid[],
         $11::timestamptz[], $12::timestamptz[], $13::timestamptz[])`,
      holds.length,
      () => [
        uuidArray(holds.map((row) => row.id)),
        uuidArray(holds.map((row) => row.postingId)),
        uuidArray(holds.map((row) => row.party)),
        int8Array(holds.map((row) => row.account)),
        int8Array(holds.map((row) => row.creditAccount)),
        int2Array(holds.map((row) => row.currencyId)),
        int8Array(holds.map((row) => row.amount)),
        int8Array(holds.map((row) => row.captured)),
        textArray(holds.map((row) => row.state)),
        uuidArray(holds.map((row) => row.termsId)),
        timestamptzArray(holds.map((row) => row.occurredAt)),
        timestamptzArray(holds.map((row) => row.expiresAt)),
        timestamptzArray(holds.map((row) => row.settledAt)),
      ],
    ),
    write(
      'insert-arrears',
      `INSERT INTO arrears (account_id, id, party_id, code, amount, remaining, seq, terms_id, occurred_at)
       SELECT x.account_id, x.id, x.party_id, 'CLAWBACK', x.amount, x.remaining, x.seq, x.terms_id, x.occurred_at
       FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::uuid[], $8::timestamptz[])
         AS x (account_id, id, party_id, amount, remaining, seq, terms_id, occurred_at)`,
      arrears.length,
      () => [
        int8Array(arrears.map((row) => row.account)),
        uuidArray(arrears.map((row) => row.id)),
        uuidArray(arrears.map((row) => row.party)),
        int8Array(arrears.map((row) => row.amount)),
        int8Array(arrears.map((row) => row.remaining)),
        int8Array(arrears.map((row) => row.seq)),
        uuidArray(arrears.map((row) => row.termsId)),
        timestamptzArray(arrears.map((row) => row.occurredAt)),
      ],
    ),
    write(
      'insert-lot-changes',
      `INSERT INTO lot_change (id, position, posting_id, account_id, origin_id, contributor_id, credit_id, from_expires_on, from_available_on, to_expires_on,
         to_available_on, amount, occurred_at, recorded_at)
       SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::bigint[], $5::int[], $6::bigint[], $7::uuid[], $8::date[], $9::date[], $10::date[],
         $11::date[], $12::bigint[], $13::timestamptz[], $14::timestamptz[])`,
      lotChanges.length,
      () => [
        uuidArray(lotChanges.map((row) => row.id)),
        int2Array(lotChanges.map((row) => row.position)),
        uuidArray(lotChanges.map((row) => row.postingId)),
        int8Array(lotChanges.map((row) => row.account)),
        int4Array(lotChanges.map((row) => row.originId)),
        int8Array(lotChanges.map((row) => row.contributor)),
        uuidArray(lotChanges.map((row) => row.creditId)),
        dateArray(lotChanges.map((row) => row.from.expiresOn)),
        dateArray(lotChanges.map((row) => row.from.availableOn)),
        dateArray(lotChanges.map((row) => row.to.expiresOn)),
        dateArray(lotChanges.map((row) => row.to.availableOn)),
        int8Array(lotChanges.map((row) => row.amount)),
        timestamptzArray(lotChanges.map((row) => row.occurredAt)),
        timestamptzArray(lotChanges.map((row) => row.recordedAt)),
      ],
    ),
  ].flat();
}

/** Nothing where nothing is to be written. */
function write(name: string, text: string, rows: number, values: () => Buffer[]): Write[] {
  return rows === 0 ? [] : [{ name, text, values: values(), rows }];
}

function rowWrites(rows: readonly AlongsideRow[]): Write[] {
  const byTable = new Map<AlongsideTable, AlongsideRow[]>();
  for (const row of rows) {
    const list = byTable.get(row.table);
    if (list) list.push(row);
    else byTable.set(row.table, [row]);
  }
  return [...byTable].flatMap(([table, list]) => {
    const columns = Object.entries(table.columns) as [string, ColumnType][];
    const arrays = columns.map(([, type], at) => `$${at + 1}::${type === 'numeric' ? 'text' : type}[]`).join(', ');
    const names = columns.map(([name]) => name).join(', ');
    const selected = columns.map(([name, type]) => (type === 'numeric' ? `x.${name}::numeric` : `x.${name}`)).join(', ');
    const text = `INSERT INTO ${table.name} (${names}) SELECT ${selected} FROM unnest(${arrays}) AS x (${names})`;
    return write(`insert-${table.name}`, text, list.length, () =>
      columns.map(([name, type]) =>
        encode(
          type,
          list.map((row) => row.values[name]),
        ),
      ),
    );
  });
}

function encode(type: ColumnType, values: ColumnValue[]): Buffer {
  switch (type) {
    case 'uuid':
      return uuidArray(values as (string | null)[]);
    case 'int8':
      return int8Array(values as (number | null)[]);
    case 'int4':
      return int4Array(values as (number | null)[]);
    case 'int2':
      return int2Array(values as (number | null)[]);
    case 'bytea':
      return byteaArray(values as (Buffer | null)[]);
    case 'timestamptz':
      return timestamptzArray(values as (number | null)[]);
    case 'date':
      return dateArray((values as (string | null)[]).map((value) => (value === null ? null : dayFromIso(value))));
    case 'bool':
      return boolArray(values as (boolean | null)[]);
    case 'text':
    case 'numeric':
      return textArray(values as (string | null)[]);
  }
}
