import type { Principal } from '../../../src/coalition/access/principal';
import { listLinks } from '../../../src/members/links/list-links';
import { unlinkMember } from '../../../src/members/links/unlink-member';
import { listMemberChanges } from '../../../src/members/members/list-member-changes';
import { lockWallet, unlockWallet } from '../../../src/members/members/lock-wallet';
import { type Movement, readMovements } from '../../../src/members/members/read-movements';
import type { Uuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { listConversions } from '../../../src/programme/exchange/list-conversions';
import { listExpiryNotices } from '../../../src/programme/expiry/list-notices';
import { findPurchase } from '../../../src/programme/purchases/find-purchase';
import { listPurchases } from '../../../src/programme/purchases/list-purchases';
import { listRedemptions } from '../../../src/programme/redemption/find-redemption';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { mergeMembers } from '../../support/merged-members';
import { purchaseOf, returnOf, spendingOf, type Till } from '../../support/shop-coalition';
import { type ExchangeTown, openExchangeTown } from '../exchange/exchange-town';

/** What a member's own lists show of those who were merged into the member. */
let town: ExchangeTown;
let taxi: Till;
beforeAll(async () => {
  town = await openExchangeTown();
  taxi = await town.shop.brand('TAXI');
  await town.currency('AIR');
  await town.rate();
});
afterAll(() => town?.close());

const page = { limit: 50, after: null };
const EVERYTHING = { reference: null, member: null, from: null, to: null };
const self = (memberId: Uuid): Principal & { kind: 'member' } => ({ kind: 'member', memberId, brandId: null });

/** A page of one after the other. */
async function statement(principal: Principal, memberId: Uuid): Promise<Movement[]> {
  const read: Movement[] = [];
  for (let last: Movement | null = null; ; ) {
    const place: { before: number | null; merged?: number | null } = last ? { before: last.seq, merged: last.merged } : { before: null };
    const [next]: Movement[] = await readMovements(town.shop.app, principal, memberId, { currency: 'FLP', limit: 1, ...place });
    if (!next) return read;
    read.push((last = next));
  }
}

/** Everything that is listed to whoever asks of the own past. */
async function listed(principal: Principal & { kind: 'member' }) {
  const { app } = town.shop;
  const { memberId } = principal;
  const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);
  const changes = principal.brandId === null ? await listMemberChanges(app, principal, { limit: 100, before: null }) : [];
  const purchases = await listPurchases(app, principal, EVERYTHING, page);
  return {
    purchases: ids(purchases),
    // Each as a whole: with its lines, its returns and what became of its points.
    purchasesInFull: await Promise.all(purchases.map(({ id }) => findPurchase(app, principal, id))),
    redemptions: ids(await listRedemptions(app, principal, EVERYTHING, page)),
    movements: (await statement(principal, memberId)).map(({ transferId, points }) => `${transferId} ${points}`),
    conversions: ids(await listConversions(app, principal, memberId, { limit: 50, before: null })),
    notices: ids(await listExpiryNotices(app, principal, { memberId: null, limit: 50, before: null })),
    changes: changes.map(({ id, by }) => `${id} ${by}`),
    links: ((await listLinks(app, principal, memberId)) ?? []).map(({ brandId }) => brandId),
  };
}

async function aMember(till: Till, customerId?: string) {
  const { app, database } = town.shop;
  const member = await till.enrol(customerId);
  const { purchaseId } = await recordPurchase(app, till.principal, purchaseOf(member.ref, '500'));
  await recordReturn(app, till.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '0.5' }]));
  await redeemPoints(app, till.principal, spendingOf(member.ref, 20));
  await town.convert(null, 30, {}, self(member.memberId));
  await lockWallet(app, self(member.memberId), { member: null, reason: null });
  await unlockWallet(app, self(member.memberId), { member: null, reason: null });
  await database.owner.query(
    `INSERT INTO expiry_notice (id, wallet_id, account_id, currency_id, origin_id, available_on, contributor_id, ends_on, days, points, told_at)
     SELECT gen_random_uuid(), a.owner_id, a.id, a.currency_id, l.origin_id, l.available_on, 0, '2026-04-01', 30, l.remaining, now()
     FROM account a JOIN lot l ON l.account_id = a.id WHERE a.owner_id = $1 LIMIT 1`,
    [member.walletId],
  );
  return member;
}

it('the survivor is shown all that the duplicate was', async () => {
  const [older, old, young] = [await aMember(town.fuel), await aMember(taxi), await aMember(town.fuel)];
  const before = [await listed(self(older.memberId)), await listed(self(old.memberId)), await listed(self(young.memberId))] as const;
  for (const each of before) for (const list of Object.values(each)) expect(list.length).toBeGreaterThan(0);
  await mergeMembers(town.shop, older.memberId, old.memberId);
  await mergeMembers(town.shop, old.memberId, young.memberId);
  const after = await listed(self(young.memberId));
  for (const each of before)
    expect(after).toMatchObject(Object.fromEntries(Object.entries(each).map(([name, list]) => [name, expect.arrayContaining<unknown>([...list])])));
  expect(after.purchases).toHaveLength(3);
  // The own wallet's statement comes first, and no movement twice.
  expect(after.movements.slice(-before[0].movements.length)).toEqual(before[0].movements);
  expect(new Set(after.movements).size).toBe(after.movements.length);
  // Nobody else is shown any of it.
  const stranger = await town.fuel.enrol();
  expect((await listed(self(stranger.memberId))).purchases).toEqual([]);
});

it('a session of a brand shows only what happened there', async () => {
  const [old, young] = [await aMember(taxi), await aMember(town.fuel)];
  await recordPurchase(town.shop.app, town.fuel.principal, purchaseOf(young.ref, '1'));
  await mergeMembers(town.shop, old.memberId, young.memberId);
  const [atFuel, atTaxi, whole] = [
    await listed({ kind: 'member', memberId: young.memberId, brandId: town.fuel.brandId }),
    await listed({ kind: 'member', memberId: young.memberId, brandId: taxi.brandId }),
    await listed({ kind: 'member', memberId: young.memberId, brandId: null }),
  ];
  expect([atFuel.purchases.length, atTaxi.purchases.length, whole.purchases.length]).toEqual([2, 1, 3]);
  expect(atFuel.redemptions.filter((id) => atTaxi.redemptions.includes(id))).toEqual([]);
  expect([...atFuel.conversions, ...atTaxi.conversions, ...atFuel.links]).toEqual([]);
  // A brand's session is told of no end of points.
  expect([...atFuel.notices, ...atTaxi.notices]).toEqual([]);
});

it('the link of a duplicate is listed, and ended with the survivor’s', async () => {
  const [old, young] = [await town.fuel.enrol('old card'), await town.fuel.enrol('new card')];
  await mergeMembers(town.shop, old.memberId, young.memberId);
  const open = async () => ((await listLinks(town.shop.app, self(young.memberId), young.memberId)) ?? []).filter(({ unlinkedAt }) => unlinkedAt === null);
  expect(await open()).toHaveLength(2);
  await unlinkMember(town.shop.app, self(young.memberId), { member: null, brandId: town.fuel.brandId, reason: null });
  expect(await open()).toEqual([]);
});
