import fc from 'fast-check';
import type * as Decides from '../../src/ledger/ledger/internal/decide/decide';
import { createTestApp, type TestApp } from '../support/test-app';
import { databaseTarget, type Owners, openOwners, openWorld } from './database-target';
import { memoryTarget } from './memory-target';
import { compareWithModel } from './model-run';
import { type Command, sequences } from './random-commands';
import { FAULTS, isolated, withFaultyLedger } from './seeded-faults';

/** Of a few that were tried, the one with which all faults are found soonest. */
const SEED = 3;

/** What the comparison says: 'differs' when the model finds a difference, 'agrees', or what was thrown instead. */
async function verdict(numRuns: number, compare: (commands: readonly Command[]) => Promise<void>): Promise<string> {
  const result = await fc.check(fc.asyncProperty(sequences(), compare), { numRuns, seed: SEED, endOnFailure: true });
  if (!result.failed) return 'agrees';
  const error = result.errorInstance as Error & { code?: string };
  return error.code === 'ERR_ASSERTION' ? 'differs' : `not the model: ${error.stack}`;
}

function inMemory(faults: () => void, numRuns: number): Promise<string> {
  return isolated(faults, async () => {
    const { decide } = require('../../src/ledger/ledger/internal/decide/decide') as typeof Decides;
    return verdict(numRuns, (commands) => compareWithModel(memoryTarget(decide), commands));
  });
}

it.each(Object.keys(FAULTS))('the model catches, in memory: %s', async (fault) => {
  expect(await inMemory(FAULTS[fault], 500)).toBe('differs');
});

it('without a fault the same sequences are green in memory', async () => {
  expect(await inMemory(() => undefined, 60)).toBe('agrees');
});

describe('on PostgreSQL', () => {
  let test: TestApp;
  let owners: Owners;

  beforeAll(async () => {
    test = await createTestApp();
    owners = await openOwners(test);
  });
  afterAll(() => test.close());

  function onDatabase(faults: () => void, numRuns: number): Promise<string> {
    return withFaultyLedger(test, faults, async (faulty) => {
      const shared = await openWorld(faulty.app.ledger, owners);
      return verdict(numRuns, async (commands) => compareWithModel(await databaseTarget(faulty, owners, shared), commands));
    });
  }

  it.each([
    'lot order: what expires last is consumed first',
    'rounding: the shares of a conversion are rounded down from the soonest to expire',
    'allocation: they are recorded in another order',
    'expiry: points can be spent on the day on which they end',
    'expiry: the worker books it a day late',
    'expiry: what had lapsed lives again',
    'idempotency: the content is not compared',
    'pool: it forgets whose points they were',
    'reversal: it is not led to the wallet that survived',
  ])('the model catches: %s', async (fault) => {
    expect(await onDatabase(FAULTS[fault], 60)).toBe('differs');
  });

  it('without a fault the same sequences are green', async () => {
    expect(await onDatabase(() => undefined, 5)).toBe('agrees');
  });
});
