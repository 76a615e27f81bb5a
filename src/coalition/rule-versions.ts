import type { Uuid } from '../ids';

/** A version of a brand's rule for a points currency: in force from effectiveFrom until the next one starts. */
interface RuleVersion {
  readonly brandId: Uuid;
  readonly currencyId: number;
  readonly effectiveFrom: Date;
}

/** Finds the version of a brand's rule in force at an instant, or null, among all versions, given oldest effectiveFrom first. */
export function rulesInForce<Rule extends RuleVersion>(rules: readonly Rule[]): (brandId: Uuid, currencyId: number, at: Date) => Rule | null {
  const versions = new Map<string, Rule[]>();
  for (const rule of rules) {
    const key = `${rule.brandId} ${rule.currencyId}`;
    const earlier = versions.get(key);
    if (earlier) earlier.push(rule);
    else versions.set(key, [rule]);
  }
  return (brandId, currencyId, at) => versions.get(`${brandId} ${currencyId}`)?.findLast(({ effectiveFrom }) => effectiveFrom <= at) ?? null;
}
