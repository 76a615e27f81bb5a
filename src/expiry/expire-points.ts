import type { App } from '../app';
import type { CoalitionSnapshot } from '../coalition/coalition-snapshot';
import { derivedUuid, newUuid, type Uuid } from '../ids';
import { contentHash } from '../ledger/idempotency';
import type { AccountId, EndTarget, PostingRequest } from '../ledger/posting';
import { type Day, dayOf, dayStart, dayToIso } from '../points/calendar';
import { clearAway } from './clear-away';
import { type DueAccount, dueByLot, dueBySlide, endedIn, type LocalDays } from './find-due';

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
 * late: each booking is one posting, whose id is derived from the account and its days; the clock has decided already, and says when it happened.
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
      accounts += await bookAll(app, snapshot, page.found);
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
async function bookAll(app: App, snapshot: CoalitionSnapshot, found: readonly DueAccount[]): Promise<number> {
  // An account is found once for each day on which something in it ended.
  const due = [...new Map(found.filter(({ hasPoints }) => hasPoints).map((each) => [each.account, each])).values()];
  if (due.length === 0) return 0;
  const { operator } = snapshot;
  if (!operator) throw new Error('a coalition without an operator has points that expire');
  const ended = await endedIn(app, due);
  const refs = due.flatMap(({ account, currencyId }) =>
    (ended.get(account) ?? []).flatMap(({ issuers }) => issuers.map((owner) => ({ kind: 'EXPIRED' as const, owner, currencyId }))),
  );
  const opened = await app.ledger.openAccounts(refs);
  let at = 0;
  const midnight = midnights(snapshot);
  const recordedAt = app.clock.now();
  const bookings = due.map((each) =>
    (ended.get(each.account) ?? []).map(({ on, issuers }) => {
      const ends = issuers.map((issuer): EndTarget => ({ issuer, id: newUuid(), to: opened[at++] }));
      return expiryOf(each, { on, at: midnight(each.currencyId, on), ends }, operator.id, recordedAt);
    }),
  );
  const booked = await Promise.all(bookings.map((requests) => bookInOrder(app, requests)));
  return booked.filter(Boolean).length;
}

/** Day after day: each takes all that is over by then. Whoever books the last day has booked the account. */
async function bookInOrder(app: App, requests: readonly PostingRequest[]): Promise<boolean> {
  let last = false;
  for (const request of requests) last = !(await app.ledger.post(request)).duplicate;
  return last;
}

/** The instant at which points end that end on a local day; each day is looked up once. */
function midnights({ currenciesById }: CoalitionSnapshot): (currencyId: number, day: Day) => Date {
  const known = new Map<string, Date>();
  return (currencyId, day) => {
    const timeZone = currenciesById.get(currencyId)?.timeZone ?? 'UTC';
    const name = `${day} ${timeZone}`;
    const start = known.get(name) ?? dayStart(day, timeZone);
    known.set(name, start);
    return start;
  };
}

interface Ending {
  readonly on: Day;
  readonly at: Date;
  readonly ends: readonly EndTarget[];
}

/** It happened when the points ended, however late it is booked: what they leave to their issuers is of that month. */
function expiryOf({ account, day }: DueAccount, { on, at, ends }: Ending, party: Uuid, recordedAt: Date): PostingRequest {
  const name = { account, day: dayToIso(day), ended: dayToIso(on) };
  return {
    id: expiryPostingId(account, day, on),
    party,
    kind: 'EXPIRE_POINTS',
    contentHash: contentHash('EXPIRE_POINTS', name),
    occurredAt: at.getTime(),
    day: on,
    recordedAt: recordedAt.getTime(),
    loads: { wallets: [account] },
    plan: () => ({ steps: [{ do: 'end', account, code: 'EXPIRY', ends }], answer: name }),
  };
}

/** One booking a local day for what ended in an account on another: what comes free later on that day waits for the next. */
function expiryPostingId(account: AccountId, day: Day, ended: Day): Uuid {
  return derivedUuid('expiry', String(account), dayToIso(day), dayToIso(ended));
}
