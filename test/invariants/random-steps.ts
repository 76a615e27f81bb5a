import type { AccountId, LotTarget, PostingRequest, Step } from '../../src/ledger/ledger/posting';
import { ALWAYS, type Day, dayFromIso, NEVER } from '../../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../../src/platform/ids';
import { holdUntil } from '../support/holds';
import { TERMS } from '../support/ledger-book';
import type { NaiveLedger } from './naive-ledger';
import { owedBy } from './naive-points';
import { isReturn } from './naive-reversals';
import type { Transfer } from './naive-state';
import { type Cancellation, cancellationOf } from './random-cancellations';
import { MONTHS, type Part, PLACES } from './random-commands';
import { othersOf, type World } from './world';

export const HOUR = 3_600_000;

type PartOf<Do extends Part['do']> = Extract<Part, { do: Do }>;

/** Something that a later step can be about. */
interface Earlier {
  readonly id: Uuid;
  readonly account: AccountId;
  readonly amount: number;
  readonly lot?: LotTarget | null;
}

interface Moment {
  readonly occurredAt: number;
  readonly recordedAt: number;
  readonly day: Day;
  readonly bookedOn: Day;
  /** A transfer of an earlier batch. */
  readonly booked: (transfer: Uuid) => boolean;
}

/**
 * Steps of one posting, and what it must load for them. References (the hold to capture ...) are to what is there in
 * the model by then.
 */
export class StepMaker {
  private readonly wallets = new Set<AccountId>();
  private readonly holds = new Set<Uuid>();
  private readonly transfers = new Set<Uuid>();
  private readonly expired = new Set<Uuid>();
  private readonly counters = new Map<string, { account: AccountId; key: string }>();
  /** What earlier parts of this very posting will have made. */
  private readonly made = { holds: [] as Earlier[], credits: [] as Earlier[], debits: [] as Earlier[], confirmed: new Set<Uuid>(), reversed: new Set<Uuid>() };
  /** Until when wallets slide that something was merged into by this very posting. */
  private readonly slid = new Map<AccountId, Day>();
  /** What the product plans by itself. */
  readonly cancellations: Cancellation[] = [];

  constructor(
    private readonly world: World,
    private readonly model: NaiveLedger,
    private readonly at: Moment,
  ) {}

  get loads(): Required<PostingRequest['loads']> {
    return {
      wallets: [...this.wallets],
      holds: [...this.holds],
      transfers: [...this.transfers],
      expired: [...this.expired],
      cancelled: this.cancellations.map(({ cancels }) => cancels),
      counters: [...this.counters.values()],
    };
  }

  /** Empty where a part refers to something and there is nothing yet. */
  steps(part: Part): Step[] {
    switch (part.do) {
      case 'earn':
        return this.earn(part);
      case 'burn':
        return this.burn(part);
      case 'hold':
        return this.hold(part);
      case 'capture':
      case 'release':
        return this.endOfHold(part);
      case 'clawBack':
      case 'reinstate':
        return this.reversal(part);
      case 'cancel':
        return this.cancel(part);
      case 'give':
        return this.give(part);
      case 'leave': {
        const pool = othersOf(part.wallet).find((each) => PLACES[each].pool) as number;
        return [{ do: 'giveAll', id: newUuid(), from: this.place(pool), to: this.place(part.wallet), code: 'POOL_RETURN' }];
      }
      case 'merge':
        return this.merge(part);
      case 'fillArrears': {
        const to = this.otherWallet(part.wallet, part.to);
        return [{ do: 'fillArrears', id: newUuid(), from: this.place(part.wallet), to: this.place(to), code: 'MERGE' }];
      }
      case 'convert':
        return this.convert(part);
      case 'expire':
        return [this.end(part.place, 'EXPIRY', part.brands)];
      case 'close': {
        const close: Step = { do: 'close', account: this.place(part.wallet), mergedInto: null };
        return part.first === 'all ends' ? [this.end(part.wallet, 'CLOSURE', [0, 1, 2]), close] : [close];
      }
      case 'confirm':
        return this.confirm(part);
      case 'slide':
        return [{ do: 'slide', account: this.place(part.place), until: this.at.day + part.days }];
      case 'count': {
        const counter = this.counter(part.place, part.brand);
        return [{ do: 'count', ...counter, by: part.by }];
      }
    }
  }

  counter(place: number, brand: number): { account: AccountId; key: string } {
    const counter = { account: this.place(place), key: `uses ${brand}` };
    this.counters.set(`${counter.account} ${counter.key}`, counter);
    return counter;
  }

  private place(at: number): AccountId {
    return this.wallet(this.world.wallets[at]);
  }

  private wallet(account: AccountId): AccountId {
    this.wallets.add(account);
    return account;
  }

  /** Activity, where expiry slides; put first, as the operations do. */
  private active(place: number, days: number | null, notBefore: Day = this.at.day): Step[] {
    if (days === null || PLACES[place].currency === 0) return [];
    return [{ do: 'slide', account: this.place(place), until: Math.max(this.at.day, notBefore) + days }];
  }

  private earn({ wallet, brand: any, amount, code, month: anyMonth, expiresIn, when: wanted, days, slides }: PartOf<'earn'>): Step[] {
    const { day } = this.at;
    // Where something is owed, an award is often the next to come: what of it fills arrears was never in its lot.
    const owing = owedBy(this.model.wallet(this.world.wallets[wallet])) > 0;
    const when = owing && days % 2 > 0 ? 'confirmed' : wanted;
    // Awards of one brand and month: several share a lot.
    const [brand, month] = when === 'confirmed' ? [0, MONTHS.length - 1] : [any, anyMonth];
    const { currency } = PLACES[wallet];
    const { issued, opening, goodwill } = this.world.brands[brand].of[currency];
    const id = newUuid();
    const to = this.place(wallet);
    const originId = this.world.originOf(brand, month, currency);
    // What waits to be confirmed is never available and ends after its deadline.
    const deadline = when === 'confirmed' ? Math.ceil((day + days) / 5) * 5 : day + days;
    const availableOn = when === 'at once' ? ALWAYS : when === 'later' ? day + days : NEVER;
    const expiresOn = when === 'confirmed' ? deadline + 1 : expiresIn === null ? NEVER : day + expiresIn;
    const lot = { originId, expiresOn, availableOn };
    const from = code === 'OPENING' ? opening : code === 'GOODWILL' ? goodwill : issued;
    const credit: Step = { do: 'credit', id, from, to, amount, code, lot, termsId: TERMS };
    this.made.credits.push({ id, account: to, amount, lot });
    return [...this.active(wallet, slides, when === 'at once' ? day : deadline), credit];
  }

  private burn({ place: wanted, brand, amount, all, slides }: PartOf<'burn'>): Step[] {
    const id = newUuid();
    const place = this.payer(wanted, amount);
    const from = this.place(place);
    // All that there is: the next clawback goes into arrears.
    const burned = this.spent(from, amount, all);
    this.made.debits.push({ id, account: from, amount: burned });
    const to = this.world.brands[brand].of[PLACES[place].currency].redeemed;
    return [...this.active(place, slides), { do: 'debit', id, from, to, amount: burned, code: 'BURN', termsId: TERMS }];
  }

  private hold({ place: wanted, brand, amount: most, all, hours, grace, slides }: PartOf<'hold'>): Step[] {
    const id = newUuid();
    const place = this.payer(wanted, most);
    const from = this.place(place);
    const amount = this.spent(from, most, all);
    const expiresAt = this.at.occurredAt + hours * HOUR;
    this.made.holds.push({ id, account: from, amount });
    const to = this.world.brands[brand].of[PLACES[place].currency].redeemed;
    return [...this.active(place, slides), { do: 'hold', id, from, to, amount, ...holdUntil(expiresAt, grace), termsId: TERMS }];
  }

  private endOfHold(part: PartOf<'capture' | 'release'>): Step[] {
    const there = [...this.model.state.holds].map(([id, hold]) => ({ id, account: hold.account, amount: hold.points.length }));
    const open = there.filter(({ id }) => this.model.state.holds.get(id)?.state === 'OPEN');
    const hold = pick([...(part.ref % 5 > 0 ? open : there), ...this.made.holds], part.ref);
    if (!hold) return [];
    this.wallet(hold.account);
    this.holds.add(hold.id);
    if (part.do === 'capture') {
      const id = newUuid();
      const amount = part.whole ? hold.amount : part.amount;
      this.made.debits.push({ id, account: hold.account, amount });
      return [{ do: 'capture', id, holdId: hold.id, amount, bookedOn: this.at.bookedOn }];
    }
    // The worker books the end of a hold when it has come.
    const known = this.model.state.holds.get(hold.id);
    const over = known !== undefined && (known.state !== 'OPEN' || known.expiresAt <= this.at.recordedAt);
    if (over && part.as === 'EXPIRED') return [{ do: 'release', holdId: hold.id, as: 'EXPIRED' }];
    return [{ do: 'release', holdId: hold.id, as: 'VOIDED', bookedOn: this.at.bookedOn }];
  }

  private reversal(part: PartOf<'clawBack' | 'reinstate'>): Step[] {
    const all = part.do === 'clawBack' ? this.credits() : this.debits();
    const left = all.filter(({ id, amount }) => (this.model.state.transfers.get(id)?.reversed ?? 0) < amount);
    const original = pick(part.ref % 5 > 0 ? left : all, part.ref);
    if (!original) return [];
    this.transfers.add(original.id);
    this.made.reversed.add(original.id);
    const wallet = this.survivorOf(original.account);
    const common = {
      id: newUuid(),
      reverses: original.id,
      amount: part.whole ? original.amount : Math.min(part.amount, Math.max(original.amount - 1, 1)),
      ...wallet,
    };
    if (part.do === 'clawBack') {
      const { lot } = original;
      const { issuerId } = this.world.origins.get(lot?.originId ?? 0) as { issuerId: Uuid };
      const { currency } = PLACES[this.world.wallets.indexOf(original.account)];
      const from = this.world.brands.find(({ id }) => id === issuerId)?.of[currency].expired as AccountId;
      // What waits to be confirmed does not expire; and nobody knows of a credit before it is booked.
      if (lot?.availableOn === NEVER || !this.at.booked(original.id)) return [{ do: 'clawBack', ...common, expired: null }];
      this.expired.add(original.id);
      return [{ do: 'clawBack', ...common, expired: { id: newUuid(), from } }];
    }
    const { day, bookedOn } = this.at;
    const away = { since: this.model.state.transfers.get(original.id)?.day ?? day, bookedOn, graceDays: part.grace };
    const place = PLACES[this.world.wallets.indexOf(wallet.wallet ?? original.account)];
    return [{ do: 'reinstate', ...common, code: part.whole ? 'REINSTATEMENT' : 'REFUND', away, slides: place.currency === 1 && !place.pool }];
  }

  /** Mostly the latest of what came back of something; others are to be refused. */
  private cancel({ ref, grace }: PartOf<'cancel'>): Step[] {
    const returns = [...this.model.state.transfers].filter(([, each]) => isReturn(each)).map(([id, each]) => ({ id, ...each }));
    const standing = new Map(returns.filter(({ reversed }) => reversed === 0).map((each) => [each.reverses, each]));
    const chosen = pick(ref % 5 > 0 ? [...standing.values()] : returns, ref);
    // Of what this very posting takes back or cancels, nothing is looked up.
    if (!chosen || this.made.reversed.has(chosen.reverses as Uuid)) return [];
    const original = this.model.state.transfers.get(chosen.reverses as Uuid) as Transfer;
    const [account, at] = chosen.code === 'REINSTATEMENT' ? [original.debit, chosen.credit] : [original.credit, original.credit];
    const to = this.survivorOf(at).wallet ?? at;
    // No merge leaves arrears behind.
    const elsewhere = this.world.wallets.filter((each) => each !== to && this.model.wallet(each).arrears.some(({ id, left }) => id === chosen.id && left > 0));
    if (elsewhere.length > 0) return [];
    this.made.reversed.add(chosen.reverses as Uuid);
    this.wallet(account);
    for (const id of [chosen.id, chosen.reverses as Uuid]) this.transfers.add(id);
    const { bookedOn, recordedAt } = this.at;
    const place = PLACES[this.world.wallets.indexOf(to)];
    const how = { graceDays: grace, slides: place.currency === 1 && !place.pool, bookedOn, recordedAt };
    const cancellation = cancellationOf(chosen.id, chosen, { account, to, ...how });
    for (const step of cancellation.steps) if (step.do === 'count') this.counters.set(`${step.account} ${step.key}`, step);
    this.cancellations.push(cancellation);
    return [...cancellation.steps];
  }

  private give({ wallet: wanted, to: other, amount, all, slides }: PartOf<'give'>): Step[] {
    const wallet = this.payer(wanted, amount);
    const others = othersOf(wallet);
    const to = others[other % others.length];
    const from = this.place(wallet);
    const given = this.spent(from, amount, all);
    const step: Step = {
      do: 'give',
      id: newUuid(),
      from,
      to: this.place(to),
      amount: given,
      code: PLACES[to].pool ? 'POOL_CONTRIBUTION' : 'GIFT',
      termsId: null,
    };
    return [...this.active(wallet, slides), step];
  }

  /** As a merge of two members does it, with its parts left out now and then. */
  private merge({ wallet, to: other, fill, close }: PartOf<'merge'>): Step[] {
    const from = this.place(wallet);
    const to = this.place(this.otherWallet(wallet, other));
    const until = this.model.wallet(from).slidesUntil;
    const slide: Step[] = until === NEVER || other % 4 === 0 ? [] : [{ do: 'slide', account: to, until }];
    if (slide.length > 0) this.slid.set(to, until);
    const steps: Step[] = [...slide, { do: 'giveAll', id: newUuid(), from, to, code: 'MERGE' }];
    if (fill) steps.push({ do: 'fillArrears', id: newUuid(), from: to, to: from, code: 'MERGE' });
    if (close) steps.push({ do: 'close', account: from, mergedInto: to });
    return steps;
  }

  private convert(part: PartOf<'convert'>): Step[] {
    const { to: other, amount, all, expiry, notAfter, fee, remainder, slides } = part;
    const [numerator, denominator] = part.rate;
    const wallet = this.payer(part.wallet, amount);
    const { currency } = PLACES[wallet];
    const targets = PLACES.map((_, at) => at).filter((at) => PLACES[at].currency !== currency && !PLACES[at].pool);
    const target = targets[other % targets.length];
    const from = this.place(wallet);
    const to = this.place(target);
    const out = this.spent(from, amount, all);
    const into = Math.max(1, Math.floor((out * numerator) / denominator));
    const route = this.world.routes[currency];
    // The target currency's points are those of one brand.
    const origins = new Map(MONTHS.map((month, at) => [dayFromIso(`${month}-01`), this.world.originOf(2, at, 1 - currency)]));
    const steps: Step[] = [
      {
        do: 'convert',
        out: { id: newUuid(), from, to: route.out, amount: out },
        in: { id: newUuid(), from: route.into, to, amount: into },
        origins,
        expiry,
        notAfter: notAfter === null ? NEVER : this.at.day + notAfter,
        termsId: TERMS,
      },
    ];
    if (fee > 0) steps.push({ do: 'debit', id: newUuid(), from, to: route.fee, amount: fee, code: 'FEE', termsId: TERMS });
    if (remainder > 0) steps.push({ do: 'debit', id: newUuid(), from, to: route.remainder, amount: remainder, code: 'REMAINDER', termsId: TERMS });
    return [...this.active(target, slides), ...steps];
  }

  private end(place: number, code: 'EXPIRY' | 'CLOSURE', brands: readonly number[]): Step {
    const { currency } = PLACES[place];
    const ends = brands.map((each) => ({ issuer: this.world.brands[each].id, id: newUuid(), to: this.world.brands[each].of[currency].expired }));
    return { do: 'end', account: this.place(place), code, ends };
  }

  private confirm({ ref, availableIn, expiresIn }: PartOf<'confirm'>): Step[] {
    const { day } = this.at;
    // Once each, as the award's counter has it.
    const changed = (id: Uuid) => this.made.confirmed.has(id) || this.model.state.changes.some((change) => change.endsWith(id));
    // What is over is not planned to get other dates: the kernel throws.
    const open = this.credits().filter((credit) => !changed(credit.id) && !this.isOver(credit));
    const waiting = open.filter(({ lot }) => lot?.availableOn === NEVER);
    const credit = pick(waiting.length > 0 && ref % 4 > 0 ? waiting : open, ref);
    if (!credit) return [];
    this.made.confirmed.add(credit.id);
    this.transfers.add(credit.id);
    const dates = { availableOn: availableIn === null ? ALWAYS : day + availableIn, expiresOn: expiresIn === null ? NEVER : day + expiresIn };
    return [{ do: 'redate', id: newUuid(), credit: credit.id, ...dates, ...this.survivorOf(credit.account) }];
  }

  private isOver({ account, lot }: Earlier): boolean {
    const wallet = this.survivorOf(account).wallet ?? account;
    return Math.min(lot?.expiresOn ?? NEVER, this.model.wallet(wallet).slidesUntil, this.slid.get(wallet) ?? NEVER) <= this.at.day;
  }

  /** A merged wallet's reversals go to whom it was merged into. */
  private survivorOf(account: AccountId): { wallet?: AccountId } {
    const seen = new Set([account]);
    let survivor = this.wallet(account);
    // Not in circles: two may have been merged into each other.
    for (let next = this.model.wallet(account).mergedInto; next !== null && !seen.has(next); next = this.model.wallet(next).mergedInto) {
      seen.add(next);
      survivor = this.wallet(next);
    }
    return survivor === account ? {} : { wallet: survivor };
  }

  private credits(): Earlier[] {
    const credits = [...this.model.state.transfers].filter(([, { lot, code }]) => lot && code !== 'EXPIRED_CLAWBACK');
    return [...credits.map(([id, { credit, amount, lot }]) => ({ id, account: credit, amount, lot })), ...this.made.credits];
  }

  private debits(): Earlier[] {
    const debits = [...this.model.state.transfers].filter(([, { code }]) => code === 'BURN' || code === 'CAPTURE');
    return [...debits.map(([id, { debit, amount }]) => ({ id, account: debit, amount })), ...this.made.debits];
  }

  /** Another wallet of the same currency: one in arrears rather than not. */
  private otherWallet(wallet: number, at: number): number {
    const others = othersOf(wallet).filter((each) => !PLACES[each].pool);
    const owing = others.filter((each) => owedBy(this.model.wallet(this.world.wallets[each])) > 0);
    const among = owing.length > 0 && at % 3 > 0 ? owing : others;
    return among[at % among.length];
  }

  /** Where there is something to spend, if there is: this place, or the next such one. One in eight does not look. */
  private payer(place: number, amount: number): number {
    if (amount === 8) return place;
    const next = PLACES.map((_, at) => (place + at) % PLACES.length).filter((at) => PLACES[at].pool === PLACES[place].pool);
    return next.find((at) => this.model.spendableBy(this.at, this.world.wallets[at]) > 0) ?? place;
  }

  /** All that there is, or no more than that; one in eight does not look. */
  private spent(account: AccountId, amount: number, all: boolean): number {
    const spendable = this.model.spendableBy(this.at, account);
    if (spendable === 0 || amount === 8) return amount;
    return all ? spendable : Math.min(amount, spendable);
  }
}

/** The latest things more often than old ones: they are where something is left to do. */
function pick<T>(from: readonly T[], ref: number): T | null {
  if (from.length === 0) return null;
  return ref % 2 === 0 ? from[from.length - 1 - (ref % Math.min(3, from.length))] : from[ref % from.length];
}
