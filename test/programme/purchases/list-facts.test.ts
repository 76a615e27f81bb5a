import type { Principal } from '../../../src/coalition/access/principal';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { listPurchases } from '../../../src/programme/purchases/list-purchases';
import type { FactFilter } from '../../../src/programme/purchases/page-of-facts';
import { listRedemptions } from '../../../src/programme/redemption/find-redemption';
import { redeemMany } from '../../../src/programme/redemption/redeem-many';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, staffPerson, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let hearth: Till;
let other: Till;
let ana: Awaited<ReturnType<Till['enrol']>>;
let ben: Awaited<ReturnType<Till['enrol']>>;

const day = (n: number) => new Date(Date.UTC(2026, 2, n, 9));
const ALL: FactFilter = { reference: null, member: null, from: null, to: null };

beforeAll(async () => {
  shop = await createShopCoalition();
  [hearth, other] = [await shop.brand('HEARTH'), await shop.brand('OTHER')];
  ana = await hearth.enrol('ana');
  ben = await hearth.enrol('ben');
  for (const [member, n] of [
    [ana, 1],
    [ben, 2],
    [ana, 3],
    [ana, 4],
  ] as const)
    await recordPurchase(shop.app, hearth.principal, purchaseOf(member.ref, '100', { reference: `R${n}`, occurredAt: day(n) }));
  const eva = await other.enrol('eva');
  await recordPurchase(shop.app, other.principal, purchaseOf(eva.ref, '100', { reference: 'R1', occurredAt: day(1) }));
});
afterAll(() => shop?.close());

const purchases = async (who: Principal, filter: Partial<FactFilter> = {}, limit = 10) =>
  (await listPurchases(shop.app, who, { ...ALL, ...filter }, { limit, after: null })).map(({ reference }) => reference);

describe('purchases', () => {
  it('are found by reference, member and time, newest first', async () => {
    expect(await purchases(hearth.principal)).toEqual(['R4', 'R3', 'R2', 'R1']);
    expect(await purchases(hearth.principal, { reference: 'R1' })).toEqual(['R1']);
    expect(await purchases(hearth.principal, { reference: 'nothing' })).toEqual([]);
    expect(await purchases(hearth.principal, { member: ana.ref })).toEqual(['R4', 'R3', 'R1']);
    expect(await purchases(hearth.principal, { member: ana.ref, reference: 'R3' })).toEqual(['R3']);
    expect(await purchases(hearth.principal, { from: day(2), to: day(4) })).toEqual(['R3', 'R2']);
  });

  it('come a page at a time', async () => {
    const [first, second] = await listPurchases(shop.app, hearth.principal, ALL, { limit: 2, after: null });
    expect([first.reference, second.reference]).toEqual(['R4', 'R3']);
    const rest = await listPurchases(shop.app, hearth.principal, ALL, { limit: 2, after: second });
    expect(rest.map(({ reference }) => reference)).toEqual(['R2', 'R1']);
  });

  it('are those of the brand or member that asks', async () => {
    expect(await purchases(other.principal)).toEqual(['R1']);
    await expect(purchases(other.principal, { member: ana.ref })).rejects.toMatchObject({ name: 'NotFound' });
    expect(await purchases({ kind: 'member', memberId: ben.memberId, brandId: null })).toEqual(['R2']);
    expect(await purchases({ kind: 'member', memberId: ben.memberId, brandId: hearth.brandId })).toEqual(['R2']);
    // Nobody has a session at a brand that has no confirmed link with the member.
    await expect(purchases({ kind: 'member', memberId: ben.memberId, brandId: other.brandId })).rejects.toMatchObject({ name: 'NotFound' });
    await expect(purchases({ kind: 'member', memberId: ben.memberId, brandId: null }, { member: ana.ref })).rejects.toMatchObject({ name: 'NotFound' });
    const support = await staffPerson(shop, shop.operatorId, 'SUPPORT');
    await expect(purchases(support)).rejects.toMatchObject({ field: 'member' });
    expect(await purchases(support, { member: ana.ref })).toEqual(['R4', 'R3', 'R1']);
  });
});

describe('redemptions', () => {
  it('of a bulk have an outcome each, in order', async () => {
    const commands = [
      spendingOf(ana.ref, 10, { reference: 'S1' }),
      spendingOf(ben.ref, 5_000),
      spendingOf(ana.ref, 10, { reference: 'S1' }),
      spendingOf(ben.ref, 20),
    ];
    const unknown = { ...spendingOf(ben.ref, 1), currency: 'NOPE' };
    const results = await redeemMany(shop.app, hearth.principal, [...commands, unknown], (at) => `input.${at}`);
    const said = results.map((result) => (result.status === 'fulfilled' ? result.value.points : (result.reason.code ?? result.reason.field)));
    expect(said).toEqual([10, 'INSUFFICIENT_POINTS', 10, 20, 'input.4.currency']);
    const found = await listRedemptions(shop.app, hearth.principal, { ...ALL, reference: 'S1' }, { limit: 5, after: null });
    expect(found).toMatchObject([{ points: 10, reference: 'S1', state: 'SPENT', memberId: ana.memberId }]);
    expect(await listRedemptions(shop.app, hearth.principal, ALL, { limit: 5, after: null })).toHaveLength(2);
    expect(await listRedemptions(shop.app, other.principal, ALL, { limit: 5, after: null })).toEqual([]);
  });
});
