import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { defineRule, type RuleOf } from '../../coalition/rules/define-rule';
import { optionalPoints, points } from '../../coalition/rules/rule-fields';
import { type RulesInForce, rulesInForce } from '../../coalition/rules/rules-in-force';
import { cachedRules } from '../../coalition/rules/versioned-cache';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { LOCKS } from '../../platform/locks';
/** What is refused where members may give each other nothing. */
export const giftRuleRefusals = refusals(
  defineRefusal('GIFTS_NOT_ALLOWED', {
    description: 'No rule lets members give each other this currency at that moment.',
    retrySafe: true,
    message: (_, { currency }: { currency: string }) =>
      `Members do not give each other ${currency}: no rule for gifts is in force. The operator sets one with setGiftRule.`,
  }),
);

/** What members may give each other of a currency. */
export const GIFT_RULE = defineRule({
  name: 'GiftRule',
  table: 'gift_rule',
  lock: LOCKS.GIFT_RULE,
  owner: 'COALITION',
  called: 'the rule for gifts of a currency',
  without: 'none are given',
  fields: {
    minimum: points('Fewest points that are given at once, in the smallest unit', 1),
    step: points('Only multiples of this are given, in the smallest unit', 1),
    dailyMaximum: optionalPoints("Most points that a member gives on one day of the currency's time zone, in the smallest unit", 'no limit'),
  },
  bounds: [
    ({ minimum, dailyMaximum }) =>
      dailyMaximum !== null && dailyMaximum < minimum ? { field: 'dailyMaximum', message: 'The daily maximum is not below the minimum.' } : null,
  ],
});
export type GiftRule = RuleOf<typeof GIFT_RULE>;

/** All versions, as of a version of the coalition's configuration. */
export const giftRules = cachedRules(GIFT_RULE, rulesInForce<GiftRule>);

/** The version in force at an instant; throws GIFTS_NOT_ALLOWED. */
export function requireGiftRule(rules: RulesInForce<GiftRule>, currency: PointCurrency, at: Date): GiftRule {
  const [rule] = rules.at(null, currency, at);
  if (!rule) throw giftRuleRefusals.refuse('GIFTS_NOT_ALLOWED', { currency: currency.code });
  return rule;
}
