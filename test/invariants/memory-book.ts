import { type BatchState, counterKey, type ExpiredState, emptyWrites } from '../../src/ledger/ledger/internal/decide/batch-state';
import { twinOf } from '../../src/ledger/ledger/internal/decide/graced-lot';
import type { LotState, OriginState, WalletState } from '../../src/ledger/ledger/internal/decide/wallet-state';
import type { AccountId, PostingRequest } from '../../src/ledger/ledger/posting';
import { isToldLate } from '../../src/ledger/ledger/told-late';
import { NEVER } from '../../src/ledger/points/calendar';
import type { Uuid } from '../../src/platform/ids';

/** What the tables hold between two batches, in memory: gives decide() the state that a batch would load. */
export class MemoryBook {
  private readonly wallets = new Map<AccountId, WalletState>();
  private readonly rest = {
    holds: new Map() as BatchState['holds'],
    transfers: new Map() as BatchState['transfers'],
    counters: new Map() as BatchState['counters'],
    postings: new Map() as BatchState['postings'],
    expired: new Map() as BatchState['expired'],
  };
  readonly writes = emptyWrites();

  private readonly origins: ReadonlyMap<number, OriginState>;

  constructor(
    origins: ReadonlyMap<number, OriginState>,
    private readonly summed: ReadonlyMap<AccountId, number>,
    /** With their currencies. */
    accounts: ReadonlyMap<AccountId, number>,
  ) {
    // With their twins, as the ledger knows them.
    this.origins = new Map(
      [...origins].flatMap(([id, origin]) => [
        [id, origin],
        [twinOf(id), origin],
      ]),
    );
    for (const [account, currencyId] of accounts)
      this.wallets.set(account, {
        account,
        currencyId,
        spendLocked: false,
        proofsEnded: 0,
        credits: 0,
        debits: 0,
        held: 0,
        arrears: 0,
        seq: 0,
        version: 0,
        slidesUntil: NEVER,
        closedAt: null,
        mergedInto: null,
        changed: false,
        lots: [],
        arrearsRows: [],
        expiringHolds: [],
      });
  }

  lock(account: AccountId, spendLocked: boolean): void {
    this.wallets.set(account, { ...(this.wallets.get(account) as WalletState), spendLocked });
  }

  /** Only what the requests ask for, as it would be read. */
  load(requests: readonly PostingRequest[]): BatchState {
    const { holds, transfers, counters, postings } = this.rest;
    const latest = Math.max(...requests.map((request) => request.recordedAt));
    const state: BatchState = {
      wallets: new Map(),
      believed: new Set(),
      holds: new Map(),
      transfers: new Map(),
      counters: new Map(),
      postings: new Map(),
      expired: new Map(),
      lapses: new Map(),
      slidAway: new Map(),
      claims: new Set(),
      summed: this.summed,
      origins: this.origins,
      writes: emptyWrites(),
    };
    const cancelled = new Set(requests.flatMap(({ loads }) => loads.cancelled ?? []));
    for (const { id, loads } of requests) {
      copy(postings, state.postings, id, (row) => row);
      for (const account of loads.wallets) copy(this.wallets, state.wallets, account, asRead);
      for (const transfer of loads.transfers ?? [])
        copy(transfers, state.transfers, transfer, (row) => ({ ...row, arrearsFilledBy: cancelled.has(row.id) ? this.filled(row.id) : [] }));
      for (const { account, key } of loads.counters ?? [])
        copy(counters, state.counters, counterKey(account, key), (row) => ({ ...row, existed: true, changed: false }));
    }
    const late = new Set(requests.filter(isToldLate).flatMap(({ loads }) => loads.wallets));
    const asked = new Set([...requests.flatMap(({ loads }) => (loads.expired?.length ? loads.wallets : [])), ...late]);
    for (const [account, lots] of this.rest.expired)
      if (asked.has(account)) state.expired.set(account, new Map([...lots].map(([key, row]) => [key, { ...row, expired: 0, returned: 0 }])));
    for (const account of late) state.lapses.set(account, this.lapses(account));
    const named = new Set(requests.flatMap((request) => request.loads.holds ?? []));
    for (const hold of holds.values()) {
      const wallet = state.wallets.get(hold.account);
      if (!named.has(hold.id) && !(wallet && hold.state === 'OPEN' && hold.expiresAt <= latest)) continue;
      const row = { ...hold, isNew: false, changed: false };
      state.holds.set(row.id, row);
      if (row.state === 'OPEN') wallet?.expiringHolds.push(row);
    }
    return state;
  }

  /**
   * What was dated where it is, and is no confirmation of a credit: the ledger reads those alone that its wallet's end
   * is about.
   */
  private lapses(account: AccountId) {
    return this.writes.lotChanges.filter((change) => change.account === account && change.creditId === null);
  }

  private filled(arrears: Uuid) {
    return this.writes.fills.filter((fill) => fill.arrearsId === arrears);
  }

  /** Keeps what a batch decided, as its writes would. */
  keep(state: BatchState): void {
    for (const wallet of state.wallets.values()) this.wallets.set(wallet.account, wallet);
    for (const [id, row] of state.holds) this.rest.holds.set(id, row);
    for (const [id, row] of state.transfers) this.rest.transfers.set(id, row);
    for (const [key, row] of state.counters) this.rest.counters.set(key, row);
    for (const [id, row] of state.postings) this.rest.postings.set(id, row);
    for (const [account, lots] of state.expired) {
      const kept = this.rest.expired.get(account) ?? new Map<string, ExpiredState>();
      this.rest.expired.set(account, kept);
      for (const [key, row] of lots) kept.set(key, { ...row, left: (kept.get(key)?.left ?? 0) + row.expired - row.returned });
    }
    for (const name of Object.keys(this.writes) as (keyof typeof this.writes)[]) (this.writes[name] as unknown[]).push(...state.writes[name]);
  }

  all(): Iterable<WalletState> {
    return this.wallets.values();
  }

  hold(id: Uuid) {
    return this.rest.holds.get(id);
  }

  expired() {
    return [...this.rest.expired.values()].flatMap((lots) => [...lots.values()]);
  }

  counters() {
    return [...this.rest.counters.values()];
  }
}

function copy<K, V>(from: ReadonlyMap<K, V>, to: Map<K, V>, key: K, make: (row: V) => V): void {
  const row = from.get(key);
  if (row !== undefined && !to.has(key)) to.set(key, make(row));
}

/** A wallet's row with its lots and arrears: emptied ones are not read. */
function asRead(wallet: WalletState): WalletState {
  const lots = wallet.lots.filter((lot) => lot.remaining > 0 || lot.held > 0).map((lot) => ({ ...lot, loaded: { remaining: lot.remaining, held: lot.held } }));
  const arrearsRows = wallet.arrearsRows.filter((row) => row.remaining > 0).map((row) => ({ ...row, loadedRemaining: row.remaining }));
  return { ...wallet, changed: false, lots: lots.sort(asTheirKey), arrearsRows: arrearsRows.sort((a, b) => a.seq - b.seq), expiringHolds: [] };
}

/** The order of the table's primary key, in which the rows are read. */
function asTheirKey(a: LotState, b: LotState): number {
  const code = a.issuerCode < b.issuerCode ? -1 : a.issuerCode > b.issuerCode ? 1 : 0;
  return (
    a.expiresOn - b.expiresOn ||
    a.issueMonth - b.issueMonth ||
    code ||
    a.originId - b.originId ||
    a.availableOn - b.availableOn ||
    a.contributor - b.contributor
  );
}
