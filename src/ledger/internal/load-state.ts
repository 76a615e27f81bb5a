import type { ClientBase, QueryConfig } from 'pg';
import type { Uuid } from '../../ids';
import type { AccountId, PostingOutcome, PostingRequest } from '../posting';
import {
  type AllocationState,
  type ArrearsState,
  type BatchState,
  type CounterState,
  counterKey,
  emptyWrites,
  type HoldState,
  type OriginState,
  OWN,
  type StoredPosting,
  type TransferState,
  type WalletState,
} from './batch-state';
import { arrayOf } from './binary-array';
import { day, instant, number, RAW } from './raw-rows';
import type { WalletCache } from './wallet-cache';

/** What a batch needs, each id once. */
interface Needs {
  readonly wallets: readonly AccountId[];
  readonly postings: readonly Uuid[];
  readonly holds: readonly Uuid[];
  readonly transfers: readonly Uuid[];
  readonly counters: ReadonlyMap<string, { account: AccountId; key: string }>;
  readonly latest: number;
}

/** Origins and summed accounts never change; the ledger keeps them. */
export interface Known {
  readonly origins: Map<number, OriginState>;
  readonly summed: ReadonlyMap<AccountId, number>;
  loadOrigins(client: ClientBase, ids: readonly number[]): Promise<void>;
}

const READ_WALLETS = `
  SELECT id, currency_id, credits, debits, held, arrears, seq, spend_locked, version, slides_until, closed_at, merged_into FROM account
  WHERE id = ANY($1::bigint[]) AND guarded ORDER BY id`;
// Lock in id order: two postings over the same two wallets would deadlock otherwise.
const LOCK_WALLETS = `${READ_WALLETS} FOR NO KEY UPDATE`;
// Each of the following is a statement of its own, so that its snapshot is taken after the locks are held.
const POSTINGS = 'SELECT id, content_hash, result, recorded_at FROM posting WHERE id = ANY($1::uuid[])';
const LOTS = `
  SELECT account_id, expires_on, issue_month, issuer_code, origin_id, available_on, remaining, held, contributor_id FROM lot
  WHERE account_id = ANY($1::bigint[]) AND (remaining > 0 OR held > 0)
  ORDER BY account_id, expires_on, issue_month, issuer_code, origin_id, available_on, contributor_id`;
const ARREARS = `
  SELECT account_id, id, party_id, amount, remaining, seq, terms_id, occurred_at FROM arrears
  WHERE account_id = ANY($1::bigint[]) AND remaining > 0 ORDER BY account_id, seq`;
const HOLD_COLUMNS =
  'h.id, h.posting_id, h.party_id, h.account_id, h.credit_account, h.currency_id, h.amount, h.captured, h.state, h.terms_id, h.occurred_at, h.expires_at, h.settled_at';
const NAMED_HOLDS = `SELECT ${HOLD_COLUMNS} FROM hold h WHERE h.id = ANY($1::uuid[])`;
// By wallet, whatever the planner thinks of the tables' sizes: a plan that was made while they were empty would read all of them ever after.
const EXPIRING = `FROM unnest($1::bigint[]) AS w (id)
  CROSS JOIN LATERAL (SELECT * FROM hold h WHERE h.account_id = w.id AND h.state = 'OPEN' AND h.expires_at <= $2::timestamptz OFFSET 0) h`;
const EXPIRING_HOLDS = `SELECT ${HOLD_COLUMNS} ${EXPIRING} ORDER BY h.expires_at, h.id`;
const ALLOCATION_COLUMNS = 'a.transfer_id, a.origin_id, a.expires_on, a.available_on, a.amount, a.contributor_id';
const EXPIRING_ALLOCATIONS = `
  SELECT ${ALLOCATION_COLUMNS} ${EXPIRING}
  CROSS JOIN LATERAL (SELECT * FROM allocation a WHERE a.transfer_id = h.id OFFSET 0) a ORDER BY a.transfer_id, a.position`;
const ALLOCATIONS = `SELECT ${ALLOCATION_COLUMNS} FROM allocation a WHERE a.transfer_id = ANY($1::uuid[]) ORDER BY a.transfer_id, a.position`;
const TRANSFERS = `
  SELECT t.id, t.party_id, t.debit_account, t.credit_account, t.currency_id, t.amount, t.code, t.terms_id, t.origin_id,
    coalesce(c.to_expires_on, t.lot_expires_on), coalesce(c.to_available_on, t.lot_available_on),
    (SELECT coalesce(sum(r.amount), 0)::bigint FROM transfer r WHERE r.reverses = t.id),
    (SELECT coalesce(sum(f.amount), 0)::bigint FROM arrears_fill f WHERE f.transfer_id = t.id)
  FROM transfer t LEFT JOIN lot_change c ON c.credit_id = t.id WHERE t.id = ANY($1::uuid[])`;
const COUNTERS = `
  SELECT c.account_id, c.key, c.value FROM unnest($1::bigint[], $2::text[]) AS n (account_id, key)
  CROSS JOIN LATERAL (SELECT account_id, key, value FROM counter c WHERE c.account_id = n.account_id AND c.key = n.key) c`;

type Row = string[];

const int8Array = (values: Iterable<number>) => arrayOf('int8', values, (array, value) => array.int8(value));
const uuidArray = (values: Iterable<Uuid>) => arrayOf('uuid', values, (array, value) => array.uuid(value));
const textArray = (values: Iterable<string>) => arrayOf('text', values, (array, value) => array.text(value));

/**
 * Locks the wallets of a batch and reads everything its plans may look at; all statements go out at once. Lots that the cache has are read only
 * where the locked wallet has another version by now. 'read' takes no locks, and is for a transaction that sees one snapshot throughout.
 */
export async function loadState(
  client: ClientBase,
  requests: readonly PostingRequest[],
  known: Known,
  wallets: 'lock' | 'read' = 'lock',
  cache: WalletCache | null = null,
): Promise<BatchState> {
  const needs = needsOf(requests);
  const kept = new Map(needs.wallets.map((account) => [account, cache?.take(account)]));
  const rows = (name: string, text: string, ...values: unknown[]): Promise<Row[]> =>
    client.query({ name: `kernel-${name}`, text, values, rowMode: 'array', types: RAW } as QueryConfig).then((result) => result.rows as unknown as Row[]);
  const unless = (empty: boolean, load: () => Promise<Row[]>): Promise<Row[]> => (empty ? Promise.resolve([]) : load());

  const readLots = (of: readonly AccountId[]) => unless(of.length === 0, () => rows('lots', LOTS, int8Array(of)));

  const accounts = int8Array(needs.wallets);
  const noWallets = needs.wallets.length === 0;
  const noHolds = needs.holds.length === 0;
  const noTransfers = needs.transfers.length === 0;
  const latest = new Date(needs.latest).toISOString();
  const named = [...needs.holds, ...needs.transfers];
  const loads = await Promise.allSettled([
    unless(noWallets, () => (wallets === 'lock' ? rows('lock', LOCK_WALLETS, accounts) : rows('read', READ_WALLETS, accounts))),
    rows('postings', POSTINGS, uuidArray(needs.postings)),
    readLots(needs.wallets.filter((account) => !kept.get(account))),
    unless(noWallets, () => rows('arrears', ARREARS, accounts)),
    unless(noHolds, () => rows('named-holds', NAMED_HOLDS, uuidArray(needs.holds))),
    unless(noWallets, () => rows('expiring-holds', EXPIRING_HOLDS, accounts, latest)),
    unless(noWallets, () => rows('expiring-allocations', EXPIRING_ALLOCATIONS, accounts, latest)),
    unless(named.length === 0, () => rows('allocations', ALLOCATIONS, uuidArray(named))),
    unless(noTransfers, () => rows('transfers', TRANSFERS, uuidArray(needs.transfers))),
    unless(needs.counters.size === 0, () => {
      const counters = [...needs.counters.values()];
      return rows('counters', COUNTERS, int8Array(counters.map((each) => each.account)), textArray(counters.map((each) => each.key)));
    }),
  ]);
  const [walletRows, postings, lots, arrears, namedHolds, expiringHolds, expiringAllocations, allocations, transfers, counters] = loads.map((load) => {
    if (load.status === 'rejected') throw load.reason;
    return load.value;
  });

  const locked = new Map(walletRows.map((row) => [number(row[0]), toWallet(row)]));
  const moved: AccountId[] = [];
  for (const wallet of locked.values()) {
    const lotsThen = kept.get(wallet.account);
    if (lotsThen?.version === wallet.version) wallet.lots = lotsThen.lots;
    else if (lotsThen) moved.push(wallet.account);
  }
  lots.push(...(await readLots(moved)));

  const originIds = new Set<number>();
  for (const row of lots) originIds.add(number(row[4]));
  for (const row of [...expiringAllocations, ...allocations]) originIds.add(number(row[1]));
  for (const row of transfers) if (row[8] !== null) originIds.add(number(row[8]));
  const missing = [...originIds].filter((id) => !known.origins.has(id));
  if (missing.length > 0) await known.loadOrigins(client, missing);

  const state: BatchState = {
    wallets: locked,
    holds: new Map(),
    transfers: new Map(),
    counters: new Map(),
    postings: new Map(postings.map((row) => [row[0], toPosting(row)])),
    summed: known.summed,
    origins: known.origins,
    writes: emptyWrites(),
  };
  for (const row of lots) addLot(state, row);
  for (const row of arrears) addArrears(state, row);
  // A named hold that is expiring too comes in both.
  const allocationsOf = new Map([...groupAllocations(expiringAllocations), ...groupAllocations(allocations)]);
  for (const row of [...namedHolds, ...expiringHolds]) if (!state.holds.has(row[0])) addHold(state, row, allocationsOf);
  for (const row of transfers) state.transfers.set(row[0], toTransfer(row, allocationsOf));
  for (const row of counters) {
    const counter: CounterState = { account: number(row[0]), key: row[1], value: number(row[2]), existed: true, changed: false };
    state.counters.set(counterKey(counter.account, counter.key), counter);
  }
  return state;
}

function needsOf(requests: readonly PostingRequest[]): Needs {
  const wallets = new Set<AccountId>();
  const holds = new Set<Uuid>();
  const transfers = new Set<Uuid>();
  const counters = new Map<string, { account: AccountId; key: string }>();
  let latest = 0;
  for (const { loads, occurredAt } of requests) {
    for (const wallet of loads.wallets) wallets.add(wallet);
    for (const id of loads.holds ?? []) holds.add(id);
    for (const id of loads.transfers ?? []) transfers.add(id);
    for (const counter of loads.counters ?? []) counters.set(counterKey(counter.account, counter.key), counter);
    latest = Math.max(latest, occurredAt);
  }
  return {
    wallets: [...wallets],
    postings: [...new Set(requests.map((request) => request.id))],
    holds: [...holds],
    transfers: [...transfers],
    counters,
    latest,
  };
}

function toWallet(row: Row): WalletState {
  const [account, currencyId, credits, debits, held, arrears, seq] = row.slice(0, 7).map(number);
  return {
    account,
    currencyId,
    credits,
    debits,
    held,
    arrears,
    seq,
    spendLocked: row[7] === 't',
    version: number(row[8]),
    slidesUntil: day(row[9]),
    closedAt: row[10] === null ? null : instant(row[10]),
    mergedInto: row[11] === null ? null : number(row[11]),
    changed: false,
    lots: [],
    arrearsRows: [],
    expiringHolds: [],
  };
}

function toPosting(row: Row): StoredPosting {
  const stored = JSON.parse(row[2]) as Pick<PostingOutcome, 'answer' | 'refusal' | 'balances'>;
  return { contentHash: Buffer.from(row[1].slice(2), 'hex'), outcome: { duplicate: true, ...stored, recordedAt: instant(row[3]) } };
}

function addLot(state: BatchState, row: Row): void {
  const origin = state.origins.get(number(row[4]));
  if (!origin) throw new Error(`lot origin ${row[4]} does not exist`);
  const [account, originId, remaining, held] = [number(row[0]), number(row[4]), number(row[6]), number(row[7])];
  const key = { originId, expiresOn: day(row[1]), availableOn: day(row[5]), contributor: number(row[8]) };
  state.wallets.get(account)?.lots.push({ account, ...key, ...origin, remaining, held, loaded: { remaining, held } });
}

function addArrears(state: BatchState, row: Row): void {
  const arrears: ArrearsState = {
    account: number(row[0]),
    id: row[1],
    party: row[2],
    amount: number(row[3]),
    remaining: number(row[4]),
    loadedRemaining: number(row[4]),
    seq: number(row[5]),
    termsId: row[6],
    occurredAt: instant(row[7]),
  };
  state.wallets.get(arrears.account)?.arrearsRows.push(arrears);
}

function addHold(state: BatchState, row: Row, allocationsOf: ReadonlyMap<Uuid, AllocationState[]>): void {
  const hold: HoldState = {
    id: row[0],
    postingId: row[1],
    party: row[2],
    account: number(row[3]),
    creditAccount: number(row[4]),
    currencyId: number(row[5]),
    amount: number(row[6]),
    captured: number(row[7]),
    state: row[8] as HoldState['state'],
    termsId: row[9],
    occurredAt: instant(row[10]),
    expiresAt: instant(row[11]),
    settledAt: row[12] === null ? null : instant(row[12]),
    allocations: allocationsOf.get(row[0]) ?? [],
    isNew: false,
    changed: false,
  };
  state.holds.set(hold.id, hold);
  if (hold.state === 'OPEN') state.wallets.get(hold.account)?.expiringHolds.push(hold);
}

function toTransfer(row: Row, allocationsOf: ReadonlyMap<Uuid, AllocationState[]>): TransferState {
  return {
    id: row[0],
    party: row[1],
    debitAccount: number(row[2]),
    creditAccount: number(row[3]),
    currencyId: number(row[4]),
    amount: number(row[5]),
    code: row[6] as TransferState['code'],
    termsId: row[7],
    lot: row[8] === null ? null : { originId: number(row[8]), expiresOn: day(row[9]), availableOn: day(row[10]), contributor: OWN },
    allocations: allocationsOf.get(row[0]) ?? [],
    reversed: number(row[11]),
    filled: number(row[12]),
  };
}

function groupAllocations(rows: readonly Row[]): Map<Uuid, AllocationState[]> {
  const groups = new Map<Uuid, AllocationState[]>();
  for (const [transferId, originId, expiresOn, availableOn, amount, contributor] of rows) {
    // What a transfer filled in the receiver's wallet is no part of what it consumed.
    if (amount.startsWith('-')) continue;
    const key = { originId: number(originId), expiresOn: day(expiresOn), availableOn: day(availableOn), contributor: number(contributor) };
    const allocation = { ...key, amount: number(amount) };
    const group = groups.get(transferId);
    if (group) group.push(allocation);
    else groups.set(transferId, [allocation]);
  }
  return groups;
}
