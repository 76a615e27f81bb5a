import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { brandRulesInForce, moneysOf } from '../../coalition/rules/brand-rules-in-force';
import { type BrandRuleVersion, type RuleTable, toBrandRuleVersion } from '../../coalition/rules/rule-versions';
import { cachedByVersion } from '../../coalition/rules/versioned-cache';
import { type Ratio, ratio } from '../../ledger/points/ratio';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { MoneyCurrencyRequired, NoRedemptionRule, RedemptionMoneyMismatch } from './redemption-refusals';

/**
 * What points are worth at a brand and how many may be spent at once: one version, in force from effectiveFrom until
 * the next one of its money starts.
 */
export interface RedemptionRule extends BrandRuleVersion {
  /** Micro-units of its money that one point (smallest unit) pays. */
  readonly worth: Ratio;
  readonly minimum: bigint;
  /** Only multiples of it are spent. */
  readonly step: bigint;
  readonly maximum: bigint | null;
  /** Largest share of a purchase that points may pay. */
  readonly share: Ratio;
}

/** All versions of all rules: few, read whole. */
export interface RedemptionRules {
  readonly byId: ReadonlyMap<Uuid, RedemptionRule>;
  /**
   * The version in force at an instant for points that pay that money; null: the only one that there is. Throws
   * NoRedemptionRule, RedemptionMoneyMismatch, MoneyCurrencyRequired.
   */
  inForce(brandId: Uuid, currency: PointCurrency, moneyCurrency: string | null, at: Date): RedemptionRule;
}

export const redemptionRules = cachedByVersion<RedemptionRules>(async (client) => {
  const { rows } = await client.query('SELECT * FROM redemption_rule ORDER BY effective_from');
  const rules = rows.map(REDEMPTION_RULE.toRule);
  const find = brandRulesInForce(rules);
  return {
    byId: new Map(rules.map((rule) => [rule.id, rule])),
    inForce(brandId, currency, moneyCurrency, at) {
      const inForce = find(brandId, currency, at);
      if (inForce.length === 0) throw new NoRedemptionRule(currency.code, at);
      if (moneyCurrency === null && inForce.length > 1) throw new MoneyCurrencyRequired(moneysOf(inForce));
      const rule = inForce.find((each) => moneyCurrency === null || each.moneyCurrency === moneyCurrency);
      if (!rule) throw new RedemptionMoneyMismatch(moneysOf(inForce));
      return rule;
    },
  };
});

type RedemptionRuleRow = RowOf<BrandRuleVersion & Pick<RedemptionRule, 'minimum' | 'step' | 'maximum'>> & {
  readonly worth: string;
  readonly points_per_unit: string;
  readonly share_numerator: string;
  readonly share_denominator: string;
};

export const REDEMPTION_RULE: RuleTable<RedemptionRule, RedemptionRuleRow> = {
  name: 'redemption_rule',
  toRule: (row) => ({
    ...toBrandRuleVersion(row),
    worth: ratio(BigInt(row.worth), BigInt(row.points_per_unit)),
    minimum: BigInt(row.minimum),
    step: BigInt(row.step),
    maximum: row.maximum === null ? null : BigInt(row.maximum),
    share: ratio(BigInt(row.share_numerator), BigInt(row.share_denominator)),
  }),
};
