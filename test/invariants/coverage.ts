import type { Step } from '../../src/ledger/ledger/posting';
import { type Day, NEVER } from '../../src/ledger/points/calendar';
import { type Expected, leastOf } from './least-coverage';
import type { NaiveLedger, NaiveOutcome } from './naive-ledger';
import { endOf, free, hasHadGrace, owedBy } from './naive-points';
import type { Ask } from './naive-reversals';
import type { State, Transfer } from './naive-state';
import { HOUR } from './random-steps';

const DAY = 24 * HOUR;
/** Steps that may do so. Others come with them. */
const FINDING: ReadonlySet<Step['do']> = new Set(['debit', 'hold', 'clawBack', 'convert', 'give', 'slide']);

/** What random sequences really did, so that a generator that has ceased to try something is found out. */
export class Coverage {
  private readonly counts = new Map<string, { sum: number; squares: number }>();
  sequences = 0;
  commands = 0;

  sequence(): Seen {
    return new Seen(this);
  }

  /** Of one sequence that has come to its end. */
  add(counts: ReadonlyMap<string, number>, commands: number): void {
    this.sequences++;
    this.commands += commands;
    for (const [what, times] of counts) {
      const { sum, squares } = this.counts.get(what) ?? { sum: 0, squares: 0 };
      this.counts.set(what, { sum: sum + times, squares: squares + times * times });
    }
  }

  /** Those that came too seldom: see leastOf. */
  missing(expected: Readonly<Record<string, Expected>>): string[] {
    return Object.entries(expected).flatMap(([what, each]) => {
      const [came, least] = [this.counts.get(what)?.sum ?? 0, leastOf(each, this.sequences)];
      return came < least ? [`${what}: ${came} of ${least}`] : [];
    });
  }

  /** As least-coverage.ts has it: how often in 1,000 sequences, and how unevenly. */
  print(title: string): void {
    const lines = [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `  '${what}': [${this.expected(count).join(', ')}],`);
    const average = (this.commands / this.sequences).toFixed(1);
    process.stderr.write(`${title}: ${this.sequences} sequences of ${average} commands on average\n${lines.join('\n')}\n`);
  }

  private expected({ sum, squares }: { readonly sum: number; readonly squares: number }): Expected {
    const mean = sum / this.sequences;
    const variance = squares / this.sequences - mean * mean;
    return [Number((1_000 * mean).toPrecision(3)), Math.max(1, Number((variance / mean).toFixed(1)))];
  }
}

/** One sequence. */
class Seen {
  private readonly once = new Set<string>();
  private readonly counts = new Map<string, number>();

  constructor(private readonly coverage: Coverage) {}

  end(commands: number): void {
    for (const what of this.once) this.add(`sequences ${what}`);
    this.coverage.add(this.counts, commands);
  }

  private add(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  note(ask: Ask, expected: NaiveOutcome | 'conflict', before: State, model: NaiveLedger): void {
    if (expected === 'conflict') return this.add('repeated with other content: conflict');
    if (expected.duplicate) return this.add(`repeated: ${expected.refused ? 'refused' : 'accepted'} again`);
    if (ask.occurredAt < ask.recordedAt) this.add('came late');
    if (ask.occurredAt > ask.recordedAt) this.add('came from a clock that runs ahead');
    this.noteWallets(ask, before);
    if (expected.refused) {
      const kept = expected.refused.code === 'ALREADY_CANCELLED' || expected.refused.code === 'RETURN_NOT_CANCELLABLE';
      const step = kept ? 'cancellation' : expected.refused.code === 'CAP_REACHED' ? 'count' : nameOf(ask.steps[model.stoppedAt]);
      return this.add(`refused ${step}: ${expected.refused.code}`);
    }
    for (const step of ask.steps) this.noteStep(step, ask, before, model.state);
    const made = [...model.state.transfers].flatMap(([id, each]) => (before.transfers.has(id) ? [] : each));
    for (const { code } of made) if (code === 'ARREARS_FILL') this.add('arrears filled by what lay in their wallet');
    const cancelled = made.filter(({ code }) => code === 'EXPIRY_CANCELLATION');
    if (cancelled.length > 0)
      for (const name of new Set(ask.steps.map((step) => step.do))) if (FINDING.has(name)) this.add(`found what had ended since: ${name}`);
    if (ask.steps.length > 2) this.add('accepted postings of several steps');
  }

  private noteWallets({ wallets, day, occurredAt, steps }: Ask, before: State): void {
    for (const id of wallets) {
      const wallet = before.wallets.get(id);
      if (!wallet) continue;
      if (owedBy(wallet) > 0) this.once.add('with arrears');
      if (owedBy(wallet) > 0 && wallet.points.length > 0) this.once.add('with arrears and points');
      const spends = steps.some((step) => ('from' in step && step.from === id && step.do !== 'giveAll') || (step.do === 'convert' && step.out.from === id));
      if (!spends) continue;
      const over = free(wallet).filter((point) => endOf(point, wallet) <= day);
      if (over.length > 0) this.add('spending tried where points have expired');
      if (over.length > 0) this.once.add('that spend where points have expired');
      if (occurredAt % DAY === 0 && over.some((point) => endOf(point, wallet) === day)) this.add('spending tried at the very midnight at which points expired');
      if (occurredAt % DAY === DAY - 1 && free(wallet).some((point) => endOf(point, wallet) === day + 1))
        this.add('spending tried in the last millisecond before points expire');
    }
    if (wallets.some((id) => (before.wallets.get(id)?.slidesUntil ?? NEVER) <= day)) this.once.add('with a lapse');
  }

  private noteStep(step: Step, ask: Ask, before: State, after: State): void {
    const transfer = 'id' in step ? after.transfers.get(step.id) : undefined;
    const name = nameOf(step);
    const nothing = (step.do === 'giveAll' || step.do === 'fillArrears') && !transfer;
    this.add(`accepted ${name}${nothing ? ' (there was nothing)' : ''}`);
    if (transfer && transfer.filled > 0) this.add(`arrears filled by ${step.do}`);
    switch (step.do) {
      case 'release':
        if (after.changes.some((each) => each.startsWith(step.holdId))) this.add('released with grace');
        break;
      case 'capture':
        if (after.changes.some((each) => each.startsWith(step.holdId))) this.add('captured in part, the rest with grace');
        this.add(`captured ${step.amount < (after.holds.get(step.holdId)?.points.length ?? 0) ? 'in part' : 'in full'}`);
        break;
      case 'clawBack':
        if (step.wallet !== undefined) this.add('redirected clawBack');
        if (step.expired && after.transfers.has(step.expired.id)) this.add(`clawed back of what had expired${transfer ? ', and more' : ''}`);
        if (transfer && transfer.allocations.length > 1) this.add('clawed back from several lots');
        if (transfer && transfer.consumed.length < step.amount) this.add('clawed back into arrears');
        break;
      case 'reinstate': {
        if (step.wallet !== undefined) this.add('redirected reinstate');
        if (transfer?.allocations.some((each) => !each.includes(' 0 x'))) this.add('reinstated in a pool');
        if (transfer?.allocations.some((each) => / -\d+ /.test(each))) this.add('reinstated with grace');
        if (before.transfers.get(step.reverses)?.consumed.some(hasHadGrace)) this.add('reinstated what had had its grace');
        break;
      }
      case 'cancelClawback':
      case 'cancelReinstatement':
        this.noteCancellation(step, before, after);
        break;
      case 'convert':
        this.noteConversion(step, after);
        break;
      case 'end':
        for (const { id } of step.ends) if (after.transfers.has(id)) this.add(`${step.code} that ended points`);
        break;
      case 'redate': {
        const changed = after.changes.some((each) => each.startsWith(step.id));
        this.add(`${changed ? 'dates changed' : 'no dates changed'} of an award${reversedBefore(before.transfers.get(step.credit))}`);
        if ((after.transfers.get(step.credit)?.filled ?? 0) > 0) this.add('redated what had filled arrears');
        break;
      }
      case 'slide':
        if ((before.wallets.get(step.account)?.slidesUntil ?? NEVER) <= ask.day) this.add('used again after a lapse');
        break;
      case 'give':
      case 'giveAll':
        if ((before.wallets.get(step.to)?.slidesUntil ?? NEVER) <= ask.day && transfer) this.add('points given to a wallet that has lapsed');
        if (step.code !== 'GIFT' && step.code !== 'MERGE' && transfer) this.once.add('with pool moves');
        if (step.code === 'MERGE' && transfer) this.noteMerge(step, ask.day, before, after);
        break;
    }
    for (const hold of after.holds.values()) if (hold.state === 'EXPIRED') this.once.add('with an expired hold');
  }

  private noteMerge({ from }: Extract<Step, { do: 'giveAll' }>, day: Day, before: State, after: State): void {
    const [ended, ends] = [before, after].map(({ wallets }) => wallets.get(from)?.slidesUntil ?? NEVER);
    if (ended > day && ended !== NEVER) this.add(`merged points that ${ends === NEVER ? 'slide on' : 'slide no more'}`);
  }

  private noteCancellation(step: Extract<Step, { do: 'cancelClawback' | 'cancelReinstatement' }>, before: State, after: State): void {
    const cancelled = before.transfers.get(step.cancels);
    const transfer = after.transfers.get(step.id);
    if (step.wallet !== (step.do === 'cancelClawback' ? cancelled?.debit : cancelled?.credit)) this.add(`redirected ${step.do}`);
    if (step.do === 'cancelReinstatement') {
      const back = new Set(cancelled?.allocations.map((each) => each.slice(0, each.indexOf(' x'))));
      if (transfer?.allocations.some((each) => !back.has(each.slice(0, each.indexOf(' x'))))) this.add('taken again from other lots than it came back to');
      if (transfer?.allocations.some((each) => !each.includes(' 0 x'))) this.add('taken again from a pool');
      if (transfer?.allocations.some((each) => / -\d+ /.test(each))) this.add('taken again of what had had its grace');
      return;
    }
    if (transfer?.fills.some(({ arrears }) => arrears === step.cancels)) this.add('owed no longer by a cancellation');
    if (transfer?.fills.some(({ arrears }) => arrears !== step.cancels)) this.add('arrears of others filled by a cancellation');
    if (transfer?.allocations.some((each) => / -\d+ /.test(each))) this.add('given again with grace');
    if (cancelled?.consumed.some(({ lot }) => lot.availableOn === NEVER)) this.add('given again to wait to be confirmed, or as confirmed');
    if ([...before.transfers.values()].some(({ fills }) => fills.some(({ arrears }) => arrears === step.cancels)))
      this.add('given again what had filled arrears since');
  }

  private noteConversion({ out, in: into, expiry }: Extract<Step, { do: 'convert' }>, after: State): void {
    this.add(`converted, ${expiry}, into ${into.amount > out.amount ? 'more' : into.amount < out.amount ? 'fewer' : 'as many'}`);
    if ((after.transfers.get(out.id)?.allocations.length ?? 0) > 1) this.add('converted from several lots');
  }
}

function reversedBefore(credit: Transfer | undefined): string {
  return credit && credit.reversed > 0 ? ' after a clawback' : '';
}

function nameOf(step: Step): string {
  if (step.do === 'credit') {
    const { availableOn } = step.lot;
    return `credit ${step.code}${availableOn === NEVER ? ' to be confirmed' : availableOn > 0 ? ' later' : ' at once'}`;
  }
  if (step.do === 'release') return `release ${step.as}`;
  return 'code' in step ? `${step.do} ${step.code}` : step.do;
}
