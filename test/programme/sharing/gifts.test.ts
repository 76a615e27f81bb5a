import { lockWallet } from '../../../src/members/members/lock-wallet';
import { readMovements } from '../../../src/members/members/read-movements';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { givePoints } from '../../../src/programme/sharing/give-points';
import { giftOf, householdsOf } from '../../support/households';
import { createShopCoalition, purchaseOf, type ShopCoalition, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let people: ReturnType<typeof householdsOf>;

beforeAll(async () => {
  shop = await createShopCoalition({ expiry: { kind: 'ROLLING', months: 12, rounding: 'NONE' }, timeZone: 'Europe/Vienna' });
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
  people = householdsOf(shop, fuel);
});
afterAll(() => shop.close());

test('without a rule no gifts; the same request is good once there is one', async () => {
  const [ana, ben] = [await people.person(100), await people.person()];
  const gift = giftOf(ben.card, 10);
  const written = await shop.written();
  await expect(givePoints(shop.app, ana.self, gift)).rejects.toMatchObject({ code: 'GIFTS_NOT_ALLOWED' });
  await expect(people.allowGifts({ effectiveFrom: new Date('2026-02-01'), minimum: 10n, step: 5n, dailyMaximum: 9n })).rejects.toThrow('daily maximum');
  await people.allowGifts({ minimum: 10n, step: 5n, dailyMaximum: 100n });
  expect(await shop.written()).toEqual(written);
  expect(await givePoints(shop.app, ana.self, gift)).toMatchObject({ points: 10, duplicate: false });
});

test('points keep their issuer, month and end; only the giver is told a balance', async () => {
  const [ana, ben] = [await people.person(), await people.person()];
  await recordPurchase(shop.app, taxi.principal, purchaseOf(ana.card, '30', { occurredAt: new Date('2025-11-20T12:00:00Z') }));
  await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '70'));
  const gift = giftOf(ben.card, 50);
  const given = await givePoints(shop.app, ana.self, gift);
  expect(given).toMatchObject({ currency: 'FLP', points: 50, balance: { active: 50, spendable: 50 }, dryRun: false, duplicate: false });
  // Nor does the stored outcome, which whoever asked may read, tell more.
  const { rows: stored } = await shop.database.owner.query(
    "SELECT DISTINCT json_array_length(result -> 'balances') AS told FROM posting WHERE kind = 'GIVE_POINTS'",
  );
  expect(stored).toEqual([{ told: 1 }]);
  expect(JSON.stringify(given)).not.toContain(ben.memberId);
  expect(await givePoints(shop.app, ana.self, gift)).toEqual({ ...given, duplicate: true });
  expect(await people.lots(ben.walletId)).toEqual([
    { month: '2025-11', ends: '2026-11-20', remaining: 30 },
    { month: '2026-03', ends: '2027-03-15', remaining: 20 },
  ]);
  expect(await people.lots(ana.walletId)).toEqual([{ month: '2026-03', ends: '2027-03-15', remaining: 50 }]);
  const { rows } = await shop.database.owner.query('SELECT member_id, to_member_id, brand_id, points FROM gift WHERE id = $1', [given.giftId]);
  expect(rows).toEqual([{ member_id: ana.memberId, to_member_id: ben.memberId, brand_id: null, points: '50' }]);
  const [received] = await readMovements(shop.app, ben.self, ben.memberId, { currency: 'FLP', limit: 10, before: null });
  expect(received).toMatchObject({ code: 'GIFT', points: 50, brandId: null, balanceAfter: 50 });
});

test('the rule: minimum, step, and so many a local day under the lock', async () => {
  const [ana, ben] = [await people.person(1_000), await people.person()];
  shop.clock.set(new Date('2026-03-15T22:30:00Z'));
  const written = await shop.written();
  await expect(givePoints(shop.app, ana.self, giftOf(ben.card, 5))).rejects.toMatchObject({ code: 'BELOW_MINIMUM', fields: { minimum: 10 } });
  await expect(givePoints(shop.app, ana.self, giftOf(ben.card, 12))).rejects.toMatchObject({ code: 'NOT_A_STEP', fields: { step: 5, nextIncrement: 15 } });
  // Waiting would not help.
  await expect(givePoints(shop.app, ana.self, giftOf(ben.card, 105))).rejects.toMatchObject({ code: 'ABOVE_MAXIMUM', fields: { maximum: 100 } });
  expect(await givePoints(shop.app, ana.self, giftOf(ben.card, 60, { dryRun: true }))).toMatchObject({ dryRun: true, balance: { active: 940 } });
  expect(await shop.written()).toEqual(written);
  // 20 of 10 at once, where 100 are allowed.
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => givePoints(shop.app, ana.self, giftOf(ben.card, 10))));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  await expect(givePoints(shop.app, ana.self, giftOf(ben.card, 10))).rejects.toMatchObject({
    code: 'CAP_REACHED',
    fields: { capLeft: 0, resetsAt: '2026-03-15T23:00:00.000Z' },
  });
  shop.clock.set(new Date('2026-03-15T23:00:00Z'));
  expect(await givePoints(shop.app, ana.self, giftOf(ben.card, 100))).toMatchObject({ balance: { active: 800 } });
  shop.clock.set(new Date('2026-03-15T12:00:00Z'));
});

test('refused: to oneself, to nobody, out of a locked wallet, more than there is', async () => {
  const [ana, ben] = [await people.person(20), await people.person()];
  const written = await shop.written();
  await expect(givePoints(shop.app, ana.self, giftOf(ana.card, 10))).rejects.toMatchObject({ name: 'InvalidInput', field: 'input.to' });
  await expect(givePoints(shop.app, ana.self, giftOf({ by: 'identifier', identifier: { kind: 'PHONE', value: '+43 1' } }, 10))).rejects.toMatchObject({
    name: 'NotFound',
  });
  await expect(givePoints(shop.app, ana.self, giftOf({ by: 'customerId', customerId: '7' }, 10))).rejects.toMatchObject({ field: 'input.to.customerId' });
  await expect(givePoints(shop.app, ana.self, giftOf(ben.card, 10, { from: ben.ref }))).rejects.toMatchObject({ name: 'NotFound' });
  await expect(givePoints(shop.app, ana.self, giftOf(ben.card, 10, { occurredAt: new Date('2026-03-01') }))).rejects.toMatchObject({
    field: 'input.occurredAt',
  });
  await expect(givePoints(shop.app, ana.self, giftOf(ben.card, 25))).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS', fields: { available: 20 } });
  await lockWallet(shop.app, ana.self, { member: null, reason: null });
  await expect(givePoints(shop.app, ana.self, giftOf(ben.card, 10))).rejects.toMatchObject({ code: 'WALLET_LOCKED' });
  // Giving to a locked wallet goes on, as earning does.
  const cem = await people.person(10);
  expect(await shop.written()).toMatchObject({ transfer: written.transfer + 1 });
  expect(await givePoints(shop.app, cem.self, giftOf(ana.card, 10))).toMatchObject({ balance: { active: 0 } });
});

test('a brand gives for a member that it has enrolled or linked, never for a card alone; who receives does not become known to it', async () => {
  const [ana, ben] = [await people.person(100), await people.person()];
  const written = await shop.written();
  // One answer for all whom it may not name, known or not: what to do about it.
  const notLinked = {
    name: 'NotFound',
    message: "Member not found. Name a member that the brand has enrolled, or whose link is confirmed: by the member's login, or by a till code.",
  };
  const nobody = { by: 'identifier', identifier: { kind: 'PHONE', value: '+43 1' } };
  for (const from of [ana.card, ana.ref, nobody])
    await expect(givePoints(shop.app, taxi.principal, giftOf(ben.card, 10, { from }))).rejects.toMatchObject(notLinked);
  await recordPurchase(shop.app, taxi.principal, purchaseOf(ana.card, '0'));
  await expect(givePoints(shop.app, taxi.principal, giftOf(ben.card, 10, { from: ana.card }))).rejects.toMatchObject(notLinked);
  await expect(givePoints(shop.app, fuel.principal, giftOf(ben.card, 10))).rejects.toMatchObject({ field: 'input.from' });
  const session = { ...ana.self, brandId: fuel.brandId };
  await expect(givePoints(shop.app, session, giftOf(ben.card, 10))).rejects.toMatchObject({ name: 'PermissionDenied' });
  const narrow = { kind: 'client', clientId: ana.memberId, brandId: fuel.brandId, scopes: new Set(['members']) } as const;
  await expect(givePoints(shop.app, narrow as never, giftOf(ben.card, 10, { from: ana.ref }))).rejects.toMatchObject({ name: 'PermissionDenied' });
  expect(await shop.written()).toMatchObject({ transfer: written.transfer, balances: written.balances });
  const dora = await householdsOf(shop, taxi).person();
  // By id it names those that it knows; others are as if they did not exist.
  await expect(givePoints(shop.app, fuel.principal, giftOf(dora.ref, 10, { from: ana.ref }))).rejects.toMatchObject({ name: 'NotFound' });
  const given = await givePoints(shop.app, fuel.principal, giftOf(dora.card, 40, { from: ana.ref, occurredAt: new Date('2026-03-15T11:00:00Z') }));
  expect(given).toMatchObject({ points: 40, balance: { active: 60 } });
  const { rows } = await shop.database.owner.query(
    'SELECT g.brand_id, (SELECT count(*)::int FROM brand_link WHERE member_id = g.to_member_id) AS links FROM gift g WHERE id = $1',
    [given.giftId],
  );
  expect(rows).toEqual([{ brand_id: fuel.brandId, links: 1 }]);
});

test('100 gifts each way at once: all go through, and nothing is made or lost', async () => {
  await people.allowGifts({ effectiveFrom: new Date('2026-03-01') });
  const [ana, ben] = [await people.person(1_000), await people.person(1_000)];
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, i) => [
      givePoints(shop.app, ana.self, giftOf(ben.card, 3 + (i % 2))),
      givePoints(shop.app, ben.self, giftOf(ana.card, 3)),
    ]).flat(),
  );
  expect(results).toHaveLength(200);
  const { rows } = await shop.database.owner.query(
    "SELECT owner_id, credits - debits AS balance FROM account WHERE owner_id = ANY ($1::uuid[]) AND kind = 'WALLET'",
    [[ana.walletId, ben.walletId]],
  );
  expect(Object.fromEntries(rows.map((row) => [row.owner_id, row.balance]))).toEqual({ [ana.walletId]: '950', [ben.walletId]: '1050' });
});
