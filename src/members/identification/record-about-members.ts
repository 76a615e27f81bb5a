import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { newUuid, type Uuid } from '../../platform/ids';

/**
 * Writes an entry of the change log for each of several members, in the transaction that changes them: see
 * recordChange. The brand and the member read them.
 */
export async function recordAboutMembers(
  app: App,
  client: PoolClient,
  { actor, brandId, operation, memberIds }: { readonly actor: string; readonly brandId: Uuid; readonly operation: string; readonly memberIds: readonly Uuid[] },
): Promise<void> {
  const targets = memberIds.map((id) => `mem_${app.keys.toPairwise('member', brandId, id).replaceAll('-', '')}`);
  await client.query({
    name: 'record-about-members',
    text: `INSERT INTO audit_entry (id, at, actor, brand_id, operation, member_id, target_id)
           SELECT id, $1, $2, $3, $4, member_id, target FROM unnest($5::uuid[], $6::uuid[], $7::text[]) AS new (id, member_id, target)`,
    values: [app.clock.now(), actor, brandId, operation, memberIds.map(() => newUuid()), memberIds, targets],
  });
}
