import type { Principal } from '../../../src/coalition/access/principal';
import { type MemberRef, spelledCustomerHash, spelledHash } from '../../../src/members/identification/member-ref';
import { resolveMembers } from '../../../src/members/identification/resolve-members';
import { addIdentifier } from '../../../src/members/identifiers/add-identifier';
import { removeIdentifier } from '../../../src/members/identifiers/remove-identifier';
import { linkMember } from '../../../src/members/links/link-member';
import { unlinkMember } from '../../../src/members/links/unlink-member';
import { enrolMember, enrolMembers } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema, toEnrolment } from '../../../src/members/members/enrolment';
import { findMember, readProfiles, readWalletBalances } from '../../../src/members/members/find-member';
import { readHolds } from '../../../src/members/members/read-holds';
import { type Movement, readMovements } from '../../../src/members/members/read-movements';
import { readPersonalData } from '../../../src/members/members/read-personal-data';
import { newUuid } from '../../../src/platform/ids';
import { notNow } from '../../../src/platform/not-now';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let cards = 0;

beforeAll(async () => {
  shop = await createShopCoalition({ expiry: { kind: 'ROLLING', months: 12, rounding: 'MONTH' } });
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
});
afterAll(() => shop.close());

const card = (value: string) => ({ kind: 'CARD', value }) as const;
const byCard = (value: string) => ({ by: 'identifier', identifier: card(value) }) as const;
const byCustomer = (customerId: string) => ({ by: 'customerId', customerId }) as const;
const newCard = () => `4000 ${String(++cards).padStart(4, '0')}`;
const enrolment = (more: Record<string, unknown> = {}) => enrolMemberSchema.parse({ idempotencyKey: newUuid(), ...more });
const enrol = (till: Till, more: Record<string, unknown> = {}) => enrolMember(shop.app, till.principal, enrolment(more));
/** Requests at TAXI that may be asked again. */
const redemptionOf = (ref: MemberRef) => {
  const command = spendingOf(ref, 10);
  return () => redeemPoints(shop.app, taxi.principal, command);
};
const purchaseAt = (ref: MemberRef) => {
  const command = purchaseOf(ref, '10');
  return () => recordPurchase(shop.app, taxi.principal, command);
};
const memberRows = async () =>
  (
    await shop.database.owner.query(
      'SELECT (SELECT count(*) FROM member)::int AS members, (SELECT count(*) FROM member_identifier)::int AS identifiers, (SELECT count(*) FROM brand_link)::int AS links, (SELECT count(*) FROM wallet)::int AS wallets',
    )
  ).rows[0];

describe('enrol', () => {
  test('enrolling stores hashes, and personal data sealed', async () => {
    const number = newCard();
    const personalData = { givenName: 'Ana', email: 'ana@example.org', birthDate: '1990-02-28' };
    const { memberId, walletId } = await enrol(fuel, { customerId: 'C-1', identifiers: [card(number)], personalData, jurisdiction: 'AT' });
    const self: Principal = { kind: 'member', memberId, brandId: null };
    expect(await readPersonalData(shop.app, self, memberId)).toMatchObject({ givenName: 'Ana', birthDate: '1990-02-28', phone: null });
    expect(await readPersonalData(shop.app, fuel.principal, memberId)).toBeNull();
    await expect(readPersonalData(shop.app, taxi.principal, memberId)).rejects.toMatchObject({ name: 'NotFound' });
    expect(await findMember(shop.app, fuel.principal, byCustomer('C-1'))).toMatchObject({ memberId, walletId, locked: false });
    expect(await findMember(shop.app, fuel.principal, byCard(number.replace(' ', '-')))).toMatchObject({ memberId });
    expect(await findMember(shop.app, self, null)).toMatchObject({ memberId });
    const { rows: entries } = await shop.database.owner.query('SELECT category FROM vault_entry WHERE member_id = $1 ORDER BY category', [memberId]);
    expect(entries.map(({ category }) => category)).toEqual(['BIRTH_DATE', 'CONTACT', 'NAME']);
    const { rows } = await shop.database.owner.query('SELECT result::text || encode(content_hash, $1) AS stored FROM posting', ['hex']);
    expect(rows.map((row) => row.stored).join()).not.toMatch(/Ana|example\.org|4000|C-1/);
  });

  test("a part of a country is a member's jurisdiction too", async () => {
    for (const jurisdiction of ['AT', 'US-CA', 'US-DC', 'GB-ENG', 'FR-75C', 'AT-9', null]) {
      const { memberId } = await enrol(fuel, { jurisdiction });
      expect(await readProfiles(shop.app, fuel.principal, [memberId])).toMatchObject([{ jurisdiction }]);
    }
  });

  test.each([
    ['UK', 'says "GB"'],
    ['EU', 'no country "EU"'],
    ['ZZ-1', 'no country "ZZ"'],
    ['US-XX', 'no part "XX" of the United States'],
  ])('nobody is enrolled under the law of %s', async (jurisdiction, message) => {
    const before = await shop.written();
    await expect(enrol(fuel, { jurisdiction })).rejects.toMatchObject({
      name: 'InvalidInput',
      field: 'input.jurisdiction',
      message: expect.stringContaining(message),
    });
    expect(await shop.written()).toEqual(before);
  });

  test.each(['at', 'AUT', 'US-', 'US-CALI', 'US_CA', 'US-ca', ' AT', 'AT\n'])('%j is not how a jurisdiction is written', (jurisdiction) => {
    expect(() => enrolment({ jurisdiction })).toThrow('ISO 3166-2');
  });

  test('an enrolment of before is repeated, whatever its jurisdiction was', async () => {
    const command = enrolment({ jurisdiction: 'UK' });
    // As it was kept when nobody asked whether there is such a country.
    const { memberId, request } = toEnrolment(shop.app, fuel.brandId, command, shop.app.clock.now(), 'input');
    await shop.app.ledger.post(request);
    expect(await enrolMember(shop.app, fuel.principal, command)).toMatchObject({ memberId });
  });

  test('the same enrolment again finds the same member', async () => {
    const command = enrolment({ customerId: 'C-2', identifiers: [card(newCard())] });
    const before = await memberRows();
    const answers = await Promise.all(Array.from({ length: 10 }, () => enrolMember(shop.app, fuel.principal, command)));
    expect(new Set(answers.map(({ memberId }) => memberId)).size).toBe(1);
    await expect(enrolMember(shop.app, fuel.principal, { ...command, jurisdiction: 'DE' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await memberRows()).toEqual({
      members: before.members + 1,
      identifiers: before.identifiers + 1,
      links: before.links + 1,
      wallets: before.wallets + 1,
    });
    // The first answer stands, whatever became of the link since.
    await unlinkMember(shop.app, fuel.principal, { member: byCustomer('C-2'), reason: null });
    expect(await enrolMember(shop.app, fuel.principal, command)).toEqual(answers[0]);
  });

  test('an enrolment that was cut off goes on with the same content only', async () => {
    const command = enrolment({ customerId: 'C-3', identifiers: [card(newCard())] });
    const other = enrolment({ idempotencyKey: command.idempotencyKey, customerId: 'C-4', identifiers: [card(newCard())] });
    const post = jest.spyOn(shop.app.ledger, 'post').mockRejectedValueOnce(notNow.refuse('OVERLOADED'));
    await expect(enrolMember(shop.app, fuel.principal, command)).rejects.toMatchObject({ code: 'OVERLOADED' });
    post.mockRestore();
    await expect(enrolMember(shop.app, fuel.principal, other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    await expect(findMember(shop.app, fuel.principal, byCustomer('C-4'))).rejects.toMatchObject({ name: 'NotFound' });
    const { memberId } = await enrolMember(shop.app, fuel.principal, command);
    expect(await findMember(shop.app, fuel.principal, byCustomer('C-3'))).toMatchObject({ memberId });
  });

  test('a taken identifier or customer id refuses that enrolment only', async () => {
    const number = newCard();
    await enrol(taxi, { identifiers: [card(number)], customerId: 'T-1' });
    const before = await memberRows();
    const taken = enrolment({ identifiers: [card(newCard()), card(number)] });
    const results = await enrolMembers(shop.app, taxi.principal, [enrolment({ customerId: 'T-2' }), taken, enrolment({ customerId: 'T-1' }), enrolment()]);
    expect(results.map((result) => (result.status === 'fulfilled' ? 'enrolled' : result.reason.code))).toEqual([
      'enrolled',
      'IDENTIFIER_TAKEN',
      'CUSTOMER_ID_TAKEN',
      'enrolled',
    ]);
    expect(await memberRows()).toMatchObject({ members: before.members + 2, identifiers: before.identifiers });
    await removeIdentifier(shop.app, taxi.principal, { member: byCustomer('T-1'), identifier: card(number) });
    // Nothing is kept under its key: once the card is free, the same works.
    expect(await enrolMember(shop.app, taxi.principal, taken)).toMatchObject({ memberId: expect.any(String) });
  });
});

describe('meet', () => {
  test('a card presented at a till makes its member known there', async () => {
    const number = newCard();
    const { memberId } = await enrol(fuel, { identifiers: [card(number)] });
    await expect(findMember(shop.app, taxi.principal, byCard(number))).rejects.toMatchObject({ name: 'NotFound' });
    await recordPurchase(shop.app, taxi.principal, purchaseOf(byCard(number), '10', { dryRun: true }));
    const badInputs = await Promise.allSettled([
      recordPurchase(shop.app, taxi.principal, purchaseOf(byCard(number), '10', { currency: 'XYZ' })),
      redeemPoints(shop.app, taxi.principal, spendingOf(byCard(number), 10, { currency: 'XYZ' })),
      holdPoints(shop.app, taxi.principal, spendingOf(byCard(number), 10, { expiresAt: new Date('2001-01-01T00:00:00Z') })),
    ]);
    expect(badInputs.map((each) => each.status === 'rejected' && each.reason.field)).toEqual(['input.currency', 'input.currency', 'input.expiresAt']);
    await expect(findMember(shop.app, taxi.principal, byCard(number))).rejects.toMatchObject({ name: 'NotFound' });
    await recordPurchase(shop.app, taxi.principal, purchaseOf(byCard(number), '10'));
    expect(await findMember(shop.app, taxi.principal, byCard(number))).toMatchObject({ memberId });
    const { rows } = await shop.database.owner.query('SELECT source FROM brand_link WHERE member_id = $1 AND brand_id = $2', [memberId, taxi.brandId]);
    expect(rows).toEqual([{ source: 'PRESENTED' }]);
  });

  test.each([
    ['redemption', (ref: MemberRef) => redemptionOf(ref)],
    ['purchase', (ref: MemberRef) => purchaseAt(ref)],
  ])('a %s that was cut off makes the member known by its repetition', async (_, request) => {
    const number = newCard();
    const { memberId } = await enrol(fuel, { identifiers: [card(number)] });
    await recordPurchase(shop.app, fuel.principal, purchaseOf(byCard(number), '100'));
    const ask = request(byCard(number));
    const transaction = jest.spyOn(shop.app.database, 'transaction').mockRejectedValueOnce(notNow.refuse('UNAVAILABLE'));
    await expect(ask()).rejects.toThrow();
    transaction.mockRestore();
    const known = () =>
      findMember(shop.app, taxi.principal, { by: 'id', memberId }).then(
        () => true,
        () => false,
      );
    expect(await known()).toBe(false);
    expect(await ask()).toMatchObject({ duplicate: true });
    expect(await known()).toBe(true);
    // What was unlinked later stays so, however often it is asked again.
    await unlinkMember(shop.app, taxi.principal, { member: byCard(number), reason: null });
    expect(await ask()).toMatchObject({ duplicate: true });
    expect(await known()).toBe(false);
  });

  test('a repetition does not make known whose the card is by now', async () => {
    const number = newCard();
    await enrol(fuel, { identifiers: [card(number)] });
    await recordPurchase(shop.app, fuel.principal, purchaseOf(byCard(number), '100'));
    const ask = redemptionOf(byCard(number));
    const transaction = jest.spyOn(shop.app.database, 'transaction').mockRejectedValueOnce(notNow.refuse('UNAVAILABLE'));
    await expect(ask()).rejects.toThrow();
    transaction.mockRestore();
    await removeIdentifier(shop.app, fuel.principal, { member: byCard(number), identifier: card(number) });
    const { memberId } = await enrol(fuel, { identifiers: [card(number)] });
    expect(await ask()).toMatchObject({ duplicate: true });
    await expect(findMember(shop.app, taxi.principal, { by: 'id', memberId })).rejects.toMatchObject({ name: 'NotFound' });
  });
});

describe('link', () => {
  test('linking binds one customer id to one member', async () => {
    const [one, two] = [newCard(), newCard()];
    const { memberId } = await enrol(fuel, { identifiers: [card(one)] });
    await enrol(fuel, { identifiers: [card(two)] });
    const link = (number: string, customerId: string) => linkMember(shop.app, taxi.principal, { member: byCard(number), customerId });
    expect(await link(one, 'X-1')).toMatchObject({ memberId });
    expect(await link(one, 'X-1')).toMatchObject({ memberId });
    expect(await findMember(shop.app, taxi.principal, byCustomer('X-1'))).toMatchObject({ memberId });
    await expect(findMember(shop.app, fuel.principal, byCustomer('X-1'))).rejects.toMatchObject({ name: 'NotFound' });
    await expect(link(one, 'X-2')).rejects.toMatchObject({ code: 'MEMBER_LINKED_OTHERWISE' });
    await expect(link(two, 'X-1')).rejects.toMatchObject({ code: 'CUSTOMER_ID_TAKEN' });
    await unlinkMember(shop.app, taxi.principal, { member: byCustomer('X-1'), reason: 'asked to be forgotten' });
    await expect(findMember(shop.app, taxi.principal, { by: 'id', memberId })).rejects.toMatchObject({ name: 'NotFound' });
    expect(await link(two, 'X-1')).not.toMatchObject({ memberId });
  });
});

describe('identifiers', () => {
  test('an identifier is free again once it is taken away', async () => {
    const [one, two] = [newCard(), newCard()];
    const { memberId } = await enrol(fuel, { identifiers: [card(one)] });
    const other = await enrol(fuel);
    const self: Principal = { kind: 'member', memberId, brandId: null };
    await addIdentifier(shop.app, fuel.principal, { member: { by: 'id', memberId }, identifier: card(two) });
    await addIdentifier(shop.app, fuel.principal, { member: { by: 'id', memberId }, identifier: card(two) });
    await expect(addIdentifier(shop.app, fuel.principal, { member: { by: 'id', memberId: other.memberId }, identifier: card(two) })).rejects.toMatchObject({
      code: 'IDENTIFIER_TAKEN',
    });
    await expect(removeIdentifier(shop.app, taxi.principal, { member: { by: 'id', memberId }, identifier: card(two) })).rejects.toMatchObject({
      name: 'NotFound',
    });
    await removeIdentifier(shop.app, self, { member: null, identifier: card(two) });
    expect(await addIdentifier(shop.app, fuel.principal, { member: { by: 'id', memberId: other.memberId }, identifier: card(two) })).toMatchObject({
      memberId: other.memberId,
    });
  });

  test('what is ended already is the answer to whoever ends it again', async () => {
    const number = newCard();
    const { memberId } = await enrol(fuel, { identifiers: [card(number)] });
    const known: Record<string, MemberRef> = { id: { by: 'id', memberId }, customer: byCustomer('E-1'), card: byCard(number) };
    for (const member of Object.values(known)) {
      await linkMember(shop.app, taxi.principal, { member: byCard(number), customerId: 'E-1' });
      const unlink = () => unlinkMember(shop.app, taxi.principal, { member, reason: null });
      expect([await unlink(), await unlink()]).toEqual([{ memberId }, { memberId }]);
    }
    const self: Principal = { kind: 'member', memberId, brandId: null };
    expect(await unlinkMember(shop.app, self, { member: null, brandId: taxi.brandId, reason: null })).toEqual({ memberId });
    // Whom a brand never knew it is told nothing of: neither by a name that it never gave, nor that a card is
    // somebody's.
    const stranger = await enrol(fuel, { identifiers: [card(newCard())] });
    for (const member of [byCustomer('E-2'), { by: 'id', memberId: stranger.memberId } as const])
      await expect(unlinkMember(shop.app, taxi.principal, { member, reason: null })).rejects.toMatchObject({ name: 'NotFound' });
    const take = (till: Till, member: MemberRef) => removeIdentifier(shop.app, till.principal, { member, identifier: card(number) });
    await take(fuel, known.card);
    for (const member of [known.card, known.id]) expect(await take(fuel, member)).toMatchObject({ memberId });
    await expect(take(taxi, known.card)).rejects.toMatchObject({ name: 'NotFound' });
    const { rows } = await shop.database.owner.query(
      "SELECT operation, count(*)::int AS times FROM audit_entry WHERE member_id = $1 AND operation IN ('unlinkMember', 'removeIdentifier') GROUP BY 1 ORDER BY 1",
      [memberId],
    );
    expect(rows).toEqual([
      { operation: 'removeIdentifier', times: 1 },
      { operation: 'unlinkMember', times: 3 },
    ]);
  });
});

describe('read', () => {
  test('a bulk of references is resolved in order', async () => {
    const number = newCard();
    const known = await enrol(fuel, { customerId: 'B-1', identifiers: [card(number)] });
    const refs = [
      byCustomer('B-1'),
      byCustomer('nobody'),
      byCard(number),
      byCard('9999'),
      { by: 'id', memberId: known.memberId } as const,
      { by: 'id', memberId: newUuid() } as const,
    ];
    const found = await shop.app.database.transaction({ kind: 'brand', brandId: fuel.brandId }, (tx) =>
      resolveMembers(shop.app, tx, fuel.brandId, refs, { presented: 'link', codesFor: null }),
    );
    expect(found.map((member) => member?.memberId ?? null)).toEqual([known.memberId, null, known.memberId, null, known.memberId, null]);
  });

  test('members and brands are told what is theirs of balances and movements', async () => {
    const number = newCard();
    const { memberId } = await enrol(fuel, { identifiers: [card(number)] });
    const self: Principal = { kind: 'member', memberId, brandId: null };
    const ref = byCard(number);
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ref, '100', { occurredAt: new Date('2026-01-10T12:00:00Z') }));
    await recordPurchase(shop.app, taxi.principal, purchaseOf(ref, '50', { occurredAt: new Date('2026-02-10T12:00:00Z') }));
    await redeemPoints(shop.app, taxi.principal, spendingOf(ref, 30));
    await holdPoints(shop.app, fuel.principal, spendingOf(ref, 20));
    expect(await readWalletBalances(shop.app, self, memberId)).toMatchObject([
      {
        currency: 'FLP',
        active: 100,
        held: 20,
        pending: 0,
        arrears: 0,
        spendable: 100,
        nextExpiries: [
          { on: '2027-02-01', points: 50 },
          { on: '2027-03-01', points: 50 },
        ],
      },
    ]);
    const told = (movements: Movement[]) =>
      movements.map(({ code, points, brandId, balanceAfter }) => [code, points, brandId === fuel.brandId ? 'FUEL' : 'TAXI', balanceAfter]);
    const page = { currency: 'FLP', limit: 10, before: null };
    const statement = await readMovements(shop.app, self, memberId, page);
    expect(told(statement)).toEqual([
      ['BURN', -30, 'TAXI', 120],
      ['EARN', 50, 'TAXI', 150],
      ['EARN', 100, 'FUEL', 100],
    ]);
    expect(told(await readMovements(shop.app, self, memberId, { ...page, limit: 1, before: statement[0].seq }))).toEqual([['EARN', 50, 'TAXI', 150]]);
    expect(told(await readMovements(shop.app, fuel.principal, memberId, page))).toEqual([['EARN', 100, 'FUEL', null]]);
    expect(await readHolds(shop.app, self, memberId)).toMatchObject([{ points: 20, brandId: fuel.brandId, currency: 'FLP' }]);
    expect(await readHolds(shop.app, taxi.principal, memberId)).toEqual([]);
    // An expired hold counts as released, whether or not anybody has booked it.
    shop.clock.advance(8 * 86_400_000);
    expect(await readWalletBalances(shop.app, fuel.principal, memberId)).toMatchObject([{ active: 120, held: 0 }]);
    expect(await readHolds(shop.app, self, memberId)).toEqual([]);
  });

  test('credentials without the scope are turned away', async () => {
    const { memberId } = await enrol(fuel);
    const tillOnly: Principal = { kind: 'client', clientId: newUuid(), brandId: fuel.brandId, scopes: new Set(['purchases']) };
    await expect(findMember(shop.app, tillOnly, { by: 'id', memberId })).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(enrolMember(shop.app, tillOnly, enrolment())).rejects.toMatchObject({ name: 'PermissionDenied' });
    const other: Principal = { kind: 'member', memberId: newUuid(), brandId: null };
    await expect(findMember(shop.app, other, { by: 'id', memberId })).rejects.toMatchObject({ name: 'NotFound' });
    await expect(recordPurchase(shop.app, other, purchaseOf({ by: 'id', memberId }, '1'))).rejects.toMatchObject({ name: 'PermissionDenied' });
  });
});

describe('blanks around what a member is found by', () => {
  const code = (value: string) => ({ kind: 'QR', value }) as const;
  const byQr = (value: string) => ({ by: 'identifier', identifier: code(value) }) as const;
  const found = async (ref: MemberRef) => (await findMember(shop.app, fuel.principal, ref)).memberId;

  it('do not count', async () => {
    const { memberId } = await enrol(fuel, { customerId: 'Mu\u0308ller 1 ', identifiers: [code(' loyal-1 ')] });
    for (const ref of [byCustomer('M\u00fcller 1'), byCustomer(' Mu\u0308ller 1 '), byQr('loyal-1'), byQr(' loyal-1')]) expect(await found(ref)).toBe(memberId);
    await expect(enrol(fuel, { customerId: 'M\u00fcller 1' })).rejects.toMatchObject({ code: 'CUSTOMER_ID_TAKEN' });
    await expect(enrol(fuel, { identifiers: [code('loyal-1')] })).rejects.toMatchObject({ code: 'IDENTIFIER_TAKEN' });
    await removeIdentifier(shop.app, fuel.principal, { member: byCustomer('M\u00fcller 1'), identifier: code('loyal-1 ') });
  });

  it('find whom they found when they counted', async () => {
    const [padded, bare] = [await enrol(fuel, { customerId: 'P-1', identifiers: [code('P-1')] }), await enrol(fuel, { customerId: 'P-2' })];
    const { owner } = shop.database;
    const customer = (customerId: string) => spelledCustomerHash(shop.app.keys, fuel.brandId, customerId);
    await owner.query('UPDATE brand_link SET customer_hash = $2 WHERE member_id = $1', [padded.memberId, customer('P-2 ')]);
    await owner.query('UPDATE member_identifier SET hash = $2 WHERE member_id = $1', [padded.memberId, spelledHash(shop.app.keys, code('P-2 '))]);
    expect(await found(byCustomer('P-2 '))).toBe(padded.memberId);
    expect(await found(byCustomer('P-2'))).toBe(bare.memberId);
    await expect(enrol(fuel, { customerId: 'P-2 ' })).rejects.toMatchObject({ code: 'CUSTOMER_ID_TAKEN' });
    await expect(enrol(fuel, { identifiers: [code('P-2 ')] })).rejects.toMatchObject({ code: 'IDENTIFIER_TAKEN' });
    // Found as it was spelled, it is found without the blank from the next booking on.
    await recordPurchase(shop.app, fuel.principal, purchaseOf(byQr('P-2 '), '10'));
    expect(await found(byQr('P-2'))).toBe(padded.memberId);
  });
});
