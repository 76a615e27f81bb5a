import { wrapByRing } from '../../src/coalition/access/key-ring';
import type { PersonalData } from '../../src/members/vault/personal-data';
import { sealMembers } from '../../src/members/vault/seal-members';
import { newUuid, type Uuid } from '../../src/platform/ids';
import type { VaultKey } from '../../src/platform/vault-key';
import type { TestDatabase } from './test-database';

export const AT = new Date('2026-01-01T00:00:00Z');
export const dataOf = (n: number): PersonalData => ({
  givenName: `Given ${n}`,
  familyName: n % 2 === 0 ? null : `Family ${n}`,
  email: `member-${n}@example.org`,
  phone: n % 3 === 0 ? null : `+43 ${n}`,
  birthDate: n % 5 === 0 ? null : '1990-02-28',
  language: 'de-AT',
});

/** Members of a brand; their ids in order. */
export async function insertMembers({ owner }: TestDatabase, brandId: Uuid, count: number): Promise<Uuid[]> {
  const ids = Array.from({ length: count }, newUuid).sort();
  await owner.query('INSERT INTO member (id, enrolled_by_brand_id, enrolled_at) SELECT id, $1, $2 FROM unnest($3::uuid[]) AS new (id)', [brandId, AT, ids]);
  await owner.query('INSERT INTO wallet (id, member_id, opened_at) SELECT gen_random_uuid(), id, $1 FROM unnest($2::uuid[]) AS new (id)', [AT, ids]);
  return ids;
}

/** Members whose data are sealed under the ring's first key; their ids in order, of which the nth has dataOf(n). */
export async function insertIntoVault(database: TestDatabase, ring: readonly VaultKey[], brandId: Uuid, count: number): Promise<Uuid[]> {
  const ids = await insertMembers(database, brandId, count);
  const sealed = await sealMembers(
    wrapByRing(ring),
    ids.map((memberId, n) => ({ memberId, personalData: dataOf(n), at: AT })),
  );
  if (sealed) await database.owner.query(sealed.text, sealed.values);
  return ids;
}
