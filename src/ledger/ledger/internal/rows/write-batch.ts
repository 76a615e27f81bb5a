import type { ClientBase } from 'pg';
import { kindOfFailure } from '../../../../platform/database/failure-kind';
import { type Prepared, pipeline, type Ran, type RawRow } from '../../../../platform/database/pipeline';
import { itemAt } from '../../../../platform/one-of';
import type { AlongsideRow, AlongsideTable } from '../../alongside';
import type { BatchState, NewClaim } from '../decide/batch-state';
import type { LotState, WalletState } from '../decide/wallet-state';
import { UPDATE_ARREARS, UPDATE_EXPIRED, UPDATE_HOLDS, UPDATE_LOTS, UPDATE_WALLETS, UPSERT_COUNTERS, UPSERT_EXPIRED, UPSERT_LOTS } from './balance-statements';
import {
  INSERT_ALLOCATIONS,
  INSERT_ARREARS,
  INSERT_CLAIMS,
  INSERT_FILLS,
  INSERT_HOLDS,
  INSERT_LOT_CHANGES,
  INSERT_POSTINGS,
  INSERT_TRANSFERS,
} from './insert-statements';
import { lockWallets } from './load-state';
import { requireRowCount } from './row-counts';
import { insertInto } from './row-statement';
import { type Write, WriteBuffers } from './statement';

/** Another process has changed a wallet since it was kept: the batch is decided again, on what is there now. */
class WalletMoved extends Error {
  /** As PostgreSQL calls it: serialization_failure. */
  readonly code = '40001';

  constructor(cause?: unknown) {
    super('a wallet was changed elsewhere since it was kept', { cause });
  }
}

/** Another process has taken a name that this batch found free: the batch is decided again, on what is taken now. */
class ClaimTaken extends Error {
  /** As PostgreSQL calls it: serialization_failure. */
  readonly code = '40001';

  constructor() {
    super('a name was taken elsewhere since it was found free');
  }
}

/**
 * Writes all that a batch decided: one statement a table, in one trip, every row count checked. Believed wallets are
 * locked here, also those that the batch leaves as they are: what it decided on them was so.
 */
export async function writeBatch(client: ClientBase, state: BatchState, buffers = new WriteBuffers()): Promise<void> {
  const writes = [...balanceWrites(state, buffers), ...insertWrites(state, buffers), ...rowWrites(state.writes.rows, buffers)];
  const unchanged = [...state.believed].flatMap((account) => state.wallets.get(account) ?? []).filter((wallet) => !wallet.changed);
  const locks = unchanged.length > 0 ? [lockWallets(unchanged.map(({ account }) => account))] : [];
  const ran = await runWrites(client, [...locks, ...writes], state.believed.size > 0);
  for (const { rows } of ran.splice(0, locks.length)) requireVersions(unchanged, rows);
  for (const [at, { affected }] of ran.entries()) {
    const { name, rows } = itemAt(writes, at);
    if (affected !== rows && name === UPDATE_WALLETS.name && state.believed.size > 0) throw new WalletMoved();
    if (affected !== rows && name === INSERT_CLAIMS.name) throw new ClaimTaken();
    requireRowCount(name, affected, rows);
  }
}

/** Throws WalletMoved unless each of them was found at the version that it was kept at. */
function requireVersions(kept: readonly WalletState[], rows: readonly RawRow[]): void {
  const versions = new Map(rows.map(([account, version]) => [Number(account), Number(version)]));
  if (kept.some(({ account, version }) => versions.get(account) !== version)) throw new WalletMoved();
}

/**
 * What was decided on belief may break any rule of the tables. Whether it is a defect shows when it is decided again on
 * what is there.
 */
async function runWrites(client: ClientBase, writes: readonly Prepared[], believed: boolean): Promise<Ran[]> {
  try {
    return await pipeline(client, writes);
  } catch (error) {
    throw believed && kindOfFailure(error) === 'defect' ? new WalletMoved(error) : error;
  }
}

function balanceWrites(state: BatchState, buffers: WriteBuffers): Write[] {
  // In id order, as wallets are locked.
  const wallets = [...state.wallets.values()].sort((a, b) => a.account - b.account);
  const loaded: LotState[] = [];
  const made: LotState[] = [];
  for (const lot of new Set(state.writes.lots)) {
    if (!lot.loaded) {
      if (lot.remaining === 0 && lot.held === 0) continue;
      made.push(lot);
    } else if (lot.loaded.remaining !== lot.remaining || lot.loaded.held !== lot.held) loaded.push(lot);
    else continue;
    // Whoever has kept these lots must see by the account's version that they are others now.
    if (!state.wallets.get(lot.account)?.changed) throw new Error(`lots of account ${lot.account} were changed without it`);
  }
  const arrears = wallets.flatMap((wallet) => wallet.arrearsRows).filter((row) => row.loadedRemaining !== null && row.loadedRemaining !== row.remaining);
  const holds = [...state.holds.values()].filter((hold) => hold.changed && !hold.isNew);
  const counters = [...state.counters.values()].filter((counter) => counter.changed);
  const expired =
    state.expired.size === 0 ? [] : [...state.expired.values()].flatMap((lots) => [...lots.values()]).filter((row) => row.expired !== 0 || row.returned > 0);
  return [
    ...buffers.encode(
      UPDATE_WALLETS,
      wallets.filter((wallet) => wallet.changed),
    ),
    ...buffers.encode(UPDATE_LOTS, loaded),
    ...buffers.encode(UPSERT_LOTS, made),
    ...buffers.encode(UPDATE_ARREARS, arrears),
    ...buffers.encode(UPDATE_HOLDS, holds),
    ...buffers.encode(UPSERT_COUNTERS, counters),
    ...buffers.encode(
      UPDATE_EXPIRED,
      expired.filter(({ loaded }) => loaded),
    ),
    ...buffers.encode(
      UPSERT_EXPIRED,
      expired.filter(({ loaded }) => !loaded),
    ),
  ];
}

function insertWrites({ writes }: BatchState, buffers: WriteBuffers): Write[] {
  return [
    ...buffers.encode(INSERT_POSTINGS, writes.postings),
    ...buffers.encode(INSERT_TRANSFERS, writes.transfers),
    ...buffers.encode(INSERT_ALLOCATIONS, writes.allocations),
    ...buffers.encode(INSERT_FILLS, writes.fills),
    ...buffers.encode(INSERT_HOLDS, writes.holds),
    ...buffers.encode(INSERT_ARREARS, writes.arrears),
    ...buffers.encode(INSERT_LOT_CHANGES, writes.lotChanges),
    // In the order of their names: two batches that take the same ones would deadlock otherwise.
    ...buffers.encode(INSERT_CLAIMS, writes.claims.sort(byName)),
  ];
}

function byName(a: NewClaim, b: NewClaim): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.turn - b.turn;
}

function rowWrites(rows: readonly AlongsideRow[], buffers: WriteBuffers): Write[] {
  const byTable = new Map<AlongsideTable, AlongsideRow[]>();
  for (const row of rows) {
    const list = byTable.get(row.table);
    if (list) list.push(row);
    else byTable.set(row.table, [row]);
  }
  return [...byTable].flatMap(([table, list]) => buffers.encode(insertInto(table), list));
}
