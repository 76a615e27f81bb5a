import type { Uuid } from '../../../../platform/ids';
import type { RefusalData } from '../../../../platform/refusal';
import type { Day } from '../../../points/calendar';
import { ledgerRefusals } from '../../ledger-refusals';
import type { AccountId, PostingRequest } from '../../posting';
import type { BatchState, Loan, NewTransfer, TransferState } from './batch-state';
import { type AllocationState, type ArrearsState, compareLots, type LotKey, type LotState, sameLot, type WalletState } from './wallet-state';

/** Ends the decision of one posting; undone and stored by decide(). */
export class RefusedStep extends Error {
  readonly refusal: RefusalData;

  constructor({ refused }: { readonly refused: RefusalData }) {
    // Nobody reads its stack, and refusals are no exception here. Finding out where they were thrown costs more than
    // deciding them.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(refused.message);
    Error.stackTraceLimit = limit;
    this.refusal = refused;
  }
}

/** The day on which a posting is judged in a wallet. */
export function dayIn({ day, days }: Pick<PostingRequest, 'day' | 'days'>, account: AccountId): Day {
  return days?.get(account) ?? day;
}

/**
 * One posting while it is being decided. Every change it makes can be undone, so that its refusal never harms
 * another's.
 */
export class Posting {
  private readonly undos: (() => void)[] = [];
  /** What it was lent of points that have ended since it happened: see ended-since. */
  readonly loans: Loan[] = [];
  private readonly marks: readonly [unknown[], number][];

  constructor(
    readonly state: BatchState,
    readonly request: PostingRequest,
  ) {
    const { transfers, allocations, fills, holds, arrears, lotChanges } = state.writes;
    this.marks = [transfers, allocations, fills, holds, arrears, lotChanges].map((list) => [list, list.length]);
  }

  /** How far it has come, for undo(). Set before its first step: rows to insert are taken back altogether. */
  progress(): number {
    return this.undos.length;
  }

  /** Takes the changes of this posting back, the latest first: all of them, or those since then. */
  undo(since = 0): void {
    while (this.undos.length > since) this.undos.pop()?.();
    for (const [list, length] of this.marks) list.length = length;
  }

  onUndo(undo: () => void): void {
    this.undos.push(undo);
  }

  /** Changes fields of a record of the state. */
  change<T extends object>(record: T, fields: Partial<T>): void {
    const before: Partial<T> = {};
    for (const key of Object.keys(fields) as (keyof T)[]) before[key] = record[key];
    this.undos.push(() => Object.assign(record, before));
    Object.assign(record, fields);
  }

  dayIn(wallet: WalletState): Day {
    return dayIn(this.request, wallet.account);
  }

  wallet(account: AccountId): WalletState {
    const wallet = this.state.wallets.get(account);
    if (!wallet || !this.request.loads.wallets.includes(account))
      throw new Error(`${this.request.kind} posts to wallet account ${account} without declaring it`);
    return wallet;
  }

  /** Throws unless the account is a summed one of that currency that this process has opened. */
  checkSummed(account: AccountId, currencyId: number): void {
    const currency = this.state.summed.get(account);
    if (currency === undefined) throw new Error(`account ${account} is no summed account that has been opened here`);
    if (currency !== currencyId) throw new Error(`account ${account} is of currency ${currency}, not ${currencyId}`);
  }

  /** The lot of a wallet, made where the wallet has none (loaded) yet. */
  lotOf(wallet: WalletState, key: LotKey): LotState {
    // Busy wallets have a hundred.
    for (const lot of wallet.lots) if (lot.originId === key.originId && sameLot(lot, key)) return lot;
    const origin = this.state.origins.get(key.originId);
    if (!origin) throw new Error(`lot origin ${key.originId} is unknown here`);
    const { originId, expiresOn, availableOn, contributor } = key;
    const lot: LotState = { account: wallet.account, originId, expiresOn, availableOn, contributor, ...origin, remaining: 0, held: 0, loaded: null };
    const at = wallet.lots.findIndex((other) => compareLots(lot, other) < 0);
    wallet.lots.splice(at < 0 ? wallet.lots.length : at, 0, lot);
    this.undos.push(() => wallet.lots.splice(wallet.lots.indexOf(lot), 1));
    return lot;
  }

  /** Moves points between a lot's parts; both deltas may be negative, neither part may become so. */
  shiftLot(lot: LotState, remaining: number, held: number): void {
    if (lot.remaining + remaining < 0 || lot.held + held < 0) throw new Error(`lot of account ${lot.account} would become negative`);
    lot.remaining += remaining;
    lot.held += held;
    this.state.writes.lots.push(lot);
    this.undos.push(() => {
      lot.remaining -= remaining;
      lot.held -= held;
    });
  }

  /** Adds to a wallet's totals; throws RefusedStep when a total would leave the range of exact integers. */
  shiftWallet(wallet: WalletState, by: { credits?: number; debits?: number; held?: number; arrears?: number }): void {
    const { credits = 0, debits = 0, held = 0, arrears = 0 } = by;
    if (wallet.credits + credits > Number.MAX_SAFE_INTEGER || wallet.debits + debits > Number.MAX_SAFE_INTEGER)
      throw new RefusedStep(ledgerRefusals.refused('BALANCE_OUT_OF_RANGE'));
    const { changed } = wallet;
    wallet.credits += credits;
    wallet.debits += debits;
    wallet.held += held;
    wallet.arrears += arrears;
    wallet.changed = true;
    this.undos.push(() => {
      wallet.credits -= credits;
      wallet.debits -= debits;
      wallet.held -= held;
      wallet.arrears -= arrears;
      wallet.changed = changed;
    });
  }

  /** Points of a lot fill arrears. A later posting of the same batch may already cancel the clawback that made them. */
  fillArrears(wallet: WalletState, arrears: ArrearsState, transferId: Uuid, { originId, expiresOn, availableOn, contributor }: LotKey, amount: number): void {
    const { account } = wallet;
    this.change(arrears, { remaining: arrears.remaining - amount });
    this.shiftWallet(wallet, { arrears: -amount });
    this.state.writes.fills.push({ transferId, arrearsId: arrears.id, account, originId, expiresOn, availableOn, contributor, amount });
    const clawback = this.state.transfers.get(arrears.id);
    const filling = { originId, expiresOn, availableOn, contributor, amount };
    if (clawback) this.change(clawback, { arrearsFilledBy: [...clawback.arrearsFilledBy, filling] });
  }

  /** The balance and place of a transfer in a wallet's movements; call it once a transfer, after shiftWallet. */
  nextMovement(wallet: WalletState): { balance: number; seq: number } {
    const { changed } = wallet;
    wallet.seq++;
    wallet.changed = true;
    this.undos.push(() => {
      wallet.seq--;
      wallet.changed = changed;
    });
    return { balance: wallet.credits - wallet.debits, seq: wallet.seq };
  }

  addTransfer(
    transfer: Omit<NewTransfer, 'postingId' | 'party' | 'occurredAt' | 'recordedAt'>,
    allocations: readonly AllocationState[] = [],
    filled = 0,
  ): void {
    const { request, state } = this;
    const { id, debitAccount, creditAccount, currencyId, amount, code, reverses, holdId, lot, debitAfter, creditAfter, termsId } = transfer;
    const { id: postingId, party, occurredAt, recordedAt } = request;
    // Field by field: spread objects of many shapes cost several microseconds here.
    state.writes.transfers.push({
      id,
      postingId,
      party,
      debitAccount,
      creditAccount,
      currencyId,
      amount,
      code,
      reverses,
      holdId,
      lot,
      debitAfter,
      creditAfter,
      termsId,
      occurredAt,
      recordedAt,
    });
    // A later posting of the same batch may already reverse it.
    const known: TransferState = {
      id,
      party,
      debitAccount,
      creditAccount,
      currencyId,
      amount,
      code,
      termsId,
      lot,
      allocations,
      reversed: 0,
      filled,
      filledLots: [],
      arrearsFilledBy: [],
    };
    state.transfers.set(id, known);
    this.undos.push(() => state.transfers.delete(id));
  }

  /** Records which lots a transfer or hold consumed, in order; `first`: the place of the first. */
  addAllocations(transferId: Uuid, account: AccountId, allocations: readonly AllocationState[], first = 0): void {
    allocations.forEach(({ originId, expiresOn, availableOn, contributor, amount }, at) => {
      this.state.writes.allocations.push({ transferId, position: first + at, account, originId, expiresOn, availableOn, contributor, amount });
    });
  }

  /** Records which lots of the receiver a transfer filled: negative, after what it consumed. */
  addFilled(transferId: Uuid, account: AccountId, filled: readonly AllocationState[], first = 0): void {
    const known = this.state.transfers.get(transferId);
    if (known) known.filledLots = filled;
    this.addAllocations(
      transferId,
      account,
      filled.map((each) => ({ ...each, amount: -each.amount })),
      first,
    );
  }
}

export function requireAmount(amount: number): void {
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new RangeError(`a transfer needs a positive whole amount, not ${amount}`);
}
