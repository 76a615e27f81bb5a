import { dayOf } from '../../ledger/points/calendar';
import { isMoneyInForce, isMoneyOn } from '../../ledger/points/money-currencies';
import type { Uuid } from '../../platform/ids';
import type { PointCurrency } from '../coalition/coalition-snapshot';
import type { BrandRuleVersion } from './rule-versions';

/** The rules of a brand for a points currency that are in force at an instant: one for each money, that could be paid in on that day. */
export type BrandRulesInForce<Rule> = (brandId: Uuid, currency: Pick<PointCurrency, 'id' | 'timeZone'>, at: Date) => Rule[];

/** Finds them among all versions, given oldest effectiveFrom first. */
export function brandRulesInForce<Rule extends BrandRuleVersion>(rules: readonly Rule[]): BrandRulesInForce<Rule> {
  const versions = new Map<string, Map<string, Rule[]>>();
  for (const rule of rules) {
    const key = `${rule.brandId} ${rule.currencyId}`;
    let monies = versions.get(key);
    if (!monies) versions.set(key, (monies = new Map()));
    const earlier = monies.get(rule.moneyCurrency);
    if (earlier) earlier.push(rule);
    else monies.set(rule.moneyCurrency, [rule]);
  }
  return (brandId, { id, timeZone }, at) => {
    const found: Rule[] = [];
    for (const [money, ofMoney] of versions.get(`${brandId} ${id}`) ?? []) {
      const latest = ofMoney.findLast(({ effectiveFrom }) => effectiveFrom <= at);
      if (latest && (latest.endsAt === null || at < latest.endsAt) && (isMoneyInForce(money) || isMoneyOn(money, dayOf(at, timeZone)))) found.push(latest);
    }
    return found;
  };
}

/** The moneys of rules, in the order of their codes, as texts of refusals have them. */
export function moneysOf(rules: readonly BrandRuleVersion[]): string {
  return rules
    .map(({ moneyCurrency }) => moneyCurrency)
    .sort()
    .join(', ');
}
