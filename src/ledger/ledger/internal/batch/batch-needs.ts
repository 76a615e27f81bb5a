import type { Uuid } from '../../../../platform/ids';
import { type Day, NEVER } from '../../../points/calendar';
import type { AccountId, Claim, PostingRequest } from '../../posting';
import { isToldLate } from '../../told-late';
import { counterKey } from '../decide/batch-state';

/** What a batch needs, each id once. */
export interface Needs {
  readonly wallets: readonly AccountId[];
  readonly postings: ReadonlySet<Uuid>;
  readonly holds: ReadonlySet<Uuid>;
  readonly transfers: ReadonlySet<Uuid>;
  readonly expired: readonly Uuid[];
  readonly cancelled: readonly Uuid[];
  readonly counters: ReadonlyMap<string, { account: AccountId; key: string }>;
  readonly claims: readonly Claim[];
  /** Wallets of requests that look at holds, transfers, counters or what has ended too. */
  readonly besideOthers: ReadonlySet<AccountId>;
  readonly latest: number;
  /** Wallets of requests that were told late, and the earliest day by which one of those is judged. */
  readonly late: { readonly wallets: ReadonlySet<AccountId>; readonly since: Day };
}

/** Gathers it from the requests of the batch. */
export function needsOf(requests: readonly PostingRequest[]): Needs {
  const wallets = new Set<AccountId>();
  const postings = new Set<Uuid>();
  const holds = new Set<Uuid>();
  const transfers = new Set<Uuid>();
  const counters = new Map<string, { account: AccountId; key: string }>();
  const claims: Claim[] = [];
  const expired: Uuid[] = [];
  const cancelled: Uuid[] = [];
  const besideOthers = new Set<AccountId>();
  const late = new Set<AccountId>();
  let since = NEVER;
  let latest = 0;
  for (const request of requests) {
    const { id, loads, recordedAt, claims: asked } = request;
    postings.add(id);
    for (const wallet of loads.wallets) wallets.add(wallet);
    if (loads.holds) for (const hold of loads.holds) holds.add(hold);
    if (loads.transfers) for (const transfer of loads.transfers) transfers.add(transfer);
    if (loads.counters) for (const counter of loads.counters) counters.set(counterKey(counter.account, counter.key), counter);
    if (loads.holds?.length || loads.transfers?.length || loads.counters?.length) for (const wallet of loads.wallets) besideOthers.add(wallet);
    if (asked) claims.push(...asked);
    if (loads.expired) expired.push(...loads.expired);
    if (loads.cancelled) cancelled.push(...loads.cancelled);
    if (recordedAt > latest) latest = recordedAt;
    if (!isToldLate(request)) continue;
    for (const wallet of loads.wallets) {
      late.add(wallet);
      besideOthers.add(wallet);
    }
    since = Math.min(since, request.day, ...(request.days?.values() ?? []));
  }
  return { wallets: [...wallets], postings, holds, transfers, expired, cancelled, counters, claims, besideOthers, latest, late: { wallets: late, since } };
}
