import { EARNING_RULE } from '../../programme/earning/earning-rule';
import { REDEMPTION_RULE } from '../../programme/redemption/redemption-rule';
import { GIFT_RULE } from '../../programme/sharing/gift-rule';
import { ruleApi } from './rule-api';

/** Every kind of rule that has nothing in the API but what follows from its declaration. */
export const RULE_RESOLVERS = [ruleApi(EARNING_RULE), ruleApi(GIFT_RULE), ruleApi(REDEMPTION_RULE)].flatMap(({ resolvers }) => resolvers);
