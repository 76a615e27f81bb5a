import type { PoolClient } from 'pg';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import type { RuleKind } from './define-rule';
import { versionRefusals } from './rule-refusals';
import type { RuleVersion } from './rule-version';

/** Every gateway keeps all versions of a rule in memory: what is told late is judged by the one that was in force. */
const MOST_RULE_VERSIONS = 1_000;

/**
 * Throws TOO_MANY_VERSIONS when as many versions of a brand's (null: the coalition's) rule for a currency are kept as
 * can be. Of those that stand side by side only so many may run at once, too. Call it under the rule's lock.
 */
export async function requireRoom(
  client: PoolClient,
  { table, ownerColumn, sideBySide }: Pick<RuleKind<RuleVersion>, 'table' | 'ownerColumn' | 'sideBySide'>,
  ownerBrandId: Uuid | null,
  currencyId: number,
  now: Date,
): Promise<void> {
  const rules = `${table} WHERE ${ownerColumn ? `${ownerColumn} = $1` : '$1::uuid IS NULL'} AND currency_id = $2`;
  if (!sideBySide) return requireRoomForVersion(client, rules, [ownerBrandId, currencyId]);
  const { things, most } = sideBySide;
  const { rows } = await client.query<{ ever: number; running: number }>(
    `SELECT count(*)::int AS ever, (count(*) FILTER (WHERE ends_at IS NULL OR ends_at > $3))::int AS running
     FROM ${rules}`,
    [ownerBrandId, currencyId, now],
  );
  const { ever, running } = only(rows);
  if (running >= most) throw tooMany(most, `At most ${most} ${things} of one setter run at once for a currency. End one first.`);
  if (ever >= MOST_RULE_VERSIONS) throw tooMany(MOST_RULE_VERSIONS, `At most ${MOST_RULE_VERSIONS} ${things} of one setter are kept for a currency.`);
}

async function requireRoomForVersion(client: PoolClient, rules: string, of: readonly unknown[]): Promise<void> {
  const { rows } = await client.query<{ versions: number }>(`SELECT coalesce(max(version), 0) AS versions FROM ${rules}`, [...of]);
  if (only(rows).versions >= MOST_RULE_VERSIONS)
    throw tooMany(
      MOST_RULE_VERSIONS,
      `At most ${MOST_RULE_VERSIONS} versions of a rule are kept for a currency, and versions are never removed. Announce changes together.`,
    );
}

const tooMany = (maximum: number, message: string) => versionRefusals.refuse('TOO_MANY_VERSIONS', { maximum, message });
