import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { type RulePage, readRuleVersions } from '../../coalition/rules/rule-versions';
import { REDEMPTION_RULE, type RedemptionRule } from './redemption-rule';

/** Versions of the brand's redemption rule for a currency, newest first, below a version. */
export async function listRedemptionRules(app: App, principal: Principal, page: Omit<RulePage, 'brandId'>): Promise<RedemptionRule[]> {
  const brandId = requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER', 'SUPPORT', 'FINANCE'] });
  return readRuleVersions(app, principal, REDEMPTION_RULE, { ...page, brandId });
}
