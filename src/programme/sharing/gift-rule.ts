import { type RuleTable, type RuleVersion, rulesInForce, toRuleVersion } from '../../coalition/rules/rule-versions';
import { cachedByVersion } from '../../coalition/rules/versioned-cache';
import type { RowOf } from '../../platform/database/row-of';
import { GiftsNotAllowed } from './sharing-refusals';

/** What members may give each other of a currency: one version of the coalition's rule. */
export interface GiftRule extends RuleVersion {
  readonly minimum: bigint;
  /** Only multiples of it are given. */
  readonly step: bigint;
  /** Most points that a member gives on one day of the currency's time zone; null: no limit. */
  readonly dailyMaximum: bigint | null;
}

export const GIFT_RULE: RuleTable<GiftRule, RowOf<GiftRule>> = {
  name: 'gift_rule',
  toRule: (row) => ({
    ...toRuleVersion(row),
    minimum: BigInt(row.minimum),
    step: BigInt(row.step),
    dailyMaximum: row.daily_maximum === null ? null : BigInt(row.daily_maximum),
  }),
};

/** All versions of all rules: few, read whole. */
export interface GiftRules {
  /** The version in force at an instant; throws GiftsNotAllowed. */
  inForce(currency: { readonly id: number; readonly code: string }, at: Date): GiftRule;
}

export const giftRules = cachedByVersion<GiftRules>(async (client) => {
  const { rows } = await client.query('SELECT * FROM gift_rule ORDER BY effective_from');
  const find = rulesInForce(rows.map(GIFT_RULE.toRule));
  return {
    inForce(currency, at) {
      const rule = find(currency.id, at);
      if (!rule) throw new GiftsNotAllowed(currency.code);
      return rule;
    },
  };
});
