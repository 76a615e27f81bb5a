import type { AccountId, LotTarget, Step } from '../../src/ledger/ledger/posting';
import { isToldLate } from '../../src/ledger/ledger/told-late';
import { ALWAYS, type Day, monthStart, NEVER } from '../../src/ledger/points/calendar';
import { derivedUuid, type Uuid } from '../../src/platform/ids';
import { endOf, free, inOrder, isOver, lotOf, moved, owedBy, type Point, spendableOn } from './naive-points';
import { type Ask, NaiveReversals, No, type Refused } from './naive-reversals';
import { copyOf, type Hold, type Transfer } from './naive-state';

/** Of caps some refuse for ever, and others until it is asked again. */
export function isJudgedAnew({ most }: NonNullable<Ask['cap']>): boolean {
  return most % 2 === 0;
}

export interface NaiveOutcome {
  readonly duplicate: boolean;
  readonly refused: Refused | null;
  readonly balances: { active: number; pending: number; held: number; arrears: number; spendable: number }[];
  /** What the plan was shown before its steps. */
  readonly seen: string;
}

/**
 * The ledger as the design document tells it, too simple to be wrong: every single point is an object that lies in a
 * wallet, is held or is gone. Written without a look at the kernel's ways; only the request's language (Step) is
 * shared.
 */
export class NaiveLedger extends NaiveReversals {
  /** Place of the last step that was tried. */
  stoppedAt = 0;
  readonly postings = new Map<Uuid, { content: string; outcome: NaiveOutcome }>();

  post(ask: Ask, look: () => string = () => ''): NaiveOutcome | 'conflict' {
    const earlier = this.postings.get(ask.id);
    if (earlier) return earlier.content === ask.content ? { ...earlier.outcome, duplicate: true } : 'conflict';
    const before = this.state;
    this.asked = ask;
    if (this.isLate(ask)) {
      this.state = copyOf(before);
      this.catchUp(ask);
    }
    const caughtUp = this.state;
    this.state = copyOf(caughtUp);
    const seen = look();
    const refused = this.attempt(ask);
    if (refused) this.state = caughtUp;
    const told = refused && { code: refused.code, ...(refused.figure === undefined ? {} : { figure: refused.figure }) };
    const outcome = { duplicate: false, refused: told, balances: ask.wallets.map((id) => this.told(id, ask.day)), seen };
    if (refused) this.state = before;
    else for (const id of ask.wallets) this.returnLent(id);
    if (!refused?.anew) this.postings.set(ask.id, { content: ask.content, outcome });
    return outcome;
  }

  /** What could be spent by something that is told then. */
  spendableBy(told: Pick<Ask, 'occurredAt' | 'recordedAt' | 'day'>, account: AccountId): number {
    const before = this.state;
    this.state = copyOf(before);
    if (isToldLate(told)) this.lend(account, told.day);
    const { spendable } = this.balances(account, told.day);
    this.state = before;
    return spendable;
  }

  /** What an outcome says of a wallet. */
  private told(id: AccountId, day: Day): NaiveOutcome['balances'][number] {
    const { lapsed: _, ...told } = this.balances(id, day);
    return told;
  }

  /** Open holds of these wallets that are over by then. */
  dueHolds({ wallets, recordedAt }: Pick<Ask, 'wallets' | 'recordedAt'>): [Uuid, Hold][] {
    return [...this.state.holds].filter(([, hold]) => hold.state === 'OPEN' && hold.expiresAt <= recordedAt && wallets.includes(hold.account));
  }

  /** There is something to catch up with. */
  private isLate(ask: Ask): boolean {
    return isToldLate(ask) || this.dueHolds(ask).length > 0 || ask.wallets.some((id) => this.wallet(id).slidesUntil <= ask.day);
  }

  /** By now: expired holds count as released, and what has lapsed keeps the day on which it did, whoever was late. */
  private catchUp(ask: Ask): void {
    const { id, wallets, day } = ask;
    const due = this.dueHolds(ask);
    due.sort(([one, a], [other, b]) => a.expiresAt - b.expiresAt || (one < other ? -1 : 1));
    // What a hold gives back is back since its end, whoever looks when.
    for (const [holdId, { account, expiresOn }] of due) {
      this.lapse(account, expiresOn, id);
      this.endHold(holdId, 'EXPIRED', 0, expiresOn, expiresOn, id);
      this.payAll([account], expiresOn, holdId);
    }
    // What ended after it had happened had not ended when it did: whoever has booked it.
    if (isToldLate(ask)) for (const account of wallets) this.lend(account, day);
    for (const account of wallets) this.lapse(account, day, id);
  }

  private attempt(ask: Ask): Refused | null {
    try {
      if (ask.cap && (this.state.counters.get(`${ask.cap.account} ${ask.cap.key}`) ?? 0) >= ask.cap.most)
        throw new No({ code: 'CAP_REACHED', ...(isJudgedAnew(ask.cap) ? { anew: true } : {}) });
      for (const id of ask.cancels) {
        const kept = this.whyKept(id);
        if (kept) throw new No(kept);
      }
      for (const [at, step] of ask.steps.entries()) {
        this.stoppedAt = at;
        this.step(ask, step);
        this.payAll(ask.wallets, ask.day, `${ask.id} ${at}`);
      }
      return null;
    } catch (error) {
      if (error instanceof No) return error.refused;
      throw error;
    }
  }

  /** Live points never lie beside arrears. */
  private payAll(wallets: readonly AccountId[], day: Day, after: string): void {
    for (const id of wallets) {
      if (owedBy(this.wallet(id)) === 0) continue;
      this.payArrears(id, day, derivedUuid('arrears-fill', after, String(id)), (points) => inOrder(points, this.origins));
    }
  }

  private step(ask: Ask, step: Step): void {
    switch (step.do) {
      case 'credit': {
        this.mustBeOpen(step.to);
        const into = Array.from({ length: step.amount }, () => ({ lot: lotOf(step.lot), hold: null }));
        return this.transfer(ask.day, step.id, step.code, step.from, step.to, step.amount, { into, lot: step.lot });
      }
      case 'debit':
        return this.transfer(ask.day, step.id, step.code, step.from, step.to, step.amount, { out: this.payable(ask, step.from, step.amount) });
      case 'hold': {
        const payable = this.callIn(step.from, this.payable(ask, step.from, step.amount));
        const chosen = new Map(payable.map((point) => [point, { lot: point.lot, hold: step.id }]));
        this.change(step.from, { points: this.wallet(step.from).points.map((point) => chosen.get(point) ?? point) });
        const { from: account, to, expiresAt, expiresOn, graceDays } = step;
        const made = { account, to, expiresAt, expiresOn, graceDays, heldOn: ask.day, captured: 0, state: 'OPEN' as const };
        this.state.holds.set(step.id, { ...made, points: [...chosen.values()] });
        return;
      }
      case 'capture': {
        const hold = this.openHold(ask, step.holdId);
        if (step.amount > hold.points.length) throw new No({ code: 'CAPTURE_EXCEEDS_HOLD' });
        const out = this.endHold(step.holdId, 'CAPTURED', step.amount, ask.day, step.bookedOn, ask.id);
        return this.transfer(ask.day, step.id, 'CAPTURE', hold.account, hold.to, step.amount, { out });
      }
      case 'release':
        if (step.as === 'EXPIRED' && this.state.holds.get(step.holdId)?.state === 'EXPIRED') return;
        this.openHold(ask, step.holdId);
        if (step.as === 'VOIDED') this.endHold(step.holdId, step.as, 0, ask.day, step.bookedOn, ask.id);
        return;
      case 'clawBack':
        return this.clawBack(ask, step);
      case 'reinstate':
        return this.reinstate(ask, step);
      case 'cancelClawback':
        return this.cancelClawback(ask, step);
      case 'cancelReinstatement':
        return this.cancelReinstatement(ask, step);
      case 'give': {
        this.mustBeOpen(step.to);
        const out = this.payable(ask, step.from, step.amount);
        return this.move(ask, step, out, step.code === 'POOL_CONTRIBUTION' ? step.from : 0);
      }
      case 'giveAll': {
        this.mustBeOpen(step.to);
        if (step.code === 'MERGE') this.mustHoldNothing(step.from);
        const all = free(this.wallet(step.from)).filter((point) => step.code === 'MERGE' || point.lot.contributor === step.to);
        // Two wallets that end on the same day: ending with the other one is no change.
        const slidesOn = step.code === 'MERGE' && this.wallet(step.from).slidesUntil === this.wallet(step.to).slidesUntil;
        if (slidesOn) this.change(step.from, { slidesUntil: NEVER });
        return this.move(ask, step, inOrder(all, this.origins), 0, slidesOn);
      }
      case 'fillArrears': {
        const amount = Math.min(this.balances(step.from, ask.day).spendable, owedBy(this.wallet(step.to)));
        return this.move(ask, step, this.spendable(ask, step.from).slice(0, amount), 0);
      }
      case 'convert':
        return this.convert(ask, step);
      case 'end': {
        if (step.code === 'CLOSURE') this.mustHoldNothing(step.account);
        else this.lapse(step.account, ask.day, ask.id);
        const wallet = this.wallet(step.account);
        // Awards that wait to be confirmed do not expire: they are confirmed or clawed back.
        const ends = (point: Point) => step.code === 'CLOSURE' || (isOver(point, wallet, ask.day) && point.lot.availableOn !== NEVER);
        const over = inOrder(free(wallet).filter(ends), this.origins);
        for (const { issuer, id, to } of step.ends) {
          const out = over.filter((point) => this.issuerOf(point.lot).issuerId === issuer);
          if (out.length > 0) this.endPoints(ask.day, id, step.code, step.account, to, out);
        }
        return;
      }
      case 'redate': {
        const credit = this.state.transfers.get(step.credit) as Transfer;
        const lot = lotOf(credit.lot as LotTarget);
        const account = step.wallet ?? credit.credit;
        const wallet = this.wallet(account);
        const there = inOrder(free(wallet), this.origins).filter((point) => point.lot === lot);
        const left = there.slice(0, Math.max(0, credit.amount - credit.reversed - credit.filled));
        const { expiresOn, availableOn } = step;
        const to = lotOf({ originId: lot.origin, expiresOn, availableOn });
        if (left.length === 0 || to === lot) return;
        if (isOver(left[0], wallet, ask.day)) throw new Error('what is over was planned to get other dates');
        this.redate(account, this.callIn(account, left), { expiresOn, availableOn }, step.id, step.credit);
        this.state.transfers.set(step.credit, { ...credit, lot: { originId: lot.origin, expiresOn, availableOn } });
        return;
      }
      case 'slide': {
        const { slidesUntil } = this.wallet(step.account);
        if (slidesUntil === NEVER) return this.change(step.account, { slidesUntil: step.until });
        if (step.until <= slidesUntil) return;
        this.keepAlive(step.account, (points) => inOrder(points, this.origins));
        return this.change(step.account, { slidesUntil: step.until });
      }
      case 'close':
        return this.change(step.account, { closed: true, mergedInto: step.mergedInto });
      case 'count': {
        const key = `${step.account} ${step.key}`;
        this.state.counters.set(key, (this.state.counters.get(key) ?? 0) + step.by);
        return;
      }
      case 'move':
        throw new Error('money is not part of the model');
    }
  }

  /**
   * The n-th point that comes in is made of the one at the same place among those that go out: what outlives a day
   * never becomes more than its share.
   */
  private convert(ask: Ask, { out: from, in: to, origins, expiry, notAfter }: Extract<Step, { do: 'convert' }>): void {
    this.mustBeOpen(to.to);
    const out = this.payable(ask, from.from, from.amount);
    const wallet = this.wallet(from.from);
    const into = Array.from({ length: to.amount }, (_, nth) => {
      const source = out[Math.floor((nth * from.amount) / to.amount)];
      const originId = origins.get(monthStart(this.issuerOf(source.lot).month)) as number;
      return { lot: lotOf({ originId, availableOn: ALWAYS, expiresOn: expiry === 'OWN' ? notAfter : Math.min(endOf(source, wallet), notAfter) }), hold: null };
    });
    this.transfer(ask.day, from.id, 'CONVERSION_OUT', from.from, from.to, from.amount, { out });
    this.transfer(ask.day, to.id, 'CONVERSION_IN', to.from, to.to, to.amount, { into });
  }

  private mustHoldNothing(id: AccountId): void {
    if (this.wallet(id).points.some((point) => point.hold !== null)) throw new No({ code: 'WALLET_HAS_HOLDS' });
  }

  private spendable({ day }: Ask, id: AccountId): Point[] {
    return inOrder(spendableOn(this.wallet(id), day), this.origins);
  }

  private payable(ask: Ask, id: AccountId, amount: number): Point[] {
    this.mustBeOpen(id);
    if (this.wallet(id).locked) throw new No({ code: 'WALLET_LOCKED' });
    const { spendable } = this.balances(id, ask.day);
    if (amount > spendable) throw new No({ code: 'INSUFFICIENT_POINTS', figure: spendable });
    return this.spendable(ask, id).slice(0, amount);
  }

  private openHold({ recordedAt }: Ask, id: Uuid): Hold {
    const hold = this.state.holds.get(id) as Hold;
    if (hold.state === 'EXPIRED' || (hold.state === 'OPEN' && hold.expiresAt <= recordedAt)) throw new No({ code: 'HOLD_EXPIRED' });
    if (hold.state !== 'OPEN') throw new No({ code: 'HOLD_NOT_OPEN' });
    return hold;
  }

  /** Points keep the end that their old wallet gave them. */
  private move(
    ask: Ask,
    { id, code, from, to }: { id: Uuid; code: string; from: AccountId; to: AccountId },
    out: readonly Point[],
    contributor: AccountId,
    slidesOn = false,
  ): void {
    if (out.length === 0) return;
    const giver = this.wallet(from);
    const into = out.map((point) => moved(point, { expiresOn: slidesOn ? point.lot.expiresOn : endOf(point, giver), contributor }));
    this.transfer(ask.day, id, code, from, to, out.length, { out, into });
  }
}
