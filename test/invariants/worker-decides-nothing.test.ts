import fc from 'fast-check';
import { contentHash } from '../../src/ledger/ledger/idempotency';
import type * as ApplyHold from '../../src/ledger/ledger/internal/decide/apply-hold';
import type * as Decides from '../../src/ledger/ledger/internal/decide/decide';
import { decide } from '../../src/ledger/ledger/internal/decide/decide';
import type { PostingRequest, Step } from '../../src/ledger/ledger/posting';
import { newUuid } from '../../src/platform/ids';
import { memoryTarget } from './memory-target';
import type { Target } from './model-run';
import { NaiveLedger } from './naive-ledger';
import { type Asked, Asker } from './random-asks';
import { type Command, type Part, sequences } from './random-commands';
import { CI, LONG, runs } from './run-settings';
import { FAULTS, isolated, replace } from './seeded-faults';

const SEQUENCES = LONG ? 10_000 : CI ? 80 : 30;
/** Holds that a worker was the first to release, over all sequences. */
let released = 0;

const EVERYBODY = [0, 1, 2, 3, 4, 5, 6] as const;
/** All are told what they have. */
const ROLL_CALL: Command = { do: 'post', parts: EVERYBODY.map((place) => ({ do: 'count', place, brand: 0, by: 1 })), after: 0, late: 0, cap: null };

/** One of two worlds in which the same happens. */
class Twin {
  readonly target: Target;
  readonly model: NaiveLedger;

  constructor(decideWith: typeof decide) {
    this.target = memoryTarget(decideWith);
    this.model = new NaiveLedger(this.target.world.origins, this.target.world.wallets);
  }

  /** A worker books the end of holds that are over by then, in any order. Says of how many. */
  async releaseHolds(recordedAt: number): Promise<number> {
    const { party, wallets } = this.target.world;
    const due = this.model.dueHolds({ wallets, recordedAt });
    const kind = 'RELEASE_EXPIRED_HOLD';
    for (const [holdId, { account, expiresAt, expiresOn }] of due) {
      const steps: Step[] = [{ do: 'release', holdId, as: 'EXPIRED' }];
      const told = { id: newUuid(), occurredAt: expiresAt, recordedAt, day: expiresOn };
      this.model.post({ ...told, content: holdId, wallets: [account], steps, cap: null, cancels: [] });
      const loads = { wallets: [account], holds: [holdId] };
      await this.target.post([{ ...told, party, kind, contentHash: contentHash(kind, holdId), loads, plan: () => ({ steps, answer: {} }) }]);
    }
    return due.length;
  }

  async lock(place: number, locked: boolean): Promise<void> {
    this.model.change(this.target.world.wallets[place], { locked });
    await this.target.lock(place, locked);
  }

  async told({ ask, request }: Pick<Asked, 'ask' | 'request'>): Promise<string> {
    this.model.post(ask);
    const [outcome] = await this.target.post([request]);
    const balances = outcome?.balances.map(({ active, pending, held, arrears }) => `${active} ${pending} ${held} ${arrears}`);
    return `${outcome?.refusal?.code ?? 'accepted'}, ${balances}`;
  }
}

/**
 * In the one world a worker books what has ended now and then, points and holds; in the other none does. Every answer
 * is the same, and what everybody has at the end. What is asked is drawn once, by the books of the world without a
 * worker: those of the other one would make it other requests.
 */
async function expectSame(commands: readonly Command[], decideWith: typeof decide): Promise<void> {
  const booked = new Twin(decideWith);
  const unbooked = new Twin(decideWith);
  const asker = new Asker(unbooked.target.world, unbooked.model, booked.model);
  for (const command of [...commands, ROLL_CALL]) {
    // What is sent again is another request where there were others before it.
    if (command.do === 'repeat') continue;
    if (command.do === 'lock') {
      for (const twin of [booked, unbooked]) await twin.lock(command.place, command.locked);
      continue;
    }
    const parts = command.parts.filter(isAlike);
    // A worker's clock is not ahead.
    const late = parts.some((part) => part.do === 'expire') && command.late === 'ahead' ? 0 : command.late;
    const asked = asker.next({ ...command, parts, late });
    if (!asked) continue;
    if (command.last) released += await booked.releaseHolds(asked.request.recordedAt);
    expect(await booked.told(asked)).toEqual(await unbooked.told(withoutWorker(asked)));
    asker.batchEnded();
  }
}

/** The same, but for what a worker would have booked with it. */
function withoutWorker({ ask, request }: Asked): Pick<Asked, 'ask' | 'request'> {
  const steps = ask.steps.map((step) => (step.do === 'end' && step.code === 'EXPIRY' ? { ...step, ends: [] } : step));
  const plan: PostingRequest['plan'] = (view) => {
    const planned = request.plan(view);
    return 'refused' in planned ? planned : { ...planned, steps };
  };
  return { ask: { ...ask, steps }, request: { ...request, plan } };
}

/** Points go along with a merge, and out of a pool, as they are: what ended before is looked for where it ended. */
function isAlike(part: Part): boolean {
  return part.do !== 'merge' && part.do !== 'leave' && !(part.do === 'close' && part.first === 'nothing');
}

it('what anybody is told, and has, does not hang on when a worker came', async () => {
  await fc.assert(
    fc.asyncProperty(sequences(), (commands) => expectSame(commands, decide)),
    runs(SEQUENCES, SEQUENCES),
  );
  expect(released).toBeGreaterThan(0);
});

/** What a hold gives back is judged by the day of whoever books its end, not by the day on which it ended. */
const endedWhenBooked = () =>
  replace<typeof ApplyHold>('decide/apply-hold', ({ expireHold }) => ({
    expireHold(posting, open) {
      posting.change(open, { expiresOn: Math.max(open.expiresOn, posting.request.day) });
      expireHold(posting, open);
    },
  }));

it.each([
  ['what is told late could not have what was booked since', FAULTS['told late: what was booked since is gone']],
  ['a hold ended on the day on which that is booked', endedWhenBooked],
])('would be found to hang on it, if %s', async (_, fault) => {
  const result = await isolated(fault, async () => {
    const { decide: faulty } = require('../../src/ledger/ledger/internal/decide/decide') as typeof Decides;
    return fc.check(
      fc.asyncProperty(sequences(), (commands) => expectSame(commands, faulty)),
      { numRuns: 500, seed: 3, endOnFailure: true },
    );
  });
  expect(result.failed && String(result.errorInstance)).toContain('toEqual');
});
