import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { type RulePage, readRuleVersions } from '../../coalition/rules/rule-versions';
import { GIFT_RULE, type GiftRule } from './gift-rule';

/** Versions of the rule for gifts of a currency, newest first, below a version. Like rates, it is published: whoever is somebody may read it. */
export function listGiftRules(app: App, principal: Principal, page: Omit<RulePage, 'brandId'>): Promise<GiftRule[]> {
  return readRuleVersions(app, principal, GIFT_RULE, { ...page, brandId: null });
}
