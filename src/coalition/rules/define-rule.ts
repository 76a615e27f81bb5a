import { z } from 'zod';
import { currencyCode, idempotencyKey } from '../../ledger/ledger/request-fields';
import type { Uuid } from '../../platform/ids';
import type { Lock } from '../../platform/locks';
import { reasonSchema } from '../access/record-change';
import { columnOf, type FieldPlace, type Row, type RuleField, type RuleFields, type SentOf, type ValuesOf } from './rule-field';
import type { RuleVersion } from './rule-version';
import { type RulesInForce, rulesInForce } from './rules-in-force';
import { cachedByVersion, type VersionedCache } from './versioned-cache';

/** A request for a new version, as the schema of its kind makes it. */
export interface RuleCommand {
  readonly idempotencyKey: string;
  readonly currency: string;
  readonly effectiveFrom: Date;
  readonly reason?: string | null;
  readonly [field: string]: unknown;
}

/** What must be true of several fields together: gives the field that is wrong, and how, where it is not. */
export type Bound<Sent> = (sent: Sent) => { readonly field: keyof Sent & string; readonly message: string } | null;

/**
 * What a room says of a kind of rule. CONTRIBUTING.md tells what its table has to have, and where the kind is listed.
 */
export interface RuleDeclaration<Fields extends RuleFields> {
  /** "GiftRule": its types and operations are named by it (setGiftRule, giftRules). */
  readonly name: string;
  readonly table: string;
  /** Of its next version: a line in the list of locks. */
  readonly lock: Lock;
  /** BRAND: each brand has its own. COALITION: there is one, which the operator sets and everybody may read. */
  readonly owner: 'BRAND' | 'COALITION';
  /** What it is called in sentences: "the rule for gifts of a currency". */
  readonly called: string;
  /** What is so while no version is in force: "none are given". */
  readonly without: string;
  readonly fields: Fields;
  readonly bounds?: readonly Bound<SentOf<Fields>>[];
}

/** A kind of rule, as the operations on rules take it. */
export interface RuleKind<Rule extends RuleVersion>
  extends Pick<RuleDeclaration<RuleFields>, 'name' | 'table' | 'lock' | 'owner' | 'called' | 'without' | 'fields'> {
  /** Checks a request for a new version. */
  readonly schema: z.ZodType<RuleCommand>;
  /** All versions, as of a version of the coalition's configuration. */
  readonly inForce: VersionedCache<RulesInForce<Rule>>;
  /** The columns that its fields are kept in. Throws InvalidInput. */
  columns(command: RuleCommand, place: Omit<FieldPlace, 'column'>): Row;
  /** A row that selectRules read. */
  toRule(row: Row): Rule;
  /** The fields as they are shown. */
  show(rule: Rule): Record<string, unknown>;
}

/** A version of the kind of rule that has such fields. */
export type RuleOf<Kind> = Kind extends RuleKind<infer Rule> ? Rule : never;

export function defineRule<const Fields extends RuleFields>(declared: RuleDeclaration<Fields>): RuleKind<RuleVersion & ValuesOf<Fields>> {
  type Rule = RuleVersion & ValuesOf<Fields>;
  const { bounds = [], ...described } = declared;
  const fields: readonly (readonly [keyof Fields & string, RuleField])[] = Object.entries(declared.fields);
  const toRule = (row: Row): Rule => ({ ...toVersion(row), ...valuesOf(declared.fields, row) });
  return {
    ...described,
    schema: schemaOf(declared.fields, bounds),
    inForce: cachedByVersion(async (client) => {
      const { rows } = await client.query<Row>(`${selectRules(declared.table)} ORDER BY r.effective_from`);
      return rulesInForce(rows.map(toRule));
    }),
    columns(command, place) {
      const columns = fields.map(([field, { schema, columns: write }]) => {
        const column = columnOf(field);
        if (!schema) return {};
        return write ? write(command[field], { ...place, column }) : { [column]: command[field] };
      });
      return Object.assign({}, ...columns);
    },
    toRule,
    show: (rule) => Object.fromEntries(fields.map(([field, { show }]) => [field, show ? show(rule[field]) : rule[field]])),
  };
}

/** Reads versions, each with the code of its points currency; conditions on `r` follow. */
export function selectRules(table: string): string {
  return `SELECT r.*, c.code AS currency FROM ${table} r JOIN currency c ON c.id = r.currency_id`;
}

function toVersion(row: Row): RuleVersion {
  return {
    id: row.id as Uuid,
    brandId: (row.brand_id as Uuid | undefined) ?? null,
    currencyId: row.currency_id as number,
    currency: row.currency as string,
    version: row.version as number,
    effectiveFrom: row.effective_from as Date,
  };
}

function valuesOf<Fields extends RuleFields>(fields: Fields, row: Row): ValuesOf<Fields> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value(row, columnOf(name))])) as ValuesOf<Fields>;
}

function schemaOf<Fields extends RuleFields>(fields: Fields, bounds: readonly Bound<SentOf<Fields>>[]): z.ZodType<RuleCommand> {
  const own = Object.entries(fields).flatMap(([name, { schema }]) => (schema ? [[name, schema] as const] : []));
  return z
    .object({
      idempotencyKey,
      currency: currencyCode,
      effectiveFrom: z.date().refine((instant) => instant.getTime() >= 0, 'This lies before 1970.'),
      reason: reasonSchema,
      ...Object.fromEntries(own),
    })
    .superRefine((command, context) => {
      for (const bound of bounds) {
        const broken = bound(command as SentOf<Fields>);
        if (broken) context.addIssue({ code: 'custom', path: [broken.field], message: broken.message });
      }
    });
}
