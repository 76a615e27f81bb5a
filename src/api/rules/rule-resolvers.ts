import { EARNING_RULE } from '../../programme/earning/earning-rule';
import { REDEMPTION_RULE } from '../../programme/redemption/redemption-rule';
import { GIFT_RULE } from '../../programme/sharing/gift-rule';
import { rulesResolver } from './rules.resolver';

/** Every kind of rule that the API has. */
export const RULE_RESOLVERS = [rulesResolver(EARNING_RULE), rulesResolver(GIFT_RULE), rulesResolver(REDEMPTION_RULE)] as const;
