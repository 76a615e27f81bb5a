import type { Uuid } from '../../../../platform/ids';
import type { PostingOutcome } from '../../posting';
import { type BatchState, type CounterState, counterKey, type ExpiredState, expiredKey, type StoredPosting, type TransferState } from '../decide/batch-state';
import { type AllocationState, type ArrearsState, type HoldState, OWN, type WalletState } from '../decide/wallet-state';
import type * as Row from './loaded-rows';
import { day, instant, number } from './raw-rows';

export function toWallet(row: Row.Wallet): WalletState {
  return {
    account: number(row[0]),
    currencyId: number(row[1]),
    credits: number(row[2]),
    debits: number(row[3]),
    held: number(row[4]),
    arrears: number(row[5]),
    seq: number(row[6]),
    spendLocked: row[7] === 't',
    version: number(row[8]),
    slidesUntil: day(row[9]),
    closedAt: row[10] === null ? null : instant(row[10]),
    mergedInto: row[11] === null ? null : number(row[11]),
    proofsEnded: number(row[12]),
    changed: false,
    lots: [],
    arrearsRows: [],
    expiringHolds: [],
  };
}

export function toPosting(row: Row.Posting): StoredPosting {
  const stored = JSON.parse(row[2]) as Pick<PostingOutcome, 'answer' | 'refusal' | 'balances'>;
  return { contentHash: Buffer.from(row[1].slice(2), 'hex'), outcome: { duplicate: true, ...stored, recordedAt: instant(row[3]) } };
}

export function addLot(state: BatchState, row: Row.Lot): void {
  const origin = state.origins.get(number(row[4]));
  if (!origin) throw new Error(`lot origin ${row[4]} does not exist`);
  const [account, originId, remaining, held] = [number(row[0]), number(row[4]), number(row[6]), number(row[7])];
  const key = { originId, expiresOn: day(row[1]), availableOn: day(row[5]), contributor: number(row[8]) };
  state.wallets.get(account)?.lots.push({ account, ...key, ...origin, remaining, held, loaded: { remaining, held } });
}

export function addArrears(state: BatchState, row: Row.Arrears): void {
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

export function addHold(state: BatchState, row: Row.Hold, allocationsOf: ReadonlyMap<Uuid, AllocationState[]>): void {
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
    heldOn: day(row[13]),
    expiresOn: day(row[14]),
    graceDays: number(row[15]),
    awaitsRelease: row[16] === 't',
    allocations: allocationsOf.get(row[0]) ?? [],
    isNew: false,
    changed: false,
  };
  state.holds.set(hold.id, hold);
  if (hold.state === 'OPEN') state.wallets.get(hold.account)?.expiringHolds.push(hold);
}

export function toTransfer(
  row: Row.Transfer,
  allocationsOf: ReadonlyMap<Uuid, AllocationState[]>,
  filledLots: ReadonlyMap<Uuid, AllocationState[]>,
  arrearsFilledBy: ReadonlyMap<Uuid, AllocationState[]>,
): TransferState {
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
    filledLots: filledLots.get(row[0]) ?? [],
    arrearsFilledBy: arrearsFilledBy.get(row[0]) ?? [],
  };
}

/** By transfer, what each consumed; or, below zero, what it filled in the receiver's wallet. */
export function groupAllocations(rows: readonly Row.Allocation[], of: 'consumed' | 'filled' = 'consumed'): Map<Uuid, AllocationState[]> {
  const groups = new Map<Uuid, AllocationState[]>();
  for (const [transferId, originId, expiresOn, availableOn, amount, contributor] of rows) {
    if (amount.startsWith('-') !== (of === 'filled')) continue;
    const key = { originId: number(originId), expiresOn: day(expiresOn), availableOn: day(availableOn), contributor: number(contributor) };
    const allocation = { ...key, amount: Math.abs(number(amount)) };
    const group = groups.get(transferId);
    if (group) group.push(allocation);
    else groups.set(transferId, [allocation]);
  }
  return groups;
}

export function addCounter(state: BatchState, row: Row.Counter): void {
  const counter: CounterState = { account: number(row[0]), key: row[1], value: number(row[2]), existed: true, changed: false };
  state.counters.set(counterKey(counter.account, counter.key), counter);
}

export function addExpired(state: BatchState, row: Row.Expired): void {
  const account = number(row[0]);
  const key = { originId: number(row[1]), expiresOn: day(row[2]), availableOn: day(row[3]), contributor: number(row[4]) };
  const there = state.expired.get(account) ?? new Map<string, ExpiredState>();
  state.expired.set(account, there.set(expiredKey(key), { account, ...key, to: number(row[6]), loaded: true, left: number(row[5]), expired: 0, returned: 0 }));
}

export function addLapse(state: BatchState, row: Row.Lapse): void {
  const account = number(row[0]);
  const place = { originId: number(row[1]), availableOn: day(row[2]) };
  const lapse = { from: { ...place, expiresOn: day(row[4]) }, to: { ...place, expiresOn: day(row[5]) }, contributor: number(row[3]), amount: number(row[6]) };
  state.lapses.set(account, [...(state.lapses.get(account) ?? []), lapse]);
  if (row[7] !== null) state.slidAway.set(account, day(row[7]));
}
