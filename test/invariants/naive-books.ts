import type { AccountId, Away, LotTarget } from '../../src/ledger/ledger/posting';
import { type Day, NEVER } from '../../src/ledger/points/calendar';
import type { Uuid } from '../../src/platform/ids';
import { NaiveEnds } from './naive-ends';
import { counted, free, graced, hasHadGrace, isOver, lotName, moved, owedBy, type Point, together } from './naive-points';
import type { Fill, Hold } from './naive-state';

/** What a transfer takes, or brings, and of which other one. */
interface Lines {
  readonly out?: readonly Point[];
  readonly into?: readonly Point[];
  readonly lot?: LotTarget | null;
  readonly reverses?: Uuid | null;
  /** Points that fill these arrears, whatever is owed besides. */
  readonly forgives?: { readonly arrears: Uuid; readonly owed: readonly Point[] };
}

/** What the model has on its books, and how points move on them; who may move what is for NaiveLedger to say. */
export class NaiveBooks extends NaiveEnds {
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

  /** What is not captured comes back on a day. What is, lies free in its lot, to be transferred from there. */
  protected endHold(id: Uuid, state: Hold['state'], captured: number, day: Day, bookedOn: Day, posting: Uuid): Point[] {
    const hold = this.state.holds.get(id) as Hold;
    const spent = hold.points.slice(0, captured);
    const back = hold.points.slice(captured);
    const held = new Set(hold.points);
    this.change(hold.account, { points: this.wallet(hold.account).points.filter((point) => !held.has(point)) });
    const come = this.comeBack(hold.account, back, day, { since: hold.heldOn, bookedOn, graceDays: hold.graceDays }, false, posting);
    const freed = spent.map((point) => moved(point, {}));
    this.change(hold.account, { points: [...this.wallet(hold.account).points, ...freed, ...come] });
    const changed = back.flatMap((point, at) => (point.lot === come[at].lot ? [] : [`${point.lot.name} -> ${come[at].lot.name}`]));
    for (const [at, { lot }] of back.entries()) this.noteLapse(hold.account, lot, come[at].lot);
    for (const change of new Set(changed))
      this.state.changes.push(`${id}: ${hold.account} ${change} x${changed.filter((each) => each === change).length} null`);
    this.state.holds.set(id, { ...hold, state, captured });
    return freed;
  }

  /**
   * Points that were away, as they live on. Nobody lost by it, and nobody gained: what had not ended by the day of its
   * return, nor by the day on which that was told, is as it was. What had ended, by itself or with its wallet, gets its
   * grace once; later only the days for which it was away.
   */
  protected comeBack(account: AccountId, points: readonly Point[], day: Day, away: Away, slides: boolean, posting: Uuid): Point[] {
    const known = Math.max(day, away.bookedOn);
    const before = this.wallet(account).slidesUntil;
    const slidAway = slides && before === NEVER && points.some((point) => point.lot.expiresOn === NEVER);
    const endedWithWallet = points.length > 0 && before <= known;
    if (endedWithWallet) this.lapse(account, known, posting);
    const ends = points.map(({ lot }) => Math.min(lot.expiresOn, slidAway && lot.expiresOn === NEVER ? day : before));
    const lives = points.map((point, at) => {
      if (ends[at] > known) return ends[at];
      const full = Math.max(day, ends[at]) + away.graceDays;
      return hasHadGrace(point) ? Math.min(full, ends[at] + Math.max(0, day - away.since)) : full;
    });
    if (!slidAway && !endedWithWallet) return points.map((point, at) => (lives[at] === ends[at] ? moved(point, {}) : graced(point, ends[at], lives[at])));
    const given = slidAway ? free(this.wallet(account)).map(({ lot }) => lot.expiresOn) : [before];
    const until = Math.max(...lives, ...given.filter((end) => !slidAway || end !== NEVER));
    this.change(account, { slidesUntil: until });
    return points.map((point, at) => {
      if (lives[at] === ends[at]) return moved(point, { expiresOn: lives[at] });
      const slidesOn = lives[at] === until && until > day;
      return graced(point, ends[at], slidesOn ? Math.max(point.lot.expiresOn, until) : lives[at]);
    });
  }

  /** Points out of the one, what is missing becomes arrears; into the other. */
  protected transfer(
    day: Day,
    id: Uuid,
    code: string,
    debit: AccountId,
    credit: AccountId,
    amount: number,
    { out: taken, into, lot = null, reverses = null, forgives }: Lines,
  ): void {
    let [debitAfter, creditAfter] = ['-', '-'];
    let fills: readonly Fill[] = [];
    const allocations: string[] = [];
    if (taken) {
      const out = this.callIn(debit, taken);
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
      fills = [...this.forgive(credit, forgives), ...this.bring(credit, together(into), day)];
      this.change(credit, { credited: wallet.credited + amount, movements: wallet.movements + 1 });
      creditAfter = `${wallet.credited - wallet.debited + amount} ${wallet.movements + 1}`;
      if (!lot) allocations.push(...[...counted(forgives?.owed ?? []), ...counted(into)].map(([each, count]) => `${credit} ${each.name} x-${count}`));
    }
    const filled = fills.length;
    const consumed = (taken ?? []).map((point): Point => ({ lot: point.lot, hold: null }));
    const creditedLot = lot ? lotName(lot) : '-';
    this.state.transfers.set(id, {
      day,
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
      brought: into ?? [],
      reversed: 0,
    });
  }

  /** Points leave a wallet because their time is over: kept apart from what was spent. */
  protected endPoints(day: Day, id: Uuid, code: string, account: AccountId, to: AccountId, out: readonly Point[]): void {
    this.transfer(day, id, code, account, to, out.length, { out });
    this.state.expired.set(account, [...(this.state.expired.get(account) ?? []), ...out.map(({ lot }) => ({ lot, to }))]);
  }

  private forgive(account: AccountId, forgives: Lines['forgives']): Fill[] {
    if (!forgives) return [];
    const { arrears, owed } = forgives;
    this.change(account, { arrears: this.wallet(account).arrears.map((each) => (each.id === arrears ? { ...each, left: 0 } : each)) });
    return owed.map(({ lot }) => ({ arrears, lot }));
  }

  /**
   * What lies live in a wallet that owes something pays for it, point by point: out of the wallet and into it again,
   * where the oldest arrears swallow it.
   */
  protected payArrears(account: AccountId, day: Day, id: Uuid, inOrder: (points: readonly Point[]) => readonly Point[]): void {
    const wallet = this.wallet(account);
    const live = free(wallet).filter((point) => !isOver(point, wallet, day) && point.lot.availableOn !== NEVER);
    const chosen = this.callIn(account, inOrder(live).slice(0, owedBy(wallet)));
    const paying = together(chosen);
    if (paying.length === 0) return;
    const gone = new Set(chosen);
    const { credited, debited, movements, points } = this.wallet(account);
    const amount = paying.length;
    const [debitAfter, creditAfter] = [`${credited - debited - amount} ${movements + 1}`, `${credited - debited} ${movements + 2}`];
    this.change(account, {
      points: points.filter((point) => !gone.has(point)),
      credited: credited + amount,
      debited: debited + amount,
      movements: movements + 2,
    });
    const fills = this.bring(account, paying, day);
    const kept = { lot: null, creditedLot: '-', allocations: [], fills, filled: amount, consumed: [], brought: [], reversed: 0 };
    this.state.transfers.set(id, { day, debit: account, credit: account, amount, code: 'ARREARS_FILL', reverses: null, debitAfter, creditAfter, ...kept });
  }

  /**
   * Points that arrive in a wallet that has lapsed live as they would have: it was dated, so that nothing else does.
   */
  private reviveBy(id: AccountId, points: readonly Point[], day: Day): void {
    const { slidesUntil } = this.wallet(id);
    if (slidesUntil <= day) this.change(id, { slidesUntil: Math.max(slidesUntil, ...points.map((point) => point.lot.expiresOn)) });
  }

  /**
   * Points into a wallet: the oldest arrears swallow theirs first, but none whose time is over. Says which swallowed
   * which, point by point.
   */
  private bring(id: AccountId, points: readonly Point[], day: Day): Fill[] {
    const { arrears, points: there } = this.wallet(id);
    const owed = arrears.map((each) => ({ ...each }));
    const waits = ({ lot }: Point) => lot.availableOn === NEVER;
    const stay: Point[] = [];
    const fills: Fill[] = [];
    for (const point of points) {
      const oldest = point.lot.expiresOn > day && !waits(point) && owed.find((each) => each.left > 0);
      if (!oldest) {
        stay.push(point);
        continue;
      }
      oldest.left--;
      fills.push({ arrears: oldest.id, lot: point.lot });
    }
    this.change(id, { points: [...there, ...stay], arrears: owed });
    return fills;
  }
}
