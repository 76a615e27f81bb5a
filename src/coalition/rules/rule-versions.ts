import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import { currencyCode, idempotencyKey } from '../../ledger/ledger/request-fields';
import { refusingBy } from '../../platform/database/constraint-refusal';
import type { RowOf } from '../../platform/database/row-of';
import { newUuid, type Uuid } from '../../platform/ids';
import { takeLock } from '../../platform/locks';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce, reasonSchema } from '../access/record-change';
import type { PointCurrency } from '../coalition/coalition-snapshot';
import { requireCurrency } from '../coalition/require-currency';
import { requireRoomForVersion } from './rule-bounds';
import { RuleStartTaken } from './rule-start-taken';

/**
 * What every version of a rule for a points currency has: it is in force from effectiveFrom until the next one starts,
 * and is never edited.
 */
export interface RuleVersion {
  readonly id: Uuid;
  readonly currencyId: number;
  /** Counts from 1. */
  readonly version: number;
  readonly effectiveFrom: Date;
}

/** A version of a brand's own rule. */
export interface BrandRuleVersion extends RuleVersion {
  readonly brandId: Uuid;
  /** ISO 4217 code: a brand has a rule for each points currency and money. */
  readonly moneyCurrency: string;
  /**
   * When a rule of another money ended it, before there was one for each money; null: the next of its own money does.
   */
  readonly endsAt: Date | null;
}

/**
 * Where rules of a kind are kept: columns id, version, currency_id, effective_from, created_at, and brand_id where each
 * brand has its own; the constraint NAME_one_start says that no two versions start together.
 */
export interface RuleTable<Rule extends RuleVersion, Row> {
  readonly name: 'earning_rule' | 'redemption_rule';
  readonly toRule: (row: Row) => Rule;
}

/** zod fields that every request for a new version has. */
export const ruleFields = {
  idempotencyKey,
  currency: currencyCode,
  effectiveFrom: z.date().refine((instant) => instant.getTime() >= 0, 'This lies before 1970.'),
  reason: reasonSchema,
};

/** The fields of RuleVersion in a row of pg. */
export function toRuleVersion(row: RowOf<RuleVersion>): RuleVersion {
  return { id: row.id, currencyId: row.currency_id, version: row.version, effectiveFrom: row.effective_from };
}

export function toBrandRuleVersion(row: RowOf<BrandRuleVersion>): BrandRuleVersion {
  return { ...toRuleVersion(row), brandId: row.brand_id, moneyCurrency: row.money_currency, endsAt: row.ends_at };
}

export interface NewRuleVersion {
  /** Name of the operation. */
  readonly operation: string;
  /** Whose rule it is; null: the coalition's. */
  readonly brandId: Uuid | null;
  readonly command: { readonly idempotencyKey: string; readonly currency: string; readonly effectiveFrom: Date; readonly reason?: string | null };
  /** The rule's own columns, for the points currency that it is of. Throws InvalidInput. */
  readonly values: (currency: PointCurrency) => Readonly<Record<string, unknown>>;
}

/**
 * Adds a version; the one before it ends where this one starts. Throws RuleStartTaken, TooManyVersions,
 * IDEMPOTENCY_CONFLICT, InvalidInput (currency).
 */
export async function addRuleVersion<Rule extends RuleVersion, Row>(
  app: App,
  principal: Principal,
  table: RuleTable<Rule, Row>,
  rule: NewRuleVersion,
): Promise<Rule> {
  const { idempotencyKey, reason, ...content } = rule.command;
  const { target } = await refusingBy({ [`${table.name}_one_start`]: () => new RuleStartTaken() }, () =>
    createOnce(app, principal, { operation: rule.operation, idempotencyKey, reason, content }, async ({ client }) => {
      const currency = requireCurrency(await app.coalition.snapshot(client), content.currency);
      // Versions are numbered one after the other: two at once wait for each other here instead of taking the same
      // number.
      await takeLock(client, table.name, rule.brandId, currency.id);
      await requireRoomForVersion(client, table.name, rule.brandId, currency.id);
      return insertVersion(client, table.name, rule.brandId, {
        currency_id: currency.id,
        created_at: app.clock.now(),
        effective_from: content.effectiveFrom,
        ...rule.values(currency),
      });
    }),
  );
  const { rows } = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query(`SELECT * FROM ${table.name} WHERE id = $1`, [target]),
  );
  return table.toRule(rows[0]);
}

async function insertVersion(client: PoolClient, table: string, brandId: Uuid | null, values: Readonly<Record<string, unknown>>): Promise<Uuid> {
  const id = newUuid();
  const row = { id, ...values, ...(brandId === null ? {} : { brand_id: brandId }) };
  const columns = Object.keys(row);
  const place = (column: string) => `$${columns.indexOf(column) + 1}`;
  const same = ['currency_id', ...(brandId === null ? [] : ['brand_id'])].map((column) => `${column} = ${place(column)}`).join(' AND ');
  await client.query(
    `INSERT INTO ${table} (${columns.join(', ')}, version) SELECT ${columns.map(place).join(', ')}, coalesce(max(version), 0) + 1 FROM ${table} WHERE ${same}`,
    Object.values(row),
  );
  return id;
}

/** Which versions of a rule: a brand's own, or, with null, the coalition's; newest first, below a version. */
export interface RulePage {
  readonly brandId: Uuid | null;
  readonly currency: string;
  readonly limit: number;
  readonly below: number | null;
}

/** The versions of a page, as far as whoever asks may see them. */
export function readRuleVersions<Rule extends RuleVersion, Row>(
  app: App,
  principal: Principal,
  table: RuleTable<Rule, Row>,
  { brandId, currency, limit, below }: RulePage,
): Promise<Rule[]> {
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const own = brandId === null ? '' : 'AND r.brand_id = $4';
    const { rows } = await client.query(
      `SELECT r.* FROM ${table.name} r JOIN currency c ON c.id = r.currency_id WHERE c.code = $1 AND r.version < $2 ${own} ORDER BY r.version DESC LIMIT $3`,
      [currency, below ?? 2_147_483_647, limit, ...(brandId === null ? [] : [brandId])],
    );
    return rows.map(table.toRule);
  });
}
