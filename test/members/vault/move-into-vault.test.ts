import { randomBytes } from 'node:crypto';
import { createOwnerDataSource } from '../../../src/platform/database/data-source';
import { migrate } from '../../../src/platform/database/migrate';
import { newUuid } from '../../../src/platform/ids';
import type { VaultKey } from '../../../src/platform/vault-key';
import { createMigratedDatabase } from '../../support/migrated-database';
import { openTestDatabase, type TestDatabase } from '../../support/test-database';
import { dataOf, insertMembers } from '../../support/vault-members';

/** The migration that makes the vault. More members than two of its batches. */
const VAULT = 66;
const MEMBERS = 2_300;
const MARK = randomBytes(32);
const RING: readonly VaultKey[] = [
  { id: 'first', key: randomBytes(32) },
  { id: 'spare', key: randomBytes(32) },
];

let database: TestDatabase;
let told: unknown[];

beforeAll(async () => {
  database = openTestDatabase(await createMigratedDatabase(process.env.TEST_SERVER_URL as string, VAULT - 1));
  const brandId = newUuid();
  await database.owner.query("INSERT INTO brand (id, code, name, created_at) VALUES ($1, 'FUEL', 'Fuel', now())", [brandId]);
  const ids = await insertMembers(database, brandId, MEMBERS);
  const data = ids.map((id, n) => ({ id, ...dataOf(n) }));
  await database.owner.query(
    `INSERT INTO member_personal_data (member_id, given_name, family_name, email, phone, birth_date, language, updated_at)
     SELECT id, "givenName", "familyName", email, phone, "birthDate", language, '2026-01-01'
     FROM json_to_recordset($1) AS r (id uuid, "givenName" text, "familyName" text, email text, phone text, "birthDate" date, language text)`,
    [JSON.stringify(data)],
  );
  told = await oldRows();
});
afterAll(() => database?.drop());

async function oldRows(): Promise<unknown[]> {
  return (await database.owner.query('SELECT *, birth_date::text AS day FROM member_personal_data ORDER BY member_id')).rows;
}
async function undo(vaultKeys: readonly VaultKey[]): Promise<void> {
  const source = await createOwnerDataSource(database.urls.owner, vaultKeys).initialize();
  try {
    while (await isThere('vault_key')) await source.undoLastMigration();
  } finally {
    await source.destroy();
  }
}
const isThere = async (table: string) =>
  (await database.owner.query<{ is: boolean }>('SELECT to_regclass($1) IS NOT NULL AS is', [table])).rows[0]?.is === true;
const count = async (table: string) => (await database.owner.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`)).rows[0]?.count;

it('personal data move into the vault and out again as they were, with the key and not without it', async () => {
  await expect(migrate(database.urls.owner, MARK, [])).rejects.toThrow(/set TESSERA_VAULT_KEY/);
  expect(await oldRows()).toEqual(told);

  await migrate(database.urls.owner, MARK, RING);
  await expect(oldRows()).rejects.toMatchObject({ code: '42P01' });
  expect(await count('subject_key')).toBe(MEMBERS);
  const { rows } = await database.owner.query<{ id: string; keys: number }>(
    'SELECT v.id, count(k.member_id)::int AS keys FROM vault_key v LEFT JOIN subject_key k ON k.vault_key_id = v.id GROUP BY 1 ORDER BY 1',
  );
  expect(rows).toEqual([
    { id: 'first', keys: MEMBERS },
    { id: 'spare', keys: 0 },
  ]);

  await expect(undo([])).rejects.toThrow(/set TESSERA_VAULT_KEY/);
  await expect(undo(RING.slice(1))).rejects.toThrow(/lacks the key "first"/);
  expect(await count('subject_key')).toBe(MEMBERS);
  await undo(RING);
  expect(await oldRows()).toEqual(told);
}, 120_000);
