import { randomUUID } from 'node:crypto';
import { Overloaded } from '../../../src/ledger/ledger/posting-ledger';
import type { MemberRef } from '../../../src/members/identification/member-ref';
import { enrolMember, enrolMemberSchema } from '../../../src/members/members/enrol-members';
import type { Database } from '../../../src/platform/database/database';
import type { DatabasePrincipal } from '../../../src/platform/database/database-principal';
import { Gathering } from '../../../src/platform/database/gathering';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

describe('requests of a brand', () => {
  let shop: ShopCoalition;
  let hearth: Till;
  let attic: Till;
  let transactions: DatabasePrincipal[];

  beforeAll(async () => {
    shop = await createShopCoalition();
    hearth = await shop.brand('HEARTH');
    attic = await shop.brand('ATTIC');
    const { database } = shop.app;
    const pipelined = database.pipelined.bind(database);
    database.pipelined = (principal, work) => {
      transactions.push(principal);
      return pipelined(principal, work);
    };
  });
  beforeEach(() => {
    transactions = [];
  });
  afterAll(() => shop.close());

  it('that come together are looked up together, earns and redemptions alike, each under its own brand', async () => {
    const [ana, bob] = [await hearth.enrol(), await attic.enrol()];
    await recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '100'));
    transactions = [];
    const [earned, spent, theirs] = await Promise.all([
      Promise.all(Array.from({ length: 50 }, () => recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '1')))),
      Promise.all(Array.from({ length: 20 }, () => redeemPoints(shop.app, hearth.principal, spendingOf(ana.ref, 2)))),
      Promise.all(Array.from({ length: 30 }, () => recordPurchase(shop.app, attic.principal, purchaseOf(bob.ref, '1')))),
    ]);
    expect([earned.length, spent.length, theirs.length]).toEqual([50, 20, 30]);
    expect(transactions).toEqual([
      { kind: 'brand', brandId: hearth.brandId },
      { kind: 'brand', brandId: attic.brandId },
    ]);
    expect((await recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '1'))).balance).toMatchObject({ active: 100 + 50 - 40 + 1 });
  });

  it('do not harm each other: who cannot be found is not found, alone', async () => {
    const [ana, bob] = [await hearth.enrol(), await attic.enrol()];
    const outcomes = await Promise.allSettled([
      recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '1')),
      recordPurchase(shop.app, hearth.principal, purchaseOf(bob.ref, '1')),
      recordPurchase(shop.app, hearth.principal, purchaseOf({ by: 'customerId', customerId: 'nobody' }, '1')),
      redeemPoints(shop.app, hearth.principal, spendingOf(bob.ref, 1)),
      recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '1', { redemptionIds: [randomUUID()] })),
      recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '1')),
    ]);
    expect(transactions).toHaveLength(1);
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'ok' : outcome.reason.message))).toEqual([
      'ok',
      expect.stringContaining('Member'),
      expect.stringContaining('Member'),
      expect.stringContaining('Member'),
      expect.stringContaining('Redemption'),
      'ok',
    ]);
  });

  it('a card that one of them shows lets no other find its owner', async () => {
    const value = randomUUID();
    const enrolment = enrolMemberSchema.parse({ idempotencyKey: value, identifiers: [{ kind: 'CARD', value }] });
    const { memberId } = await enrolMember(shop.app, attic.principal, enrolment);
    const byCard: MemberRef = { by: 'identifier', identifier: { kind: 'CARD', value } };
    const shown = purchaseOf(byCard, '1');
    const outcomes = await Promise.allSettled([
      recordPurchase(shop.app, hearth.principal, shown),
      recordPurchase(shop.app, hearth.principal, purchaseOf({ by: 'id', memberId }, '1')),
      recordPurchase(shop.app, hearth.principal, { ...purchaseOf({ ...byCard }, '1'), dryRun: true }),
    ]);
    expect(transactions).toHaveLength(1);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    // What was booked makes the member known.
    await recordPurchase(shop.app, hearth.principal, purchaseOf({ by: 'id', memberId }, '1'));
  });
});

describe('a gathering', () => {
  const ana: DatabasePrincipal = { kind: 'member', memberId: 'ana' };
  const batches: number[][] = [];
  const database = { pipelined: (_principal: DatabasePrincipal, work: (client: never) => Promise<unknown>) => work(null as never) } as unknown as Database;
  const gathering = new Gathering<number, number>(
    database,
    async (_client, _principal, asks) => {
      batches.push([...asks]);
      await new Promise(setImmediate);
      if (asks.includes(13)) throw new Error('unreadable');
      return asks.map((ask) => ask * 2);
    },
    { most: 4, mostWaiting: 12, full: () => new Overloaded() },
  );
  beforeEach(() => {
    batches.length = 0;
  });

  it('takes what waits in the order it came, within its bound, and never a caller in two parts', async () => {
    const answers = await Promise.all([[1], [2, 3], [4, 5], [6]].map((asks) => gathering.ask(ana, asks)));
    expect(answers).toEqual([[2], [4, 6], [8, 10], [12]]);
    expect(batches).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(await gathering.ask(ana, [])).toEqual([]);
    expect(await gathering.ask(ana, [1, 2, 3, 4, 5, 6])).toHaveLength(6);
  });

  it('answers the others when one of them cannot be read', async () => {
    const outcomes = await Promise.allSettled([[1], [13], [3]].map((asks) => gathering.ask(ana, asks)));
    expect(outcomes).toMatchObject([{ value: [2] }, { reason: { message: 'unreadable' } }, { value: [6] }]);
    expect(batches).toEqual([[1, 13, 3], [1], [13], [3]]);
  });

  it('refuses what would wait beyond its bound, and takes it again afterwards', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 15 }, (_, ask) => gathering.ask(ana, [ask + 20])));
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(12).fill('fulfilled'), ...Array(3).fill('rejected')]);
    expect(outcomes[12]).toMatchObject({ reason: { code: 'OVERLOADED', retrySafe: true } });
    expect(await gathering.ask(ana, [32])).toEqual([64]);
  });
});
