import { readMovements } from '../../../src/members/members/read-movements';
import { verifyBooks } from '../../../src/process/verify/verify-books';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { givePoints } from '../../../src/programme/sharing/give-points';
import { giftOf, householdsOf } from '../../support/households';
import type { Journal } from '../../support/journal/run-journal';
import type { ShopCast } from '../../support/journal/shop-cast';
import { shopJournal } from '../../support/journal/shop-journal';
import { createShopCoalition, purchaseOf, type ShopCoalition, type Till } from '../../support/shop-coalition';

const NOW = new Date('2026-03-15T12:00:00Z');

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let people: ReturnType<typeof householdsOf>;
let journal: Journal<ShopCast>;

beforeAll(async () => {
  shop = await createShopCoalition({ now: NOW, expiry: { kind: 'ROLLING', months: 12, rounding: 'NONE' }, timeZone: 'Europe/Vienna' });
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
  people = householdsOf(shop, fuel);
  journal = shopJournal(shop, { FUEL: fuel, TAXI: taxi });
});
afterEach(() => shop.clock.set(NOW));
afterAll(() => shop.close());

describe('give', () => {
  test('without a rule nothing is given, until there is one', async () => {
    const [ana, ben] = [await people.person(100), await people.person()];
    const gift = giftOf(ben.card, 10);
    const written = await shop.written();
    await expect(givePoints(shop.app, ana.self, gift)).rejects.toMatchObject({ code: 'GIFTS_NOT_ALLOWED' });
    await expect(people.allowGifts({ effectiveFrom: new Date('2026-02-01'), minimum: 10n, step: 5n, dailyMaximum: 9n })).rejects.toThrow('daily maximum');
    expect(await shop.written()).toEqual(written);
    await people.allowGifts({ minimum: 10n, step: 5n, dailyMaximum: 100n });
    expect(await givePoints(shop.app, ana.self, gift)).toMatchObject({ points: 10, duplicate: false });
  });

  test('points keep their issuer, month and end', async () => {
    const { cast } = await journal`
      earn       ana 30 FLP at TAXI on 2025-11-20
      earn       ana 70 FLP at FUEL
      gift       ana ben 50 FLP as present  says currency FLP, points 50, active 50, spendable 50, dryRun false, duplicate false
      again      present
      lots       ben  says 2025-11 until 2026-11-20 30, 2026-03 until 2027-03-15 20
      lots       ana  says 2026-03 until 2027-03-15 50`;
    const [ana, ben] = [await cast.person('ana'), await cast.person('ben')];
    const { answer } = cast.did('present') as { answer: { giftId: string } };
    const { rows } = await shop.database.owner.query('SELECT member_id, to_member_id, brand_id, points FROM gift WHERE id = $1', [answer.giftId]);
    expect(rows).toEqual([{ member_id: ana.memberId, to_member_id: ben.memberId, brand_id: null, points: '50' }]);
    const [received] = await readMovements(shop.app, ben.self, ben.memberId, { currency: 'FLP', limit: 10, before: null });
    expect(received).toMatchObject({ code: 'GIFT', points: 50, brandId: null, balanceAfter: 50 });
  });

  test('only the giver is told a balance', async () => {
    const { cast } = await journal`
      earn  ana 50 FLP at FUEL
      gift  ana ben 50 FLP as present  says active 0`;
    expect(JSON.stringify(cast.did('present').answer)).not.toContain((await cast.person('ben')).memberId);
    // Nor does the stored outcome, which whoever asked may read, tell more.
    const { rows } = await shop.database.owner.query(
      "SELECT DISTINCT json_array_length(result -> 'balances') AS told FROM posting WHERE kind = 'GIVE_POINTS' AND outcome = 'ACCEPTED'",
    );
    expect(rows).toEqual([{ told: 1 }]);
  });

  test('a gift keeps to the minimum and the step of the rule', () => journal`
    earn  ana 1000 FLP at FUEL
    gift  ana ben   5 FLP               refused BELOW_MINIMUM, minimum 10
    gift  ana ben  12 FLP               refused NOT_A_STEP, step 5, nextIncrement 15
    // Waiting would not help.
    gift  ana ben 105 FLP               refused ABOVE_MAXIMUM, maximum 100`);

  test('a dry run tells what would be left, and writes nothing', async () => {
    const { goOn } = await journal`
      earn  ana 1000 FLP at FUEL
      earn  ben    1 FLP at FUEL`;
    const written = await shop.written();
    await goOn`gift ana ben 60 FLP as a dry run  says dryRun true, active 940`;
    expect(await shop.written()).toEqual(written);
  });

  test('only so many are given a local day, of 20 gifts at once too', async () => {
    const { cast, goOn } = await journal`
      earn  ana 1000 FLP at FUEL
      2026-03-15T22:30  gift ana ben 10 FLP`;
    const [ana, ben] = [await cast.person('ana'), await cast.person('ben')];
    // 90 are left.
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => givePoints(shop.app, ana.self, giftOf(ben.card, 10))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(9);
    await goOn`
      gift  ana ben  10 FLP                    refused CAP_REACHED, capLeft 0, resetsAt 2026-03-15T23:00:00.000Z
      2026-03-15T23:00  gift  ana ben 100 FLP  says active 800`;
  });

  test('more than there is cannot be given', () => journal`
    earn  ana 20 FLP at FUEL
    gift  ana ben 25 FLP  refused INSUFFICIENT_POINTS, available 20`);

  test('a locked wallet receives and does not give', () => journal`
    earn  ana 20 FLP at FUEL
    earn  cem 10 FLP at FUEL
    lock  ana
    gift  ana ben 10 FLP  refused WALLET_LOCKED
    gift  cem ana 10 FLP  says active 0`);

  test('nothing is given to oneself, to nobody, for another or at another time', async () => {
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
    expect(await shop.written()).toEqual(written);
  });

  test('a brand gives for whom it has enrolled or linked, and learns nobody by it', async () => {
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
    expect(await shop.written()).toEqual(written);
    await recordPurchase(shop.app, taxi.principal, purchaseOf(ana.card, '0'));
    const linked = await shop.written();
    await expect(givePoints(shop.app, taxi.principal, giftOf(ben.card, 10, { from: ana.card }))).rejects.toMatchObject(notLinked);
    await expect(givePoints(shop.app, fuel.principal, giftOf(ben.card, 10))).rejects.toMatchObject({ field: 'input.from' });
    const session = { ...ana.self, brandId: fuel.brandId };
    await expect(givePoints(shop.app, session, giftOf(ben.card, 10))).rejects.toMatchObject({ name: 'PermissionDenied' });
    const narrow = { kind: 'client', clientId: ana.memberId, brandId: fuel.brandId, scopes: new Set(['members']) } as const;
    await expect(givePoints(shop.app, narrow as never, giftOf(ben.card, 10, { from: ana.ref }))).rejects.toMatchObject({ name: 'PermissionDenied' });
    expect(await shop.written()).toEqual(linked);
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

  test('100 gifts each way at once make and lose nothing', async () => {
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
});

describe('verify', () => {
  // The last: the books are wrong from then on.
  test('whose points are in a pool, and what a gift says, are verified', async () => {
    const [ana, ben] = [await people.person(100), await people.person()];
    await people.pool(ana);
    await people.contribute(ana, 40);
    const { giftId } = await givePoints(shop.app, ana.self, giftOf(ben.card, 10));
    const wrong = async () => {
      const client = await shop.database.owner.connect();
      await client.query('SET ROLE tessera_app');
      const findings = await verifyBooks(client);
      client.release(true);
      return findings.filter((finding) => finding.wrong > 0).map((finding) => [finding.check, finding.first?.account?.kind]);
    };
    const spoil = async (statement: string, values: unknown[] = []) => {
      await shop.database.owner.query(`ALTER TABLE gift DISABLE TRIGGER USER; ALTER TABLE household_member DISABLE TRIGGER USER`);
      await shop.database.owner.query(statement, values);
    };
    expect(await wrong()).toEqual([]);
    await spoil('UPDATE gift SET points = 11 WHERE id = $1', [giftId]);
    expect(await wrong()).toEqual([['gifts against transfers', 'WALLET']]);
    await spoil('UPDATE gift SET points = 10 WHERE id = $1', [giftId]);
    await spoil('UPDATE household_member SET joined_at = NULL');
    expect(await wrong()).toEqual([['points in pools against who was in them', 'POOL']]);
  });
});
