import { authenticate } from '../../../src/coalition/sign-in/authenticate';
import { mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { countFailedLookUps } from '../../../src/members/identification/failed-look-ups';
import { openPointsApi, type PointsApi } from '../../support/points-api';

let shop: PointsApi;
beforeAll(async () => {
  shop = await openPointsApi();
});
afterAll(() => shop.close());

const REFUSAL = '... on Refusal { __typename code message retrySafe }';
const card = (value: string) => ({ identifier: { kind: 'CARD', value } });

async function run(token: () => Promise<string>, name: string, inputType: string, fields: string, input: object) {
  const { data, errors } = await shop.api.ask(token, `mutation ($input: ${inputType}!) { ${name}(input: $input) { ${fields} ${REFUSAL} } }`, { input });
  return errors ? { errors } : data[name];
}

/** A member of FUEL with a card, so many points and, by way of a session of FUEL's app, a login of their own. */
async function person(name: string, points = 0): Promise<() => Promise<string>> {
  const { id } = await run(shop.fuel, 'enrolMember', 'EnrolMemberInput', '... on Member { id }', {
    idempotencyKey: name,
    identifiers: [{ kind: 'CARD', value: name }],
  });
  const { data } = await shop.api.ask(shop.fuel, 'mutation ($id: ID!) { createClaimCode(input: { member: { id: $id } }) { code } }', { id });
  const LINK = 'mutation ($input: LinkLoginInput!) { linkLogin(input: $input) { ... on LoginLinked { linked } ... on Refusal { code } } }';
  const input = { token: await mintLocalLogin(shop.test.app, name), claimCode: data.createClaimCode.code };
  expect((await shop.api.ask(null, LINK, { input })).data).toEqual({ linkLogin: { linked: true } });
  if (points > 0) {
    await run(shop.fuel, 'recordPurchase', 'RecordPurchaseInput', '... on RecordedPurchase { points }', {
      idempotencyKey: `earn ${name}`,
      member: card(name),
      currency: 'FLP',
      moneyCurrency: 'EUR',
      lines: [{ sku: 'FUEL', quantity: '1', unitPrice: String(points) }],
    });
  }
  return () => mintLocalLogin(shop.test.app, name);
}

test('a gift is given, refused and received', async () => {
  const [ana, ben] = [await person('ana', 500), await person('ben')];
  const GIFT =
    '... on Gift { giftId points balance { active spendable } dryRun duplicate } ... on CapReached { capLeft resetsAt } ... on NotAStep { nextIncrement }';
  const gift = { idempotencyKey: 'first', to: card('ben'), currency: 'FLP', points: 100 };
  expect(await run(ana, 'givePoints', 'GivePointsInput', GIFT, gift)).toMatchObject({ __typename: 'GiftsNotAllowed', code: 'GIFTS_NOT_ALLOWED' });
  const rule = { idempotencyKey: 'rule', currency: 'FLP', minimum: 50, step: 50, dailyMaximum: 150, effectiveFrom: '2025-01-01T00:00:00Z' };
  const RULE = '... on GiftRule { version minimum step dailyMaximum }';
  expect((await run(shop.fuel, 'setGiftRule', 'SetGiftRuleInput', RULE, rule)).errors[0].extensions.code).toBe('FORBIDDEN');
  const shown = { version: 1, minimum: 50, step: 50, dailyMaximum: 150 };
  expect(await run(shop.coalition.freshOperatorToken, 'setGiftRule', 'SetGiftRuleInput', RULE, rule)).toEqual(shown);
  const RULES = '{ giftRules(currency: "FLP") { edges { node { version minimum step dailyMaximum } } } }';
  expect((await shop.api.ask(ana, RULES)).data.giftRules.edges).toEqual([{ node: shown }]);
  const given = await run(ana, 'givePoints', 'GivePointsInput', GIFT, { ...gift, idempotencyKey: 'second' });
  expect(given).toEqual({ giftId: expect.stringMatching(/^gft_/), points: 100, balance: { active: 400, spendable: 400 }, dryRun: false, duplicate: false });
  expect(await run(ana, 'givePoints', 'GivePointsInput', GIFT, { ...gift, idempotencyKey: 'third' })).toMatchObject({
    __typename: 'CapReached',
    capLeft: 50,
    resetsAt: '2026-03-16T00:00:00.000Z',
  });
  expect(await run(ana, 'givePoints', 'GivePointsInput', GIFT, { ...gift, idempotencyKey: 'fourth', points: 70 })).toMatchObject({ nextIncrement: 100 });
  const { data } = await shop.api.ask(ben, '{ me { wallet { movements(currency: "FLP") { edges { node { kind points brandId balanceAfter } } } } } }');
  expect(data.me.wallet.movements.edges).toEqual([{ node: { kind: 'GIFT', points: 100, brandId: null, balanceAfter: 100 } }]);
  const none = await shop.api.ask(
    ana,
    `mutation { givePoints(input: { idempotencyKey: "x", to: { identifier: { kind: CARD, value: "none" } }, currency: "FLP", points: 50 }) { ${REFUSAL} } }`,
  );
  expect(none.errors?.[0].extensions.code).toBe('NOT_FOUND');
});

test('a household earns and spends together', async () => {
  const [cem, dora] = [await person('cem', 200), await person('dora')];
  const POOL = '... on Pool { id closedAt members { memberId role share { numerator denominator } } invitations { invitationId role } }';
  const pool = await run(cem, 'createPool', 'CreatePoolInput', POOL, { idempotencyKey: 'pool', share: { numerator: 1, denominator: 10 } });
  expect(pool).toMatchObject({ id: expect.stringMatching(/^pol_/), members: [{ role: 'OWNER', share: { numerator: 1, denominator: 10 } }] });
  const invited = await run(cem, 'inviteToPool', 'InviteToPoolInput', POOL, { idempotencyKey: 'dora', member: card('dora'), role: 'CHILD' });
  expect(invited.invitations).toEqual([{ invitationId: expect.stringMatching(/^inv_/), role: 'CHILD' }]);
  const { data: received } = await shop.api.ask(dora, '{ poolInvitations { invitationId poolId role } pool { id } }');
  expect(received).toEqual({ poolInvitations: [{ ...invited.invitations[0], poolId: pool.id }], pool: null });
  const { invitationId } = received.poolInvitations[0];
  const joined = await run(dora, 'acceptPoolInvitation', 'AcceptPoolInvitationInput', POOL, { invitationId, share: { numerator: 1, denominator: 2 } });
  const doraId = joined.members[1].memberId;
  expect(joined).toMatchObject({ id: pool.id, members: [{ role: 'OWNER' }, { role: 'CHILD', share: { numerator: 1, denominator: 2 } }], invitations: [] });
  expect(
    await run(cem, 'contributeToPool', 'ContributeToPoolInput', '... on PoolContribution { points balance { active } poolBalance { active } }', {
      idempotencyKey: 'contribute',
      currency: 'FLP',
      points: 150,
    }),
  ).toEqual({ points: 150, balance: { active: 50 }, poolBalance: { active: 150 } });
  const bought = {
    idempotencyKey: 'dora buys',
    member: card('dora'),
    currency: 'FLP',
    moneyCurrency: 'EUR',
    lines: [{ sku: 'CAKE', quantity: '1', unitPrice: '21' }],
  };
  expect(await run(shop.taxi, 'recordPurchase', 'RecordPurchaseInput', '... on RecordedPurchase { points balance { active } }', bought)).toEqual({
    points: 21,
    balance: { active: 11 },
  });
  const REDEMPTION = '... on Redemption { redemptionId source points balance { active } }';
  const spend = { currency: 'FLP', points: 40, purchaseAmount: { amount: '10', currency: 'EUR' }, source: 'POOL' };
  expect(await run(shop.taxi, 'redeem', 'RedeemInput', REDEMPTION, { ...spend, idempotencyKey: 'dora spends', member: card('dora') })).toMatchObject({
    __typename: 'PoolNotSpendable',
  });
  expect(await run(shop.taxi, 'redeem', 'RedeemInput', REDEMPTION, { ...spend, idempotencyKey: 'cem spends', member: card('cem') })).toMatchObject({
    source: 'POOL',
    balance: { active: 120 },
  });
  const SEEN = `{ pool { balances { currency active contributors { memberId points } nextExpiries { on } }
    movements(currency: "FLP", first: 2) { edges { node { kind points memberId balanceAfter } } pageInfo { hasNextPage } } } }`;
  const cemId = joined.members[0].memberId;
  const { data: seen, errors } = await shop.api.ask(dora, SEEN);
  expect(errors).toBeUndefined();
  expect(seen.pool.balances).toEqual([
    {
      currency: 'FLP',
      active: 120,
      contributors: expect.arrayContaining([
        { memberId: cemId, points: 110 },
        { memberId: doraId, points: 10 },
      ]),
      nextExpiries: [],
    },
  ]);
  expect(seen.pool.movements).toEqual({
    edges: [
      { node: { kind: 'BURN', points: -40, memberId: cemId, balanceAfter: 120 } },
      { node: { kind: 'POOL_CONTRIBUTION', points: 10, memberId: doraId, balanceAfter: 160 } },
    ],
    pageInfo: { hasNextPage: true },
  });
  // No brand sees a pool, nor does a session that a brand minted; the operator does.
  const BY_ID = 'query ($id: ID!) { pool(id: $id) { members { role } } }';
  expect((await shop.api.ask(shop.taxi, BY_ID, { id: pool.id })).errors?.[0].extensions.code).toBe('FORBIDDEN');
  expect((await shop.api.ask(shop.coalition.freshOperatorToken, BY_ID, { id: pool.id })).data.pool.members).toHaveLength(2);
  expect((await run(cem, 'setPoolRole', 'SetPoolRoleInput', POOL, { memberId: doraId, role: 'ADULT' })).members[1].role).toBe('ADULT');
  const LEFT = '... on LeftPool { returned { currency points } duplicate }';
  expect(await run(cem, 'removeFromPool', 'RemoveFromPoolInput', LEFT, { idempotencyKey: 'remove', memberId: doraId })).toMatchObject({
    returned: [{ currency: 'FLP', points: 10 }],
  });
  expect(await run(dora, 'leavePool', 'LeavePoolInput', LEFT, { idempotencyKey: 'leave', poolId: pool.id })).toEqual({ returned: [], duplicate: false });
  expect(await run(cem, 'closePool', 'ClosePoolInput', '... on ClosedPool { returned { points } }', { idempotencyKey: 'close', poolId: pool.id })).toEqual({
    returned: [{ points: 110 }],
  });
  expect((await shop.api.ask(cem, '{ pool { id } }')).data.pool).toBeNull();
});

test('whoever named too many that are nobody is told so', async () => {
  const eva = await person('eva', 100);
  await person('fay');
  const { app } = shop.test;
  const self = await authenticate(app, `Bearer ${await eva()}`);
  const id = self?.kind === 'member' ? self.memberId : '';
  countFailedLookUps(app, { as: 'member', id }, 1_000_000);
  const usedUp = { __typename: 'FailedLookUpsUsedUp', code: 'FAILED_LOOK_UPS_USED_UP', retrySafe: true };
  const gift = { idempotencyKey: 'too many', to: card('fay'), currency: 'FLP', points: 50 };
  expect(await run(eva, 'givePoints', 'GivePointsInput', '', gift)).toMatchObject(usedUp);
  await run(eva, 'createPool', 'CreatePoolInput', '... on Pool { id }', { idempotencyKey: 'pool of eva' });
  const invitation = { idempotencyKey: 'fay', member: card('fay'), role: 'ADULT' };
  expect(await run(eva, 'inviteToPool', 'InviteToPoolInput', '', invitation)).toMatchObject(usedUp);
  countFailedLookUps(app, { as: 'till', id: shop.coalition.brands.TAXI.id }, 1_000_000);
  expect(await run(shop.taxi, 'linkMember', 'LinkMemberInput', '', { member: card('fay'), customerId: 'F-1' })).toMatchObject(usedUp);
});
