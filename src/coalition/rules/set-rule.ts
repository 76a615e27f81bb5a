import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { refusingBy } from '../../platform/database/constraint-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { takeLock } from '../../platform/locks';
import { only } from '../../platform/one-of';
import { requireBrand, requireOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce } from '../access/record-change';
import { requireCurrency } from '../coalition/require-currency';
import { type RuleCommand, type RuleKind, selectRules } from './define-rule';
import { requireRoomForVersion } from './rule-bounds';
import type { Row } from './rule-field';
import { ruleRefusals } from './rule-start-taken';
import type { RuleVersion } from './rule-version';

/**
 * Adds a version of a rule; the one before it ends where this one starts. Throws ruleRefusals, TOO_MANY_VERSIONS,
 * IDEMPOTENCY_CONFLICT, InvalidInput, PermissionDenied.
 */
export async function setRule<Rule extends RuleVersion>(app: App, principal: Principal, kind: RuleKind<Rule>, command: RuleCommand): Promise<Rule> {
  const brandId = requireSetter(principal, kind);
  const { table } = kind;
  const { idempotencyKey, reason, ...content } = command;
  const { target } = await refusingBy({ [`${table}_one_start`]: () => ruleRefusals.refuse('RULE_START_TAKEN') }, () =>
    createOnce(app, principal, { operation: `set${kind.name}`, idempotencyKey, reason, content }, async ({ client }) => {
      const currency = requireCurrency(await app.coalition.snapshot(client), command.currency);
      // Versions are numbered one after the other: two at once wait for each other here instead of taking the same
      // number.
      await takeLock(client, kind.lock, brandId, currency.id);
      await requireRoomForVersion(client, table, brandId, currency.id);
      return insertVersion(client, table, {
        ...(brandId === null ? {} : { brand_id: brandId }),
        currency_id: currency.id,
        created_at: app.clock.now(),
        effective_from: command.effectiveFrom,
        ...kind.columns(command, { currency, effectiveFrom: command.effectiveFrom }),
      });
    }),
  );
  const { rows } = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query<Row>(`${selectRules(table)} WHERE r.id = $1`, [target]),
  );
  return kind.toRule(only(rows));
}

/** The brand whose rule it is to be, or null for the coalition's; throws PermissionDenied. */
function requireSetter(principal: Principal, { owner }: Pick<RuleKind<RuleVersion>, 'owner'>): Uuid | null {
  if (owner === 'BRAND') return requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER'] });
  requireOperator(principal, ['PROGRAMME_MANAGER']);
  return null;
}

/** Writes a row whose number is the next one of its brand and currency. */
async function insertVersion(client: PoolClient, table: string, values: Row): Promise<Uuid> {
  const id = newUuid();
  const row: Row = { id, ...values };
  const columns = Object.keys(row);
  const place = (column: string) => `$${columns.indexOf(column) + 1}`;
  const same = columns.filter((column) => column === 'currency_id' || column === 'brand_id').map((column) => `${column} = ${place(column)}`);
  await client.query(
    `INSERT INTO ${table} (${columns.join(', ')}, version)
     SELECT ${columns.map(place).join(', ')}, coalesce(max(version), 0) + 1 FROM ${table} WHERE ${same.join(' AND ')}`,
    Object.values(row),
  );
  return id;
}
