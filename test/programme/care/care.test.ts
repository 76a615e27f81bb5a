import { randomUUID } from 'node:crypto';
import type { Principal, StaffRole } from '../../../src/coalition/access/principal';
import { authenticate } from '../../../src/coalition/sign-in/authenticate';
import { createMemberSession } from '../../../src/coalition/sign-in/create-member-session';
import type { MemberRef } from '../../../src/members/identification/member-ref';
import { addIdentifier } from '../../../src/members/identifiers/add-identifier';
import { confirmLink } from '../../../src/members/links/confirm-link';
import { linkMember } from '../../../src/members/links/link-member';
import { unlinkMember } from '../../../src/members/links/unlink-member';
import { findMember, readWalletBalances } from '../../../src/members/members/find-member';
import { listMemberChanges } from '../../../src/members/members/list-member-changes';
import { readMovements } from '../../../src/members/members/read-movements';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { approveGoodwill } from '../../../src/programme/care/approve-goodwill';
import { approveMerge } from '../../../src/programme/care/approve-merge';
import { closeWallet } from '../../../src/programme/care/close-wallet';
import { declineProposal } from '../../../src/programme/care/decide-proposal';
import { listProposals } from '../../../src/programme/care/find-proposals';
import { proposeGoodwill, proposeGoodwillSchema } from '../../../src/programme/care/propose-goodwill';
import { proposeMerge } from '../../../src/programme/care/propose-merge';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { voidHold } from '../../../src/programme/redemption/void-hold';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { mergeMembers } from '../../support/merged-members';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, staffPerson, type Till } from '../../support/shop-coalition';
import { faults } from '../../support/verified-books';

type Person = Principal & { kind: 'staff' };

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let ann: Person;
let bob: Person;
let olga: Person;
let otto: Person;

beforeAll(async () => {
  shop = await createShopCoalition({ expiry: { kind: 'ROLLING', months: 12, rounding: 'NONE' } });
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
  [ann, bob] = [await person(fuel.brandId), await person(fuel.brandId, 'PROGRAMME_MANAGER')];
  [olga, otto] = [await person(shop.operatorId), await person(shop.operatorId)];
});
afterAll(async () => {
  const wrong = await faults(shop);
  await shop.close();
  expect(wrong).toEqual([]);
});

const person = (brandId: Uuid, role?: StaffRole) => staffPerson(shop, brandId, role);

const member = (memberId: Uuid): MemberRef => ({ by: 'id', memberId });
const customer = (customerId: string): MemberRef => ({ by: 'customerId', customerId });
const card = (value: string) => ({ kind: 'CARD', value }) as const;
const byCard = (value: string): MemberRef => ({ by: 'identifier', identifier: card(value) });
const self = (memberId: Uuid): Principal => ({ kind: 'member', memberId, brandId: null });
const rows = async (text: string, ...values: unknown[]) => (await shop.database.owner.query(text, values)).rows;
const balance = async (memberId: Uuid) => {
  const [{ active, held, arrears, pending }] = (await readWalletBalances(shop.app, olga, memberId)) ?? [];
  return { active, held, arrears, pending };
};
const movements = async (memberId: Uuid) =>
  (await readMovements(shop.app, self(memberId), memberId, { currency: 'FLP', limit: 20, before: null })).map(({ code, points }) => `${code} ${points}`);
const ask = (by: Person, ref: MemberRef, points: number, more: Record<string, unknown> = {}) =>
  proposeGoodwill(
    shop.app,
    by,
    proposeGoodwillSchema.parse({
      idempotencyKey: randomUUID(),
      member: ref,
      currency: 'FLP',
      points: BigInt(points),
      reason: 'the pump was out of order',
      ...more,
    }),
  );
const decision = (proposalId: Uuid) => ({ proposalId, reason: null });

describe('goodwill', () => {
  test('is asked for by one person and given by another, once', async () => {
    const ana = await fuel.enrol();
    const proposal = await ask(ann, ana.ref, 300);
    expect(proposal).toMatchObject({
      kind: 'GOODWILL',
      status: 'PROPOSED',
      points: 300,
      proposedBy: ann.staffId,
      brandId: fuel.brandId,
      decidingBrandId: fuel.brandId,
    });
    const given = await approveGoodwill(shop.app, bob, { proposalId: proposal.id, reason: 'seen the report' });
    expect(given).toMatchObject({
      proposal: { status: 'APPROVED', decidedBy: bob.staffId, decisionReason: 'seen the report' },
      currency: 'FLP',
      balance: { active: 300 },
    });
    expect(await approveGoodwill(shop.app, bob, decision(proposal.id))).toMatchObject({ balance: { active: 300 } });
    expect(await movements(ana.memberId)).toEqual(['GOODWILL 300']);
    expect(
      await rows(
        `SELECT a.kind, a.owner_id = $1 AS of_fuel, o.issuer_code, t.lot_expires_on::text AS expires FROM transfer t JOIN account a ON a.id = t.debit_account JOIN lot_origin o ON o.id = t.origin_id
         WHERE t.posting_id = $2`,
        fuel.brandId,
        proposal.id,
      ),
    ).toEqual([{ kind: 'GOODWILL', of_fuel: true, issuer_code: 'FUEL', expires: '2027-03-15' }]);
    expect(await rows('SELECT operation, actor, reason FROM audit_entry WHERE target_id = $1 ORDER BY id', proposal.id)).toMatchObject(
      expect.arrayContaining([
        { operation: 'proposeGoodwill', actor: `staff:${ann.staffId}`, reason: 'the pump was out of order' },
        { operation: 'approveGoodwill', actor: `staff:${bob.staffId}`, reason: 'seen the report' },
      ]),
    );
  });

  test('is never given by the same person, a machine or another brand', async () => {
    const ana = await fuel.enrol();
    const { id } = await ask(ann, ana.ref, 300);
    const [dora, mia] = [await person(taxi.brandId), await person(fuel.brandId, 'COMPLIANCE_OFFICER')];
    const before = await shop.written();
    await expect(approveGoodwill(shop.app, ann, decision(id))).rejects.toMatchObject({ code: 'SECOND_PERSON_NEEDED' });
    await expect(approveGoodwill(shop.app, fuel.principal, decision(id))).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(approveGoodwill(shop.app, self(ana.memberId), decision(id))).rejects.toMatchObject({
      name: 'PermissionDenied',
      message: 'This is for people on the staff to do, not for a member.',
    });
    await expect(
      proposeGoodwill(shop.app, fuel.principal, {
        ...proposeGoodwillSchema.parse({ idempotencyKey: 'x', member: ana.ref, currency: 'FLP', points: 5n, reason: 'x' }),
      }),
    ).rejects.toMatchObject({
      name: 'PermissionDenied',
    });
    await expect(approveGoodwill(shop.app, dora, decision(id))).rejects.toMatchObject({ name: 'NotFound' });
    await expect(approveGoodwill(shop.app, olga, decision(id))).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(approveGoodwill(shop.app, mia, decision(id))).rejects.toMatchObject({ name: 'PermissionDenied' });
    // The database itself knows two people apart, and machines from people.
    const direct = (by: Uuid) => rows("UPDATE care_proposal SET status = 'APPROVED', decided_by = $2, decided_at = now() WHERE id = $1", id, by);
    await expect(direct(ann.staffId)).rejects.toMatchObject({ constraint: 'care_proposal_two_people' });
    await expect(direct(newUuid())).rejects.toMatchObject({ constraint: 'care_proposal_decided_by_fkey' });
    expect(await shop.written()).toEqual(before);
    expect(await declineProposal(shop.app, bob, 'GOODWILL', decision(id))).toMatchObject({ status: 'DECLINED' });
    const declined = await shop.written();
    await expect(approveGoodwill(shop.app, bob, decision(id))).rejects.toMatchObject({ code: 'PROPOSAL_DECIDED' });
    await expect(direct(bob.staffId)).rejects.toThrow('a proposal is decided once');
    expect(await shop.written()).toEqual(declined);
  });

  test('keeps to so many points in so many days', async () => {
    const ana = await fuel.enrol();
    await expect(ask(ann, ana.ref, 100_001)).rejects.toMatchObject({ code: 'ABOVE_MAXIMUM', fields: { maximum: 100_000 } });
    await expect(ask(ann, customer('nobody'), 5)).rejects.toMatchObject({ name: 'NotFound' });
    const silent = await shop.brand('SILENT', { mayIssue: false });
    await expect(ask(await person(silent.brandId), (await silent.enrol()).ref, 5)).rejects.toMatchObject({ code: 'TERMS_NOT_ACTIVE' });
    const { id } = await ask(ann, ana.ref, 5);
    await rows("UPDATE care_proposal SET proposed_at = proposed_at - interval '31 days' WHERE id = $1", id);
    await expect(approveGoodwill(shop.app, bob, decision(id))).rejects.toMatchObject({ code: 'PROPOSAL_LAPSED' });
  });

  test('gives nothing to a wallet that was closed meanwhile', async () => {
    const ana = await fuel.enrol();
    const [given, late] = [await ask(ann, ana.ref, 30), await ask(ann, ana.ref, 40)];
    const first = await approveGoodwill(shop.app, bob, decision(given.id));
    await closeWallet(shop.app, self(ana.memberId), { member: null, reason: null });
    const before = await shop.written();
    expect(await approveGoodwill(shop.app, bob, decision(given.id))).toEqual(first);
    await expect(approveGoodwill(shop.app, bob, decision(late.id))).rejects.toMatchObject({ code: 'WALLET_CLOSED' });
    expect(await rows('SELECT status FROM care_proposal WHERE id = $1', late.id)).toEqual([{ status: 'PROPOSED' }]);
    expect(await shop.written()).toEqual(before);
    expect(await declineProposal(shop.app, bob, 'GOODWILL', decision(late.id))).toMatchObject({ status: 'DECLINED' });
  });

  test("is the operator's where the operator pays", async () => {
    const ana = await fuel.enrol();
    const { id } = await ask(ann, ana.ref, 40, { funder: 'OPERATOR' });
    await expect(approveGoodwill(shop.app, bob, decision(id))).rejects.toMatchObject({ name: 'PermissionDenied' });
    expect(await approveGoodwill(shop.app, olga, decision(id))).toMatchObject({ balance: { active: 40 } });
    expect(await rows('SELECT o.issuer_code FROM transfer t JOIN lot_origin o ON o.id = t.origin_id WHERE t.posting_id = $1', id)).toEqual([
      { issuer_code: 'OPERATOR' },
    ]);
    const own = await ask(olga, ana.ref, 2);
    expect(await approveGoodwill(shop.app, otto, decision(own.id))).toMatchObject({ balance: { active: 42 } });
    expect((await listProposals(shop.app, bob, { limit: 100, before: null, status: 'APPROVED' })).map((each) => each.id)).toContain(id);
    expect((await listProposals(shop.app, bob, { limit: 100, before: null, status: null })).map((each) => each.id)).not.toContain(own.id);
    await expect(listProposals(shop.app, fuel.principal, { limit: 1, before: null, status: null })).rejects.toMatchObject({ name: 'PermissionDenied' });
  });
});

describe('merging two members', () => {
  const propose = (duplicateId: Uuid, survivorId: Uuid) =>
    proposeMerge(shop.app, olga, {
      idempotencyKey: randomUUID(),
      duplicate: { by: 'id', memberId: duplicateId },
      survivor: { by: 'id', memberId: survivorId },
      reason: 'the same person, asked at the desk',
    });

  test('gives the survivor all that the duplicate has, and what comes back to it', async () => {
    const [old, young] = [await fuel.enrol('M-old'), await fuel.enrol('M-young')];
    await addIdentifier(shop.app, fuel.principal, { member: old.ref, identifier: card('M 1') });
    await linkMember(shop.app, taxi.principal, { member: byCard('M 1'), customerId: 'T-old' });
    const bought = await recordPurchase(shop.app, fuel.principal, purchaseOf(old.ref, '100', { occurredAt: new Date('2026-01-10T12:00:00Z') }));
    await recordPurchase(shop.app, fuel.principal, purchaseOf(young.ref, '10'));
    await confirmLink(shop.app, { kind: 'member', memberId: old.memberId, brandId: null }, taxi.brandId);
    const burnt = await redeemPoints(shop.app, taxi.principal, spendingOf(customer('T-old'), 30));
    const taxisId = old.memberId;
    const { id } = await propose(old.memberId, young.memberId);
    await expect(approveMerge(shop.app, olga, decision(id))).rejects.toMatchObject({ code: 'SECOND_PERSON_NEEDED' });
    expect(await approveMerge(shop.app, otto, decision(id))).toMatchObject({ status: 'APPROVED' });
    expect(await approveMerge(shop.app, otto, decision(id))).toMatchObject({ status: 'APPROVED' });
    expect(await balance(young.memberId)).toEqual({ active: 80, held: 0, arrears: 0, pending: 0 });
    // The own statement, then that of the wallet that was merged.
    expect(await movements(young.memberId)).toEqual(['MERGE 70', 'EARN 10', 'MERGE -70', 'BURN -30', 'EARN 100']);
    expect(
      await rows(
        'SELECT expires_on::text AS on, remaining::int FROM lot l JOIN account a ON a.id = l.account_id WHERE a.owner_id = $1 AND remaining > 0 ORDER BY 1',
        young.walletId,
      ),
    ).toEqual([
      { on: '2027-01-10', remaining: 70 },
      { on: '2027-03-15', remaining: 10 },
    ]);
    // Every name that led to the duplicate leads to the survivor, for whoever knew it; for nobody else.
    for (const [till, ref] of [
      [fuel, customer('M-old')],
      [fuel, customer('M-young')],
      [fuel, old.ref],
      [fuel, byCard('M1')],
      [taxi, customer('T-old')],
      [taxi, member(taxisId)],
    ] as const)
      expect(await findMember(shop.app, till.principal, ref)).toMatchObject({ memberId: young.memberId });
    const third = await shop.brand('THIRD');
    await expect(findMember(shop.app, third.principal, old.ref)).rejects.toMatchObject({ name: 'NotFound' });
    await recordPurchase(shop.app, fuel.principal, purchaseOf(customer('M-old'), '5'));
    // 40 of 100 come back, from the lot that they came from; 20 of the 30 spent are given back.
    await recordReturn(shop.app, fuel.principal, returnOf(bought.purchaseId, [{ sku: 'THING', quantity: '0.4' }]));
    const refunded = await refundRedemption(
      shop.app,
      taxi.principal,
      refundRedemptionSchema.parse({ idempotencyKey: 'refund M', redemptionId: burnt.redemptionId, points: 20n }),
    );
    expect(refunded.balance).toMatchObject({ active: 80 + 5 - 40 + 20 });
    expect(await balance(young.memberId)).toMatchObject({ active: 65, arrears: 0 });
    expect((await movements(young.memberId)).slice(0, 3)).toEqual(['REFUND 20', 'CLAWBACK -40', 'EARN 5']);
    expect(
      await rows(
        "SELECT credits - debits AS balance, closed_at IS NOT NULL AS closed, merged_into IS NOT NULL AS merged FROM account WHERE owner_id = $1 AND kind = 'WALLET'",
        old.walletId,
      ),
    ).toEqual([{ balance: '0', closed: true, merged: true }]);
    await unlinkMember(shop.app, fuel.principal, { member: customer('M-young'), reason: null });
    await expect(findMember(shop.app, fuel.principal, customer('M-old'))).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('gives what a card burns in a day no second time', async () => {
    const [ana, again] = [await fuel.enrol(), await fuel.enrol()];
    for (const { ref } of [ana, again]) await recordPurchase(shop.app, fuel.principal, purchaseOf(ref, '2000'));
    await addIdentifier(shop.app, fuel.principal, { member: again.ref, identifier: card('twice') });
    await addIdentifier(shop.app, fuel.principal, { member: ana.ref, identifier: card('once') });
    const burn = (value: string, points: number) => redeemPoints(shop.app, taxi.principal, spendingOf(byCard(value), points));
    await burn('twice', 700);
    await burn('once', 200);
    await mergeMembers(shop, again.memberId, ana.memberId);
    await expect(burn('twice', 101)).rejects.toMatchObject({ code: 'CARD_LIMIT_REACHED', fields: { capLeft: 100 } });
    expect(await burn('once', 100)).toMatchObject({ balance: { active: 3_000 } });
  });

  test('is seen by both', async () => {
    const [ana, again] = [await fuel.enrol(), await fuel.enrol()];
    await mergeMembers(shop, again.memberId, ana.memberId);
    for (const { memberId } of [ana, again])
      expect(await listMemberChanges(shop.app, self(memberId), { limit: 1, before: null })).toMatchObject([{ operation: 'mergeMembers', by: 'OPERATOR' }]);
    const { token } = await createMemberSession(shop.app, fuel.principal, { memberId: again.memberId });
    expect(await authenticate(shop.app, `Bearer ${token}`)).toMatchObject({ kind: 'member', memberId: ana.memberId });
  });

  test('shows no balance of a currency that neither of the two ever had', async () => {
    const [one, two] = [await fuel.enrol('N-1'), await fuel.enrol('N-2')];
    await approveMerge(shop.app, otto, decision((await propose(one.memberId, two.memberId)).id));
    expect(await readWalletBalances(shop.app, olga, two.memberId)).toEqual([]);
    await recordPurchase(shop.app, fuel.principal, purchaseOf(customer('N-1'), '5'));
    expect(await balance(two.memberId)).toMatchObject({ active: 5 });
  });

  test('leads to the last survivor in a chain', async () => {
    const [one, two, three] = [await fuel.enrol('C-1'), await fuel.enrol('C-2'), await taxi.enrol('C-3')];
    const bought = await recordPurchase(shop.app, fuel.principal, purchaseOf(one.ref, '50'));
    await approveMerge(shop.app, otto, decision((await propose(one.memberId, two.memberId)).id));
    await approveMerge(shop.app, otto, decision((await propose(two.memberId, three.memberId)).id));
    expect(await findMember(shop.app, fuel.principal, customer('C-1'))).toMatchObject({ memberId: three.memberId });
    await recordReturn(shop.app, fuel.principal, returnOf(bought.purchaseId, [{ sku: 'THING', quantity: '1' }]));
    expect(await balance(three.memberId)).toMatchObject({ active: 0, arrears: 0 });
  });

  test('waits for holds, and for arrears that the two cannot fill', async () => {
    const [one, two] = [await fuel.enrol(), await fuel.enrol()];
    const bought = await recordPurchase(shop.app, fuel.principal, purchaseOf(one.ref, '100'));
    await recordPurchase(shop.app, taxi.principal, purchaseOf({ by: 'identifier', identifier: await shown(two.memberId) }, '30'));
    const held = await holdPoints(shop.app, fuel.principal, spendingOf(one.ref, 60));
    const { id } = await propose(one.memberId, two.memberId);
    const before = await shop.written();
    await expect(approveMerge(shop.app, otto, decision(id))).rejects.toMatchObject({
      code: 'WALLET_HAS_HOLDS',
      message: expect.stringContaining('Capture or void'),
    });
    expect(await shop.written()).toEqual(before);
    expect(await rows('SELECT status FROM care_proposal WHERE id = $1', id)).toEqual([{ status: 'PROPOSED' }]);
    await voidHold(shop.app, fuel.principal, { idempotencyKey: randomUUID(), redemptionId: held.redemptionId, occurredAt: null });
    await redeemPoints(shop.app, fuel.principal, spendingOf(one.ref, 100));
    await recordReturn(shop.app, fuel.principal, returnOf(bought.purchaseId, [{ sku: 'THING', quantity: '0.5' }]));
    expect(await balance(one.memberId)).toMatchObject({ active: 0, arrears: 50 });
    await expect(approveMerge(shop.app, otto, decision(id))).rejects.toMatchObject({ code: 'ARREARS_REMAIN', fields: { left: 20 } });
    await recordPurchase(shop.app, fuel.principal, purchaseOf(two.ref, '25'));
    await approveMerge(shop.app, otto, decision(id));
    expect(await balance(two.memberId)).toMatchObject({ active: 5, arrears: 0 });
    expect(await movements(two.memberId)).toEqual(['MERGE -50', 'EARN 25', 'EARN 30', 'MERGE 50', 'CLAWBACK -50', 'BURN -100', 'EARN 100']);
  });

  test('is carried out one way of two opposite ones', async () => {
    const [one, two] = [await fuel.enrol(), await fuel.enrol()];
    await recordPurchase(shop.app, fuel.principal, purchaseOf(one.ref, '10'));
    await recordPurchase(shop.app, fuel.principal, purchaseOf(two.ref, '20'));
    const proposals = [await propose(one.memberId, two.memberId), await propose(two.memberId, one.memberId)];
    const merged = await Promise.allSettled(proposals.map(({ id }) => approveMerge(shop.app, otto, decision(id))));
    expect(merged.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(merged.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'WALLET_CLOSED' } });
    const survivor = merged[0].status === 'fulfilled' ? two : one;
    expect(await balance(survivor.memberId)).toMatchObject({ active: 30 });
    const three = await fuel.enrol();
    const { id } = await propose(survivor.memberId, three.memberId);
    await closeWallet(shop.app, self(survivor.memberId), { member: null, reason: null });
    await expect(approveMerge(shop.app, otto, decision(id))).rejects.toMatchObject({ code: 'WALLET_CLOSED' });
  });

  async function shown(memberId: Uuid) {
    const identifier = card(randomUUID());
    await addIdentifier(shop.app, fuel.principal, { member: member(memberId), identifier });
    return identifier;
  }

  test('goes on where it was cut off after the ledger', async () => {
    const [one, two] = [await fuel.enrol('X-1'), await fuel.enrol('X-2')];
    await recordPurchase(shop.app, fuel.principal, purchaseOf(one.ref, '100'));
    const { id } = await propose(one.memberId, two.memberId);
    const { transaction } = shop.app.ledger;
    let cuts = 1;
    shop.app.ledger.transaction = async (work) => {
      const result = await transaction.call(shop.app.ledger, work);
      if (cuts-- > 0) throw new Error('cut off');
      return result as never;
    };
    try {
      await expect(approveMerge(shop.app, otto, decision(id))).rejects.toThrow('cut off');
      expect(await rows('SELECT p.status, m.status AS member FROM care_proposal p JOIN member m ON m.id = p.member_id WHERE p.id = $1', id)).toEqual([
        { status: 'APPROVED', member: 'ACTIVE' },
      ]);
      await approveMerge(shop.app, otto, decision(id));
    } finally {
      shop.app.ledger.transaction = transaction;
    }
    expect(await balance(two.memberId)).toMatchObject({ active: 100 });
    expect(await findMember(shop.app, fuel.principal, customer('X-1'))).toMatchObject({ memberId: two.memberId });
  });
});
