import type { AccountId, ExpiredPoints, LotTarget, Step } from '../../src/ledger/ledger/posting';
import { type Day, NEVER } from '../../src/ledger/points/calendar';
import { derivedUuid, type Uuid } from '../../src/platform/ids';
import { NaiveBooks } from './naive-books';
import { counted, free, inOrder, isOver, type Lot, lotOf, moved, type Origin, type Point, spendableOn } from './naive-points';
import type { Transfer } from './naive-state';

type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>;

export interface Ask {
  readonly id: Uuid;
  readonly content: string;
  readonly occurredAt: number;
  readonly recordedAt: number;
  readonly day: Day;
  readonly wallets: readonly AccountId[];
  readonly steps: readonly Step[];
  /** Refused CAP_REACHED when the counter stands at or above it. */
  readonly cap: { readonly account: AccountId; readonly key: string; readonly most: number } | null;
  /** Reversals that its plan is to cancel: refused before anything else where they cannot be. */
  readonly cancels: readonly Uuid[];
}

export interface Refused {
  readonly code: string;
  readonly figure?: number;
  /** It is judged anew when it is asked again. */
  readonly anew?: true;
}

/** Thrown by a step that is refused; no Error, whose stack would cost more than the step. */
export class No {
  constructor(readonly refused: Refused) {}
}

/** What takes earlier transfers back, and what cancels that again. */
export class NaiveReversals extends NaiveBooks {
  protected clawBack(ask: Ask, { id, reverses, amount: asked, expired, wallet }: StepOf<'clawBack'>): void {
    const original = this.reversed(reverses, asked);
    const account = wallet ?? original.credit;
    const ended = expired ? this.expiredOf(ask, original, reverses, account, asked, expired) : 0;
    const amount = asked - ended;
    if (amount === 0) return;
    const out = this.clawable(ask, account, original.lot as LotTarget).slice(0, amount);
    this.transfer(ask.day, id, 'CLAWBACK', account, original.debit, amount, { out, reverses });
    if (ended > 0) this.amend(id, { besideExpired: true });
  }

  protected reinstate(ask: Ask, { id, reverses, amount, code, away, wallet, slides }: StepOf<'reinstate'>): void {
    const original = this.reversed(reverses, amount);
    const account = wallet ?? original.debit;
    this.mustBeOpen(account);
    const ends = this.endsOfMerged(original.debit, account);
    const back = lastOf(original, amount).map((point) => moved(point, { expiresOn: Math.min(point.lot.expiresOn, ...ends) }));
    const into = inOrder(this.comeBack(account, back, ask.day, away, slides ?? false, ask.id), this.origins);
    this.transfer(ask.day, id, code, original.credit, account, amount, { into, reverses });
  }

  /** Why a reversal stands; null: it can be cancelled. */
  protected whyKept(id: Uuid): Refused | null {
    const { code, reverses, reversed, besideExpired } = this.state.transfers.get(id) as Transfer;
    if (reversed > 0) return { code: 'ALREADY_CANCELLED' };
    const standing = [...this.state.transfers].filter(([, each]) => each.reverses === reverses && isReturn(each) && each.reversed === 0);
    const last = standing[standing.length - 1][0];
    return last === id && code !== 'EXPIRED_CLAWBACK' && !besideExpired ? null : { code: 'RETURN_NOT_CANCELLABLE', anew: true };
  }

  /**
   * What it took comes back, at once or from what has filled its arrears; what is still owed of it is owed no longer.
   */
  protected cancelClawback(ask: Ask, { id, cancels, credit, away, wallet, slides }: StepOf<'cancelClawback'>): void {
    const { debit, credit: from, amount, consumed } = this.state.transfers.get(cancels) as Transfer;
    const account = wallet ?? debit;
    this.mustBeOpen(account);
    this.uncount(cancels, credit);
    const lot = lotOf((this.state.transfers.get(credit) as Transfer).lot as LotTarget);
    const fills = [...this.state.transfers.values()].flatMap((each) => each.fills.filter(({ arrears }) => arrears === cancels));
    const taken = [...consumed, ...fills.map((fill): Point => ({ lot: fill.lot, hold: null }))];
    const waits = (point: Point) => point.lot.availableOn === NEVER;
    // What waited to be confirmed has the dates of its award.
    const waited = taken.filter(waits).map((): Point => ({ lot, hold: null }));
    const gone = taken.filter((point) => !waits(point));
    const back = inOrder([...waited, ...this.comeBack(account, gone, ask.day, away, slides ?? false, ask.id)], this.origins);
    const owed = Array.from({ length: this.wallet(account).arrears.find((each) => each.id === cancels)?.left ?? 0 }, (): Point => ({ lot, hold: null }));
    this.transfer(ask.day, id, 'CLAWBACK_CANCELLATION', from, account, amount, { into: back, forgives: { arrears: cancels, owed }, reverses: cancels });
  }

  /**
   * What came back is taken again: out of the lots that it filled, then where it may lie, then in order of consumption;
   * it is never owed.
   */
  protected cancelReinstatement(ask: Ask, { id, cancels, debit, wallet }: StepOf<'cancelReinstatement'>): void {
    const { debit: to, credit, amount, brought } = this.state.transfers.get(cancels) as Transfer;
    const account = wallet ?? credit;
    this.mustBeOpen(account);
    const there = inOrder(spendableOn(this.wallet(account), ask.day), this.origins);
    if (there.length < amount) throw new No({ code: 'INSUFFICIENT_POINTS', figure: there.length });
    this.uncount(cancels, debit);
    const out: Point[] = [];
    const take = (most: number, is: (lot: Lot) => boolean) => {
      const found = there.filter(({ lot }) => is(lot)).slice(0, Math.min(most, amount - out.length));
      for (const point of found) there.splice(there.indexOf(point), 1);
      out.push(...this.callIn(account, found));
    };
    for (const [came, count] of counted(brought)) take(count, ({ name }) => name === came.name);
    for (const [was, count] of counted(lastOf(this.state.transfers.get(debit) as Transfer, amount))) take(count, (lot) => this.maybeBecame(lot, was));
    take(amount, () => true);
    this.transfer(ask.day, id, 'REINSTATEMENT_CANCELLATION', account, to, amount, { out, reverses: cancels });
  }

  /** A reversal counts no longer. */
  private uncount(id: Uuid, of: Uuid): void {
    const { amount } = this.state.transfers.get(id) as Transfer;
    this.amend(id, { reversed: amount });
    this.amend(of, { reversed: (this.state.transfers.get(of) as Transfer).reversed - amount });
  }

  private amend(id: Uuid, fields: Partial<Transfer>): void {
    this.state.transfers.set(id, { ...(this.state.transfers.get(id) as Transfer), ...fields });
  }

  /** Points of a credit's own lot, or what they became by grace; where a wallet slides, its points end on any day. */
  private isOwn(lot: Lot, { originId: origin, expiresOn, availableOn }: LotTarget): boolean {
    return this.maybeBecame(lot, { origin, expiresOn, availableOn, contributor: 0 });
  }

  /** Points of the one lot may be what points of the other have become by coming back. */
  private maybeBecame(lot: Lot, was: Omit<Lot, 'name'>): boolean {
    const anyDay = was.expiresOn === NEVER;
    if (lot.contributor !== was.contributor) return false;
    // Grace is told by the end that it followed, however often its day has changed since.
    if (lot.origin === was.origin) return lot.availableOn === was.availableOn && (anyDay || lot.origin < 0 || lot.expiresOn === was.expiresOn);
    return was.origin > 0 && lot.origin === -was.origin && (anyDay || lot.availableOn === was.expiresOn);
  }

  /**
   * What ended unspent of a credit goes back to where it came from, and nobody pays for it: points that are booked as
   * expired, then others whose time is over. Says how many.
   */
  private expiredOf({ day }: Ask, { lot, credit, debit }: Transfer, reverses: Uuid, account: AccountId, most: number, { id, from }: ExpiredPoints): number {
    this.lapse(account, day, this.asked.id);
    const credited = lot as LotTarget;
    const way = [account];
    for (let at: AccountId | null = credit; at !== null && !way.includes(at); at = this.wallet(at).mergedInto) way.push(at);
    const ended = () => way.flatMap((at) => (this.state.expired.get(at) ?? []).filter(({ lot }) => this.isOwn(lot, credited)).map((point) => ({ at, point })));
    const wallet = this.wallet(account);
    const over = free(wallet).filter((point) => isOver(point, wallet, day) && point.lot.availableOn !== NEVER && this.isOwn(point.lot, credited));
    const late = inOrder(over, this.origins).slice(0, Math.max(0, most - ended().length));
    if (late.length > 0) this.endPoints(day, derivedUuid('end-before-clawback', id), 'EXPIRY', account, from, late);
    const chosen = ended()
      .sort(
        (a, b) =>
          Number(a.point.lot.origin < 0) - Number(b.point.lot.origin < 0) ||
          way.indexOf(a.at) - way.indexOf(b.at) ||
          a.point.lot.expiresOn - b.point.lot.expiresOn ||
          a.point.lot.availableOn - b.point.lot.availableOn,
      )
      .slice(0, most);
    const gone = new Set(chosen.map(({ point }) => point));
    for (const at of way)
      this.state.expired.set(
        at,
        (this.state.expired.get(at) ?? []).filter((point) => !gone.has(point)),
      );
    if (chosen.length > 0) this.transfer(day, id, 'EXPIRED_CLAWBACK', from, debit, chosen.length, { lot: credited, reverses });
    return chosen.length;
  }

  /**
   * Its own lot first, an award that was not confirmed even after its time, and by nobody else's clawback; then the
   * same issuer's, then any. What has expired is gone.
   */
  private clawable({ day }: Ask, account: AccountId, credited: LotTarget): Point[] {
    const own = lotOf(credited);
    const wallet = this.wallet(account);
    // An award that waits to be confirmed is nobody's yet.
    const there = free(wallet).filter((point) => (point.lot.availableOn === NEVER ? this.isOwn(point.lot, credited) : !isOver(point, wallet, day)));
    const rank = ({ lot }: Point) => (this.isOwn(lot, credited) ? 0 : this.issuerOf(lot).issuer === this.issuerOf(own).issuer ? 1 : 2);
    const ordered = inOrder(there, this.origins);
    return [0, 1, 2].flatMap((wanted) => ordered.filter((point) => rank(point) === wanted));
  }

  private reversed(id: Uuid, amount: number): Transfer {
    const original = this.state.transfers.get(id) as Transfer;
    const left = original.amount - original.reversed;
    if (amount > left) throw new No({ code: 'REVERSAL_EXCEEDS_ORIGINAL', figure: left });
    this.state.transfers.set(id, { ...original, reversed: original.reversed + amount });
    return original;
  }

  /** The ends that the wallets had which were merged on the way from one to another. */
  private endsOfMerged(from: AccountId, to: AccountId): Day[] {
    const ends: Day[] = [];
    const seen = new Set([to]);
    for (let at: AccountId | null = from; at !== null && !seen.has(at); at = this.wallet(at).mergedInto) {
      seen.add(at);
      ends.push(this.wallet(at).slidesUntil);
    }
    return ends;
  }

  protected issuerOf(lot: Lot): Origin {
    return this.origins.get(lot.origin) as Origin;
  }

  protected mustBeOpen(id: AccountId): void {
    if (this.wallet(id).closed) throw new No({ code: 'WALLET_CLOSED' });
  }
}

/** Such transfers are (part of) a return of a purchase. */
export function isReturn({ code }: Transfer): boolean {
  return code === 'CLAWBACK' || code === 'EXPIRED_CLAWBACK' || code === 'REINSTATEMENT';
}

/**
 * Of what a debit consumed, and what nothing has given back yet: the last of it, in order. Asked before that is counted
 * as given back, or after it is not any more.
 */
function lastOf({ consumed, reversed }: Transfer, amount: number): readonly Point[] {
  const left = consumed.length - reversed;
  return consumed.slice(left - amount, left);
}
