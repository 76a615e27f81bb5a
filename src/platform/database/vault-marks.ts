import { hkdfSync } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { VaultKey } from '../vault-key';
import { DatabaseNotReady } from './connection-problem';
import { violatedConstraint } from './constraint-refusal';

/** Tells a vault key from another one of the same id, and gives nothing of it away. */
export function vaultKeyMark({ key }: VaultKey): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'tessera/vault-key-mark', 32));
}

/**
 * For whoever migrates, as the owner: marks the keys of the ring that are new, and forgets those that are out of it.
 * Throws DatabaseNotReady where one has another key's id, or one that is out of it is needed still.
 */
export async function keepVaultMarks(owner: DataSource, ring: readonly VaultKey[]): Promise<void> {
  const known = await knownMarks(owner);
  requireAlike(known, ring);
  for (const id of known.keys()) if (!isIn(ring, id)) await forget(owner, id);
  for (const key of ring) await owner.query('INSERT INTO vault_key (id, mark) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING', [key.id, vaultKeyMark(key)]);
}

/** For processes that do not migrate: throws DatabaseNotReady unless the ring has every key that the database knows. */
export async function requireVaultMarks(app: DataSource, ring: readonly VaultKey[]): Promise<void> {
  const known = await knownMarks(app);
  requireAlike(known, ring);
  for (const id of known.keys())
    if (!isIn(ring, id))
      throw new DatabaseNotReady(
        `TESSERA_VAULT_KEY lacks the key "${id}": keys of members may be wrapped by it. Put it back. Is it no longer needed? Then "npm run migrate" without it forgets it.`,
      );
  const [first] = ring;
  if (first && !known.has(first.id))
    throw new DatabaseNotReady(`TESSERA_VAULT_KEY begins with the key "${first.id}", which is new to this database. Run "npm run migrate" with it first.`);
}

async function knownMarks(source: DataSource): Promise<Map<string, Buffer>> {
  const rows = await source.query<{ id: string; mark: Buffer }[]>('SELECT id, mark FROM vault_key ORDER BY id');
  return new Map(rows.map(({ id, mark }) => [id, mark]));
}

function requireAlike(known: ReadonlyMap<string, Buffer>, ring: readonly VaultKey[]): void {
  for (const key of ring)
    if (known.get(key.id)?.equals(vaultKeyMark(key)) === false)
      throw new DatabaseNotReady(
        `TESSERA_VAULT_KEY has another key by the id "${key.id}" than this database knows. Set the right one; a new key needs an id of its own.`,
      );
}

function isIn(ring: readonly VaultKey[], id: string): boolean {
  return ring.some((key) => key.id === id);
}

/** The database itself refuses it where a member's key is wrapped by it, even one that is being written. */
async function forget(owner: DataSource, id: string): Promise<void> {
  try {
    await owner.query('DELETE FROM vault_key WHERE id = $1', [id]);
  } catch (error) {
    if (violatedConstraint(error) !== 'subject_key_vault_key') throw error;
    throw new DatabaseNotReady(
      `TESSERA_VAULT_KEY lacks the key "${id}", which keys of members are wrapped by: their data could not be read. Put it back behind the first one, run "npm run rotate-vault-key", then leave it out.`,
    );
  }
}
