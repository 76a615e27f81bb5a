import type { PoolClient } from 'pg';
import { uuidArray } from '../../platform/database/array-arguments';
import type { Uuid } from '../../platform/ids';
import { type ReferenceKind, referenceName } from '../postings/reference-turns';

/**
 * Ids of a brand's purchases, redemptions or returns by their references in a points currency; several where references
 * repeat.
 */
export async function findByReference(
  client: PoolClient,
  brandId: Uuid,
  kind: ReferenceKind,
  asked: readonly { readonly currency: string; readonly reference: string }[],
): Promise<(of: { readonly currency: string; readonly reference: string }) => readonly Uuid[]> {
  const nameOf = ({ currency, reference }: (typeof asked)[number]) => referenceName(brandId, kind, currency, reference);
  const { rows } = await client.query<{ name: Uuid; made: Uuid[] }>({
    name: 'made-by-reference',
    text: 'SELECT name, array_agg(made_id ORDER BY turn) AS made FROM claim WHERE name = ANY ($1::uuid[]) GROUP BY name',
    values: [uuidArray([...new Set(asked.map(nameOf))])],
  });
  const found = new Map(rows.map(({ name, made }) => [name, made]));
  return (of) => found.get(nameOf(of)) ?? [];
}
