import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { brandRulesInForce, moneysOf } from '../../coalition/rules/brand-rules-in-force';
import { type BrandRuleVersion, type RuleTable, toBrandRuleVersion } from '../../coalition/rules/rule-versions';
import { cachedByVersion } from '../../coalition/rules/versioned-cache';
import { dayFromIso } from '../../ledger/points/calendar';
import { ratio } from '../../ledger/points/ratio';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { Refusal } from '../../platform/refusal';
import { MoneyCurrencyMismatch } from './earning-refusals';
import type { Availability, EarningRule } from './earning-rule';

/** The brand has no earning rule for the currency at that moment. */
class NoEarningRule extends Refusal {
  constructor(currency: string, occurredAt: Date) {
    super({
      code: 'NO_EARNING_RULE',
      retrySafe: true,
      message: `You have no earning rule for ${currency} in force at ${occurredAt.toISOString()}. Set one with an earlier effectiveFrom.`,
    });
  }
}

/** All versions of all rules: few, read whole. */
export interface EarningRules {
  readonly byId: ReadonlyMap<Uuid, EarningRule>;
  /** The version in force at an instant for baskets in that money; throws NoEarningRule, MoneyCurrencyMismatch. */
  inForce(brandId: Uuid, currency: PointCurrency, moneyCurrency: string, at: Date): EarningRule;
}

export const earningRules = cachedByVersion<EarningRules>(async (client) => {
  const { rows } = await client.query('SELECT * FROM earning_rule ORDER BY effective_from');
  const rules = rows.map(EARNING_RULE.toRule);
  const find = brandRulesInForce(rules);
  return {
    byId: new Map(rules.map((rule) => [rule.id, rule])),
    inForce(brandId, currency, moneyCurrency, at) {
      const inForce = find(brandId, currency, at);
      const rule = inForce.find((each) => each.moneyCurrency === moneyCurrency);
      if (rule) return rule;
      throw inForce.length === 0 ? new NoEarningRule(currency.code, at) : new MoneyCurrencyMismatch(moneysOf(inForce));
    },
  };
});

type OwnColumns = Pick<EarningRule, 'per' | 'roundTo' | 'earnsOn'>;
type EarningRuleRow = RowOf<BrandRuleVersion & OwnColumns> &
  AvailabilityRow & {
    readonly points_per_unit: string;
    readonly multiplier_numerator: string;
    readonly multiplier_denominator: string;
    readonly eligible_categories: readonly string[] | null;
    readonly excluded_categories: readonly string[];
    readonly excluded_skus: readonly string[];
  };

export const EARNING_RULE: RuleTable<EarningRule, EarningRuleRow> = {
  name: 'earning_rule',
  toRule: (row) => ({
    ...toBrandRuleVersion(row),
    points: BigInt(row.points_per_unit),
    per: row.per === null ? null : BigInt(row.per),
    roundTo: row.round_to,
    multiplier: ratio(BigInt(row.multiplier_numerator), BigInt(row.multiplier_denominator)),
    earnsOn: row.earns_on,
    eligibleCategories: row.eligible_categories && new Set(row.eligible_categories),
    excludedCategories: new Set(row.excluded_categories),
    excludedSkus: new Set(row.excluded_skus),
    availability: toAvailability(row),
  }),
};

/** Each kind has the columns that it needs. */
type AvailabilityRow =
  | { readonly availability: 'IMMEDIATE' }
  | { readonly availability: 'DELAY' | 'ON_EVENT'; readonly availability_days: number }
  | { readonly availability: 'FIXED_DATE'; readonly availability_date: string };

function toAvailability(row: AvailabilityRow): Availability {
  switch (row.availability) {
    case 'DELAY':
    case 'ON_EVENT':
      return { kind: row.availability, days: row.availability_days };
    case 'FIXED_DATE':
      return { kind: 'FIXED_DATE', date: dayFromIso(row.availability_date) };
    case 'IMMEDIATE':
      return { kind: 'IMMEDIATE' };
  }
}
