import type { PoolClient } from 'pg';
import type { Principal } from '../access/principal';
import type { App } from '../app';
import type { Uuid } from '../ids';
import { type Identifier, identifierHashes, type NameHashes } from './member-ref';

/** The hashes that an identifier is found by, where whoever asks dials. Throws InvalidInput in `field` when it has no content. */
export async function hashesFor(app: App, client: PoolClient, principal: Principal, identifier: Identifier, field?: string): Promise<NameHashes> {
  const { brandId } = principal;
  const snapshot = identifier.kind === 'PHONE' && brandId !== null ? await app.coalition.snapshot(client) : null;
  return identifierHashes(app.keys, identifier, snapshot?.brandsById.get(brandId ?? '')?.country ?? null, field);
}

/** Members whose the identifier is now, whoever asks: none, one, or two where a number was kept in two spellings. */
export async function presentHolders(client: PoolClient, kind: Identifier['kind'], { hash, spelled }: NameHashes): Promise<Uuid[]> {
  const { rows } = await client.query({
    name: 'present-holders',
    text: `SELECT DISTINCT f.holder FROM unnest($2::bytea[]) AS asked (hash) CROSS JOIN LATERAL identifier_holder($1, hash, NULL) AS f WHERE f.in_force`,
    values: [kind, spelled === null ? [hash] : [hash, spelled]],
  });
  return rows.map((row) => row.holder);
}
