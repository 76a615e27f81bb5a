import type { App } from '../app';
import type { CoalitionSnapshot } from '../coalition/coalition-snapshot';
import { derivedUuid, newUuid, type Uuid } from '../ids';
import { contentHash } from '../ledger/idempotency';
import type { AccountId, EndTarget, PostingRequest } from '../ledger/posting';
import { type Day, dayOf, dayToIso } from '../points/calendar';
import { clearAway } from './clear-away';
import { type DueAccount, dueByLot, dueBySlide, issuersOf, type LocalDays } from './find-due';

/** Accounts looked at, and posted, at a time. */
const BATCH = 500;
/** Batches in one run: a run is bounded, and the next one goes on from where it stood. */
const MOST_BATCHES = 40;
/**
 * How long after midnight expiry is booked: a till tells a burn of the last minute some time after it, and the points are judged as of when it
 * happened. They can be spent by nobody for what happens after midnight, booked or not.
 */
const LATE_TILLS_MS = 15 * 60_000;

export interface ExpiryRun {
  /** Wallets and pools whose expiry was booked by this run. */
  readonly accounts: number;
  /** More are due: the run was bounded. */
  readonly more: boolean;
}

/**
 * Books the expiry of points whose time is over in their currency's time zone. Safe to run anywhere and any number of times, by many at once and
 * late: each booking is one posting, whose id is derived from the account and the day; the clock has decided already.
 */
export async function expirePoints(app: App): Promise<ExpiryRun> {
  const asOf = new Date(app.clock.now().getTime() - LATE_TILLS_MS);
  const snapshot = await app.database.transaction({ kind: 'worker' }, ({ client }) => app.coalition.snapshot(client));
  const days: LocalDays = new Map([...snapshot.currenciesById.values()].map(({ id, timeZone }) => [id, dayOf(asOf, timeZone)]));
  if (days.size === 0) return { accounts: 0, more: false };
  let accounts = 0;
  let batches = 0;
  for (const find of [dueByLot, dueBySlide]) {
    let page = await find(app, days, null, BATCH);
    while (page.found.length > 0) {
      accounts += await bookAll(app, snapshot, page.found, asOf);
      await clearAway(app, page.found);
      if (accounts > 0) app.log.debug({ accounts }, 'expiry is being booked');
      if (page.next === null) break;
      if (++batches === MOST_BATCHES) return { accounts, more: true };
      page = await find(app, days, page.next, BATCH);
    }
  }
  if (accounts > 0) app.log.info({ accounts }, 'expired points are booked');
  return { accounts, more: false };
}

/** Returns how many of the accounts had something booked now. */
async function bookAll(app: App, snapshot: CoalitionSnapshot, found: readonly DueAccount[], asOf: Date): Promise<number> {
  const due = found.filter(({ hasPoints }) => hasPoints);
  if (due.length === 0) return 0;
  const { operator } = snapshot;
  if (!operator) throw new Error('a coalition without an operator has points that expire');
  const issuers = await issuersOf(app, due);
  const refs = due.flatMap(({ account, currencyId }) => (issuers.get(account) ?? []).map((owner) => ({ kind: 'EXPIRED' as const, owner, currencyId })));
  const opened = await app.ledger.openAccounts(refs);
  let at = 0;
  const requests = due.map((each) => {
    const ends = (issuers.get(each.account) ?? []).map((issuer): EndTarget => ({ issuer, id: newUuid(), to: opened[at++] }));
    return expiryOf(each, ends, operator.id, { asOf, now: app.clock.now() });
  });
  const outcomes = await Promise.all(requests.map((request) => app.ledger.post(request)));
  return outcomes.filter(({ duplicate }) => !duplicate).length;
}

function expiryOf({ account, day }: DueAccount, ends: readonly EndTarget[], party: Uuid, { asOf, now }: { asOf: Date; now: Date }): PostingRequest {
  const name = { account, day: dayToIso(day) };
  return {
    id: expiryPostingId(account, day),
    party,
    kind: 'EXPIRE_POINTS',
    contentHash: contentHash('EXPIRE_POINTS', name),
    occurredAt: asOf.getTime(),
    day,
    recordedAt: now.getTime(),
    loads: { wallets: [account] },
    plan: () => ({ steps: [{ do: 'end', account, code: 'EXPIRY', ends }], answer: name }),
  };
}

/** One booking an account and local day: what becomes due later on that day waits for the next. */
export function expiryPostingId(account: AccountId, day: Day): Uuid {
  return derivedUuid('expiry', String(account), dayToIso(day));
}
