import { dayOf } from '../../ledger/points/calendar';
import { isMoneyInForce, isMoneyOn } from '../../ledger/points/money-currencies';
import type { Uuid } from '../../platform/ids';
import type { PointCurrency } from '../coalition/coalition-snapshot';
import type { RuleVersion } from './rule-version';

/** All versions of a kind of rule: few, read whole. */
export interface RulesInForce<Rule> {
  /** Withdrawn ones too. */
  readonly byId: ReadonlyMap<Uuid, Rule>;
  /**
   * The versions of a brand (null: of the coalition) for a points currency that are in force at an instant. There is
   * one, or one for each money that could be paid in on that day.
   */
  at(brandId: Uuid | null, currency: Pick<PointCurrency, 'id' | 'timeZone'>, at: Date): Rule[];
}

/** What a version has that is for one money. */
interface OfMoney {
  readonly moneyCurrency?: string;
  readonly endsAt?: Date | null;
}

/** Finds them among all versions, given oldest effectiveFrom first. */
export function rulesInForce<Rule extends RuleVersion & OfMoney>(rules: readonly Rule[]): RulesInForce<Rule> {
  const versions = new Map<string, Map<string | undefined, Rule[]>>();
  for (const rule of rules) {
    if (rule.withdrawnAt) continue;
    const key = `${rule.ownerBrandId} ${rule.currencyId}`;
    let monies = versions.get(key);
    if (!monies) versions.set(key, (monies = new Map()));
    const earlier = monies.get(rule.moneyCurrency);
    if (earlier) earlier.push(rule);
    else monies.set(rule.moneyCurrency, [rule]);
  }
  return {
    byId: new Map(rules.map((rule) => [rule.id, rule])),
    at(brandId, { id, timeZone }, at) {
      const found: Rule[] = [];
      for (const [money, ofMoney] of versions.get(`${brandId} ${id}`) ?? []) {
        const latest = ofMoney.findLast(({ effectiveFrom }) => effectiveFrom <= at);
        if (!latest || (latest.endsAt && at >= latest.endsAt)) continue;
        if (money === undefined || isMoneyInForce(money) || isMoneyOn(money, dayOf(at, timeZone))) found.push(latest);
      }
      return found;
    },
  };
}
