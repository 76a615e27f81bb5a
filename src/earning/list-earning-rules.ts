import { requireBrand } from '../access/permissions';
import type { Principal } from '../access/principal';
import type { App } from '../app';
import { type RulePage, readRuleVersions } from '../coalition/rule-versions';
import type { EarningRule } from './earning-rule';
import { EARNING_RULE } from './earning-rules';

/** Versions of the brand's earning rule for a currency, newest first, below a version. */
export async function listEarningRules(app: App, principal: Principal, page: Omit<RulePage, 'brandId'>): Promise<EarningRule[]> {
  const brandId = requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER', 'SUPPORT', 'FINANCE'] });
  return readRuleVersions(app, principal, EARNING_RULE, { ...page, brandId });
}
