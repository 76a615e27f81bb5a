import type { Principal } from '../../../src/coalition/access/principal';
import { listAuditEntries } from '../../../src/coalition/sign-in/list-access';
import { lockWallet } from '../../../src/members/members/lock-wallet';
import { createShopCoalition, type ShopCoalition, staffPerson, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;

beforeAll(async () => {
  shop = await createShopCoalition();
  fuel = await shop.brand('FUEL');
});
afterAll(() => shop.close());

it('what a member wrote as a reason is read by no brand', async () => {
  const [ana, ben] = [await fuel.enrol(), await fuel.enrol()];
  const session: Principal = { kind: 'member', memberId: ana.memberId, brandId: fuel.brandId };
  await lockWallet(shop.app, session, { member: null, reason: 'my husband has the phone' });
  await lockWallet(shop.app, fuel.principal, { member: ben.ref, reason: 'burns at night' });
  const reasonsFor = async (who: Principal) =>
    (await listAuditEntries(shop.app, who, { limit: 50, after: null })).flatMap(({ operation, reason }) => (operation === 'lockWallet' ? [reason] : [])).sort();
  const [manager, officer] = [await staffPerson(shop, fuel.brandId, 'PROGRAMME_MANAGER'), await staffPerson(shop, fuel.brandId, 'COMPLIANCE_OFFICER')];
  for (const who of [fuel.principal, manager, officer]) expect(await reasonsFor(who)).toEqual(['burns at night', null]);
  const ofOperator = await staffPerson(shop, shop.operatorId, 'COMPLIANCE_OFFICER');
  expect(await reasonsFor(ofOperator)).toEqual(['burns at night', 'my husband has the phone']);
});

it('each entry carries the transaction that wrote it, as transfers do', async () => {
  const ana = await fuel.enrol();
  await lockWallet(shop.app, fuel.principal, { member: ana.ref, reason: null });
  const { rows } = await shop.database.owner.query(
    "SELECT count(*) > 0 AS some, bool_and(xmin = xid::xid) AS own FROM audit_entry WHERE operation = 'lockWallet'",
  );
  expect(rows).toEqual([{ some: true, own: true }]);
});
