import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { type RulePage, readRuleVersions } from '../../coalition/rules/rule-versions';
import type { EarningRule } from './earning-rule';
import { EARNING_RULE } from './earning-rules';

/** Versions of the brand's earning rule for a currency, newest first, below a version. */
export async function listEarningRules(app: App, principal: Principal, page: Omit<RulePage, 'brandId'>): Promise<EarningRule[]> {
  const brandId = requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER', 'SUPPORT', 'FINANCE'] });
  return readRuleVersions(app, principal, EARNING_RULE, { ...page, brandId });
}
