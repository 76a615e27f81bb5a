import { z } from 'zod';
import { canonicalJson } from '../../ledger/ledger/idempotency';
import { currencyCode, idempotencyKey } from '../../ledger/ledger/request-fields';
import type { Tx } from '../../platform/database/transaction';
import type { Uuid } from '../../platform/ids';
import type { Lock } from '../../platform/locks';
import type { Principal } from '../access/principal';
import { reasonSchema } from '../access/record-change';
import type { CoalitionSnapshot, PointCurrency } from '../coalition/coalition-snapshot';
import { columnOf, type FieldPlace, type Row, type RuleField, type RuleFields, type SentOf, type ValuesOf } from './rule-field';
import type { RuleVersion } from './rule-version';

/** A request for a new version, as the schema of its kind makes it. */
export interface RuleCommand {
  readonly idempotencyKey: string;
  readonly currency: string;
  /** null, only where versions stand side by side: now. */
  readonly effectiveFrom: Date | null;
  readonly reason?: string | null;
  readonly [field: string]: unknown;
}

/** What must be true of several fields together: gives the field that is wrong, and how, where it is not. */
export type Bound<Sent> = (sent: Sent) => { readonly field: keyof Sent & string; readonly message: string } | null;

/** The column of whose a version is. The coalition's rule is nobody else's, and has none. */
const OWNER_COLUMN = { BRAND: 'brand_id', COALITION: null, EITHER: 'owner_brand_id' } as const;

/** What a room says of a kind of rule. CONTRIBUTING.md tells what its table has to have, and where it is listed. */
export interface RuleDeclaration<Fields extends RuleFields> {
  /** "GiftRule": its types and operations are named by it (setGiftRule, giftRules). */
  readonly name: string;
  readonly table: string;
  /** Of its next version: a line in the list of locks. */
  readonly lock: Lock;
  /**
   * BRAND: each brand has its own. COALITION: there is one, which the operator sets and everybody may read. EITHER: the
   * operator sets some, which hold brands too, and each brand its own.
   */
  readonly owner: keyof typeof OWNER_COLUMN;
  /** What it is called in sentences: "the rule for gifts of a currency". */
  readonly called: string;
  /** What whoever reads a version should know of all of them: sentences. */
  readonly means?: string;
  /** What is so while no version is in force: "none are given". */
  readonly without: string;
  readonly fields: Fields;
  readonly bounds?: readonly Bound<SentOf<Fields>>[];
  /**
   * Versions stand beside each other, each until it is ended. By default each is in force until the next one starts.
   */
  readonly sideBySide?: SideBySide;
  /** Columns that only the database can tell. Throws NotFound. */
  settle?(tx: Tx, asked: AskedRule): Promise<Row>;
}

/** Versions that stand beside each other. */
export interface SideBySide {
  /** What they are called: "limits". */
  readonly things: string;
  /** So many of one setter and currency may run at once. */
  readonly most: number;
  /** What is told to whoever asks for one that begins before now. */
  readonly tooEarly: string;
}

/** A version that is about to be written. */
export interface AskedRule {
  readonly command: RuleCommand;
  readonly principal: Principal;
  readonly ownerBrandId: Uuid | null;
  readonly currency: PointCurrency;
  readonly snapshot: CoalitionSnapshot;
}

/** A kind of rule, as the operations on rules take it. */
export interface RuleKind<Rule extends RuleVersion> extends Omit<RuleDeclaration<RuleFields>, 'bounds'> {
  readonly ownerColumn: 'brand_id' | 'owner_brand_id' | null;
  /** What lists are ordered and continued by. Numbers are those of one owner: lists of several owners go by id. */
  readonly listedBy: 'version' | 'id';
  /** Checks a request for a new version. */
  readonly schema: z.ZodType<RuleCommand>;
  /** What a request asks for: another one under its key is a conflict. */
  content(command: RuleCommand): Record<string, unknown>;
  /** The columns that its fields are kept in. Throws InvalidInput. */
  columns(command: RuleCommand, place: Omit<FieldPlace, 'column'>): Row;
  /** A row that selectRules read. */
  toRule(row: Row): Rule;
  /** The fields as they are shown. */
  show(rule: Rule): Record<string, unknown>;
}

/** A version of the kind of rule that has such fields. */
export type RuleOf<Kind> = Kind extends RuleKind<infer Rule> ? Rule : never;

/**
 * Declares a kind of rule. setRule, listRules, withdrawRule and cachedRules take it. ruleApi makes its GraphQL types
 * and operations. Throws where a field's name is taken, or it was added later and has no default:
 *
 *     export const GIFT_RULE = defineRule({
 *       name: 'GiftRule',
 *       table: 'gift_rule',
 *       lock: LOCKS.GIFT_RULE,
 *       owner: 'COALITION',
 *       called: 'the rule for gifts of a currency',
 *       without: 'none are given',
 *       fields: { minimum: points('Fewest points that are given at once', 1) },
 *     });
 *     export type GiftRule = RuleOf<typeof GIFT_RULE>;
 */
export function defineRule<const Fields extends RuleFields>(declared: RuleDeclaration<Fields>): RuleKind<RuleVersion & ValuesOf<Fields>> {
  const { bounds: _, ...described } = declared;
  const fields: readonly (readonly [keyof Fields & string, RuleField])[] = Object.entries(declared.fields);
  const { owner, sideBySide } = declared;
  const ownerColumn = OWNER_COLUMN[owner];
  requireFreeNames(declared, ownerColumn);
  const defaults = laterDefaults(declared);
  return {
    ...described,
    ownerColumn,
    listedBy: sideBySide || owner === 'EITHER' ? 'id' : 'version',
    schema: schemaOf(declared),
    content({ idempotencyKey: _, reason: __, ...asked }) {
      return Object.fromEntries(Object.entries(asked).filter(([field, sent]) => canonicalJson(sent) !== defaults.get(field)));
    },
    columns(command, place) {
      const columns = fields.map(([field, { schema, columns: write }]) => {
        const column = columnOf(field);
        if (!schema) return {};
        return write ? write(command[field], { ...place, column }) : { [column]: command[field] };
      });
      return Object.assign({}, ...columns);
    },
    toRule: (row) => ({ ...toVersion(row, ownerColumn), ...valuesOf(declared.fields, row) }),
    show: (rule) => Object.fromEntries(fields.map(([field, { show }]) => [field, show ? show(rule[field]) : rule[field]])),
  };
}

/** Reads versions, each with the code of its points currency; conditions on `r` follow. */
export function selectRules(table: string): string {
  return `SELECT r.*, c.code AS currency FROM ${table} r JOIN currency c ON c.id = r.currency_id`;
}

function toVersion(row: Row, ownerColumn: string | null): RuleVersion {
  return {
    id: row.id as Uuid,
    ownerBrandId: ownerColumn === null ? null : (row[ownerColumn] as Uuid),
    currencyId: row.currency_id as number,
    currency: row.currency as string,
    version: (row.version as number | undefined) ?? 0,
    effectiveFrom: row.effective_from as Date,
    withdrawnAt: (row.withdrawn_at as Date | null | undefined) ?? null,
  };
}

type NamedFields = Pick<RuleDeclaration<RuleFields>, 'name' | 'fields'>;

/** What every version and every request has, and the columns for it, are not for a field. */
function requireFreeNames({ name, fields }: NamedFields, ownerColumn: string | null): void {
  const taken = new Set([...Object.keys(toVersion({}, null)), 'createdAt', 'idempotencyKey', 'reason'].map(columnOf).concat(ownerColumn ?? []));
  const wrong = Object.keys(fields).find((field) => taken.has(columnOf(field)));
  if (wrong) throw new Error(`${name}: every rule has ${wrong}, so no field is called that`);
}

/** What is so where a field that was added later is not sent. */
function laterDefaults({ name, fields }: NamedFields): ReadonlyMap<string, string> {
  const later = Object.entries(fields).filter(([, { addedLater }]) => addedLater);
  return new Map(
    later.map(([field, { schema }]) => {
      const unsent = schema?.safeParse(null);
      if (!unsent?.success) throw new Error(`${name}: ${field} was added later, so it may be left out`);
      return [field, canonicalJson(unsent.data)];
    }),
  );
}

function valuesOf<Fields extends RuleFields>(fields: Fields, row: Row): ValuesOf<Fields> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value(row, columnOf(name))])) as ValuesOf<Fields>;
}

const start = z.date().refine((instant) => instant.getTime() >= 0, 'This lies before 1970.');
const startOrNow = z
  .date()
  .nullish()
  .transform((instant) => instant ?? null);

function schemaOf<Fields extends RuleFields>({ fields, bounds = [], sideBySide }: RuleDeclaration<Fields>): z.ZodType<RuleCommand> {
  const own = Object.entries(fields).flatMap(([name, { schema }]) => (schema ? [[name, schema] as const] : []));
  return z
    .object({
      idempotencyKey,
      currency: currencyCode,
      effectiveFrom: sideBySide ? startOrNow : start,
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
