import type { Principal } from '../../../src/coalition/access/principal';
import { enrolMembers } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { readPersonalData } from '../../../src/members/members/read-personal-data';
import type { PersonalData } from '../../../src/members/vault/personal-data';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { itemAt, only } from '../../../src/platform/one-of';
import { createShopCoalition, type ShopCoalition, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
beforeAll(async () => {
  shop = await createShopCoalition();
  fuel = await shop.brand('FUEL');
});
afterAll(() => shop?.close());

const WHOLE: PersonalData = {
  givenName: 'Ana',
  familyName: 'Müller',
  email: 'ana@example.org',
  phone: '+43 1',
  birthDate: '1990-02-28',
  language: 'de-AT',
};
const NOTHING: PersonalData = { givenName: null, familyName: null, email: null, phone: null, birthDate: null, language: null };

async function enrol(...told: (Partial<PersonalData> | null)[]): Promise<Uuid[]> {
  const commands = told.map((personalData) => enrolMemberSchema.parse({ idempotencyKey: newUuid(), personalData }));
  const settled = await enrolMembers(shop.app, fuel.principal, commands);
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value.memberId;
  });
}
const read = (memberId: Uuid) => {
  const self: Principal = { kind: 'member', memberId, brandId: null };
  return readPersonalData(shop.app, self, memberId);
};

describe('personal data', () => {
  it('of a bulk of members are kept as each told them, with a key for each who told something', async () => {
    const ids = await enrol(WHOLE, { givenName: 'Bob' }, null, {}, { language: 'en' });
    expect(await Promise.all(ids.map(read))).toEqual([WHOLE, { ...NOTHING, givenName: 'Bob' }, null, null, { ...NOTHING, language: 'en' }]);
    const { rows } = await shop.database.owner.query<{ member_id: Uuid; entries: number }>(
      'SELECT k.member_id, count(*)::int AS entries FROM subject_key k JOIN vault_entry v USING (member_id) WHERE k.member_id = ANY ($1) GROUP BY 1 ORDER BY array_position($1, k.member_id)',
      [ids],
    );
    expect(rows).toEqual([
      { member_id: ids[0], entries: 4 },
      { member_id: ids[1], entries: 1 },
      { member_id: ids[4], entries: 1 },
    ]);
  });

  it('are written in one statement, however many members there are', async () => {
    const { owner } = shop.database;
    await owner.query(`
      CREATE SEQUENCE vault_statements;
      CREATE FUNCTION count_statement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN PERFORM nextval('vault_statements'); RETURN NULL; END $$;
      CREATE TRIGGER counted AFTER INSERT ON vault_entry FOR EACH STATEMENT EXECUTE FUNCTION count_statement();
      CREATE TRIGGER counted AFTER INSERT ON subject_key FOR EACH STATEMENT EXECUTE FUNCTION count_statement()`);
    await enrol(...Array.from({ length: 30 }, () => WHOLE));
    const { rows } = await owner.query<{ last_value: string }>('SELECT last_value FROM vault_statements');
    expect(rows).toEqual([{ last_value: '2' }]);
    await owner.query('DROP FUNCTION count_statement CASCADE; DROP SEQUENCE vault_statements');
  });

  it('are nowhere in the clear, and the same text is another one for each', async () => {
    const ids = await enrol(WHOLE, WHOLE);
    const { rows } = await shop.database.owner.query<{ sealed: Buffer }>("SELECT sealed FROM vault_entry WHERE member_id = ANY ($1) AND category = 'NAME'", [
      ids,
    ]);
    expect(rows).toHaveLength(2);
    expect(itemAt(rows, 0).sealed).not.toEqual(itemAt(rows, 1).sealed);
    for (const { sealed } of rows) expect(sealed.toString('latin1')).not.toMatch(/Ana|givenName/);
  });

  it("are not believed in another member's place, nor in another category's", async () => {
    const ids = await enrol(WHOLE, { ...WHOLE, email: 'bob@example.org' });
    const [one, two] = [itemAt(ids, 0), itemAt(ids, 1)];
    const { owner } = shop.database;
    const swap = (table: string, column: string, more: string) =>
      owner.query(`UPDATE ${table} a SET ${column} = b.${column} FROM ${table} b WHERE a.member_id = $1 AND b.member_id = $2 ${more}`, [one, two]);
    await swap('vault_entry', 'sealed', "AND a.category = 'CONTACT' AND b.category = 'CONTACT'");
    await expect(read(one)).rejects.toMatchObject({ name: 'VaultEntryDamaged' });
    await owner.query(
      `UPDATE vault_entry a SET sealed = b.sealed FROM vault_entry b
       WHERE a.member_id = $1 AND b.member_id = $1 AND a.category = 'CONTACT' AND b.category = 'NAME'`,
      [two],
    );
    await expect(read(two)).rejects.toMatchObject({ name: 'VaultEntryDamaged' });
    await swap('subject_key', 'wrapped_key', '');
    await expect(read(one)).rejects.toMatchObject({ name: 'VaultKeyWrong', vaultKeyId: 'test' });
  });

  it('are of a key that is no more: as if nobody had told any', async () => {
    const memberId = only(await enrol(WHOLE));
    await shop.database.owner.query('UPDATE subject_key SET version = 2 WHERE member_id = $1', [memberId]);
    expect(await read(memberId)).toBeNull();
  });

  it('have days that are days', () => {
    expect(enrolMemberSchema.safeParse({ idempotencyKey: 'x', personalData: { birthDate: '1990-02-30' } }).success).toBe(false);
    expect(enrolMemberSchema.safeParse({ idempotencyKey: 'x', personalData: { birthDate: '1992-02-29' } }).success).toBe(true);
  });
});
