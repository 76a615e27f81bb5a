import type { ClientBase } from 'pg';
import { pipelineRows, type RawRow, type RowsOf, type Select } from '../../../../platform/database/pipeline';
import { dayToIso } from '../../../points/calendar';
import type { AccountId, PostingRequest } from '../../posting';
import { type Needs, needsOf } from '../batch/batch-needs';
import type { WalletCache } from '../batch/wallet-cache';
import { type BatchState, claimKey, emptyWrites } from '../decide/batch-state';
import type { OriginState, WalletState } from '../decide/wallet-state';
import { int8Array, textArray, uuidArray } from './binary-array';
import type * as Row from './loaded-rows';
import { number } from './raw-rows';
import { addArrears, addCounter, addExpired, addHold, addLapse, addLot, groupAllocations, toPosting, toTransfer, toWallet } from './state-rows';

/** Origins and summed accounts never change; the ledger keeps them. */
export interface Known {
  readonly origins: Map<number, OriginState>;
  readonly summed: ReadonlyMap<AccountId, number>;
  loadOrigins(client: ClientBase, ids: readonly number[]): Promise<void>;
  /** Throws UNAVAILABLE for requests that were made when the database was another server. */
  requireCurrent(requests: readonly PostingRequest[]): void;
}

// Lock in id order: two postings over the same two wallets would deadlock otherwise.
const LOCK_WALLETS = 'SELECT id, version FROM account WHERE id = ANY($1::bigint[]) AND guarded ORDER BY id FOR NO KEY UPDATE';
// Each of the following is a statement of its own, so that its snapshot is taken after the locks are held.
const WALLETS = `
  SELECT id, currency_id, credits, debits, held, arrears, seq, spend_locked, version, slides_until, closed_at, merged_into, proofs_ended FROM account
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
  'h.id, h.posting_id, h.party_id, h.account_id, h.credit_account, h.currency_id, h.amount, h.captured, h.state, h.terms_id, h.occurred_at, h.expires_at, h.settled_at, h.held_on, h.expires_on, h.grace_days, h.awaits_release';
const NAMED_HOLDS = `SELECT ${HOLD_COLUMNS} FROM hold h WHERE h.id = ANY($1::uuid[])`;
// By wallet, whatever the planner thinks of the tables' sizes. A plan made while they were empty would read all of them
// ever after.
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
    (SELECT coalesce(sum(r.amount - (SELECT coalesce(sum(c.amount), 0) FROM transfer c WHERE c.reverses = r.id)), 0)::bigint FROM transfer r
      WHERE r.reverses = t.id),
    (SELECT coalesce(sum(f.amount), 0)::bigint FROM arrears_fill f WHERE f.transfer_id = t.id)
  FROM transfer t LEFT JOIN lot_change c ON c.credit_id = t.id WHERE t.id = ANY($1::uuid[])`;
const ARREARS_FILLED_BY = `
  SELECT f.arrears_id, f.origin_id, f.expires_on, f.available_on, f.amount, 0 FROM arrears_fill f WHERE f.arrears_id = ANY($1::uuid[])
  ORDER BY f.arrears_id, f.transfer_id, f.expires_on, f.origin_id`;
const EXPIRED_TO = `CROSS JOIN LATERAL (SELECT x.id FROM lot_origin o JOIN account x ON x.owner_id = o.issuer_id AND x.kind = 'EXPIRED' AND x.currency_id = o.currency_id
    WHERE o.id = e.origin_id OFFSET 0) x`;
// Of the wallets of the batch: a credit's own, and the one that survived it.
const EXPIRED = `
  SELECT DISTINCT e.account_id, e.origin_id, e.expires_on, e.available_on, e.contributor_id, e.amount - e.returned, x.id FROM transfer t
  JOIN expired_lot e ON e.account_id = ANY($2::bigint[]) AND e.origin_id IN (t.origin_id, -t.origin_id) AND e.amount > e.returned ${EXPIRED_TO}
  WHERE t.id = ANY($1::uuid[])`;
// By wallet: see EXPIRING.
const ENDED_SINCE = `
  SELECT e.account_id, e.origin_id, e.expires_on, e.available_on, e.contributor_id, e.amount - e.returned, x.id FROM unnest($1::bigint[]) AS w (id)
  CROSS JOIN LATERAL (SELECT * FROM expired_lot e WHERE e.account_id = w.id AND e.expires_on > $2::date AND e.amount > e.returned OFFSET 0) e ${EXPIRED_TO}`;
const LAPSED = `
  SELECT c.account_id, c.origin_id, c.from_available_on, c.contributor_id, c.from_expires_on, c.to_expires_on, c.amount, CASE WHEN s.cleared THEN s.until END FROM unnest($1::bigint[]) AS w (id)
  CROSS JOIN LATERAL (SELECT CASE WHEN a.slides_until < 'infinity' THEN a.slides_until ELSE a.slid_away_on END AS until, a.slides_until = 'infinity' AS cleared FROM account a WHERE a.id = w.id OFFSET 0) s
  CROSS JOIN LATERAL (SELECT * FROM lot_change c WHERE c.account_id = w.id AND c.credit_id IS NULL AND c.to_origin_id = c.origin_id
    AND c.to_available_on = c.from_available_on AND s.until IN (c.from_expires_on, c.to_expires_on) OFFSET 0) c
  WHERE s.until > $2::date AND s.until < 'infinity'`;
const COUNTERS = `
  SELECT c.account_id, c.key, c.value FROM unnest($1::bigint[], $2::text[]) AS n (account_id, key)
  CROSS JOIN LATERAL (SELECT account_id, key, value FROM counter c WHERE c.account_id = n.account_id AND c.key = n.key) c`;

// Each by its whole key: a name that repeats may have been taken at any number of turns.
const CLAIMS = `
  SELECT c.name, c.turn FROM unnest($1::uuid[], $2::bigint[]) AS n (name, turn)
  CROSS JOIN LATERAL (SELECT name, turn FROM claim c WHERE c.name = n.name AND c.turn = n.turn) c`;

/** Locks these wallets' rows, in id order, and tells their versions. */
export function lockWallets(accounts: readonly AccountId[]): Select<Row.Lock> {
  return { text: LOCK_WALLETS, values: [int8Array(accounts)] };
}

export interface Loading {
  /** 'read' takes no locks, and is for a transaction that sees one snapshot throughout. */
  readonly mode?: 'lock' | 'read';
  readonly cache?: WalletCache | null;
  /** Kept wallets are not even locked, and claims not read: see BatchState.believed and claims. */
  readonly believe?: boolean;
  /** The statement that begins the transaction, if it has not begun. */
  readonly begin?: string | null;
}

/**
 * Locks the wallets of a batch, but for those that it believes, and reads everything its plans may look at, in one
 * round trip. A wallet that the cache has is read again only where its locked row has another version by now. Arrears
 * and holds are read for wallets that have any. Where only their rows could tell, that is one round trip more.
 */
export async function loadState(
  client: ClientBase,
  requests: readonly PostingRequest[],
  known: Known,
  { mode = 'lock', cache = null, believe = false, begin = null }: Loading = {},
): Promise<BatchState> {
  const needs = needsOf(requests);
  const { wallets, believed, locked, unknown, inArrears, withHolds } = sortWallets(needs, cache, believe);
  const latest = new Date(needs.latest).toISOString();

  const read = await pipelineRows(client, {
    begin: begin === null ? null : { text: begin },
    locks: mode === 'read' || locked.length === 0 ? null : lockWallets(locked),
    ...namedReads(needs, believe),
    ...walletReads({ unknown, inArrears, withHolds, latest }),
  });

  const moved = movedWallets(read.locks, wallets);
  const found = read.wallets.map(toWallet);
  // What of theirs was read just now, was read behind their locks.
  const readLater = await pipelineRows(
    client,
    walletReads({
      unknown: moved.map(accountOf),
      inArrears: [...found.filter(({ arrears }) => arrears > 0), ...moved.filter(({ arrears }) => arrears === 0)].map(accountOf),
      withHolds: [...found.filter(({ held }) => held > 0), ...moved.filter(({ held }) => held === 0)].map(accountOf),
      latest,
    }),
  );

  for (const wallet of [...found, ...readLater.wallets.map(toWallet)]) wallets.set(wallet.account, wallet);
  const rows: LoadedRows = { named: read, wallets: [read, readLater] };
  const missing = originsOf(rows).filter((id) => !known.origins.has(id));
  if (missing.length > 0) await known.loadOrigins(client, missing);
  return assemble(rows, wallets, believed, known);
}

/** The wallets of a batch by what is to be done about them. */
interface SortedWallets {
  /** As the cache had them. */
  readonly wallets: Map<AccountId, WalletState>;
  readonly believed: ReadonlySet<AccountId>;
  readonly locked: readonly AccountId[];
  readonly unknown: readonly AccountId[];
  readonly inArrears: readonly AccountId[];
  readonly withHolds: readonly AccountId[];
}

function sortWallets(needs: Needs, cache: WalletCache | null, believe: boolean): SortedWallets {
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
  return { wallets, believed, locked, unknown, inArrears, withHolds };
}

/** Kept wallets that are others by now. */
function movedWallets(locks: readonly Row.Lock[], kept: ReadonlyMap<AccountId, WalletState>): WalletState[] {
  return locks.flatMap((row) => {
    const wallet = kept.get(number(row[0]));
    return wallet && wallet.version !== number(row[1]) ? wallet : [];
  });
}

/** What the requests name by id. */
function namedReads({ wallets, postings, holds, transfers, expired, cancelled, counters, claims, late }: Needs, believe: boolean) {
  const withAllocations = [...holds, ...transfers];
  const asked = [...counters.values()];
  const lateOnes = [...late.wallets];
  const since = lateOnes.length === 0 ? '' : dayToIso(late.since);
  return {
    postings: select<Row.Posting>(POSTINGS, uuidArray(postings)),
    holds: holds.size === 0 ? null : select<Row.Hold>(NAMED_HOLDS, uuidArray(holds)),
    allocations: withAllocations.length === 0 ? null : select<Row.Allocation>(ALLOCATIONS, uuidArray(withAllocations)),
    transfers: transfers.size === 0 ? null : select<Row.Transfer>(TRANSFERS, uuidArray(transfers)),
    arrearsFilledBy: cancelled.length === 0 ? null : select<Row.Allocation>(ARREARS_FILLED_BY, uuidArray(cancelled)),
    expired: expired.length === 0 ? null : select<Row.Expired>(EXPIRED, uuidArray(expired), int8Array(wallets)),
    endedSince: readFor<Row.Expired>(lateOnes, ENDED_SINCE, since),
    lapsed: readFor<Row.Lapse>(lateOnes, LAPSED, since),
    counters: readFor<Row.Counter>(asked.map(accountOf), COUNTERS, textArray(asked.map(({ key }) => key))),
    claims:
      believe || claims.length === 0 ? null : select<Row.Claim>(CLAIMS, uuidArray(claims.map(({ name }) => name)), int8Array(claims.map(({ turn }) => turn))),
  };
}

interface WalletsToRead {
  readonly unknown: readonly AccountId[];
  readonly inArrears: readonly AccountId[];
  readonly withHolds: readonly AccountId[];
  /** The latest recordedAt of the batch, as ISO text: holds that end by then are over. */
  readonly latest: string;
}

/** What belongs to wallets of the batch. */
function walletReads({ unknown, inArrears, withHolds, latest }: WalletsToRead) {
  return {
    wallets: readFor<Row.Wallet>(unknown, WALLETS),
    lots: readFor<Row.Lot>(unknown, LOTS),
    arrears: readFor<Row.Arrears>(inArrears, ARREARS),
    expiringHolds: readFor<Row.Hold>(withHolds, EXPIRING_HOLDS, latest),
    expiringAllocations: readFor<Row.Allocation>(withHolds, EXPIRING_ALLOCATIONS, latest),
  };
}

/** For these accounts, if there are any. */
function readFor<Row extends RawRow>(accounts: readonly AccountId[], text: string, ...values: (Buffer | string)[]): Select<Row> | null {
  return accounts.length === 0 ? null : select<Row>(text, int8Array(accounts), ...values);
}

function select<Row extends RawRow>(text: string, ...values: (Buffer | string)[]): Select<Row> {
  return { text, values };
}

function accountOf({ account }: { readonly account: AccountId }): AccountId {
  return account;
}

type WalletRows = RowsOf<ReturnType<typeof walletReads>>;

/** What was read, in one round trip or two. */
interface LoadedRows {
  readonly named: RowsOf<ReturnType<typeof namedReads>>;
  readonly wallets: readonly WalletRows[];
}

function originsOf({ named, wallets }: LoadedRows): number[] {
  const ids = new Set<number>();
  for (const { lots, expiringAllocations } of wallets) {
    for (const row of lots) ids.add(number(row[4]));
    for (const row of expiringAllocations) ids.add(number(row[1]));
  }
  for (const row of named.allocations) ids.add(number(row[1]));
  for (const row of named.arrearsFilledBy) ids.add(number(row[1]));
  for (const row of named.transfers) if (row[8] !== null) ids.add(number(row[8]));
  for (const row of named.endedSince) ids.add(number(row[1]));
  return [...ids];
}

function assemble({ named, wallets: reads }: LoadedRows, wallets: Map<AccountId, WalletState>, believed: ReadonlySet<AccountId>, known: Known): BatchState {
  const state: BatchState = {
    wallets,
    believed,
    holds: new Map(),
    transfers: new Map(),
    counters: new Map(),
    expired: new Map(),
    lapses: new Map(),
    slidAway: new Map(),
    postings: new Map(),
    claims: new Set(named.claims.map(([name, turn]) => claimKey({ name, turn: number(turn) }))),
    summed: known.summed,
    origins: known.origins,
    writes: emptyWrites(),
  };
  const all = <Row>(of: (read: WalletRows) => readonly Row[]) => reads.flatMap(of);
  for (const row of named.postings) state.postings.set(row[0], toPosting(row));
  for (const row of all((read) => read.lots)) addLot(state, row);
  for (const row of all((read) => read.arrears)) addArrears(state, row);
  // A named hold that is expiring too comes in both.
  const allocationsOf = new Map([...groupAllocations(all((read) => read.expiringAllocations)), ...groupAllocations(named.allocations)]);
  for (const row of [...named.holds, ...all((read) => read.expiringHolds)]) if (!state.holds.has(row[0])) addHold(state, row, allocationsOf);
  const filledLots = groupAllocations(named.allocations, 'filled');
  const arrearsFilledBy = groupAllocations(named.arrearsFilledBy);
  for (const row of named.transfers) state.transfers.set(row[0], toTransfer(row, allocationsOf, filledLots, arrearsFilledBy));
  for (const row of named.counters) addCounter(state, row);
  for (const row of named.expired) addExpired(state, row);
  for (const row of named.endedSince) addExpired(state, row);
  for (const row of named.lapsed) addLapse(state, row);
  return state;
}
