import type { Uuid } from '../../ids';
import type { AccountId, Claim, PostingRequest } from '../posting';
import { counterKey } from './batch-state';

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
  /** Wallets of requests that look at holds, transfers or counters too. */
  readonly besideOthers: ReadonlySet<AccountId>;
  readonly latest: number;
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
  let latest = 0;
  for (const { id, loads, occurredAt, claims: asked } of requests) {
    postings.add(id);
    for (const wallet of loads.wallets) wallets.add(wallet);
    if (loads.holds) for (const hold of loads.holds) holds.add(hold);
    if (loads.transfers) for (const transfer of loads.transfers) transfers.add(transfer);
    if (loads.counters) for (const counter of loads.counters) counters.set(counterKey(counter.account, counter.key), counter);
    if (loads.holds?.length || loads.transfers?.length || loads.counters?.length) for (const wallet of loads.wallets) besideOthers.add(wallet);
    if (asked) claims.push(...asked);
    if (loads.expired) expired.push(...loads.expired);
    if (loads.cancelled) cancelled.push(...loads.cancelled);
    if (occurredAt > latest) latest = occurredAt;
  }
  return { wallets: [...wallets], postings, holds, transfers, expired, cancelled, counters, claims, besideOthers, latest };
}
