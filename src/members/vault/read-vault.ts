import type { PoolClient } from 'pg';
import type { KeyWrapping, WrappedKey } from '../../coalition/access/key-wrapping';
import type { Uuid } from '../../platform/ids';
import { itemAt, only } from '../../platform/one-of';
import type { VaultCategory } from './categories';
import { dataOf, type PersonalData } from './personal-data';
import { openEntry } from './sealed-entry';

/** An entry beside the key that it is sealed with. */
export interface VaultRow {
  readonly member_id: Uuid;
  readonly category: VaultCategory;
  readonly key_version: number;
  readonly sealed: Buffer;
  readonly vault_key_id: string;
  readonly wrapped_key: Buffer;
}

/** All of a member's personal data; null when there are none that whoever asks may see, or their key was destroyed. */
export async function readVault(wrapping: KeyWrapping, client: PoolClient, memberId: Uuid): Promise<PersonalData | null> {
  const { rows } = await client.query<VaultRow>(
    `SELECT v.member_id, v.category, v.key_version, v.sealed, k.vault_key_id, k.wrapped_key
     FROM vault_entry v JOIN subject_key k ON k.member_id = v.member_id AND k.version = v.key_version WHERE v.member_id = $1`,
    [memberId],
  );
  return rows.length === 0 ? null : openRows(wrapping, rows);
}

/** What one member's rows say. Throws as KeyWrapping.unwrap does, and VaultEntryDamaged. */
export async function openRows(wrapping: KeyWrapping, rows: readonly VaultRow[]): Promise<PersonalData> {
  const key = only(await wrapping.unwrap([wrappedKeyOf(itemAt(rows, 0))]));
  return dataOf(rows.map(({ category, sealed }) => openEntry(key, category, sealed)));
}

function wrappedKeyOf(row: VaultRow): WrappedKey {
  return { memberId: row.member_id, version: row.key_version, vaultKeyId: row.vault_key_id, wrapped: row.wrapped_key };
}
