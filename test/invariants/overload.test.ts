import { randomUUID } from 'node:crypto';
import type { BuiltApp } from '../../src/app';
import type { MemberRef } from '../../src/members/identification/member-ref';
import { enrolMember } from '../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../src/members/members/enrolment';
import { recordPurchase } from '../../src/programme/earning/record-purchases';
import { openPointsApi, type PointsApi } from '../support/points-api';
import { purchaseOf } from '../support/shop-coalition';
import { untilItWaits } from '../support/until-it-waits';

const CALLERS = 20_000;
/** What may wait; a tenth of the callers, so that the test is short. */
const BOUND = 2_000;
const LATER = 1_000;

let points: PointsApi;
let ref: MemberRef;

beforeAll(async () => {
  points = await openPointsApi({ variables: { TESSERA_LEDGER_QUEUE: String(BOUND) } });
  const enrolment = enrolMemberSchema.parse({ idempotencyKey: 'ana', customerId: 'ana' });
  const { memberId } = await enrolMember(points.test.app, points.coalition.brands.FUEL.client, enrolment);
  ref = { by: 'id', memberId };
});
afterAll(() => points?.close());

it('20,000 callers at once: whoever is too many is told so and may come again; nothing acknowledged is lost, nothing refused is written', async () => {
  const { app, database } = points.test;
  const { FUEL } = points.coalition.brands;
  const asked = Array.from({ length: CALLERS }, (_, n) => purchaseOf(ref, '1', { idempotencyKey: `overload ${n}`, moneyCurrency: 'EUR' }));
  const post = (command: (typeof asked)[number]) => recordPurchase(app, FUEL.client, command);
  // The database stands still while they come, as one does that is asked too much.
  const stall = await database.owner.connect();
  await stall.query('BEGIN; LOCK TABLE brand_link IN ACCESS EXCLUSIVE MODE');
  // Some of them are being looked up and no longer wait to be: others take their place.
  const { waiting } = await untilItWaits(database, () => Promise.allSettled(asked.slice(0, -LATER).map(post)));
  const flood = Promise.all([waiting, Promise.allSettled(asked.slice(-LATER).map(post))]);
  const input = {
    idempotencyKey: randomUUID(),
    member: { customerId: 'ana' },
    currency: 'FLP',
    moneyCurrency: 'EUR',
    lines: [{ sku: 'X', quantity: '1', unitPrice: '1' }],
  };
  const REFUSED = '{ __typename ... on Refusal { code retrySafe } }';
  const [one, bulk] = await Promise.all([
    points.api.ask(FUEL.token, `mutation ($input: RecordPurchaseInput!) { recordPurchase(input: $input) ${REFUSED} }`, { input }),
    points.api.ask(FUEL.token, `mutation ($input: [RecordPurchaseInput!]!) { recordPurchases(input: $input) ${REFUSED} }`, {
      input: [{ ...input, idempotencyKey: randomUUID() }],
    }),
  ]);
  const overloaded = { __typename: 'Overloaded', code: 'OVERLOADED', retrySafe: true };
  expect(one.data.recordPurchase).toEqual(overloaded);
  expect(bulk.data.recordPurchases).toEqual([overloaded]);
  await stall.query('COMMIT');
  stall.release();

  const outcomes = (await flood).flat();
  const refused = asked.filter((_, at) => outcomes[at].status === 'rejected');
  const acknowledged = CALLERS - refused.length;
  expect(acknowledged).toBeGreaterThanOrEqual(BOUND);
  expect(acknowledged).toBeLessThan(BOUND + LATER);
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'OVERLOADED', retrySafe: true });
  const stored = async () => (await database.owner.query('SELECT count(*)::int AS count FROM purchase')).rows[0].count;
  expect(await stored()).toBe(acknowledged);

  // It has recovered: those who come again, not all at once, are served, each once.
  const again = refused.slice(0, 500);
  for (const outcome of await Promise.all(again.map(post))) expect(outcome.duplicate).toBe(false);
  expect((await post(again[0])).duplicate).toBe(true);
  const served = acknowledged + again.length + 1;
  expect((await post(refused[500])).balance).toMatchObject({ active: served });
  expect(await stored()).toBe(served);
  expect((app as BuiltApp).ledger.queueLength).toBe(0);
});
