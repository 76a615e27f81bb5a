import type { App } from '../../app';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { contentHash } from '../../ledger/ledger/idempotency';
import type { AccountId, EndTarget, PostingRequest } from '../../ledger/ledger/posting';
import { LATE_TILLS_MS } from '../../ledger/ledger/told-late';
import { type Day, dayOf, dayStart, dayToIso } from '../../ledger/points/calendar';
import { derivedUuid, newUuid, type Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { clearAway } from './clear-away';
import { type DueAccount, dueByLot, dueBySlide, endedIn, type LocalDays, type Place } from './find-due';
import { Undone } from './undone';

/** Accounts looked at, and posted, at a time. */
const BATCH = 500;
/** Batches in which there is something to do, in one run: a run is bounded, and the next one finds what it has left. */
const MOST_BATCHES = 40;

export interface ExpiryRun {
  /** Wallets and pools whose expiry was booked by this run. */
  readonly accounts: number;
  /** More are due: the run was bounded. */
  readonly more: boolean;
}

/**
 * Books the expiry of points whose time is over in their currency's time zone. Safe to run anywhere and any number of
 * times, by many at once and late: each booking is one posting, whose id is derived from the account and its days. The
 * clock has decided already, and says when it happened. An account that cannot be booked stops no other. It is named in
 * what is thrown at the end, and tried again by the next run.
 */
export async function expirePoints(app: App): Promise<ExpiryRun> {
  const asOf = new Date(app.clock.now().getTime() - LATE_TILLS_MS);
  const snapshot = await app.database.transaction({ kind: 'worker' }, ({ client }) => app.coalition.snapshot(client));
  const days: LocalDays = new Map([...snapshot.currenciesById.values()].map(({ id, timeZone }) => [id, dayOf(asOf, timeZone)]));
  if (days.size === 0) return { accounts: 0, more: false };
  const undone = new Undone();
  const run = await bookPages(app, snapshot, days, undone);
  if (run.accounts > 0) app.log.info({ accounts: run.accounts }, 'expired points are booked');
  undone.throwAny('accounts whose expiry could not be booked');
  return run;
}

async function bookPages(app: App, snapshot: CoalitionSnapshot, days: LocalDays, undone: Undone): Promise<ExpiryRun> {
  let accounts = 0;
  let batches = 0;
  for (const find of [dueByLot, dueBySlide]) {
    let after: Place | null = null;
    do {
      const page = await find(app, days, after, BATCH);
      after = page.next;
      // Nothing may be due on a page that is full. Where it is tomorrow already in another time zone, its points come
      // after those of today.
      if (page.found.length === 0) continue;
      const { booked, clearable } = await bookAll(app, snapshot, page.found, undone);
      const cleared = await clearAway(app, clearable);
      accounts += booked;
      if (booked > 0) app.log.debug({ accounts }, 'expiry is being booked');
      // What is left as it was is found again by every run: counted, the next one would come no further.
      if (booked > 0 || cleared) batches++;
      if (after && batches >= MOST_BATCHES) return { accounts, more: true };
    } while (after);
  }
  return { accounts, more: false };
}

/**
 * How many of the accounts had something booked now, and those that may be cleared away: all but those that could not
 * be booked.
 */
async function bookAll(
  app: App,
  snapshot: CoalitionSnapshot,
  found: readonly DueAccount[],
  undone: Undone,
): Promise<{ booked: number; clearable: readonly DueAccount[] }> {
  // An account is found once for each day on which something in it ended.
  const due = [...new Map(found.filter(({ hasPoints }) => hasPoints).map((each) => [each.account, each])).values()];
  if (due.length === 0) return { booked: 0, clearable: found };
  const { operator } = snapshot;
  if (!operator) throw new Error('a coalition without an operator has points that expire');
  const ended = await endedIn(app, due);
  const refs = due.flatMap(({ account, currencyId }) =>
    (ended.get(account) ?? []).flatMap(({ issuers }) => issuers.map((owner) => ({ kind: 'EXPIRED' as const, owner, currencyId }))),
  );
  const opened = await app.ledger.openAccounts(refs);
  let at = 0;
  const midnight = midnights(snapshot);
  const bookings = due.map((each) => ({
    due: each,
    endings: (ended.get(each.account) ?? []).map(({ on, issuers }): Ending => {
      const ends = issuers.map((issuer): EndTarget => ({ issuer, id: newUuid(), to: itemAt(opened, at++) }));
      return { on, at: midnight(each.currencyId, on), ends };
    }),
  }));
  const booked = await undone.each(
    bookings,
    ({ due: { account } }) => `account ${account}`,
    (booking) => bookInOrder(app, operator.id, booking),
  );
  const failed = new Set(due.filter((_, i) => booked[i] === null).map(({ account }) => account));
  return { booked: booked.filter(Boolean).length, clearable: found.filter(({ account }) => !failed.has(account)) };
}

/**
 * Day after day: each takes all that is over by then, and the last day completes the account. Each is recorded when it
 * is sent. After a long time without a worker there is much to book, and balances of past instants must not change by
 * what comes late.
 */
async function bookInOrder(app: App, party: Uuid, { due, endings }: { due: DueAccount; endings: readonly Ending[] }): Promise<boolean> {
  let last = false;
  for (const ending of endings) last = !(await app.ledger.post(expiryOf(due, ending, party, app.clock.now()))).duplicate;
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
    booksEnds: true,
    plan: () => ({ steps: [{ do: 'end', account, code: 'EXPIRY', ends }], answer: name }),
  };
}

/**
 * One booking a local day for what ended in an account on another. What comes free later on that day waits for the
 * next.
 */
function expiryPostingId(account: AccountId, day: Day, ended: Day): Uuid {
  return derivedUuid('expiry', String(account), dayToIso(day), dayToIso(ended));
}
