import type { App } from '../../app';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import type { AccountId, LedgerView, Step } from '../../ledger/ledger/posting';
import { type Day, dayOf } from '../../ledger/points/calendar';
import type { PoolRole } from '../../members/households/household';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';

/** What is refused where a member joins a household pool. */
export const joinPoolRefusals = refusals(
  defineRefusal('ALREADY_IN_POOL', {
    description: 'A member is in one household pool at a time.',
    retrySafe: false,
    message: 'A member is in one household pool at a time. Leave that one first.',
  }),
);

/** What is refused where a pool would lose its owner. */
export const poolOwnerRefusals = refusals(
  defineRefusal('POOL_NEEDS_OWNER', {
    description: 'The owner makes another member the owner first, or closes the pool.',
    retrySafe: false,
    message: 'The owner of a pool makes another member its owner first, or closes it.',
  }),
);

/** What is refused where a member spends from a pool. */
export const poolSpendingRefusals = refusals(
  defineRefusal('POOL_NOT_SPENDABLE', {
    description: 'The member is in no household pool, or in a role that does not spend from it.',
    retrySafe: true,
    message: 'This member may not spend from a household pool. Spend from the wallet.',
  }),
);

/**
 * What a membership lets its member do at the moment when a posting is decided. It was looked up before. It may have
 * ended since, or lost its say, and the pool may be closed. So the pool's accounts have counters of it, which postings
 * see under the lock. They are set in every currency, by postings of their own. Rows are never believed against them.
 */
export type Standing = 'SPENDS' | 'PUTS_IN' | 'ENDED';

const VALUES: Readonly<Record<Standing, number>> = { SPENDS: 0, PUTS_IN: 1, ENDED: 2 };
/** Not 0 once everything has gone back: the pool takes nothing any more. */
const CLOSED = 'household-closed';

/** What a role lets its member do. */
export function standingOfRole(role: PoolRole): Standing {
  return role === 'CHILD' ? 'PUTS_IN' : 'SPENDS';
}

interface Counter {
  readonly account: AccountId;
  readonly key: string;
}

/** What a posting loads to ask for the standing of memberships in an account of the pool, or to set it. */
export function standingCounters(pool: AccountId, membershipIds: readonly Uuid[]): Counter[] {
  return [{ account: pool, key: CLOSED }, ...membershipIds.map((id) => ({ account: pool, key: keyOf(id) }))];
}

function keyOf(membershipId: Uuid): string {
  return `household-member:${membershipId}`;
}

/** As far as postings know; of a role that never spent, the row tells. */
export function standingOf(view: LedgerView, pool: AccountId, membershipId: Uuid): Standing {
  const value = view.counter(pool, keyOf(membershipId));
  if (view.counter(pool, CLOSED) > 0 || value >= VALUES.ENDED) return 'ENDED';
  return value === VALUES.SPENDS ? 'SPENDS' : 'PUTS_IN';
}

/** Sets it. What has ended stays so. */
export function standingSteps(view: LedgerView, pool: AccountId, membershipId: Uuid, standing: Standing): Step[] {
  const key = keyOf(membershipId);
  const value = view.counter(pool, key);
  if (value === VALUES.ENDED || value === VALUES[standing]) return [];
  return [{ do: 'count', account: pool, key, by: VALUES[standing] - value }];
}

/** Ends the standing of all who are in the pool, or come to be. */
export function closingSteps(view: LedgerView, pool: AccountId): Step[] {
  return view.counter(pool, CLOSED) > 0 ? [] : [{ do: 'count', account: pool, key: CLOSED, by: 1 }];
}

/**
 * The pool's account in each of the coalition's currencies, opened where there was none, with the day on which it is
 * judged. A posting that looked a membership up a moment ago may come with any of them.
 */
export async function everyPoolAccount(app: App, { currenciesById }: CoalitionSnapshot, poolId: Uuid, now: Date): Promise<Map<AccountId, Day>> {
  const currencies = [...currenciesById.values()];
  const accounts = await app.ledger.openAccounts(currencies.map(({ id }) => ({ kind: 'POOL' as const, owner: poolId, currencyId: id })));
  return new Map(currencies.map(({ timeZone }, at) => [itemAt(accounts, at), dayOf(now, timeZone)]));
}
