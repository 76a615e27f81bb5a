import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { newUuid, type Uuid } from '../../platform/ids';
import { type Identifier, identifierHashes } from '../identification/member-ref';
import { identifierRefusals } from '../identification/member-refusals';

/** A member who is being enrolled, and what the brand says it shows. */
export interface EnrolledIdentifiers {
  readonly memberId: Uuid;
  readonly identifiers: readonly Identifier[];
}

/**
 * Stores the identifiers of members who are being enrolled. That nobody else has one is a constraint; that nobody has
 * it in an old spelling is asked, since none but the one form is added any more. Throws IDENTIFIER_TAKEN.
 */
export async function insertIdentifiers(app: App, client: PoolClient, brandId: Uuid, members: readonly EnrolledIdentifiers[], now: Date): Promise<void> {
  const anyPhone = members.some(({ identifiers }) => identifiers.some(({ kind }) => kind === 'PHONE'));
  const country = anyPhone ? ((await app.coalition.snapshot(client)).brandsById.get(brandId)?.country ?? null) : null;
  const rows = new Map<string, { memberId: Uuid; kind: Identifier['kind']; hash: Buffer }>();
  const spelled: { readonly kind: Identifier['kind']; readonly hash: Buffer }[] = [];
  for (const { memberId, identifiers } of members)
    for (const identifier of identifiers) {
      const hashes = identifierHashes(app.keys, identifier, country);
      rows.set(`${memberId} ${identifier.kind} ${hashes.hash.toString('hex')}`, { memberId, kind: identifier.kind, hash: hashes.hash });
      if (hashes.spelled) spelled.push({ kind: identifier.kind, hash: hashes.spelled });
    }
  if (rows.size === 0) return;
  if (spelled.length > 0) await requireFree(client, spelled);
  const added = [...rows.values()];
  await client.query(
    `INSERT INTO member_identifier (id, member_id, kind, hash, added_by_brand_id, added_at)
     SELECT id, member_id, kind, hash, $1, $2 FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::bytea[]) AS new (id, member_id, kind, hash)`,
    [brandId, now, added.map(() => newUuid()), added.map((row) => row.memberId), added.map((row) => row.kind), added.map((row) => row.hash)],
  );
}

async function requireFree(client: PoolClient, spelled: readonly { readonly kind: Identifier['kind']; readonly hash: Buffer }[]): Promise<void> {
  const { rows } = await client.query<Pick<Identifier, 'kind'>>({
    name: 'spelled-identifiers',
    text: 'SELECT kind FROM unnest($1::text[], $2::bytea[]) AS asked (kind, hash) CROSS JOIN LATERAL identifier_holder(kind, hash, NULL) AS f WHERE f.in_force LIMIT 1',
    values: [spelled.map(({ kind }) => kind), spelled.map(({ hash }) => hash)],
  });
  const [taken] = rows;
  if (taken) throw identifierRefusals.refuse('IDENTIFIER_TAKEN', { kind: taken.kind });
}
