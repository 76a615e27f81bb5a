import type { AccountId } from '../../src/ledger/ledger/posting';
import { type Day, NEVER } from '../../src/ledger/points/calendar';
import { derivedUuid, type Uuid } from '../../src/platform/ids';
import { counted, type Ended, free, type Lot, type LotDates, lotOf, moved, type Origin, type Point, type Wallet } from './naive-points';
import type { Lapse, State } from './naive-state';

/** When points of the model end, and what of that a posting does not go by which happened before. */
export class NaiveEnds {
  state: State = { wallets: new Map(), holds: new Map(), transfers: new Map(), counters: new Map(), expired: new Map(), lapses: new Map(), changes: [] };
  /** The posting that is under way. */
  protected asked: { readonly id: Uuid; readonly day: Day } = { id: '', day: 0 };

  constructor(
    readonly origins: ReadonlyMap<number, Origin>,
    wallets: readonly AccountId[],
  ) {
    const empty = { points: [], arrears: [], credited: 0, debited: 0, movements: 0, locked: false, closed: false, mergedInto: null, slidesUntil: NEVER };
    for (const id of wallets) this.state.wallets.set(id, empty);
  }

  wallet(id: AccountId): Wallet {
    return this.state.wallets.get(id) as Wallet;
  }

  change(id: AccountId, fields: Partial<Wallet>): void {
    this.state.wallets.set(id, { ...this.wallet(id), ...fields });
  }

  /** What lies free in a wallet that has lapsed keeps the day on which it did. */
  protected lapse(account: AccountId, by: Day, posting: Uuid): void {
    const wallet = this.wallet(account);
    if (by < wallet.slidesUntil) return;
    const lapsed = free(wallet).filter((point) => point.lot.expiresOn > wallet.slidesUntil);
    const expiresOn = wallet.slidesUntil;
    for (const { lot } of lapsed.filter(({ lent }) => !lent)) this.noteLapse(account, lot, lotOf({ originId: lot.origin, ...lot, expiresOn }));
    // Of what is lent the end is booked already.
    const dated = ({ lot, lent }: Point): Point => ({ lot: lotOf({ originId: lot.origin, ...lot, expiresOn }), hold: null, lent });
    this.change(account, { points: wallet.points.map((point) => (point.lent && lapsed.includes(point) ? dated(point) : point)) });
    this.redate(
      account,
      lapsed.filter(({ lent }) => !lent),
      { expiresOn },
      posting,
      null,
    );
  }

  /** Points that lapsed where they are: a change of nothing but the end, to a sooner one. */
  protected noteLapse(account: AccountId, from: Lot, to: Lot): void {
    if (from.origin !== to.origin || from.availableOn !== to.availableOn || to.expiresOn >= from.expiresOn) return;
    this.state.lapses.set(account, [...(this.state.lapses.get(account) ?? []), { from, to }]);
  }

  private forgetLapses(account: AccountId, forgotten: readonly Lapse[]): void {
    const left = [...(this.state.lapses.get(account) ?? [])];
    for (const { from, to } of forgotten)
      left.splice(
        left.findIndex((each) => each.from === from && each.to === to),
        1,
      );
    this.state.lapses.set(account, left);
  }

  /**
   * What has ended since a day is there as if it had not been booked, nor its wallet lapsed. Whoever has closed a
   * wallet has ended all that was in it.
   */
  protected lend(account: AccountId, day: Day): void {
    const wallet = this.wallet(account);
    if (wallet.closed) return;
    const ended = this.state.expired.get(account) ?? [];
    const since = ended.filter(({ lot }) => lot.expiresOn > day);
    // None where the wallet has lived again since it lapsed.
    const lapses = wallet.slidesUntil > day ? [...(this.state.lapses.get(account) ?? [])].filter(({ to }) => to.expiresOn === wallet.slidesUntil) : [];
    lapses.sort((a, b) => b.from.expiresOn - a.from.expiresOn);
    // As many points of a lot as have lapsed into it have had other ends before, the latest of them first.
    const before = (lot: Lot): Lot => {
      const at = lapses.findIndex(({ to }) => to === lot);
      return at < 0 ? lot : lapses.splice(at, 1)[0].from;
    };
    const lent = since.map((each): Point => ({ lot: before(each.lot), hold: null, lent: each }));
    const there = wallet.points.map((point): Point => {
      const lot = point.hold === null ? before(point.lot) : point.lot;
      return lot === point.lot ? point : { lot, hold: null, lent: { lot: point.lot, to: null } };
    });
    if (lent.length === 0 && there.every((point) => !point.lent)) return;
    this.state.expired.set(
      account,
      ended.filter((each) => !since.includes(each)),
    );
    this.change(account, { points: [...there, ...lent] });
  }

  /** What is lent and was not called in has ended, as before. */
  protected returnLent(account: AccountId): void {
    const { points } = this.wallet(account);
    if (!points.some(({ lent }) => lent)) return;
    this.change(account, { points: points.flatMap((point) => (!point.lent ? point : point.lent.to === null ? { lot: point.lent.lot, hold: null } : [])) });
    const booked = points.flatMap(({ lent }) => (lent && lent.to !== null ? lent : []));
    this.state.expired.set(account, [...(this.state.expired.get(account) ?? []), ...booked]);
  }

  /**
   * Those of the points that are lent come back for good, lot by lot, before anything is done with them: the points as
   * they are then.
   */
  protected callIn(account: AccountId, points: readonly Point[]): Point[] {
    const now = new Map(points.map((point) => [point, point.lent ? { lot: point.lot, hold: null } : point]));
    const called = new Map<string, (Point & { lent: Ended })[]>();
    for (const point of points) {
      if (!point.lent) continue;
      const name = `${point.lot.name} ${point.lent.lot.name} ${point.lent.to}`;
      called.set(name, [...(called.get(name) ?? []), point as Point & { lent: Ended }]);
    }
    for (const group of called.values()) {
      const [{ lot, lent }] = group;
      const id = lent.to === null ? this.asked.id : this.cancelExpiry(account, lent.lot, lent.to, group.length);
      if (lot === lent.lot) continue;
      this.addChange(id, account, lent.lot, lot, group.length);
      for (const _ of group) this.noteLapse(account, lent.lot, lot);
      if (lot.expiresOn > lent.lot.expiresOn)
        this.forgetLapses(
          account,
          group.map(() => ({ from: lot, to: lent.lot })),
        );
    }
    if (called.size > 0) this.change(account, { points: this.wallet(account).points.map((point) => now.get(point) ?? point) });
    return points.map((point) => now.get(point) as Point);
  }

  private cancelExpiry(account: AccountId, lot: Lot, from: AccountId, amount: number): Uuid {
    const wallet = this.wallet(account);
    const movements = wallet.movements + 1;
    const id = derivedUuid('expiry-cancellation', this.asked.id, String(account), String(movements));
    this.change(account, { credited: wallet.credited + amount, movements });
    const after = { debitAfter: '-', creditAfter: `${wallet.credited - wallet.debited + amount} ${movements}` };
    const kept = {
      lot: null,
      creditedLot: '-',
      allocations: [`${account} ${lot.name} x-${amount}`],
      fills: [],
      filled: 0,
      consumed: [],
      brought: [],
      reversed: 0,
    };
    this.state.transfers.set(id, { day: this.asked.day, debit: from, credit: account, amount, code: 'EXPIRY_CANCELLATION', reverses: null, ...after, ...kept });
    return id;
  }

  /**
   * Activity before the wallet lapsed, told after it, and nothing has made it live again: what lapsed has the end again
   * that it had before.
   */
  protected keepAlive(account: AccountId, inOrder: (points: readonly Point[]) => readonly Point[]): void {
    const lapsed = this.wallet(account).points.filter(({ lot, lent }) => lent && lot.expiresOn > lent.lot.expiresOn);
    this.callIn(account, inOrder(lapsed));
  }

  protected redate(account: AccountId, points: readonly Point[], dates: Partial<LotDates>, change: Uuid, credit: Uuid | null): void {
    const chosen = new Set(points);
    const wallet = this.wallet(account);
    this.change(account, { points: wallet.points.map((point) => (chosen.has(point) ? moved(point, dates) : point)) });
    for (const [lot, count] of counted(points)) this.addChange(change, account, lot, lotOf({ originId: lot.origin, ...lot, ...dates }), count, credit);
  }

  private addChange(id: Uuid, account: AccountId, from: Lot, to: Lot, count: number, credit: Uuid | null = null): void {
    this.state.changes.push(`${id}: ${account} ${from.name} -> ${to.name} x${count} ${credit}`);
  }
}
