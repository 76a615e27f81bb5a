import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import type { Uuid } from '../../platform/ids';
import { type Identifier, identifierHashes, type NameHashes, requireKeepable } from './member-ref';

/** Throws InvalidInput in `field` for an identifier that is kept no more as whoever asks spells it. */
export async function requireKeepableFor(app: App, client: PoolClient, principal: Principal, identifier: Identifier, field: string): Promise<void> {
  requireKeepable(identifier, await countryOf(app, client, principal, identifier), field);
}

/**
 * The hashes that an identifier is found by, where whoever asks dials. Throws InvalidInput in `field` when it has no
 * content.
 */
export async function hashesFor(app: App, client: PoolClient, principal: Principal, identifier: Identifier, field?: string): Promise<NameHashes> {
  return identifierHashes(app.keys, identifier, await countryOf(app, client, principal, identifier), field);
}

/** Where phone numbers of whoever asks are dialled; null: nowhere in particular, or it is no phone number. */
async function countryOf(app: App, client: PoolClient, { brandId }: Principal, { kind }: Identifier): Promise<string | null> {
  const snapshot = kind === 'PHONE' && brandId !== null ? await app.coalition.snapshot(client) : null;
  return snapshot?.brandsById.get(brandId ?? '')?.country ?? null;
}

/** Members whose the identifier is now, whoever asks: none, one, or two where a number was kept in two spellings. */
export async function presentHolders(client: PoolClient, kind: Identifier['kind'], { hash, spelled }: NameHashes): Promise<Uuid[]> {
  const { rows } = await client.query<{ holder: Uuid }>({
    name: 'present-holders',
    text: `SELECT DISTINCT f.holder FROM unnest($2::bytea[]) AS asked (hash) CROSS JOIN LATERAL identifier_holder($1, hash, NULL) AS f WHERE f.in_force`,
    values: [kind, spelled === null ? [hash] : [hash, spelled]],
  });
  return rows.map((row) => row.holder);
}
