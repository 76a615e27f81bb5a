import type { App } from '../../app';
import type { Context } from '../graphql/context';
import { networkOf } from '../http/network-of';
import { type Allowance, type Quota, RateLimiter } from './rate-limit';

/** How many times what one of them has strangers together have, however many addresses they come from. */
const STRANGERS_TOGETHER = 20;

/**
 * What may be asked of this gateway in a minute, in operations and in their cost. A brand has one quota for all its
 * clients and staff. It has another for all sessions that it minted for members, so that no member uses up what its
 * tills need. A member has a smaller one. Whoever has no good token has a far smaller one, by network.
 */
export class OperationQuotas {
  private readonly brands: RateLimiter;
  private readonly members: RateLimiter;
  private readonly strangers: RateLimiter;
  private readonly allStrangers: RateLimiter;

  constructor({ config, clock }: App) {
    const { brand, member, stranger } = config.limits.rates;
    this.brands = new RateLimiter(quotas(brand), clock);
    this.members = new RateLimiter(quotas(member), clock);
    this.strangers = new RateLimiter(quotas(stranger), clock);
    this.allStrangers = new RateLimiter(quotas(stranger, STRANGERS_TOGETHER), clock);
  }

  /** Takes operations and cost from whoever asks. */
  take({ principal, address }: Pick<Context, 'principal' | 'address'>, operations: number, cost: number): Allowance {
    const costs = [operations, cost];
    if (!principal) return both(this.strangers.take(networkOf(address), costs), () => this.allStrangers.take('', costs));
    if (principal.kind !== 'member') return this.brands.take(principal.brandId, costs);
    const { memberId, brandId } = principal;
    const own = this.members.take(`${memberId} ${brandId}`, costs);
    return brandId === null ? own : both(own, () => this.brands.take(`sessions ${brandId}`, costs));
  }
}

/** What refuses; else the caller's own. */
function both(own: Allowance, shared: () => Allowance): Allowance {
  if (!own.allowed) return own;
  const common = shared();
  return common.allowed ? own : common;
}

function quotas({ operations, cost }: { readonly operations: number; readonly cost: number }, times = 1): Quota[] {
  return [
    { name: 'operations', perMinute: operations * times },
    { name: 'cost', perMinute: cost * times },
  ];
}
