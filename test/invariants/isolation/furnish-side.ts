import { type Principal, SCOPES, type StaffRole } from '../../../src/coalition/access/principal';
import { createMemberSession } from '../../../src/coalition/sign-in/create-member-session';
import { lockWallet, unlockWallet } from '../../../src/members/members/lock-wallet';
import { newUuid } from '../../../src/platform/ids';
import { approveGoodwill } from '../../../src/programme/care/approve-goodwill';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { cancelReturn, cancelReturnSchema } from '../../../src/programme/returns/cancel-return';
import { recordReturn } from '../../../src/programme/returns/record-return';
import type { PointsApi } from '../../support/points-api';
import { returnOf } from '../../support/shop-coalition';
import { insertExpiryNotices, insertSuspension } from './seeded-rows';
import { type Actor, actorWith, type Furniture, type Person, type Side } from './side';
import { IN_JANUARY, toolsOf } from './side-tools';

const ROLES = ['PROGRAMME_MANAGER', 'FINANCE', 'COMPLIANCE_OFFICER', 'SUPPORT'] as const;

/** The word in a side's texts, and how much is bought there. */
const SIDES: Readonly<Record<string, { word: string; amount: string }>> = {
  TAXI: { word: 'zebulon', amount: '10473' },
  FUEL: { word: 'quixote', amount: '20047' },
};

/** One of the two brands with everything that a brand can have. `known`: a member of the other, whom both will have. */
export async function furnishSide(points: PointsApi, operator: Actor, code: string, known: Person | null): Promise<Side> {
  const { app, database } = points.test;
  const { word, amount } = SIDES[code];
  const { id: brandId, clientId } = points.coalition.brands[code];
  await insertSuspension(database.owner, brandId, IN_JANUARY);
  const principal: Principal = { kind: 'client', clientId, brandId, scopes: new Set(SCOPES) };
  const client = actorWith(app, `${code}'s API client`, principal, { as: 'client', clientId });
  const tools = toolsOf(points, operator, { code, brandId, word, client });
  const { staffOf, enrol, meet, sessionOf, withLogin, purchase, spend, share, convert, awards, setAvailability, bringIn, sorry, partnership } = tools;
  await setAvailability('2026-01-20T00:00:00Z', { kind: 'ON_EVENT', days: 730 });
  await setAvailability('2026-01-21T00:00:00Z', { kind: 'IMMEDIATE' });
  const [own, visitor] = [await enrol(), await enrol()];
  await purchase(visitor, '5000');
  const shared = known ? await meet(known) : await enrol();
  for (const person of [own, shared]) {
    const bought = await purchase(person, `${amount}7.25`, { occurredAt: IN_JANUARY });
    const mistaken = returnOf(await purchase(person, `${amount}9`), [{ lineNo: 1, quantity: '1' }]);
    const { returnId } = await recordReturn(app, principal, mistaken);
    await cancelReturn(app, principal, cancelReturnSchema.parse({ idempotencyKey: newUuid(), returnId }));
    await recordReturn(app, principal, returnOf(bought, [{ lineNo: 1, quantity: '0.5' }], { occurredAt: IN_JANUARY }));
    const burned = await spend('redeem', person, 120, { occurredAt: IN_JANUARY });
    await spend('redeem', person, 130);
    await spend('hold', person, 140);
    const held = await spend('hold', person, 150);
    await captureHold(app, principal, captureHoldSchema.parse({ idempotencyKey: newUuid(), redemptionId: held, points: 100n }));
    await refundRedemption(app, principal, refundRedemptionSchema.parse({ idempotencyKey: newUuid(), redemptionId: burned, points: 20n }));
    await convert(person);
    await awards(person);
    await purchase(person, `${amount}3`, { redemptionIds: [await spend('redeem', person, 160)] });
  }
  // Arrears: all points of a purchase are spent before it comes back.
  const poor = await enrol();
  const returned = await purchase(poor, '200');
  await spend('redeem', poor, 100);
  await recordReturn(app, principal, returnOf(returned, [{ lineNo: 1, quantity: '1' }]));
  await purchase(poor, '30');
  await share(own, known ? visitor : poor);
  // What members and brands do to a wallet is written into the brand's trail.
  const sharedMember = sessionOf('shared member', shared);
  await lockWallet(app, sharedMember.principal, { member: null, reason: `${word} lost the phone` });
  await unlockWallet(app, withLogin(shared), { member: null, reason: null });
  await lockWallet(app, principal, { member: own.ref, reason: `${word} looks odd` });
  await unlockWallet(app, withLogin(own), { member: null, reason: null });
  await insertExpiryNotices(
    database.owner,
    [own, shared].map(({ walletId }) => walletId),
    app.clock.now(),
  );
  const staff = Object.fromEntries(await Promise.all(ROLES.map(async (role) => [role, await staffOf(role)]))) as Record<StaffRole, Actor>;
  await bringIn('OPENINGS', [
    { line: 2, cells: { customerId: own.customerId, points: '10', reference: `${word} reference` }, unreadable: null },
    { line: 3, cells: {}, unreadable: `${word} is no CSV` },
    { line: 4, cells: { customerId: own.customerId, points: '10', currency: 'NOPE' }, unreadable: null },
  ]);
  await approveGoodwill(app, staff.SUPPORT.principal, { proposalId: await sorry(staff.PROGRAMME_MANAGER, own), reason: `${word} is true` });
  await sorry(staff.PROGRAMME_MANAGER, own);
  await createMemberSession(app, principal, { memberId: own.memberId });
  await partnership('PROPOSED', 'PROPOSED');
  const furniture: Furniture = {
    code,
    brandId,
    word,
    client,
    staff,
    own,
    shared,
    visitor,
    poor,
    member: sessionOf('member', own),
    sharedMember,
    statementId: '',
  };
  return { ...furniture, ...tools };
}
