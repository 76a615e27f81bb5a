import fc from 'fast-check';
import type * as Decides from '../../src/ledger/ledger/internal/decide/decide';
import { decide } from '../../src/ledger/ledger/internal/decide/decide';
import { memoryTarget } from './memory-target';
import { NaiveLedger } from './naive-ledger';
import { type Asked, Asker } from './random-asks';
import { type Command, type Part, type Post, sequences } from './random-commands';
import { CI, LONG, runs } from './run-settings';
import { FAULTS, isolated } from './seeded-faults';

const SEQUENCES = LONG ? 10_000 : CI ? 80 : 30;

/** One of two worlds in which the same happens. */
class Twin {
  private readonly target = memoryTarget(this.decideWith);
  readonly model = new NaiveLedger(this.target.world.origins, this.target.world.wallets);
  private readonly asker: Asker;

  /** `other`: whose worker books ends, where this one has none. */
  constructor(
    private readonly decideWith: typeof decide,
    private readonly other: Twin | null,
  ) {
    this.asker = new Asker(this.target.world, this.model, other?.model);
  }

  /** What is asked here: the worker finds nothing where there is another one. */
  ask({ parts, ...command }: Post): Asked | null {
    return this.asker.next({ ...command, parts: this.other ? parts.map((part) => (part.do === 'expire' ? { ...part, brands: [] } : part)) : parts });
  }

  async lock(place: number, locked: boolean): Promise<void> {
    this.model.change(this.target.world.wallets[place], { locked });
    await this.target.lock(place, locked);
  }

  async told({ ask, look, request }: Asked): Promise<string> {
    this.model.post(ask, look);
    const [outcome] = await this.target.post([request]);
    this.asker.batchEnded();
    const balances = outcome?.balances.map(({ active, pending, held, arrears }) => `${active} ${pending} ${held} ${arrears}`);
    return `${outcome?.refusal?.code ?? 'accepted'}, ${balances}`;
  }

  left(): string[] {
    return this.target.world.wallets.map((id) => {
      const { active, pending, held, arrears } = this.model.balances(id, this.asker.latest);
      return `${active} ${pending} ${held} ${arrears}`;
    });
  }
}

/**
 * In the one world a worker books what has ended now and then, in the other none does. Every answer is the same, and
 * what everybody has at the end.
 */
async function expectSame(commands: readonly Command[], decideWith: typeof decide): Promise<void> {
  const booked = new Twin(decideWith, null);
  const unbooked = new Twin(decideWith, booked);
  for (const command of commands) {
    // What is sent again is another request where there were others before it.
    if (command.do === 'repeat') continue;
    if (command.do === 'lock') {
      for (const twin of [booked, unbooked]) await twin.lock(command.place, command.locked);
      continue;
    }
    const parts = command.parts.filter(isAlike);
    // A worker's clock is not ahead.
    const late = parts.some((part) => part.do === 'expire') && command.late === 'ahead' ? 0 : command.late;
    const [one, other] = [booked, unbooked].map((twin) => twin.ask({ ...command, parts, late }));
    expect(one === null).toBe(other === null);
    if (one && other) expect(await booked.told(one)).toEqual(await unbooked.told(other));
  }
  expect(booked.left()).toEqual(unbooked.left());
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
});

it('would be found to hang on it, if what is told late could not have what was booked since', async () => {
  const result = await isolated(FAULTS['told late: what was booked since is gone'], async () => {
    const { decide: faulty } = require('../../src/ledger/ledger/internal/decide/decide') as typeof Decides;
    return fc.check(
      fc.asyncProperty(sequences(), (commands) => expectSame(commands, faulty)),
      { numRuns: 500, seed: 3, endOnFailure: true },
    );
  });
  expect(result.failed && String(result.errorInstance)).toContain('toEqual');
});
