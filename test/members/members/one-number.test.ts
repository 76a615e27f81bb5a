import { type MemberRef, spelledHash } from '../../../src/members/identification/member-ref';
import { addIdentifier } from '../../../src/members/identifiers/add-identifier';
import { removeIdentifier } from '../../../src/members/identifiers/remove-identifier';
import { type EnrolledMember, enrolMember, enrolMembers } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { findMember } from '../../../src/members/members/find-member';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { createShopCoalition, purchaseOf, type ShopCoalition, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let numbers = 0;

beforeAll(async () => {
  shop = await createShopCoalition();
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
  await setCountry(fuel, 'AT');
});
afterAll(() => shop.close());

const setCountry = ({ brandId }: Till, country: string | null) => shop.database.owner.query('UPDATE brand SET country = $2 WHERE id = $1', [brandId, country]);
const newNumber = () => `664 ${1_000_000 + ++numbers}`;
const phone = (value: string) => ({ kind: 'PHONE', value }) as const;
const by = (value: string): MemberRef => ({ by: 'identifier', identifier: phone(value) });
const enrolment = (value: string) => enrolMemberSchema.parse({ idempotencyKey: newUuid(), customerId: newUuid(), identifiers: [phone(value)] });
const enrol = (value: string, till = fuel) => enrolMember(shop.app, till.principal, enrolment(value));
/** Keeps a number as it was kept before numbers were brought into one form. */
const keepAsSpelled = (memberId: Uuid, value: string) =>
  shop.database.owner.query('UPDATE member_identifier SET hash = $2 WHERE member_id = $1', [memberId, spelledHash(shop.app.keys, phone(value))]);
const buy = (value: string, till = fuel) => recordPurchase(shop.app, till.principal, purchaseOf(by(value), '10'));
const buyer = async (value: string, till = fuel) => {
  const { purchaseId } = await buy(value, till);
  return (await shop.database.owner.query('SELECT member_id FROM purchase WHERE id = $1', [purchaseId])).rows[0].member_id;
};
const spellings = (number: string) => [`+43 ${number}`, `0043${number}`, `+43 (0) ${number}`, `0${number}`];

describe('a phone number', () => {
  test("a phone number is one member's, however it is spelled", async () => {
    const number = newNumber();
    const { memberId } = await enrol(`0043 ${number}`);
    for (const spelling of spellings(number)) {
      await expect(enrol(spelling)).rejects.toMatchObject({ code: 'IDENTIFIER_TAKEN' });
      expect(await buyer(spelling)).toBe(memberId);
      expect(await findMember(shop.app, fuel.principal, by(spelling))).toMatchObject({ memberId });
    }
    const other = await enrol(newNumber().replace(/^/, '+43'));
    await expect(
      addIdentifier(shop.app, fuel.principal, { member: { by: 'id', memberId: other.memberId }, identifier: phone(`0${number}`) }),
    ).rejects.toMatchObject({ code: 'IDENTIFIER_TAKEN' });
    await removeIdentifier(shop.app, fuel.principal, { member: { by: 'id', memberId }, identifier: phone(`+43 (0) ${number}`) });
    await expect(buy(`+43${number}`)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
  });

  test('without a country code it is dialled in the country of the brand', async () => {
    const number = newNumber();
    const austrian = await enrol(`+43 ${number}`);
    const german = await enrol(`+49 ${number}`);
    await expect(buy(`0${number}`, taxi)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    await setCountry(taxi, 'AT');
    expect(await buyer(`0${number}`, taxi)).toBe(austrian.memberId);
    await setCountry(taxi, 'DE');
    expect(await buyer(`0${number}`, taxi)).toBe(german.memberId);
    await setCountry(taxi, null);
  });

  test('what was kept as it was spelled is found by every spelling', async () => {
    const number = newNumber();
    const { memberId } = await enrol(`0${number}`);
    await keepAsSpelled(memberId, `0${number}`);
    await expect(buy(`+43${number}`, taxi)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    await expect(enrol(`0${number}`)).rejects.toMatchObject({ code: 'IDENTIFIER_TAKEN' });
    expect(await buyer(`0${number}`)).toBe(memberId);
    for (const spelling of spellings(number)) expect(await buyer(spelling)).toBe(memberId);
    expect(await buyer(`+43${number}`, taxi)).toBe(memberId);
  });

  test('what was kept without its country code gets that of whoever added it', async () => {
    const number = newNumber();
    const { memberId } = await enrol(`0${number}`);
    await keepAsSpelled(memberId, `0${number}`);
    const kept = async () => (await shop.database.owner.query('SELECT FROM member_identifier WHERE member_id = $1', [memberId])).rowCount;
    await setCountry(taxi, 'DE');
    expect(await buyer(`0${number}`, taxi)).toBe(memberId);
    expect(await kept()).toBe(1);
    await setCountry(taxi, null);
    expect(await buyer(`0${number}`)).toBe(memberId);
    expect(await kept()).toBe(2);
  });

  test('of two members with one number the one whom the brand knows is found', async () => {
    const number = newNumber();
    const old = await enrol(`0${number}`);
    await keepAsSpelled(old.memberId, `0${number}`);
    const other = await enrol(`+43 ${number}`, taxi);
    await setCountry(taxi, 'AT');
    const cafe = await shop.brand('CAFE');
    await setCountry(cafe, 'AT');
    expect(await buyer(`0${number}`)).toBe(old.memberId);
    expect(await buyer(`0${number}`, taxi)).toBe(other.memberId);
    const before = await shop.written();
    await expect(buy(`0${number}`, cafe)).rejects.toMatchObject({ code: 'IDENTIFIER_AMBIGUOUS', retrySafe: true });
    expect(await shop.written()).toEqual(before);
    await shop.database.owner.query("UPDATE member SET status = 'CLOSED', closed_at = now(), merged_into = $2 WHERE id = $1", [old.memberId, other.memberId]);
    expect(await buyer(`0${number}`, cafe)).toBe(other.memberId);
  });

  test("it is kept with a country, so that it is nobody else's who dials so", async () => {
    const [number, online, deli] = [newNumber(), await shop.brand('ONLINE'), await shop.brand('DELI')];
    await setCountry(deli, 'DE');
    const ana = await enrol(`+43 ${number}`);
    await expect(enrol(`0${number}`, online)).rejects.toMatchObject({ name: 'InvalidInput', field: 'input.identifiers.0.value' });
    expect(await buyer(`0${number}`)).toBe(ana.memberId);

    const other = newNumber();
    const spelled = [`0${other}`, `+43 ${other}`, 'call me'].map(enrolment);
    const [, enrolled] = await expectStatuses(enrolMembers(shop.app, online.principal, spelled), ['rejected', 'fulfilled', 'rejected']);
    const german = await enrol(`0${other}`, deli);
    expect(await buyer(`0${other}`, deli)).toBe(german.memberId);

    const member = { by: 'id', memberId: (enrolled as PromiseFulfilledResult<EnrolledMember>).value.memberId } as const;
    const add = (value: string) => addIdentifier(shop.app, online.principal, { member, identifier: phone(value) });
    await expect(add(`0${newNumber()}`)).rejects.toMatchObject({ name: 'InvalidInput', field: 'input.identifier.value' });
    await add(`+43 ${newNumber()}`);
  });

  async function expectStatuses<T>(work: Promise<PromiseSettledResult<T>[]>, statuses: readonly string[]): Promise<PromiseSettledResult<T>[]> {
    const results = await work;
    expect(results.map(({ status }) => status)).toEqual(statuses);
    return results;
  }
});
