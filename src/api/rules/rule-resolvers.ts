import { GIFT_RULE } from '../../programme/sharing/gift-rule';
import { rulesResolver } from './rules.resolver';

/** Every kind of rule that the API has. */
export const RULE_RESOLVERS = [rulesResolver(GIFT_RULE)] as const;
