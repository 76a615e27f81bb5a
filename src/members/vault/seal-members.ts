import { randomBytes } from 'node:crypto';
import type { KeyWrapping } from '../../coalition/access/key-wrapping';
import type { Uuid } from '../../platform/ids';
import { contentsOf, type PersonalData } from './personal-data';
import { sealEntry } from './sealed-entry';

/** What a member told, and when. */
export interface ToldByMember {
  readonly memberId: Uuid;
  readonly personalData: PersonalData;
  readonly at: Date;
}

const FIRST_VERSION = 1;
const KEY_BYTES = 32;

/**
 * The statement that puts into the vault what members told who are not in it yet: keys and entries of all of them in
 * one trip. Null where nobody told anything. Keys are made here, so none costs a trip of its own.
 */
export async function sealMembers(wrapping: KeyWrapping, told: readonly ToldByMember[]): Promise<{ readonly text: string; readonly values: unknown[] } | null> {
  const members = told
    .map(({ memberId, personalData, at }) => ({
      at,
      contents: contentsOf(personalData),
      key: { memberId, version: FIRST_VERSION, key: randomBytes(KEY_BYTES) },
    }))
    .filter(({ contents }) => contents.length > 0);
  if (members.length === 0) return null;
  const wrapped = await wrapping.wrap(members.map(({ key }) => key));
  const entries = members.flatMap(({ at, contents, key }) =>
    contents.map((content) => ({ at, memberId: key.memberId, category: content.category, sealed: sealEntry(key, content) })),
  );
  return {
    text: INSERT,
    values: [
      FIRST_VERSION,
      wrapped.map(({ memberId }) => memberId),
      wrapped.map(({ vaultKeyId }) => vaultKeyId),
      wrapped.map(({ wrapped: bytes }) => bytes),
      members.map(({ at }) => at),
      entries.map(({ memberId }) => memberId),
      entries.map(({ category }) => category),
      entries.map(({ sealed }) => sealed),
      entries.map(({ at }) => at),
    ],
  };
}

const INSERT = `
WITH keys AS (
  INSERT INTO subject_key (member_id, version, vault_key_id, wrapped_key, made_at)
  SELECT member_id, $1::smallint, vault_key_id, wrapped_key, made_at
  FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::timestamptz[]) AS new (member_id, vault_key_id, wrapped_key, made_at)
)
INSERT INTO vault_entry (member_id, category, key_version, sealed, updated_at)
SELECT member_id, category, $1::smallint, sealed, updated_at
FROM unnest($6::uuid[], $7::text[], $8::bytea[], $9::timestamptz[]) AS new (member_id, category, sealed, updated_at)`;
