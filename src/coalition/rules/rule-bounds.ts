import type { PoolClient } from 'pg';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { count } from '../../platform/refusal-fields';

/** Versions are bounded. */
export const versionRefusals = refusals(
  defineRefusal('TOO_MANY_VERSIONS', {
    description: 'As many versions are kept already as can be; versions are never removed.',
    retrySafe: false,
    fields: { maximum: count('Most that are kept.') },
  }),
);

/** All versions of a rule are kept in every gateway's memory, since what is told late is judged by the one that was in force. */
export const MOST_RULE_VERSIONS = 1_000;

/** Throws TOO_MANY_VERSIONS when there are as many versions of a brand's (null: the coalition's) rule for a currency as are kept. Call it under the rule's lock. */
export async function requireRoomForVersion(client: PoolClient, table: string, brandId: Uuid | null, currencyId: number): Promise<void> {
  const own = brandId === null ? '' : 'AND brand_id = $2';
  const { rows } = await client.query(`SELECT coalesce(max(version), 0) AS versions FROM ${table} WHERE currency_id = $1 ${own}`, [
    currencyId,
    ...(brandId === null ? [] : [brandId]),
  ]);
  if (rows[0].versions >= MOST_RULE_VERSIONS)
    throw versionRefusals.refuse('TOO_MANY_VERSIONS', {
      message: `At most ${MOST_RULE_VERSIONS} versions of a rule are kept for a currency, and versions are never removed. Announce changes together.`,
      maximum: MOST_RULE_VERSIONS,
    });
}
