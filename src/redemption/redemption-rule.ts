import { type BrandRuleVersion, type RuleTable, rulesInForce, toBrandRuleVersion } from '../coalition/rule-versions';
import { cachedByVersion } from '../coalition/versioned-cache';
import type { Uuid } from '../ids';
import { type Ratio, ratio } from '../points/ratio';
import { NoRedemptionRule } from './redemption-refusals';

/** What points are worth at a brand and how many may be spent at once: one version, in force from effectiveFrom until the next one starts. */
export interface RedemptionRule extends BrandRuleVersion {
  /** ISO 4217 code of the money that points pay. */
  readonly moneyCurrency: string;
  /** Points (smallest unit) that pay one whole unit of money. */
  readonly pointsPerUnit: bigint;
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
  /** The version in force at an instant; throws NoRedemptionRule. */
  inForce(brandId: Uuid, currency: { readonly id: number; readonly code: string }, at: Date): RedemptionRule;
}

export const redemptionRules = cachedByVersion<RedemptionRules>(async (client) => {
  const { rows } = await client.query('SELECT * FROM redemption_rule ORDER BY effective_from');
  const rules = rows.map(REDEMPTION_RULE.toRule);
  const find = rulesInForce(rules);
  return {
    byId: new Map(rules.map((rule) => [rule.id, rule])),
    inForce(brandId, currency, at) {
      const rule = find(brandId, currency.id, at);
      if (!rule) throw new NoRedemptionRule(currency.code, at);
      return rule;
    },
  };
});

export const REDEMPTION_RULE: RuleTable<RedemptionRule> = {
  name: 'redemption_rule',
  toRule: (row) => ({
    ...toBrandRuleVersion(row),
    moneyCurrency: row.money_currency,
    pointsPerUnit: BigInt(row.points_per_unit),
    minimum: BigInt(row.minimum),
    step: BigInt(row.step),
    maximum: row.maximum === null ? null : BigInt(row.maximum),
    share: ratio(BigInt(row.share_numerator), BigInt(row.share_denominator)),
  }),
};
