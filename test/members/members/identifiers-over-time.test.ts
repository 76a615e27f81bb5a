import type { Principal } from '../../../src/coalition/access/principal';
import { type Identifier, type MemberRef, spelledHash } from '../../../src/members/identification/member-ref';
import { addIdentifier } from '../../../src/members/identifiers/add-identifier';
import { removeIdentifier } from '../../../src/members/identifiers/remove-identifier';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { findMember, readWalletBalances } from '../../../src/members/members/find-member';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { closeWallet } from '../../../src/programme/care/close-wallet';
import { recordPurchase, recordPurchases } from '../../../src/programme/earning/record-purchases';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, staffPerson, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let numbers = 0;

beforeAll(async () => {
  shop = await createShopCoalition();
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
});
afterAll(() => shop.close());

const DAY = 86_400_000;
const daysAgo = (days: number) => new Date(shop.app.clock.now().getTime() - days * DAY);
const newIdentifier = (kind: Identifier['kind']): Identifier => {
  numbers++;
  return { kind, value: kind === 'PHONE' ? `+43664${1_000_000 + numbers}` : `${kind} ${numbers}` };
};
const by = (identifier: Identifier): MemberRef => ({ by: 'identifier', identifier });
const enrol = async (identifiers: readonly Identifier[], till = fuel) => {
  const customerId = newUuid();
  const { memberId } = await enrolMember(shop.app, till.principal, enrolMemberSchema.parse({ idempotencyKey: newUuid(), customerId, identifiers }));
  return { memberId, ref: { by: 'customerId', customerId } as const };
};
const drop = (member: MemberRef, identifier: Identifier) => removeIdentifier(shop.app, fuel.principal, { member, identifier });
const add = (member: MemberRef, identifier: Identifier) => addIdentifier(shop.app, fuel.principal, { member, identifier });
const buy = (ref: MemberRef, more: Record<string, unknown> = {}, till = fuel) => recordPurchase(shop.app, till.principal, purchaseOf(ref, '100', more));
const points = async (ref: MemberRef) =>
  (await readWalletBalances(shop.app, fuel.principal, (await findMember(shop.app, fuel.principal, ref)).memberId))?.[0]?.active ?? 0;
/** Dates an identifier's times on record: who had it when. */
const redate = (memberId: Uuid, identifier: Identifier, addedAt: Date, removedAt: Date | null) =>
  shop.database.owner.query('UPDATE member_identifier SET added_at = $3, removed_at = $4 WHERE member_id = $1 AND hash = $2', [
    memberId,
    spelledHash(shop.app.keys, identifier),
    addedAt,
    removedAt,
  ]);

describe('an identifier over time', () => {
  test('what was bought earns for who had the number then', async () => {
    const phone = newIdentifier('PHONE');
    const first = await enrol([phone]);
    await redate(first.memberId, phone, daysAgo(60), daysAgo(30));
    const second = await enrol([phone]);
    await redate(second.memberId, phone, daysAgo(10), null);
    const when = (days: number) => buy(by(phone), { occurredAt: daysAgo(days) }, taxi);
    await when(90);
    await when(40);
    await when(5);
    await buy(by(phone), {}, taxi);
    // Between the two nobody had it.
    const before = await shop.written();
    await expect(when(20)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN', retrySafe: true });
    expect(await shop.written()).toEqual(before);
    expect([await points(first.ref), await points(second.ref)]).toEqual([200, 200]);
    const bulk = [45, 4].map((days) => purchaseOf(by(phone), '100', { occurredAt: daysAgo(days) }));
    expect((await recordPurchases(shop.app, taxi.principal, bulk)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    expect([await points(first.ref), await points(second.ref)]).toEqual([300, 300]);
    // A till that only a former member's number was shown at does not come to know that member.
    await expect(findMember(shop.app, taxi.principal, { by: 'id', memberId: first.memberId })).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('a replaced card leads to its member, until somebody else has it', async () => {
    const [lost, fresh, phone] = [newIdentifier('CARD'), newIdentifier('CARD'), newIdentifier('PHONE')];
    const holder = await enrol([lost, phone]);
    await add(holder.ref, fresh);
    await drop(holder.ref, lost);
    await drop(holder.ref, phone);
    await buy(by(lost), { occurredAt: daysAgo(5) });
    await buy(by(lost));
    expect(await points(holder.ref)).toBe(200);
    await expect(buy(by(phone))).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    const other = await enrol([lost]);
    await buy(by(lost));
    expect([await points(holder.ref), await points(other.ref)]).toEqual([200, 100]);
    // Nobody is found by it: it is not the member's any more.
    await expect(findMember(shop.app, fuel.principal, by(phone))).rejects.toMatchObject({ name: 'NotFound' });
  });

  test("points are burned on what is the member's now as well", async () => {
    const [lost, fresh] = [newIdentifier('CARD'), newIdentifier('CARD')];
    const holder = await enrol([lost]);
    await buy(holder.ref, { occurredAt: daysAgo(9) });
    await add(holder.ref, fresh);
    await drop(holder.ref, lost);
    const before = await shop.written();
    for (const occurredAt of [daysAgo(5), null])
      for (const spend of [redeemPoints, holdPoints])
        await expect(spend(shop.app, fuel.principal, spendingOf(by(lost), 10, { occurredAt }))).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    expect(await shop.written()).toEqual(before);
    await redeemPoints(shop.app, fuel.principal, spendingOf(by(fresh), 10, { occurredAt: daysAgo(5) }));
    expect(await points(holder.ref)).toBe(90);
  });

  test("the next holder of a card never gets what was a closed wallet's", async () => {
    const card = newIdentifier('CARD');
    const closed = await enrol([card]);
    const support: Principal = await staffPerson(shop, shop.operatorId);
    await closeWallet(shop.app, support, { member: { by: 'id', memberId: closed.memberId }, reason: null });
    const next = await enrol([card]);
    for (const till of [fuel, taxi]) await expect(buy(by(card), { occurredAt: daysAgo(5) }, till)).rejects.toMatchObject({ code: 'WALLET_CLOSED' });
    await buy(by(card));
    expect(await points(next.ref)).toBe(100);
  });
});
