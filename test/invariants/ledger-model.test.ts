import fc from 'fast-check';
import { decide } from '../../src/ledger/ledger/internal/decide/decide';
import { createTestApp, type TestApp } from '../support/test-app';
import { faultsInBooks } from './book-checks';
import { Coverage } from './coverage';
import { databaseTarget, openOwners, openWorld } from './database-target';
import { EXPECTED, leastOf } from './least-coverage';
import { memoryTarget } from './memory-target';
import { compareWithModel } from './model-run';
import { sequences } from './random-commands';
import { CI, LONG, runs, SEED } from './run-settings';

const TIMEOUT = LONG ? 1_800_000 : 300_000;
const IN_MEMORY = LONG ? 20_000 : CI ? 2_000 : 300;
const ON_POSTGRESQL = LONG ? 2_000 : CI ? 200 : 48;
/** Sequences that are under way together on PostgreSQL, so that their postings meet in batches. */
const TOGETHER = 8;

/** All that a number of sequences must have done, or they tried too little. */
function expectCovered(coverage: Coverage, title: string, sequencesWanted: number): void {
  coverage.print(title);
  // One that is repeated alone by its path need not have done it all, nor do as few as one runs while one works.
  if (process.env.TESSERA_PATH || !(CI || LONG)) return;
  expect(coverage.sequences).toBeGreaterThanOrEqual(sequencesWanted);
  expect(coverage.commands / coverage.sequences).toBeGreaterThanOrEqual(60);
  expect(coverage.missing(EXPECTED)).toEqual([]);
}

it(
  `the pure decision agrees with the model (TESSERA_SEED=${SEED})`,
  async () => {
    const coverage = new Coverage();
    await fc.assert(
      fc.asyncProperty(sequences(), (commands) => compareWithModel(memoryTarget(decide), commands, coverage)),
      runs(IN_MEMORY, IN_MEMORY),
    );
    expectCovered(coverage, `pure decision, TESSERA_SEED=${SEED}`, IN_MEMORY);
  },
  TIMEOUT,
);

it('asks CI for some of everything that is tried, but for what is too seldom', () => {
  expect(Object.keys(EXPECTED).filter((what) => leastOf(EXPECTED[what], 2_000) < 1)).toEqual([
    'redirected cancelReinstatement',
    'refused cancelReinstatement: WALLET_CLOSED',
  ]);
});

describe('on PostgreSQL', () => {
  let test: TestApp;
  /** Another gateway of the same coalition. */
  let second: TestApp;

  beforeAll(async () => {
    test = await createTestApp();
    second = await createTestApp({ database: test.database });
  });
  afterAll(async () => {
    await second.close();
    await test.close();
  });

  it(
    `postings at two gateways agree with the model and leave the books right (TESSERA_SEED=${SEED})`,
    async () => {
      const owners = await openOwners(test);
      const ledgers = [test.app.ledger, second.app.ledger];
      const [shared] = [await openWorld(ledgers[0], owners), await openWorld(ledgers[1], owners)];
      const coverage = new Coverage();
      const together = fc.noBias(fc.array(sequences(), { minLength: TOGETHER, maxLength: TOGETHER }));
      await fc.assert(
        fc.asyncProperty(together, async (each) => {
          const compared = each.map(async (commands) => compareWithModel(await databaseTarget(test, owners, shared, ledgers), commands, coverage));
          // All of them to their end, even where one differs: the next ones begin with nobody else about.
          for (const result of await Promise.allSettled(compared)) if (result.status === 'rejected') throw result.reason;
        }),
        { ...runs(ON_POSTGRESQL / TOGETHER, ON_POSTGRESQL / TOGETHER), interruptAfterTimeLimit: TIMEOUT / 2, markInterruptAsFailure: true },
      );
      expect(await faultsInBooks(test.database.owner)).toEqual([]);
      expectCovered(coverage, `PostgreSQL, TESSERA_SEED=${SEED}`, ON_POSTGRESQL);
    },
    TIMEOUT,
  );
});
