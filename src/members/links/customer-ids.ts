import type { PoolClient } from 'pg';
import type { Uuid } from '../../platform/ids';
import { customerIdRefusals } from '../identification/member-refusals';

/**
 * That no customer id is kept as one of these is spelled, from before blanks around them did not count; null: it has no
 * other spelling. Throws CUSTOMER_ID_TAKEN.
 */
export async function requireSpelledFree(client: PoolClient, brandId: Uuid, spelled: readonly (Buffer | null)[]): Promise<void> {
  const asked = spelled.filter((hash) => hash !== null);
  if (asked.length === 0) return;
  const { rowCount } = await client.query({
    name: 'spelled-customers',
    text: 'SELECT FROM brand_link WHERE brand_id = $1 AND customer_hash = ANY ($2::bytea[]) AND unlinked_at IS NULL LIMIT 1',
    values: [brandId, asked],
  });
  if (rowCount) throw customerIdRefusals.refuse('CUSTOMER_ID_TAKEN');
}
