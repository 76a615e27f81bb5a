import type { Principal } from '../../../src/coalition/access/principal';
import { type Identifier, type MemberRef, spelledHash } from '../../../src/members/identification/member-ref';
import { linkMember } from '../../../src/members/links/link-member';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { findMember } from '../../../src/members/members/find-member';
import { listMemberChanges } from '../../../src/members/members/list-member-changes';
import { lockWallet } from '../../../src/members/members/lock-wallet';
import { newUuid } from '../../../src/platform/ids';
import { proposeMerge } from '../../../src/programme/care/propose-merge';
import { createShopCoalition, type ShopCoalition, staffPerson, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let olga: Principal & { kind: 'staff' };
let numbers = 0;

beforeAll(async () => {
  shop = await createShopCoalition();
  fuel = await shop.brand('FUEL');
  olga = await staffPerson(shop, shop.operatorId);
});
afterAll(() => shop.close());

const newCard = (): Identifier => ({ kind: 'CARD', value: `7000 ${++numbers}` });
const by = (identifier: Identifier): MemberRef => ({ by: 'identifier', identifier });
const enrol = async (...identifiers: Identifier[]) =>
  enrolMember(shop.app, fuel.principal, enrolMemberSchema.parse({ idempotencyKey: newUuid(), customerId: newUuid(), identifiers }));
const changesOf = async (memberId: string) =>
  (await listMemberChanges(shop.app, { kind: 'member', memberId, brandId: null }, { limit: 10, before: null })).map(
    ({ operation, by }) => `${operation} by ${by}`,
  );
const trail = async (memberId: string) =>
  (await shop.database.owner.query("SELECT actor, operation, details FROM audit_entry WHERE member_id = $1 AND operation = 'findMember'", [memberId])).rows;

describe('find a member', () => {
  test("the operator's support finds a member by a card, and leaves a trace", async () => {
    const [card, other] = [newCard(), newCard()];
    const { memberId } = await enrol(card);
    const bystander = await enrol(other);
    expect(await findMember(shop.app, olga, by(card))).toMatchObject({ memberId });
    await expect(findMember(shop.app, olga, by({ ...card, value: `${card.value}0` }))).rejects.toMatchObject({ name: 'NotFound' });
    expect(await trail(memberId)).toEqual([{ actor: `staff:${olga.staffId}`, operation: 'findMember', details: { kind: 'CARD' } }]);
    expect(await changesOf(memberId)).toContain('findMember by OPERATOR');
    expect(await changesOf(bystander.memberId)).not.toContain('findMember by OPERATOR');
    await expect(listMemberChanges(shop.app, { kind: 'member', memberId, brandId: fuel.brandId }, { limit: 10, before: null })).rejects.toMatchObject({
      name: 'PermissionDenied',
    });
    // Locking by the card is a look too.
    await lockWallet(shop.app, olga, { member: by(card), reason: null });
    expect(await changesOf(memberId)).toEqual(expect.arrayContaining(['lockWallet by OPERATOR', 'findMember by OPERATOR']));
  });

  test("the operator's support links and enrols for the operator's own brand", async () => {
    const { memberId } = await enrol(newCard());
    const link = (id: string) => linkMember(shop.app, olga, { member: { by: 'id', memberId: id }, customerId: newUuid() });
    await expect(link(memberId)).rejects.toMatchObject({ name: 'NotFound' });
    const own = await enrolMember(shop.app, olga, enrolMemberSchema.parse({ idempotencyKey: newUuid(), identifiers: [newCard()] }));
    expect(await link(own.memberId)).toMatchObject({ memberId: own.memberId });
    // Shown there by its card, as at any brand.
    const shown = newCard();
    const other = await enrol(shown);
    await linkMember(shop.app, olga, { member: by(shown), customerId: newUuid() });
    const { rows } = await shop.database.owner.query('SELECT brand_id FROM brand_link WHERE member_id = $1 ORDER BY linked_at, id', [other.memberId]);
    expect(new Set(rows.map((row) => row.brand_id))).toEqual(new Set([fuel.brandId, shop.operatorId]));
  });

  test("other roles and a brand's staff find nobody so", async () => {
    const card = newCard();
    const { memberId } = await enrol(card);
    const taxi = await shop.brand('TAXI');
    const [finance, ann] = [await staffPerson(shop, shop.operatorId, 'FINANCE'), await staffPerson(shop, taxi.brandId)];
    await expect(findMember(shop.app, finance, by(card))).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(findMember(shop.app, ann, by(card))).rejects.toMatchObject({ name: 'NotFound' });
    expect(await trail(memberId)).toEqual([]);
  });

  test('support proposes a merge by two cards of one person', async () => {
    const [first, second] = [newCard(), newCard()];
    const [survivor, duplicate] = [await enrol(first), await enrol(second)];
    const command = { idempotencyKey: newUuid(), survivor: by(first), duplicate: by(second), reason: 'one person, two cards' };
    const proposal = await proposeMerge(shop.app, olga, command);
    expect(proposal).toMatchObject({ status: 'PROPOSED', survivorId: survivor.memberId, memberId: duplicate.memberId });
    expect(await proposeMerge(shop.app, olga, command)).toMatchObject({ id: proposal.id });
    await expect(proposeMerge(shop.app, olga, { ...command, duplicate: by(first) })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    await expect(proposeMerge(shop.app, olga, { ...command, idempotencyKey: newUuid(), duplicate: by(first) })).rejects.toMatchObject({
      field: 'input.survivor',
    });
  });

  test('two members with one number are both named', async () => {
    const phone: Identifier = { kind: 'PHONE', value: '0043 664 7654321' };
    const old = await enrol(phone);
    await shop.database.owner.query('UPDATE member_identifier SET hash = $2 WHERE member_id = $1', [old.memberId, spelledHash(shop.app.keys, phone)]);
    await enrol({ ...phone, value: '+43 664 7654321' });
    await expect(findMember(shop.app, olga, by(phone))).rejects.toMatchObject({
      message: expect.stringMatching(/in two spellings: mem_\w{32} and mem_\w{32}\. Propose a merge\./),
    });
  });
});
