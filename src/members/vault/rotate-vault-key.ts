import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { KeyWrapping } from '../../coalition/access/key-wrapping';
import type { Uuid } from '../../platform/ids';

/** Members whose keys one transaction wraps anew: some milliseconds, so nobody waits long for a row. */
const BATCH = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Wraps by the first vault key what another one wraps, in batches that each commit, while the platform goes on. Killed,
 * it goes on where it was: what is wrapped already is passed over. Members' data are not touched. Answers how many keys
 * it wrapped. Throws as KeyWrapping.unwrap does.
 */
export async function rotateVaultKey({ database, keyWrapping }: App): Promise<number> {
  let wrapped = 0;
  let sinceBegin = 0;
  let after: Uuid = BEFORE_ALL;
  for (;;) {
    const batch = await database.transaction({ kind: 'rotation' }, ({ client }) => wrapBatch(keyWrapping, client, after));
    wrapped += batch.length;
    sinceBegin += batch.length;
    const last = batch.at(-1);
    if (last) after = last.memberId;
    // A process whose ring begins with another key may have added members behind us.
    else if (sinceBegin === 0) return wrapped;
    else [after, sinceBegin] = [BEFORE_ALL, 0];
  }
}

interface KeyRow {
  readonly member_id: Uuid;
  readonly version: number;
  readonly vault_key_id: string;
  readonly wrapped_key: Buffer;
}

async function wrapBatch(wrapping: KeyWrapping, client: PoolClient, after: Uuid): Promise<readonly { readonly memberId: Uuid }[]> {
  const { rows } = await client.query<KeyRow>(
    `SELECT member_id, version, vault_key_id, wrapped_key FROM subject_key
     WHERE member_id > $1 AND vault_key_id <> $2 ORDER BY member_id LIMIT ${BATCH} FOR UPDATE`,
    [after, wrapping.current],
  );
  if (rows.length === 0) return [];
  const keys = await wrapping.unwrap(
    rows.map((row) => ({ memberId: row.member_id, version: row.version, vaultKeyId: row.vault_key_id, wrapped: row.wrapped_key })),
  );
  const anew = await wrapping.wrap(keys);
  await client.query(
    `UPDATE subject_key k SET vault_key_id = new.vault_key_id, wrapped_key = new.wrapped_key
     FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::bytea[]) AS new (member_id, version, vault_key_id, wrapped_key)
     WHERE k.member_id = new.member_id AND k.version = new.version`,
    [anew.map(({ memberId }) => memberId), anew.map(({ version }) => version), anew.map(({ vaultKeyId }) => vaultKeyId), anew.map(({ wrapped }) => wrapped)],
  );
  return anew;
}
