import { itemAt } from '../../../../platform/one-of';
import type { AccountId, PostingRequest } from '../../posting';

export interface Choice {
  /** Wallets of the batches that other lanes are posting. */
  readonly inFlight: ReadonlySet<AccountId>;
  /** What this lane is to take; the rest is left for the others. */
  readonly isOurs: (request: PostingRequest) => boolean;
  readonly most: number;
  /** How many of the waiting are looked at. */
  readonly scan: number;
}

/**
 * Takes the next batch for a free lane out of `waiting`, in the order of arrival. It passes over every request that
 * touches a wallet in flight on another lane, and whatever comes after it on any of its wallets. So lanes never wait
 * for each other's locks, and each wallet's requests keep their order. Nobody starves: the wallets of a request that
 * was passed over are not taken again before it.
 */
export function chooseBatch<T extends { readonly request: PostingRequest }>(waiting: T[], { inFlight, isOurs, most, scan }: Choice): T[] {
  const chosen: T[] = [];
  const passedOver = new Set<AccountId>();
  const looked = Math.min(waiting.length, scan);
  let kept = 0;
  let at = 0;
  for (; at < looked && chosen.length < most; at++) {
    const each = itemAt(waiting, at);
    const { wallets } = each.request.loads;
    if (isOurs(each.request) && !wallets.some((wallet) => inFlight.has(wallet) || passedOver.has(wallet))) {
      chosen.push(each);
    } else {
      for (const wallet of wallets) passedOver.add(wallet);
      waiting[kept++] = each;
    }
  }
  waiting.splice(kept, at - kept);
  return chosen;
}
