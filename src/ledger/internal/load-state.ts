import type { ClientBase } from 'pg';
import { type Prepared, type Ran, runTogether } from '../../database/run-together';
import type { Uuid } from '../../ids';
import type { AccountId, PostingRequest } from '../posting';
import { type BatchState, counterKey, emptyWrites, type OriginState, type WalletState } from './batch-state';
import { arrayOf } from './binary-array';
import { number } from './raw-rows';
import { addArrears, addCounter, addHold, addLot, groupAllocations, type Row, toPosting, toTransfer, toWallet } from './state-rows';
import type { WalletCache } from './wallet-cache';

/** Origins and summed accounts never change; the ledger keeps them. */
export interface Known {
  readonly origins: Map<number, OriginState>;
  readonly summed: ReadonlyMap<AccountId, number>;
  loadOrigins(client: ClientBase, ids: readonly number[]): Promise<void>;
}

// Lock in id order: two postings over the same two wallets would deadlock otherwise.
const LOCK_WALLETS = 'SELECT id, version FROM account WHERE id = ANY($1::bigint[]) AND guarded ORDER BY id FOR NO KEY UPDATE';
// Each of the following is a statement of its own, so that its snapshot is taken after the locks are held.
const WALLETS = `
  SELECT id, currency_id, credits, debits, held, arrears, seq, spend_locked, version, slides_until, closed_at, merged_into FROM account
  WHERE id = ANY($1::bigint[]) AND guarded`;
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

const int8Array = (values: Iterable<number>) => arrayOf('int8', values, (array, value) => array.int8(value));
const uuidArray = (values: Iterable<Uuid>) => arrayOf('uuid', values, (array, value) => array.uuid(value));
const textArray = (values: Iterable<string>) => arrayOf('text', values, (array, value) => array.text(value));

/** Locks these wallets' rows, in id order, and tells their versions. */
export function lockWallets(accounts: readonly AccountId[]): Prepared {
  return { text: LOCK_WALLETS, values: [int8Array(accounts)] };
}

export interface Loading {
  /** 'read' takes no locks, and is for a transaction that sees one snapshot throughout. */
  readonly mode?: 'lock' | 'read';
  readonly cache?: WalletCache | null;
  /** Kept wallets are not even locked: see BatchState.believed. */
  readonly believe?: boolean;
  /** The statement that begins the transaction, if it has not begun. */
  readonly begin?: string | null;
}

/**
 * Locks the wallets of a batch, but for those that it believes, and reads everything its plans may look at, in one trip. A wallet that the cache has is read again only where the row
 * that was locked has another version by now. Arrears and holds are read of those who have any: one trip more where only their rows could tell.
 */
export async function loadState(
  client: ClientBase,
  requests: readonly PostingRequest[],
  known: Known,
  { mode = 'lock', cache = null, believe = false, begin = null }: Loading = {},
): Promise<BatchState> {
  const needs = needsOf(requests);
  const latest = new Date(needs.latest).toISOString();
  const wallets = new Map<AccountId, WalletState>();
  const believed = new Set<AccountId>();
  const locked: AccountId[] = [];
  const unknown: AccountId[] = [];
  const inArrears: AccountId[] = [];
  const withHolds: AccountId[] = [];
  for (const account of needs.wallets) {
    const kept = cache?.take(account);
    if (kept) wallets.set(account, kept);
    else unknown.push(account);
    if (kept && kept.arrears > 0) inArrears.push(account);
    if (kept && kept.held > 0) withHolds.push(account);
    // What is read beside a wallet must be as old as it is: then its row is locked first.
    if (believe && kept && kept.arrears === 0 && kept.held === 0 && !needs.besideOthers.has(account)) believed.add(account);
    else locked.push(account);
  }

  const first = new Trip();
  if (begin) first.add(begin);
  const locks = mode === 'read' ? first.none : first.addFor(locked, LOCK_WALLETS);
  const postings = first.add(POSTINGS, uuidArray(needs.postings));
  const read = addWalletReads(first, { unknown, inArrears, withHolds, latest });
  const namedHolds = needs.holds.size === 0 ? first.none : first.add(NAMED_HOLDS, uuidArray(needs.holds));
  const named = [...needs.holds, ...needs.transfers];
  const allocations = named.length === 0 ? first.none : first.add(ALLOCATIONS, uuidArray(named));
  const transfers = needs.transfers.size === 0 ? first.none : first.add(TRANSFERS, uuidArray(needs.transfers));
  const counters = needs.counters.size === 0 ? first.none : first.add(COUNTERS, ...counterArrays([...needs.counters.values()]));
  await first.run(client);

  const moved: WalletState[] = [];
  for (const row of locks.rows) {
    const kept = wallets.get(number(row[0]));
    if (kept && kept.version !== number(row[1])) moved.push(kept);
  }
  const found = read.wallets.rows.map(toWallet);
  for (const wallet of found) wallets.set(wallet.account, wallet);
  const second = new Trip();
  // What of theirs the first trip has read, was read behind their locks.
  const readLater = addWalletReads(second, {
    unknown: moved.map(accountOf),
    inArrears: [...found.filter(({ arrears }) => arrears > 0), ...moved.filter(({ arrears }) => arrears === 0)].map(accountOf),
    withHolds: [...found.filter(({ held }) => held > 0), ...moved.filter(({ held }) => held === 0)].map(accountOf),
    latest,
  });
  await second.run(client);
  const both = (part: keyof WalletReads) => [...read[part].rows, ...readLater[part].rows];

  for (const wallet of readLater.wallets.rows.map(toWallet)) wallets.set(wallet.account, wallet);
  const lots = both('lots');
  const expiringAllocations = both('expiringAllocations');
  const originIds = new Set<number>();
  for (const row of lots) originIds.add(number(row[4]));
  for (const row of [...expiringAllocations, ...allocations.rows]) originIds.add(number(row[1]));
  for (const row of transfers.rows) if (row[8] !== null) originIds.add(number(row[8]));
  const missing = [...originIds].filter((id) => !known.origins.has(id));
  if (missing.length > 0) await known.loadOrigins(client, missing);

  const state: BatchState = {
    wallets,
    believed,
    holds: new Map(),
    transfers: new Map(),
    counters: new Map(),
    postings: new Map(),
    summed: known.summed,
    origins: known.origins,
    writes: emptyWrites(),
  };
  for (const row of postings.rows) state.postings.set(row[0], toPosting(row));
  for (const row of lots) addLot(state, row);
  for (const row of both('arrears')) addArrears(state, row);
  // A named hold that is expiring too comes in both.
  const allocationsOf = new Map([...groupAllocations(expiringAllocations), ...groupAllocations(allocations.rows)]);
  for (const row of [...namedHolds.rows, ...both('expiringHolds')]) if (!state.holds.has(row[0])) addHold(state, row, allocationsOf);
  for (const row of transfers.rows) state.transfers.set(row[0], toTransfer(row, allocationsOf));
  for (const row of counters.rows) addCounter(state, row);
  return state;
}

/** Where the rows of a statement are, once its trip is made. */
interface Answer {
  rows: readonly Row[];
}

/** Statements that go to the database together. */
class Trip {
  /** The answer to what need not be asked. */
  readonly none: Answer = { rows: [] };
  private readonly statements: Prepared[] = [];
  private readonly answers: Answer[] = [];

  add(text: string, ...values: (Buffer | string)[]): Answer {
    const answer: Answer = { rows: [] };
    this.statements.push({ text, values });
    this.answers.push(answer);
    return answer;
  }

  /** For these accounts, if there are any. */
  addFor(accounts: readonly AccountId[], text: string, ...values: string[]): Answer {
    return accounts.length === 0 ? this.none : this.add(text, int8Array(accounts), ...values);
  }

  async run(client: ClientBase): Promise<void> {
    const ran: readonly Ran[] = await runTogether(client, this.statements);
    ran.forEach(({ rows }, at) => {
      this.answers[at].rows = rows;
    });
  }
}

type WalletReads = ReturnType<typeof addWalletReads>;

function addWalletReads(
  trip: Trip,
  { unknown, inArrears, withHolds, latest }: Readonly<Record<'unknown' | 'inArrears' | 'withHolds', readonly AccountId[]>> & { latest: string },
) {
  return {
    wallets: trip.addFor(unknown, WALLETS),
    lots: trip.addFor(unknown, LOTS),
    arrears: trip.addFor(inArrears, ARREARS),
    expiringHolds: trip.addFor(withHolds, EXPIRING_HOLDS, latest),
    expiringAllocations: trip.addFor(withHolds, EXPIRING_ALLOCATIONS, latest),
  };
}

function accountOf({ account }: WalletState): AccountId {
  return account;
}

function counterArrays(counters: readonly { account: AccountId; key: string }[]): [Buffer, Buffer] {
  return [int8Array(counters.map((each) => each.account)), textArray(counters.map((each) => each.key))];
}

/** What a batch needs, each id once. */
interface Needs {
  readonly wallets: readonly AccountId[];
  readonly postings: ReadonlySet<Uuid>;
  readonly holds: ReadonlySet<Uuid>;
  readonly transfers: ReadonlySet<Uuid>;
  readonly counters: ReadonlyMap<string, { account: AccountId; key: string }>;
  /** Wallets of requests that look at holds, transfers or counters too. */
  readonly besideOthers: ReadonlySet<AccountId>;
  readonly latest: number;
}

function needsOf(requests: readonly PostingRequest[]): Needs {
  const wallets = new Set<AccountId>();
  const postings = new Set<Uuid>();
  const holds = new Set<Uuid>();
  const transfers = new Set<Uuid>();
  const counters = new Map<string, { account: AccountId; key: string }>();
  const besideOthers = new Set<AccountId>();
  let latest = 0;
  for (const { id, loads, occurredAt } of requests) {
    postings.add(id);
    for (const wallet of loads.wallets) wallets.add(wallet);
    if (loads.holds) for (const hold of loads.holds) holds.add(hold);
    if (loads.transfers) for (const transfer of loads.transfers) transfers.add(transfer);
    if (loads.counters) for (const counter of loads.counters) counters.set(counterKey(counter.account, counter.key), counter);
    if (loads.holds?.length || loads.transfers?.length || loads.counters?.length) for (const wallet of loads.wallets) besideOthers.add(wallet);
    if (occurredAt > latest) latest = occurredAt;
  }
  return { wallets: [...wallets], postings, holds, transfers, counters, besideOthers, latest };
}
