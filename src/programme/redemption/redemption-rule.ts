import { z } from 'zod';
import { fewestPoints } from '../../coalition/coalition/amount-limits';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { defineRule, type RuleOf } from '../../coalition/rules/define-rule';
import type { Group, Row, RuleField } from '../../coalition/rules/rule-field';
import { fraction, ifSent, moneysOf, oneOf, optionalPoints, perMoney, points } from '../../coalition/rules/rule-fields';
import { type RulesInForce, rulesInForce } from '../../coalition/rules/rules-in-force';
import { cachedRules } from '../../coalition/rules/versioned-cache';
import { decimal } from '../../ledger/ledger/request-fields';
import { formatDecimal } from '../../ledger/points/decimal';
import { type Ratio, ratio } from '../../ledger/points/ratio';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { LOCKS } from '../../platform/locks';
import type { Refusal } from '../../platform/refusal';
import { text } from '../../platform/refusal-fields';
import { moneyRefusals } from '../postings/money-refusals';
/** What is refused where no rule says what points pay. */
export const redemptionRuleRefusals = refusals(
  moneyRefusals,
  defineRefusal('NO_REDEMPTION_RULE', {
    description: 'The brand has no redemption rule for this currency in force at that moment.',
    retrySafe: true,
    message: (_, { currency, occurredAt }: { currency: string; occurredAt: Date }) =>
      `You have no redemption rule for ${currency} in force at ${occurredAt.toISOString()}. Set one with an earlier effectiveFrom.`,
  }),
  defineRefusal('MONEY_CURRENCY_REQUIRED', {
    description: 'Points pay several moneys at the brand, and none was named.',
    retrySafe: true,
    fields: { choices: text('Their ISO 4217 codes, such as "CHF, EUR".') },
    discloses: 'NOBODY',
    message: ({ choices }) => `Points pay ${choices} here: say which in moneyCurrency.`,
  }),
);

const LARGEST_RATE = 1_000_000_000n;
const MICROS_PER_UNIT = 1_000_000n;
const rate = z.bigint().refine((amount) => amount >= 1n && amount <= LARGEST_RATE, `From 1 to ${LARGEST_RATE} points a unit of money.`);

/** Both ways to say what points are worth are kept as points that pay so many micro-units of money. */
const worthOf = (row: Row): Ratio => ratio(BigInt(row.worth as string), BigInt(row.points_per_unit as string));

const pointsPerUnit: RuleField<bigint | undefined, bigint | null> = {
  shape: 'POINTS',
  says: 'Points (smallest unit) that pay one whole unit of money',
  sending: `1 to ${LARGEST_RATE.toLocaleString('en')}; send it or worth`,
  none: 'that is no whole number, see worth',
  schema: ifSent(rate),
  columns: (sent) => (sent === undefined ? {} : { points_per_unit: sent, worth: MICROS_PER_UNIT }),
  value: (row) => {
    const { numerator, denominator } = worthOf(row);
    return (MICROS_PER_UNIT * denominator) % numerator === 0n ? (MICROS_PER_UNIT * denominator) / numerator : null;
  },
};

const POINTS_WORTH: Group = {
  name: 'PointsWorth',
  says: 'So many points pay so much money.',
  parts: {
    points: { shape: 'POINTS', says: "Points, in the currency's smallest unit", sending: `1 to ${LARGEST_RATE.toLocaleString('en')}` },
    amount: { shape: 'DECIMAL', says: "What they pay, in the rule's money", sending: 'above zero, at most six decimals' },
  },
};
const amount = decimal(6, { above: 0n, below: 10n ** 15n }, 'An amount is above zero, below 1,000,000,000, with at most six decimals.');

/** Micro-units of its money that one point (smallest unit) pays. */
const worth: RuleField<{ readonly points: bigint; readonly amount: bigint } | undefined, Ratio> = {
  shape: POINTS_WORTH,
  says: 'What points are worth, exactly; what they pay is floored to the minor unit of the money',
  sending: 'also a point worth more than a unit of money',
  schema: ifSent(z.object({ points: rate, amount })),
  columns: (sent) => (sent === undefined ? {} : { points_per_unit: sent.points, worth: sent.amount }),
  value: worthOf,
  show: ({ numerator, denominator }) => ({ points: denominator, amount: formatDecimal(numerator, 6) }),
};

const share = z
  .object({ numerator: z.number().int().min(1, 'A share is above zero.'), denominator: z.number().int().min(1, 'A denominator is above zero.') })
  .refine(({ numerator, denominator }) => numerator <= denominator, 'A share is at most 1.');

/** What points are worth at a brand and how many may be spent at once. */
export const REDEMPTION_RULE = defineRule({
  name: 'RedemptionRule',
  table: 'redemption_rule',
  lock: LOCKS.REDEMPTION_RULE,
  owner: 'BRAND',
  called: "the brand's redemption rule",
  without: 'no points are spent there',
  fields: {
    ...perMoney('that points pay'),
    pointsPerUnit,
    worth,
    minimum: points('Fewest points spent at once', 1),
    step: points('Only multiples of it are spent', 1),
    maximum: optionalPoints('Most points spent at once, no fewer than the first step from the minimum on', 'no limit'),
    share: fraction('Largest share of a purchase that points may pay', 'above 0, at most 1, which is the default', share),
  },
  bounds: [
    oneOf('pointsPerUnit', 'worth', 'Say what points are worth'),
    ({ minimum, step, maximum }) => {
      if (maximum === null) return null;
      if (maximum < minimum) return { field: 'maximum', message: 'The maximum is not below the minimum.' };
      const fewest = fewestPoints({ minimum: BigInt(minimum), step: BigInt(step) });
      if (fewest <= BigInt(maximum)) return null;
      const message = `In steps of ${step} the fewest points are ${fewest}, above the maximum of ${maximum}: nothing could be redeemed.`;
      return { field: 'maximum', message };
    },
  ],
});
export type RedemptionRule = RuleOf<typeof REDEMPTION_RULE>;

/** All versions, as of a version of the coalition's configuration. */
export const redemptionRules = cachedRules(REDEMPTION_RULE, rulesInForce<RedemptionRule>);
export type RedemptionRules = RulesInForce<RedemptionRule>;

/**
 * The version in force at an instant for points that pay that money; null: the only one that there is. Throws
 * NO_REDEMPTION_RULE, MONEY_CURRENCY_MISMATCH, MONEY_CURRENCY_REQUIRED.
 */
export function requireRedemptionRule(rules: RedemptionRules, brandId: Uuid, currency: PointCurrency, moneyCurrency: string | null, at: Date): RedemptionRule {
  const inForce = rules.at(brandId, currency, at);
  if (inForce.length === 0) throw redemptionRuleRefusals.refuse('NO_REDEMPTION_RULE', { currency: currency.code, occurredAt: at });
  if (moneyCurrency === null && inForce.length > 1) throw redemptionRuleRefusals.refuse('MONEY_CURRENCY_REQUIRED', { choices: moneysOf(inForce) });
  const rule = inForce.find((each) => moneyCurrency === null || each.moneyCurrency === moneyCurrency);
  if (!rule) throw otherMoney(moneysOf(inForce));
  return rule;
}

/**
 * No rule in force values points in that money, or the purchase's money is another one. `expected`: the moneys that
 * points pay.
 */
export function otherMoney(expected: string): Refusal {
  return moneyRefusals.refuse('MONEY_CURRENCY_MISMATCH', {
    expected,
    message: `Points pay ${expected} here. Send purchaseAmount and moneyCurrency in one of them, both in the same.`,
  });
}
