import { SCOPES } from '../../src/coalition/access/principal';
import { mintClientToken } from '../../src/coalition/sign-in/access-tokens';
import { createOwnerDataSource } from '../../src/platform/database/data-source';
import { fillStandingArrears } from '../../src/programme/expiry/fill-standing-arrears';
import { recoverRollUps } from '../../src/settlement/books/roll-up-journal';
import { recoverJournal } from '../../src/settlement/clearing/recover-journal';
import { type Answer, openApi, type TestApi } from '../support/api';
import { createMigratedDatabase } from '../support/migrated-database';
import { createTestApp, type TestApp } from '../support/test-app';
import { openTestDatabase, type TestDatabase } from '../support/test-database';
import { faults } from '../support/verified-books';
import { loadRows, type RecordedRequest, readWorld } from './recorded-world';

/** The version before: its last migration. */
const BEFORE = 17;
const world = readWorld(BEFORE);
let database: TestDatabase;
let test: TestApp;
let api: TestApi;

/** The rows of the version before, upgraded as `npm run migrate` does it: as the owner, who is no superuser. */
beforeAll(async () => {
  const ownerUrl = await createMigratedDatabase(process.env.TEST_SERVER_URL as string, BEFORE);
  database = openTestDatabase(ownerUrl);
  await loadRows(database.owner, BEFORE);
  const source = await createOwnerDataSource(ownerUrl).initialize();
  await source.runMigrations();
  await source.destroy();
  test = await createTestApp({ database, now: new Date('2026-03-16T12:00:00Z'), variables: { TESSERA_LOCAL_ISSUER: 'true', TESSERA_MODE: 'sandbox' } });
  api = await openApi(test);
  // As workers do when they start on another server than the rows come from.
  await recoverJournal(test.app);
  await recoverRollUps(test.app);
  expect(await fillStandingArrears(test.app)).toBe(1);
});
afterAll(async () => {
  await api?.close();
  await test?.close();
  await database?.drop();
});

async function send({ by, text, variables }: RecordedRequest): Promise<Answer> {
  const { rows } = await database.owner.query('SELECT c.id FROM api_client c JOIN brand b ON b.id = c.brand_id WHERE b.code = upper($1)', [by]);
  const token = await mintClientToken(test.app, { id: rows[0].id, scopes: SCOPES });
  const { data, errors } = await api.ask(token, text, variables);
  if (errors) throw new Error(JSON.stringify(errors));
  return Object.values(data)[0];
}

/** What tells of the outcome, without the balance: that is told as far as whoever asks may know it today. */
const outcome = ({ balance: _, duplicate: __, ...rest }: Answer) => rest;

it('the books are sound', async () => {
  expect(await faults(test)).toEqual([]);
});

it.each(world.requests.filter(({ answer }) => 'duplicate' in answer).map((each) => [each.as, each] as const))('sent again: %s', async (_, request) => {
  const answer = await send(request);
  expect(outcome(answer)).toEqual(outcome(request.answer));
  expect(answer.duplicate).toBe(true);
});

it('what the ledger refused stays refused; what hung on terms is judged anew', async () => {
  const request = (as: string) => world.requests.find((each) => each.as === as) as RecordedRequest;
  expect(await send(request('too much'))).toEqual(request('too much').answer);
  expect(await send(request('before the terms'))).toMatchObject({ refused: 'TERMS_NOT_ACTIVE' });
});

it.each(world.later.map((each) => [each.as, each] as const))('goes on as it would have before: %s', async (_, request) => {
  expect(outcome(await send(request))).toMatchObject(expected(request.answer));
});

/** Ids are new each time. */
const expected = (answer: Answer) => {
  const { returnId: _, ...rest } = outcome(answer);
  return rest;
};

it('the books are sound after it', async () => {
  expect(await faults(test)).toEqual([]);
});
