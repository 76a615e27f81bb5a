import fc from 'fast-check';
import { newUuid, type Uuid } from '../../src/ids';
import { contentHash, postingId } from '../../src/ledger/idempotency';
import type { AccountId, LedgerView, PostingRequest, Step } from '../../src/ledger/posting';
import { ALWAYS, dayFromIso, dayOf, NEVER } from '../../src/points/calendar';
import { TERMS } from '../support/ledger-book';
import type { Ask, NaiveLedger } from './naive-ledger';

/** What the random commands are about: three brands, three wallets, an origin for each brand and month. */
export interface World {
  readonly brands: readonly { readonly id: Uuid; readonly code: string; readonly issued: AccountId; readonly redeemed: AccountId }[];
  readonly wallets: readonly AccountId[];
  readonly originOf: (brand: number, month: number) => number;
}

const START = Date.UTC(2026, 0, 10);
const HOUR = 3_600_000;
/** Months of issue. */
export const MONTHS = ['2025-11', '2025-12', '2026-01'];

const earned = fc.integer({ min: 1, max: 25 });
const amount = fc.integer({ min: 1, max: 8 });
const ref = fc.nat({ max: 1_000 });
/** Mostly one wallet, so that much happens to it. */
const wallet = fc.constantFrom(0, 0, 0, 0, 1, 2);
const who = { wallet, brand: fc.nat({ max: 2 }) };
const kind = <K extends string>(name: K) => fc.constant(name);

const part = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      ...who,
      do: kind('earn'),
      amount: earned,
      bonus: fc.boolean(),
      month: fc.nat({ max: MONTHS.length - 1 }),
      expiresIn: fc.option(fc.integer({ min: -2, max: 40 }), { freq: 2 }),
      availableIn: fc.option(fc.integer({ min: 0, max: 10 }), { freq: 2 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ ...who, do: kind('burn'), amount, all: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ ...who, do: kind('hold'), amount, hours: fc.integer({ min: 1, max: 150 }) }) },
  { weight: 4, arbitrary: fc.record({ do: kind('capture'), ref, amount, whole: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: kind('release'), ref, as: fc.constantFrom('VOIDED', 'EXPIRED') }) },
  { weight: 5, arbitrary: fc.record({ do: kind('clawBack'), ref, amount: earned, whole: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: kind('reinstate'), ref, amount, whole: fc.boolean(), grace: fc.integer({ min: -5, max: 30 }) }) },
  { weight: 2, arbitrary: fc.record({ ...who, do: kind('count'), by: fc.integer({ min: 1, max: 3 }) }) },
);

const posting = fc.record({
  do: kind('post'),
  /** Most do one thing; some several, of which a later one may be refused. */
  parts: fc.oneof(
    { weight: 3, arbitrary: fc.array(part, { minLength: 1, maxLength: 1 }) },
    { weight: 2, arbitrary: fc.array(part, { minLength: 2, maxLength: 4 }) },
  ),
  /** Hours that pass before it, and by how much it lies in the past all the same. */
  after: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 12 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 96 }) },
  ),
  late: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 240 }) }),
  cap: fc.option(fc.record({ ...who, most: fc.integer({ min: 1, max: 4 }) }), { freq: 4 }),
});

const command = fc.oneof(
  { weight: 16, arbitrary: posting },
  { weight: 2, arbitrary: fc.record({ do: kind('repeat'), ref, otherContent: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: kind('lock'), wallet, locked: fc.integer({ min: 0, max: 3 }).map((any) => any === 3) }) },
  /** What came since the last one goes together in one batch. */
  { weight: 5, arbitrary: fc.record({ do: kind('batch') }) },
);

export type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;
type Part = typeof part extends fc.Arbitrary<infer P> ? P : never;

export function commandsOf(most: number): fc.Arbitrary<Command[]> {
  const short = fc.array(command, { minLength: 1, maxLength: most, size: 'max' });
  const long = fc.array(command, { minLength: Math.floor(most / 2), maxLength: most, size: 'max' });
  return fc.oneof({ withCrossShrink: true }, short, long, long);
}

/** The same request for the model and for the ledger. */
export interface Asked {
  readonly ask: Ask;
  readonly request: PostingRequest;
  /** What the model says a plan is shown. */
  readonly look: () => string;
}

/** Turns commands into requests. References (the hold to capture ...) are to what is there in the model by then. */
export class Asker {
  private now = START;
  private count = 0;
  private readonly asked: Asked[] = [];

  constructor(
    readonly world: World,
    readonly model: NaiveLedger,
  ) {}

  /** Null where it refers to something and there is nothing yet. */
  next(command: Extract<Command, { do: 'post' | 'repeat' }>): Asked | null {
    if (command.do === 'repeat') return this.repeat(command.ref, command.otherContent);
    this.now += command.after * HOUR;
    const occurredAt = this.now - command.late * HOUR;
    const day = dayOf(new Date(occurredAt), 'UTC');
    const made: Made = { holds: new Map(), credits: new Map(), debits: new Map() };
    const steps = command.parts.flatMap((each) => this.step(each, occurredAt, made) ?? []);
    if (steps.length === 0) return null;
    const cap = command.cap && { account: this.world.wallets[command.cap.wallet], key: `uses ${command.cap.brand}`, most: command.cap.most };
    const party = this.world.brands[0].id;
    const key = `key ${++this.count}`;
    const content = JSON.stringify(steps);
    const loads = this.loadsOf(steps, made, cap);
    const id = postingId(party, key);
    const ask: Ask = { id, content, occurredAt, day, wallets: loads.wallets, steps, cap };
    const request: PostingRequest = {
      id,
      party,
      kind: 'MODEL',
      contentHash: contentHash('MODEL', content),
      occurredAt,
      day,
      recordedAt: this.now,
      loads,
      plan: (view) => {
        const answer = { seen: this.viewed(view, loads) };
        if (cap && view.counter(cap.account, cap.key) >= cap.most)
          return { refused: { code: 'CAP_REACHED', message: 'The cap is reached.', retrySafe: false, fields: {} } };
        return { steps, answer };
      },
    };
    const asked = { ask, request, look: () => this.viewedByModel(ask, loads) };
    this.asked.push(asked);
    return asked;
  }

  private repeat(at: number, otherContent: boolean): Asked | null {
    if (this.asked.length === 0) return null;
    const { ask, request, look } = this.asked[at % this.asked.length];
    if (!otherContent) return { ask, request, look };
    const content = `${ask.content} altered`;
    return { ask: { ...ask, content }, request: { ...request, contentHash: contentHash('MODEL', content) }, look };
  }

  private step(part: Part, occurredAt: number, made: Made): Step | null {
    const { brands, wallets, originOf } = this.world;
    const day = dayOf(new Date(occurredAt), 'UTC');
    const id = newUuid();
    switch (part.do) {
      case 'earn': {
        const expiresOn = part.expiresIn === null ? NEVER : day + part.expiresIn;
        const availableOn = part.availableIn === null ? ALWAYS : day + part.availableIn;
        const lot = { originId: originOf(part.brand, dayFromIso(`${MONTHS[part.month]}-01`)), expiresOn, availableOn };
        made.credits.set(id, { account: wallets[part.wallet], amount: part.amount });
        return {
          do: 'credit',
          id,
          from: brands[part.brand].issued,
          to: wallets[part.wallet],
          amount: part.amount,
          code: part.bonus ? 'BONUS' : 'EARN',
          lot,
          termsId: TERMS,
        };
      }
      case 'burn': {
        // All that there is: the next clawback goes into arrears.
        const burned = (part.all && this.model.balances(wallets[part.wallet], day).spendable) || part.amount;
        made.debits.set(id, { account: wallets[part.wallet], amount: burned });
        return { do: 'debit', id, from: wallets[part.wallet], to: brands[part.brand].redeemed, amount: burned, code: 'BURN', termsId: TERMS };
      }
      case 'hold': {
        const expiresAt = occurredAt + part.hours * HOUR;
        made.holds.set(id, { account: wallets[part.wallet], amount: part.amount });
        return { do: 'hold', id, from: wallets[part.wallet], to: brands[part.brand].redeemed, amount: part.amount, expiresAt, termsId: TERMS };
      }
      case 'capture': {
        const hold = pick(this.holds(made), part.ref);
        if (!hold) return null;
        const captured = part.whole ? hold.amount : part.amount;
        made.debits.set(id, { account: hold.account, amount: captured });
        return { do: 'capture', id, holdId: hold.id, amount: captured };
      }
      case 'release': {
        const hold = pick(this.holds(made), part.ref);
        if (!hold) return null;
        // The worker books the end of a hold when it has come.
        const known = this.model.state.holds.get(hold.id);
        const over = known !== undefined && (known.state !== 'OPEN' || known.expiresAt <= occurredAt);
        return { do: 'release', holdId: hold.id, as: over && part.as === 'EXPIRED' ? 'EXPIRED' : 'VOIDED' };
      }
      case 'clawBack': {
        const earn = pick(this.credits(made), part.ref);
        return earn && { do: 'clawBack', id, reverses: earn.id, amount: part.whole ? earn.amount : part.amount };
      }
      case 'reinstate': {
        const burn = pick(this.debits(made), part.ref);
        const reinstated = { expiresNotBefore: day + part.grace, code: part.whole ? ('REINSTATEMENT' as const) : ('REFUND' as const) };
        return burn && { do: 'reinstate', id, reverses: burn.id, amount: part.whole ? burn.amount : part.amount, ...reinstated };
      }
      case 'count':
        return { do: 'count', account: wallets[part.wallet], key: `uses ${part.brand}`, by: part.by };
    }
  }

  private holds(made: Made) {
    const holds = [...this.model.state.holds].map(([id, hold]) => ({ id, account: hold.account, amount: hold.points.length }));
    return [...holds, ...entries(made.holds)];
  }

  private credits(made: Made) {
    const credits = [...this.model.state.transfers].filter(([, each]) => each.lot).map(([id, each]) => ({ id, account: each.credit, amount: each.amount }));
    return [...credits, ...entries(made.credits)];
  }

  private debits(made: Made) {
    const codes = ['BURN', 'CAPTURE'];
    const debits = [...this.model.state.transfers]
      .filter(([, each]) => codes.includes(each.code))
      .map(([id, each]) => ({ id, account: each.debit, amount: each.amount }));
    return [...debits, ...entries(made.debits)];
  }

  private loadsOf(steps: readonly Step[], made: Made, cap: Ask['cap']) {
    const wallets = new Set<AccountId>();
    const holds = new Set<Uuid>();
    const transfers = new Set<Uuid>();
    const counters = new Map<string, { account: AccountId; key: string }>();
    const reversible = new Map([...this.credits(made), ...this.debits(made)].map((each) => [each.id, each.account]));
    const held = new Map(this.holds(made).map((each) => [each.id, each.account]));
    for (const step of steps) {
      if (step.do === 'credit') wallets.add(step.to);
      if (step.do === 'debit' || step.do === 'hold') wallets.add(step.from);
      if (step.do === 'capture' || step.do === 'release') {
        holds.add(step.holdId);
        wallets.add(held.get(step.holdId) as AccountId);
      }
      if (step.do === 'clawBack' || step.do === 'reinstate') {
        transfers.add(step.reverses);
        wallets.add(reversible.get(step.reverses) as AccountId);
      }
      if (step.do === 'count') counters.set(`${step.account} ${step.key}`, { account: step.account, key: step.key });
    }
    if (cap) counters.set(`${cap.account} ${cap.key}`, { account: cap.account, key: cap.key });
    for (const { account } of counters.values()) wallets.add(account);
    return { wallets: [...wallets], holds: [...holds], transfers: [...transfers], counters: [...counters.values()] };
  }

  /** All that the plan may look at, as text. */
  private viewed(view: LedgerView, loads: Required<PostingRequest['loads']>): string {
    const wallets = loads.wallets.map((id) => {
      const { active, pending, held, arrears, spendable, balance, spendLocked } = view.wallet(id);
      return [active, pending, held, arrears, spendable, balance, spendLocked].join(' ');
    });
    const holds = loads.holds.map((id) => `${view.hold(id)?.state} ${view.hold(id)?.captured}`);
    const transfers = loads.transfers.map((id) => `${view.transfer(id)?.amount} ${view.transfer(id)?.reversed}`);
    return [...wallets, ...holds, ...transfers, ...loads.counters.map((each) => view.counter(each.account, each.key))].join(', ');
  }

  private viewedByModel({ occurredAt, day }: Ask, loads: Required<PostingRequest['loads']>): string {
    const { state } = this.model;
    const wallets = loads.wallets.map((id) => {
      const { active, pending, held, arrears, spendable } = this.model.balances(id, day);
      const wallet = this.model.wallet(id);
      return [active, pending, held, arrears, spendable, wallet.credited - wallet.debited, wallet.locked].join(' ');
    });
    const holds = loads.holds.map((id) => {
      const hold = state.holds.get(id);
      return `${hold?.state === 'OPEN' && hold.expiresAt <= occurredAt ? 'EXPIRED' : hold?.state} ${hold?.captured}`;
    });
    const transfers = loads.transfers.map((id) => `${state.transfers.get(id)?.amount} ${state.transfers.get(id)?.reversed}`);
    return [...wallets, ...holds, ...transfers, ...loads.counters.map((each) => state.counters.get(`${each.account} ${each.key}`) ?? 0)].join(', ');
  }
}

type Known = Map<Uuid, { account: AccountId; amount: number }>;
interface Made {
  readonly holds: Known;
  readonly credits: Known;
  readonly debits: Known;
}

function entries(known: Known) {
  return [...known].map(([id, each]) => ({ id, ...each }));
}

/** The latest things more often than old ones: they are where something is left to do. */
function pick<T>(from: readonly T[], ref: number): T | null {
  if (from.length === 0) return null;
  return ref % 2 === 0 ? from[from.length - 1 - (ref % Math.min(3, from.length))] : from[ref % from.length];
}
