import { ManualClock, systemClock } from '../../../src/platform/clock';
import { aheadOfDatabase, MOST_APART_MS, requireSameTime } from '../../../src/platform/database/same-time';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

const off = (ms: number) => new ManualClock(new Date(Date.now() + ms));

it('a clock that goes with the database is taken', async () => {
  await requireSameTime(test.app.database, systemClock);
  await requireSameTime(test.app.database, off(-20_000));
  expect(await aheadOfDatabase(test.app.database, systemClock)).toBe(0);
});

it.each<[string, number]>([
  ['ahead', 2 * MOST_APART_MS],
  ['behind', -2 * MOST_APART_MS],
])('one that is far %s is refused, with what to do', async (how, ms) => {
  await expect(requireSameTime(test.app.database, off(ms))).rejects.toThrow(new RegExp(`clock is \\d+ seconds ${how}.*NTP`));
});
