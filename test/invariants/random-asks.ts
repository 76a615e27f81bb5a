import { contentHash, postingId } from '../../src/ledger/ledger/idempotency';
import type { LedgerView, PostingRequest } from '../../src/ledger/ledger/posting';
import { dayOf, dayToIso } from '../../src/ledger/points/calendar';
import type { Uuid } from '../../src/platform/ids';
import { isJudgedAnew, type NaiveLedger } from './naive-ledger';
import type { Ask } from './naive-reversals';
import type { Transfer } from './naive-state';
import { planOf } from './random-cancellations';
import type { Command, Post } from './random-commands';
import { HOUR, StepMaker } from './random-steps';
import type { World } from './world';

const START = Date.UTC(2026, 0, 10);
const DAY = 24 * HOUR;
/** How far a till's clock may run ahead. */
const AHEAD = HOUR;

/** The same request for the model and for the ledger. */
export interface Asked {
  readonly ask: Ask;
  readonly request: PostingRequest;
  /** What the model says a plan is shown. */
  readonly look: () => string;
  /** By what is known when it is asked (again). */
  readonly plan: () => PostingRequest['plan'];
}

type Loads = Required<PostingRequest['loads']>;

/** Turns commands into requests. */
export class Asker {
  private now = START;
  private count = 0;
  /** The last day that was told of. */
  latest = 0;
  private readonly asked: Asked[] = [];
  private booked: ReadonlyMap<Uuid, Transfer> = new Map();

  constructor(
    readonly world: World,
    readonly model: NaiveLedger,
    /** Where ends are booked that something may lie before. */
    private readonly endsOf = model,
  ) {}

  /** All that was asked so far is on the books. */
  batchEnded(): void {
    this.booked = this.model.state.transfers;
  }

  /** Null where it refers to something and there is nothing yet. */
  next(command: Exclude<Command, { do: 'lock' }>): Asked | null {
    if (command.do === 'repeat') return this.repeat(command.ref, command.otherContent);
    const { occurredAt, recordedAt } = this.time(command);
    const day = dayOf(new Date(occurredAt), 'UTC');
    const bookedOn = dayOf(new Date(recordedAt), 'UTC');
    this.latest = Math.max(this.latest, day, bookedOn);
    const booked = (transfer: Uuid) => this.booked.has(transfer);
    const maker = new StepMaker(this.world, this.model, { occurredAt, recordedAt, day, bookedOn, booked });
    const steps = command.parts.flatMap((part) => maker.steps(part));
    if (steps.length === 0) return null;
    const cap = command.cap && { ...maker.counter(command.cap.place, command.cap.brand), most: command.cap.most };
    const { party } = this.world;
    const id = postingId(party, `key ${++this.count}`);
    const content = `content ${this.count}`;
    const { loads } = maker;
    const { cancellations } = maker;
    const ask: Ask = { id, content, occurredAt, recordedAt, day, wallets: loads.wallets, steps, cap, cancels: cancellations.map(({ cancels }) => cancels) };
    const plan = (): PostingRequest['plan'] => {
      const planned = cancellations.map((each) => planOf(each, this.model));
      return (view) => {
        const answer = { seen: viewed(view, loads) };
        if (cap && view.counter(cap.account, cap.key) >= cap.most)
          return { refused: { code: 'CAP_REACHED', message: 'The cap is reached.', retrySafe: isJudgedAnew(cap), fields: {} } };
        for (const kept of planned) {
          const refused = kept(view);
          if (refused) return refused;
        }
        return { steps, answer };
      };
    };
    const request: PostingRequest = {
      id,
      party,
      kind: 'MODEL',
      contentHash: contentHash('MODEL', content),
      occurredAt,
      day,
      recordedAt,
      loads,
      plan: plan(),
    };
    const asked = { ask, request, look: () => this.viewedByModel(ask, loads), plan };
    this.asked.push(asked);
    return asked;
  }

  private time({ after, late }: Post): { occurredAt: number; recordedAt: number } {
    const midnight = Math.ceil((this.now + 1) / DAY) * DAY;
    if (after === 'midnight') this.now = midnight;
    else if (after === 'the last moment of the day') this.now = midnight - 1;
    else this.now += after * HOUR;
    if (late === 'before an end') return { occurredAt: Math.min(this.now, this.lastEnd() - HOUR), recordedAt: this.now };
    return { occurredAt: late === 'ahead' ? this.now + AHEAD : this.now - late * HOUR, recordedAt: this.now };
  }

  /** Of points whose end is booked. */
  private lastEnd(): number {
    const ends = [...this.endsOf.state.expired.values()].flat().map(({ lot }) => lot.expiresOn);
    const over = ends.filter((end) => end <= dayOf(new Date(this.now), 'UTC'));
    return over.length === 0 ? this.now : Date.parse(dayToIso(Math.max(...over)));
  }

  private repeat(at: number, otherContent: boolean): Asked | null {
    if (this.asked.length === 0) return null;
    const { ask, request: before, look, plan } = this.asked[at % this.asked.length];
    const request = { ...before, plan: plan() };
    if (!otherContent) return { ask, request, look, plan };
    const content = `${ask.content} altered`;
    return { ask: { ...ask, content }, request: { ...request, contentHash: contentHash('MODEL', content) }, look, plan };
  }

  private viewedByModel({ recordedAt, day }: Ask, loads: Loads): string {
    const { state } = this.model;
    const wallets = loads.wallets.map((id) => {
      const { active, pending, held, arrears, spendable, lapsed } = this.model.balances(id, day);
      const { credited, debited, locked, closed, slidesUntil } = this.model.wallet(id);
      return [active, pending, held, arrears, spendable, credited - debited, locked, closed, lapsed, slidesUntil].join(' ');
    });
    const holds = loads.holds.map((id) => {
      const hold = state.holds.get(id);
      return `${hold?.state === 'OPEN' && hold.expiresAt <= recordedAt ? 'EXPIRED' : hold?.state} ${hold?.captured}`;
    });
    const transfers = loads.transfers.map((id) => {
      const known = state.transfers.get(id);
      return `${known?.amount} ${known?.reversed} ${known?.filled}`;
    });
    return [...wallets, ...holds, ...transfers, ...loads.counters.map((each) => state.counters.get(`${each.account} ${each.key}`) ?? 0)].join(', ');
  }
}

/** All that the plan may look at, as text. */
function viewed(view: LedgerView, loads: Loads): string {
  const wallets = loads.wallets.map((id) => {
    const { active, pending, held, arrears, spendable, balance, spendLocked, closed, lapsed, slidesUntil } = view.wallet(id);
    return [active, pending, held, arrears, spendable, balance, spendLocked, closed, lapsed, slidesUntil].join(' ');
  });
  const holds = loads.holds.map((id) => `${view.hold(id)?.state} ${view.hold(id)?.captured}`);
  const transfers = loads.transfers.map((id) => {
    const known = view.transfer(id);
    return `${known?.amount} ${known?.reversed} ${known?.filled}`;
  });
  return [...wallets, ...holds, ...transfers, ...loads.counters.map((each) => view.counter(each.account, each.key))].join(', ');
}
