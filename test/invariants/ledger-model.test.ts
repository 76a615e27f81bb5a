import fc from 'fast-check';
import { decide } from '../../src/ledger/internal/decide';
import { createTestApp, type TestApp } from '../support/test-app';
import { faultsInBooks } from './book-checks';
import { databaseTarget, TargetOwners } from './database-target';
import { compareWithModel, memoryTarget } from './model-run';
import { commandsOf } from './random-asks';
import { LONG, runs, SEED } from './run-settings';

const TIMEOUT = LONG ? 900_000 : 60_000;

it(
  `the pure decision agrees with the model (TESSERA_SEED=${SEED})`,
  async () => {
    await fc.assert(
      fc.asyncProperty(commandsOf(60), (commands) => compareWithModel(memoryTarget(decide), commands, 'each batch')),
      runs(200, 10_000),
    );
  },
  TIMEOUT,
);

describe('on PostgreSQL', () => {
  let test: TestApp;
  let owners: TargetOwners;

  beforeAll(async () => {
    test = await createTestApp();
    owners = await TargetOwners.open(test);
  });
  afterAll(() => test.close());

  it(
    `postings agree with the model and leave the books right (TESSERA_SEED=${SEED})`,
    async () => {
      await fc.assert(
        fc.asyncProperty(commandsOf(60), async (commands) => compareWithModel(await databaseTarget(test, owners), commands, 'at the end')),
        runs(40, 1_000),
      );
      expect(await faultsInBooks(test.database.owner)).toEqual([]);
    },
    TIMEOUT,
  );
});
