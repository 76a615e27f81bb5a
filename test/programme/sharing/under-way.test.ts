import { randomUUID } from 'node:crypto';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { closePool, closePoolSchema } from '../../../src/programme/sharing/close-pool';
import { removeFromPool, removeFromPoolSchema } from '../../../src/programme/sharing/leave-pool';
import { findOwnPool } from '../../../src/programme/sharing/read-pool';
import { setPoolRole } from '../../../src/programme/sharing/set-pool-role';
import { householdsOf, type Person } from '../../support/households';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let people: ReturnType<typeof householdsOf>;

beforeAll(async () => {
  shop = await createShopCoalition();
  fuel = await shop.brand('FUEL');
  people = householdsOf(shop, fuel);
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => shop.close());

const key = () => ({ idempotencyKey: randomUUID() });
const ALL = { numerator: 1, denominator: 1 };
const outcomeOf = (work: Promise<{ readonly points: number }>) =>
  work.then(
    ({ points }) => points,
    (error) => error.code ?? error.name,
  );
const held = async (owner: string): Promise<number> =>
  (await shop.database.owner.query('SELECT coalesce(sum(credits - debits), 0)::int AS held FROM account WHERE owner_id = $1', [owner])).rows[0].held;
const fromPool = (who: Person, points: number) => spendingOf(who.card, points, { source: 'POOL' });
const remove = (owner: Person, other: Person) => removeFromPool(shop.app, owner.self, removeFromPoolSchema.parse({ ...key(), memberId: other.memberId }));
const close = (owner: Person, poolId: string) => closePool(shop.app, owner.self, closePoolSchema.parse({ ...key(), poolId }));

/** Between looking up and posting for the first time, something else happens. */
async function meanwhile<Result>(kind: string, work: () => Promise<Result>, happens: () => Promise<unknown>): Promise<Result> {
  const post = shop.app.ledger.post.bind(shop.app.ledger);
  let first = true;
  jest.spyOn(shop.app.ledger, 'post').mockImplementation(async (request) => {
    if (request.kind === kind && first) {
      first = false;
      await happens();
    }
    return post(request);
  });
  return work();
}

/** A pool with something of the second in it. */
async function household(first = 100, second = 100): Promise<{ owner: Person; other: Person; poolId: string }> {
  const [owner, other] = [await people.person(first), await people.person(second)];
  return { owner, other, poolId: await people.pool(owner, other) };
}

describe('under way', () => {
  test('a contribution under way while its pool is closed comes too late', async () => {
    const { owner, other, poolId } = await household();
    const contributing = meanwhile(
      'CONTRIBUTE_TO_POOL',
      () => people.contribute(other, 60),
      () => close(owner, poolId),
    );
    expect(await outcomeOf(contributing)).toBe('NotFound');
    expect([await held(poolId), await held(other.walletId)]).toEqual([0, 100]);
  });

  test('what was put in while the pool was being closed goes back with the rest', async () => {
    const { owner, other, poolId } = await household();
    await people.contribute(owner, 10);
    const closed = await meanwhile(
      'CLOSE_POOL',
      () => close(owner, poolId),
      () => people.contribute(other, 60),
    );
    expect(closed.returned).toEqual([{ currency: 'FLP', points: 70 }]);
    expect([await held(poolId), await held(owner.walletId), await held(other.walletId)]).toEqual([0, 100, 100]);
  });

  test('closing that was cut off goes on by the same request', async () => {
    const { owner, other, poolId } = await household();
    const third = await people.person();
    await people.join(owner, third, 'ADULT', ALL);
    await people.contribute(other, 10);
    const command = closePoolSchema.parse({ ...key(), poolId });
    const post = shop.app.ledger.post.bind(shop.app.ledger);
    jest.spyOn(shop.app.ledger, 'post').mockImplementationOnce(async (request) => {
      await post(request);
      throw new Error('cut off');
    });
    await expect(closePool(shop.app, owner.self, command)).rejects.toThrow('cut off');
    expect(await findOwnPool(shop.app, other.self)).toMatchObject({ poolId });
    expect(await outcomeOf(people.contribute(other, 60))).toBe('NotFound');
    expect(await outcomeOf(redeemPoints(shop.app, fuel.principal, fromPool(other, 1)))).toBe('POOL_NOT_SPENDABLE');
    expect(await recordPurchase(shop.app, fuel.principal, purchaseOf(third.ref, '20'))).toMatchObject({ balance: { active: 20 } });
    // Nor of somebody who comes in only now.
    const late = await people.person(5);
    await people.join(owner, late);
    expect(await outcomeOf(people.contribute(late, 5))).toBe('NotFound');
    expect(await closePool(shop.app, owner.self, command)).toMatchObject({ returned: [{ currency: 'FLP', points: 10 }], duplicate: true });
    expect(await held(poolId)).toBe(0);
    expect(await findOwnPool(shop.app, late.self)).toBeNull();
  });

  test.each([
    ['leaves', (_: Person, other: Person, poolId: string) => people.leave(other, poolId)],
    ['is removed', (owner: Person, other: Person) => remove(owner, other)],
    ['sees the pool closed', (owner: Person, _: Person, poolId: string) => close(owner, poolId)],
  ])('a purchase under way while its member %s leaves its share in the wallet', async (_, ends) => {
    const [owner, other] = [await people.person(), await people.person()];
    const poolId = await people.pool(owner);
    await people.join(owner, other, 'ADULT', ALL);
    const bought = await meanwhile(
      'RECORD_PURCHASE',
      () => recordPurchase(shop.app, fuel.principal, purchaseOf(other.ref, '100')),
      () => ends(owner, other, poolId),
    );
    expect(bought).toMatchObject({ points: 100, balance: { active: 100 } });
    expect(await held(poolId)).toBe(0);
  });

  test.each([
    ['leaves', (_: Person, other: Person, poolId: string) => people.leave(other, poolId)],
    ['is removed', (owner: Person, other: Person) => remove(owner, other)],
    ['is made a child', (owner: Person, other: Person) => setPoolRole(shop.app, owner.self, { memberId: other.memberId, role: 'CHILD' })],
  ])('who %s spends nothing of the pool with a request that was under way', async (_, ends) => {
    const { owner, other, poolId } = await household();
    await people.contribute(owner, 100);
    const burning = meanwhile(
      'REDEEM',
      () => redeemPoints(shop.app, fuel.principal, fromPool(other, 40)),
      () => ends(owner, other, poolId),
    );
    expect(await outcomeOf(burning)).toBe('POOL_NOT_SPENDABLE');
    expect(await held(poolId)).toBe(100);
  });

  test('a hold under way while its member is removed is not placed', async () => {
    const { owner, other } = await household();
    await people.contribute(owner, 100);
    const holding = meanwhile(
      'HOLD',
      () => holdPoints(shop.app, fuel.principal, fromPool(other, 40)),
      () => remove(owner, other),
    );
    expect(await outcomeOf(holding)).toBe('POOL_NOT_SPENDABLE');
  });

  test('a role that was cut off after its posting is set by asking again', async () => {
    const { owner, other } = await household();
    await people.contribute(owner, 100);
    const set = (role: 'CHILD' | 'ADULT') => setPoolRole(shop.app, owner.self, { memberId: other.memberId, role });
    const post = shop.app.ledger.post.bind(shop.app.ledger);
    jest.spyOn(shop.app.ledger, 'post').mockImplementationOnce(async (request) => {
      await post(request);
      throw new Error('cut off');
    });
    await expect(set('CHILD')).rejects.toThrow('cut off');
    await set('ADULT');
    expect(await outcomeOf(redeemPoints(shop.app, fuel.principal, fromPool(other, 10)))).toBe(10);
  });

  test('a refund under way while a contributor leaves takes their points to their wallet', async () => {
    const { owner, other, poolId } = await household();
    await people.contribute(other, 50);
    const burn = await redeemPoints(shop.app, fuel.principal, fromPool(owner, 50));
    await meanwhile(
      'REFUND_REDEMPTION',
      () => refundRedemption(shop.app, fuel.principal, refundRedemptionSchema.parse({ ...key(), redemptionId: burn.redemptionId })),
      () => people.leave(other, poolId),
    );
    expect([await held(poolId), await held(other.walletId)]).toEqual([0, 100]);
  });
});
