import { z } from 'zod';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { defineRule, type RuleOf } from '../../coalition/rules/define-rule';
import type { Choice, Group, RuleField } from '../../coalition/rules/rule-field';
import { choice, fraction, ifSent, moneysOf, namesOf, oneOf, perMoney } from '../../coalition/rules/rule-fields';
import { type RulesInForce, rulesInForce } from '../../coalition/rules/rules-in-force';
import { cachedRules } from '../../coalition/rules/versioned-cache';
import { decimal, plainText } from '../../ledger/ledger/request-fields';
import { formatDecimal } from '../../ledger/points/decimal';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { LOCKS } from '../../platform/locks';
import { moneyRefusals } from '../postings/money-refusals';
import { availability } from './availability';
import type { EarningBase } from './earning-base';

/** What is refused where no rule says what a basket earns. */
export const earningRuleRefusals = refusals(
  moneyRefusals,
  defineRefusal('NO_EARNING_RULE', {
    description: 'The brand has no earning rule for this currency in force at that moment.',
    retrySafe: true,
    message: (_, { currency, occurredAt }: { currency: string; occurredAt: Date }) =>
      `You have no earning rule for ${currency} in force at ${occurredAt.toISOString()}. Set one with an earlier effectiveFrom.`,
  }),
);

/** Why a line earns nothing. */
export type Exclusion = 'SKU_EXCLUDED' | 'CATEGORY_EXCLUDED' | 'CATEGORY_NOT_ELIGIBLE';

const LARGEST = 1_000_000;
const points = z.number().int().min(0, 'This is not below zero.').max(LARGEST, `At most ${LARGEST} points a unit.`);

/** Whole points for each whole unit of money; null: they are for full steps of it. */
const pointsPerUnit: RuleField<number | undefined, bigint | null> = {
  shape: 'INT',
  says: 'Whole points for each unit of money, in proportion',
  sending: `0 to ${LARGEST.toLocaleString('en')}; send it or fullSteps`,
  none: 'they are for full steps',
  schema: ifSent(points),
  columns: (sent) => (sent === undefined ? {} : { points_per_unit: sent }),
  value: (row) => (row.per === null ? BigInt(row.points_per_unit as string) : null),
  show: (value) => (value === null ? null : Number(value)),
};

const FULL_STEPS: Group = {
  name: 'FullSteps',
  says: 'Points for each full step of money.',
  parts: {
    points: { shape: 'INT', says: 'Whole points for a full step', sending: `0 to ${LARGEST.toLocaleString('en')}` },
    per: { shape: 'DECIMAL', says: 'How much money a full step is', sending: 'above zero, at most six decimals' },
  },
};
const per = decimal(6, { above: 0n, below: 10n ** 15n }, 'A step is above zero, below 1,000,000,000, with at most six decimals.');

/** Points for each full step of so many micro-units of money. */
interface FullSteps {
  readonly points: bigint;
  readonly per: bigint;
}

const fullSteps: RuleField<{ readonly points: number; readonly per: bigint } | undefined, FullSteps | null> = {
  shape: FULL_STEPS,
  says: 'Points for each full step of money',
  sending: 'none for what is beyond the last one',
  none: 'they are in proportion',
  schema: ifSent(z.object({ points, per })),
  columns: (sent) => (sent === undefined ? {} : { points_per_unit: sent.points, per: sent.per }),
  value: (row) => (row.per === null ? null : { points: BigInt(row.points_per_unit as string), per: BigInt(row.per as string) }),
  show: (value) => value && { points: Number(value.points), per: formatDecimal(value.per, 6) },
};

const ROUND_TO: Choice<'UNIT' | 'SMALLEST'> = {
  name: 'RoundTo',
  says: 'What earned points are floored to.',
  values: {
    UNIT: 'Whole points: before the multiplier, and after it.',
    SMALLEST: "The currency's smallest unit: once, after the multiplier.",
  },
};

const roundTo: RuleField<'UNIT' | 'SMALLEST' | undefined, 'UNIT' | 'SMALLEST'> = {
  ...choice(ROUND_TO, 'What points are floored to'),
  sending: 'by default SMALLEST where the currency has decimals, UNIT where it has none',
  schema: ifSent(z.enum(namesOf(ROUND_TO))),
  columns: (sent, { column, currency }) => ({ [column]: sent ?? (currency.scale > 0 ? 'SMALLEST' : 'UNIT') }),
};

const EARNING_BASE: Choice<EarningBase> = {
  name: 'EarningBase',
  says: 'What of a basket earns.',
  values: {
    GROSS: 'What it costs with tax, less what points paid.',
    NET: 'What it costs without the tax that its lines tell, less the part that points paid of it.',
  },
};

const earnsOn: RuleField<EarningBase, EarningBase> = {
  ...choice(EARNING_BASE, 'Whether tax that lines tell beside their price earns'),
  sending: 'GROSS by default',
  schema: z
    .enum(namesOf(EARNING_BASE))
    .nullish()
    .transform((base) => base ?? 'GROSS'),
  addedLater: true,
};

const sentNames = z
  .array(plainText(100))
  .max(1_000, 'At most 1,000 entries.')
  .nullish()
  .transform((list) => (list ? [...new Set(list)] : null));

/** A line without a category is in none. */
const eligibleCategories: RuleField<readonly string[] | null, ReadonlySet<string> | null> = {
  shape: { list: 'TEXT' },
  says: 'Categories that earn',
  sending: 'all by default',
  none: 'all',
  schema: sentNames,
  value: (row, column) => (row[column] === null ? null : new Set(row[column] as readonly string[])),
  show: (names) => names && [...names],
};

function excluded(says: string): RuleField<readonly string[] | null, ReadonlySet<string>> {
  return {
    shape: { list: 'TEXT' },
    says,
    schema: sentNames,
    columns: (sent, { column }) => ({ [column]: sent ?? [] }),
    value: (row, column) => new Set(row[column] as readonly string[]),
    show: (names) => [...names],
  };
}

const factor = z.int().max(LARGEST);
const multiplier = z.object({ numerator: factor.min(0), denominator: factor.min(1, 'A denominator is above zero.') });

/** What a purchase at a brand earns. */
export const EARNING_RULE = defineRule({
  name: 'EarningRule',
  table: 'earning_rule',
  lock: LOCKS.EARNING_RULE,
  owner: 'BRAND',
  called: "the brand's earning rule",
  without: 'no purchase is recorded there',
  fields: {
    ...perMoney('that baskets are in'),
    pointsPerUnit,
    fullSteps,
    roundTo,
    multiplier: fraction('Applied to the points', '1 by default', multiplier),
    earnsOn,
    eligibleCategories,
    excludedCategories: excluded('Categories that earn nothing'),
    excludedSkus: excluded('Skus that earn nothing'),
    availability,
  },
  bounds: [oneOf('pointsPerUnit', 'fullSteps', 'Say how many points there are')],
});
export type EarningRule = RuleOf<typeof EARNING_RULE>;

/** All versions, as of a version of the coalition's configuration. */
export const earningRules = cachedRules(EARNING_RULE, rulesInForce<EarningRule>);
export type EarningRules = RulesInForce<EarningRule>;

/** The version in force at an instant for baskets in that money; throws NO_EARNING_RULE, MONEY_CURRENCY_MISMATCH. */
export function requireEarningRule(rules: EarningRules, brandId: Uuid, currency: PointCurrency, moneyCurrency: string, at: Date): EarningRule {
  const inForce = rules.at(brandId, currency, at);
  const rule = inForce.find((each) => each.moneyCurrency === moneyCurrency);
  if (rule) return rule;
  if (inForce.length === 0) throw earningRuleRefusals.refuse('NO_EARNING_RULE', { currency: currency.code, occurredAt: at });
  const expected = moneysOf(inForce);
  const message = `Your earning rules count ${expected}. Send the basket in one of them, or set a rule for its money.`;
  throw earningRuleRefusals.refuse('MONEY_CURRENCY_MISMATCH', { expected, message });
}
