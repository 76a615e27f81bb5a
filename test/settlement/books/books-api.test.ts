import { randomUUID } from 'node:crypto';
import { mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { startWorkers } from '../../../workers/main';
import { bindLogin } from '../../support/logins';
import { openPointsApi, type PointsApi } from '../../support/points-api';
import { uuidIn } from '../../support/shown-ids';
import { until } from '../../support/until';

let points: PointsApi;
beforeAll(async () => {
  points = await openPointsApi();
});
afterAll(() => points.close());

const REFUSAL = '... on Refusal { __typename code message }';
const change = async (token: () => Promise<string>, name: string, type: string, fields: string, input: object) => {
  const { data, errors } = await points.api.ask(token, `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} ${REFUSAL} } }`, {
    input: { idempotencyKey: randomUUID(), ...input },
  });
  if (errors) throw new Error(JSON.stringify(errors));
  return data[name];
};
const query = (token: () => Promise<string>, text: string) => points.api.ask(token, `{ ${text} }`);
const purchase = (customerId: string, unitPrice: string) => ({
  member: { customerId },
  currency: 'FLP',
  moneyCurrency: 'EUR',
  lines: [{ sku: 'thing', quantity: '1', unitPrice }],
});

test('partners draw up their own proofs, and the operator the whole; a member asks for the own balance of any instant', async () => {
  const { fuel, taxi, test, coalition } = points;
  const { app, clock } = test;
  const ana = await change(fuel, 'enrolMember', 'EnrolMemberInput', '... on Member { id }', { customerId: 'ana' });
  await change(taxi, 'enrolMember', 'EnrolMemberInput', '... on Member { id }', { customerId: 'ben' });
  const earned = await change(fuel, 'recordPurchase', 'RecordPurchaseInput', '... on RecordedPurchase { points forgone }', purchase('ana', '250'));
  expect(earned).toMatchObject({ points: 250, forgone: 0 });
  const after = clock.now();
  clock.advance(60_000);
  await change(fuel, 'redeem', 'RedeemInput', '... on Redemption { points }', {
    member: { customerId: 'ana' },
    currency: 'FLP',
    points: 100,
    purchaseAmount: { amount: '100', currency: 'EUR' },
  });
  await change(taxi, 'recordPurchase', 'RecordPurchaseInput', '... on RecordedPurchase { points }', purchase('ben', '40'));
  const rolledUp = async () => (await test.database.owner.query('SELECT coalesce(sum(transfers), 0)::int AS n FROM roll_up_bucket')).rows[0].n;
  const workers = await startWorkers(app);
  try {
    await until('all is rolled up', async () => (await rolledUp()) >= 3);
  } finally {
    await workers.close();
  }
  expect(await rolledUp()).toBeGreaterThanOrEqual(3);

  const proof =
    'conservation(currency: "FLP") { brandId difference holds terms { term side subtracted points } accounts { kind points { debits credits balance } } }';
  const whole = (await query(coalition.freshOperatorToken, proof)).data.conservation;
  expect(whole).toMatchObject({ brandId: null, difference: 0, holds: true });
  const own = (await query(fuel, proof)).data.conservation;
  const shown = own.terms.filter((each: { points: number }) => each.points !== 0);
  expect(shown).toEqual([
    { term: 'ISSUED', side: 'PUT_OUT', subtracted: false, points: 250 },
    { term: 'ACTIVE', side: 'ACCOUNTED_FOR', subtracted: false, points: 150 },
    { term: 'REDEEMED_AT_ISSUER', side: 'ACCOUNTED_FOR', subtracted: false, points: 100 },
  ]);
  expect(own).toMatchObject({ holds: true, accounts: [{ kind: 'ISSUED', points: { debits: 250, credits: 0, balance: -250 } }, { kind: 'REDEEMED' }] });

  const balances = (at: Date) => `accountBalances(currency: "FLP", at: "${at.toISOString()}") { edges { node { kind points { balance } } } }`;
  clock.advance(120_000);
  expect((await query(fuel, balances(after))).data.accountBalances.edges.map(({ node }: { node: object }) => node)).toEqual([
    { kind: 'ISSUED', points: { balance: -250 } },
    { kind: 'REDEEMED', points: { balance: 0 } },
  ]);
  const early = await query(fuel, balances(clock.now()));
  expect(early.errors?.[0].extensions).toMatchObject({
    code: 'NOT_SETTLED_YET',
    retrySafe: true,
    askAgainAt: new Date(clock.now().getTime() + 60_000).toISOString(),
  });

  const session = await points.api.ask(fuel, 'mutation ($input: CreateMemberSessionInput!) { createMemberSession(input: $input) { token } }', {
    input: { memberId: ana.id },
  });
  const at = (instant: Date) => `balanceAt(currency: "FLP", at: "${instant.toISOString()}") { kind points { credits debits balance } }`;
  // A session that the brand minted shows what the brand may see: no balance of the past, which others have made.
  expect((await query(async () => session.data.createMemberSession.token, at(after))).errors?.[0].extensions.code).toBe('FORBIDDEN');
  const memberId = app.keys.fromPairwise('member', coalition.brands.FUEL.id, uuidIn(ana.id));
  await bindLogin(app, coalition.brands.FUEL.client, memberId, await mintLocalLogin(app, 'ana'));
  const asAna = () => mintLocalLogin(app, 'ana');
  expect((await query(asAna, at(after))).data.balanceAt).toEqual({ kind: 'WALLET', points: { credits: 250, debits: 0, balance: 250 } });
  expect((await query(asAna, at(new Date(clock.now().getTime() - 61_000)))).data.balanceAt.points).toEqual({ credits: 250, debits: 100, balance: 150 });
  expect((await query(fuel, at(after))).errors?.[0].extensions.code).toBe('FORBIDDEN');
});

test('velocity limits are set, listed, met and ended through the API', async () => {
  const { fuel, taxi, coalition } = points;
  const fields = '... on VelocityLimit { id act window maximum endsAt brandId }';
  const limit = { currency: 'FLP', act: 'EARN', measure: 'POINTS', window: 'MONTH', maximum: 60 };
  const set = await change(coalition.freshOperatorToken, 'setVelocityLimit', 'SetVelocityLimitInput', fields, limit);
  expect(set).toMatchObject({ id: expect.stringMatching(/^lim_/), act: 'EARN', window: 'MONTH', maximum: 60, endsAt: null, brandId: null });
  await change(taxi, 'enrolMember', 'EnrolMemberInput', '... on Member { id }', { customerId: 'bob' });
  await change(taxi, 'recordPurchase', 'RecordPurchaseInput', '... on RecordedPurchase { points }', purchase('bob', '50'));
  const cap = '... on CapReached { limitId capLeft resetsAt measure window capMaximum }';
  const refused = await change(taxi, 'recordPurchase', 'RecordPurchaseInput', cap, purchase('bob', '11'));
  expect(refused).toMatchObject({
    code: 'CAP_REACHED',
    limitId: set.id,
    capLeft: 10,
    resetsAt: '2026-04-01T00:00:00.000Z',
    measure: 'POINTS',
    window: 'MONTH',
    capMaximum: 60,
  });
  const listed = await query(fuel, 'velocityLimits(currency: "FLP") { edges { node { id setByBrandId } } }');
  expect(listed.data.velocityLimits.edges).toHaveLength(1);
  const { data } = await points.api.ask(
    coalition.freshOperatorToken,
    `mutation ($input: EndVelocityLimitInput!) { endVelocityLimit(input: $input) { ${fields} } }`,
    {
      input: { limitId: set.id },
    },
  );
  expect(data.endVelocityLimit.endsAt).toBe(points.test.clock.now().toISOString());
  const wrong = await points.api.ask(fuel, `mutation ($input: SetVelocityLimitInput!) { setVelocityLimit(input: $input) { __typename } }`, {
    input: { ...limit, idempotencyKey: 'w', act: 'REDEEM', whenExceeded: 'REDUCE' },
  });
  expect(wrong.errors?.[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.whenExceeded' });
});
