import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { refusingBy } from '../../platform/database/constraint-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { takeLock } from '../../platform/locks';
import { only } from '../../platform/one-of';
import { InvalidInput } from '../../platform/refusal';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce } from '../access/record-change';
import { requireCurrency } from '../coalition/require-currency';
import { type RuleCommand, type RuleKind, selectRules } from './define-rule';
import { requireRoom } from './rule-bounds';
import type { Row } from './rule-field';
import { requireSetter } from './rule-owner';
import { setRuleRefusals } from './rule-refusals';
import type { RuleVersion } from './rule-version';

/**
 * Adds a version of a rule. The one before it ends where this one starts, unless they stand side by side. Throws
 * setRuleRefusals, InvalidInput, NotFound, PermissionDenied.
 */
export async function setRule<Rule extends RuleVersion>(app: App, principal: Principal, kind: RuleKind<Rule>, command: RuleCommand): Promise<Rule> {
  const ownerBrandId = requireSetter(principal, kind, (command.brandId as Uuid | null | undefined) ?? null);
  const { table, sideBySide } = kind;
  const { idempotencyKey, reason } = command;
  const now = app.clock.now();
  const effectiveFrom = command.effectiveFrom ?? now;
  if (sideBySide && effectiveFrom < now) throw new InvalidInput('input.effectiveFrom', sideBySide.tooEarly);
  const { target } = await refusingBy({ [`${table}_one_start`]: () => setRuleRefusals.refuse('RULE_START_TAKEN') }, () =>
    createOnce(app, principal, { operation: `set${kind.name}`, idempotencyKey, reason, content: kind.content(command) }, async (tx) => {
      const snapshot = await app.coalition.snapshot(tx.client);
      const currency = requireCurrency(snapshot, command.currency);
      const settled = await kind.settle?.(tx, { command, principal, ownerBrandId, currency, snapshot });
      // Versions are counted one after the other: two at once wait for each other here.
      await takeLock(tx.client, kind.lock, ownerBrandId, currency.id);
      await requireRoom(tx.client, kind, ownerBrandId, currency.id, now);
      const row = {
        currency_id: currency.id,
        created_at: now,
        effective_from: effectiveFrom,
        ...kind.columns(command, { currency, effectiveFrom }),
        ...settled,
      };
      return insertVersion(tx.client, kind, ownerBrandId, row);
    }),
  );
  const { rows } = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query<Row>(`${selectRules(table)} WHERE r.id = $1`, [target]),
  );
  return kind.toRule(only(rows));
}

/** Where versions follow each other, the row's number is the next one of its brand and currency. */
async function insertVersion(client: PoolClient, kind: RuleKind<RuleVersion>, ownerBrandId: Uuid | null, values: Row): Promise<Uuid> {
  const { table, ownerColumn, sideBySide } = kind;
  const id = newUuid();
  const of: Row = ownerColumn ? { [ownerColumn]: ownerBrandId } : {};
  const row: Row = { id, ...of, ...values };
  const columns = Object.keys(row);
  const place = (column: string) => `$${columns.indexOf(column) + 1}`;
  const same = ['currency_id', ...Object.keys(of)].map((column) => `${column} = ${place(column)}`).join(' AND ');
  await client.query(
    sideBySide
      ? `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(place).join(', ')})`
      : `INSERT INTO ${table} (${columns.join(', ')}, version)
         SELECT ${columns.map(place).join(', ')}, coalesce(max(version), 0) + 1 FROM ${table} WHERE ${same}`,
    Object.values(row),
  );
  return id;
}
