import type { Uuid } from '../../src/ids';
import type { AccountId, LotTarget } from '../../src/ledger/posting';
import { type Day, NEVER } from '../../src/points/calendar';
import { counted, isOver, type LotDates, lotName, lotOf, moved, type Origin, owedBy, type Point, together, type Wallet } from './naive-points';

export interface Hold {
  readonly account: AccountId;
  readonly to: AccountId;
  readonly points: readonly Point[];
  readonly expiresAt: number;
  readonly captured: number;
  readonly state: 'OPEN' | 'CAPTURED' | 'VOIDED' | 'EXPIRED';
}

export interface Transfer {
  readonly debit: AccountId;
  readonly credit: AccountId;
  readonly amount: number;
  readonly code: string;
  readonly reverses: Uuid | null;
  /** Balance and number of movements that it left in a wallet; '-' for a summed account. */
  readonly debitAfter: string;
  readonly creditAfter: string;
  /** Where a credit went, with the dates that it has now; null for all that is no credit. */
  readonly lot: LotTarget | null;
  /** As it was recorded. */
  readonly creditedLot: string;
  /** What it took from which lots, and then what it put into which (x-n). */
  readonly allocations: readonly string[];
  /** Which of what it brought filled which arrears. */
  readonly fills: readonly string[];
  readonly filled: number;
  /** What it took and no refund has given back yet, in order. */
  readonly consumed: readonly Point[];
  readonly reversed: number;
}

export interface State {
  readonly wallets: Map<AccountId, Wallet>;
  readonly holds: Map<Uuid, Hold>;
  readonly transfers: Map<Uuid, Transfer>;
  readonly counters: Map<string, number>;
  /** Lots whose dates changed where they are. */
  readonly changes: Set<string>;
}

/** What the model has on its books, and how points move on them; who may move what is for NaiveLedger to say. */
export class NaiveBooks {
  state: State = { wallets: new Map(), holds: new Map(), transfers: new Map(), counters: new Map(), changes: new Set() };

  constructor(
    readonly origins: ReadonlyMap<number, Origin>,
    wallets: readonly AccountId[],
  ) {
    const empty = { points: [], arrears: [], credited: 0, debited: 0, movements: 0, locked: false, closed: false, mergedInto: null, slidesUntil: NEVER };
    for (const id of wallets) this.state.wallets.set(id, empty);
  }

  balances(id: AccountId, day: Day) {
    const wallet = this.wallet(id);
    let [active, pending, held, lapsed] = [0, 0, 0, 0];
    for (const point of wallet.points) {
      if (point.hold !== null) held++;
      else if (isOver(point, wallet, day)) lapsed++;
      else if (point.lot.availableOn > day) pending++;
      else active++;
    }
    const arrears = owedBy(wallet);
    return { active, pending, held, arrears, spendable: Math.max(0, active - arrears), lapsed };
  }

  wallet(id: AccountId): Wallet {
    return this.state.wallets.get(id) as Wallet;
  }

  change(id: AccountId, fields: Partial<Wallet>): void {
    this.state.wallets.set(id, { ...this.wallet(id), ...fields });
  }

  protected endHold(id: Uuid, state: Hold['state'], captured: number): void {
    const hold = this.state.holds.get(id) as Hold;
    const gone = new Set(hold.points.slice(0, captured));
    const points = this.wallet(hold.account).points.filter((point) => !gone.has(point));
    this.change(hold.account, { points: points.map((point) => (point.hold === id ? { lot: point.lot, hold: null } : point)) });
    this.state.holds.set(id, { ...hold, state, captured });
  }

  protected redate(account: AccountId, points: readonly Point[], dates: Partial<LotDates>, change: Uuid, credit: Uuid | null): void {
    const chosen = new Set(points);
    const wallet = this.wallet(account);
    this.change(account, { points: wallet.points.map((point) => (chosen.has(point) ? moved(point, dates) : point)) });
    for (const [lot, count] of counted(points))
      this.state.changes.add(`${change}: ${account} ${lot.name} -> ${lotOf({ originId: lot.origin, ...lot, ...dates }).name} x${count} ${credit}`);
  }

  /** Points out of the one, what is missing becomes arrears; into the other. */
  protected transfer(
    day: Day,
    id: Uuid,
    code: string,
    debit: AccountId,
    credit: AccountId,
    amount: number,
    { out, into, lot = null, reverses = null }: { out?: readonly Point[]; into?: readonly Point[]; lot?: LotTarget | null; reverses?: Uuid | null },
  ): void {
    let [debitAfter, creditAfter] = ['-', '-'];
    let fills: string[] = [];
    const allocations: string[] = [];
    if (out) {
      const gone = new Set(out);
      const wallet = this.wallet(debit);
      const arrears = amount > out.length ? [...wallet.arrears, { id, left: amount - out.length }] : wallet.arrears;
      this.change(debit, {
        points: wallet.points.filter((point) => !gone.has(point)),
        arrears,
        debited: wallet.debited + amount,
        movements: wallet.movements + 1,
      });
      debitAfter = `${wallet.credited - wallet.debited - amount} ${wallet.movements + 1}`;
      allocations.push(...counted(out).map(([each, count]) => `${debit} ${each.name} x${count}`));
    }
    if (into) {
      if (!lot) this.reviveBy(credit, into, day);
      const wallet = this.wallet(credit);
      fills = this.bring(credit, together(into), day);
      this.change(credit, { credited: wallet.credited + amount, movements: wallet.movements + 1 });
      creditAfter = `${wallet.credited - wallet.debited + amount} ${wallet.movements + 1}`;
      if (!lot) allocations.push(...counted(into).map(([each, count]) => `${credit} ${each.name} x-${count}`));
    }
    const filled = fills.length;
    const consumed = out ?? [];
    const creditedLot = lot ? lotName(lot) : '-';
    this.state.transfers.set(id, {
      debit,
      credit,
      amount,
      code,
      reverses,
      debitAfter,
      creditAfter,
      lot,
      creditedLot,
      allocations,
      fills,
      filled,
      consumed,
      reversed: 0,
    });
  }

  /** Points that arrive in a wallet that has lapsed live as they would have: it was dated, so that nothing else does. */
  private reviveBy(id: AccountId, points: readonly Point[], day: Day): void {
    const { slidesUntil } = this.wallet(id);
    if (slidesUntil <= day) this.change(id, { slidesUntil: Math.max(slidesUntil, ...points.map((point) => point.lot.expiresOn)) });
  }

  /** Points into a wallet: the oldest arrears swallow theirs first, but none whose time is over. Says which swallowed which, point by point. */
  private bring(id: AccountId, points: readonly Point[], day: Day): string[] {
    const { arrears, points: there } = this.wallet(id);
    const owed = arrears.map((each) => ({ ...each }));
    const stay: Point[] = [];
    const fills: string[] = [];
    for (const point of points) {
      const oldest = point.lot.expiresOn > day && owed.find((each) => each.left > 0);
      if (!oldest) {
        stay.push(point);
        continue;
      }
      oldest.left--;
      fills.push(`${oldest.id}: ${point.lot.name}`);
    }
    this.change(id, { points: [...there, ...stay], arrears: owed });
    return fills;
  }
}

/** What is in the maps is never changed, so that copying them is enough. */
export function copyOf({ wallets, holds, transfers, counters, changes }: State): State {
  return { wallets: new Map(wallets), holds: new Map(holds), transfers: new Map(transfers), counters: new Map(counters), changes: new Set(changes) };
}
