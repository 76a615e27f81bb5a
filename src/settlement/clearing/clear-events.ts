import type { ClientBase } from 'pg';
import type { App } from '../../app';
import type { CoalitionSnapshot, PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { contentHash } from '../../ledger/ledger/idempotency';
import type { AccountId, PostingRequest, Step } from '../../ledger/ledger/posting';
import { lockCursor, moveCursor } from '../../ledger/outbox/journal-cursor';
import { type JournalRange, nextRanges, settledPosition } from '../../ledger/outbox/next-ranges';
import { lesser } from '../../ledger/points/amount';
import { dayToIso } from '../../ledger/points/calendar';
import { derivedUuid, newUuid, type Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { partiesTo } from './agreement-of';
import { obligationRow, toSafeNumber } from './obligation-row';
import { periodId } from './periods';
import { type PricedEvent, priceEvents } from './price-events';
import { type ReadEvents, readEvents, readEventsById, type UnreadableEvent } from './read-events';
import { epochsOfSetAside, setAside, takeUp } from './set-aside-events';

/** Clearing's name among the consumers of the journal. */
export const CLEARING = 'clearing';

/** Clearing posts for nobody in particular. No brand reads its postings as its own; statements show what is whose. */
const CLEARING_HOUSE: Uuid = '00000000-0000-8000-8000-000000000000';

/** What became of a range. */
export interface ClearedRange {
  /** The cursor's position now. */
  readonly position: bigint;
  /** Points events priced by this call; 0 when all of it had been cleared before. */
  readonly events: number;
  readonly obligations: number;
}

/**
 * Clears the journal up to `range.to`: prices each points event and posts what it makes brands owe each other. The
 * cursor is in the same transaction, so a crash leaves all or nothing. Ranges may come twice, out of order, or not at
 * all: what is done is skipped, what lies between the cursor and `range.from` is cleared too. Only what is settled is
 * cleared; the answer says how far that was.
 */
export async function clearRange(app: App, range: JournalRange): Promise<ClearedRange> {
  const { settled, snapshot } = await readAgreements(app);
  return clearUpTo(app, snapshot, { from: range.from, to: lesser(range.to, settled) });
}

/**
 * The same without waiting for transactions to end. Only for a journal that nobody writes to any more (see
 * recoverJournal).
 */
export async function clearRestored(app: App, range: JournalRange): Promise<ClearedRange> {
  const { snapshot } = await readAgreements(app);
  return clearUpTo(app, snapshot, range);
}

/** The settled position is read first: whatever terms its events carry are then in the snapshot. */
async function readAgreements(app: App): Promise<{ settled: bigint; snapshot: CoalitionSnapshot }> {
  return app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    const settled = await settledPosition(client);
    return { settled, snapshot: await app.coalition.snapshot(client) };
  });
}

/** One transaction for the range; where the ranges before it are missing, one for each of them first. */
async function clearUpTo(app: App, snapshot: CoalitionSnapshot, range: JournalRange): Promise<ClearedRange> {
  const accounts = await openClearingAccounts(app, snapshot);
  const sum = { position: 0n, events: 0, obligations: 0 };
  do {
    const done = await app.ledger.transaction((client) => clearNext(app, client, snapshot, accounts, range));
    sum.position = done.position;
    sum.events += done.events;
    sum.obligations += done.obligations;
  } while (sum.position < range.to);
  return sum;
}

async function clearNext(app: App, client: ClientBase, snapshot: CoalitionSnapshot, accounts: ClearingAccounts, range: JournalRange): Promise<ClearedRange> {
  // A process that stands still must not keep the others from the cursor for long.
  await client.query("SET LOCAL idle_in_transaction_session_timeout = '15s'");
  const cursor = await lockCursor(client, CLEARING);
  if (cursor.position >= range.to) return { position: cursor.position, events: 0, obligations: 0 };
  const missing = cursor.position < range.from ? (await nextRanges(client, cursor.position))[0] : undefined;
  const to = missing ? lesser(missing.to, range.to) : range.to;
  const { cleared, obligations, failed } = await clear(
    app,
    client,
    { snapshot, accounts, epoch: cursor.epoch },
    await readEvents(client, cursor.epoch, { from: cursor.position, to }),
  );
  await setAside(client, failed, app.clock.now());
  const [first] = failed;
  if (first) app.log.warn({ events: failed.length, first: first.place.transferId, reason: first.reason }, 'events that cannot be priced were set aside');
  await moveCursor(client, CLEARING, { epoch: cursor.epoch, position: to });
  return { position: to, events: cleared.length, obligations };
}

/** What became of a try to clear what was set aside. */
export interface RetriedEvents {
  readonly cleared: number;
  /** Those that still cannot be priced. */
  readonly failed: number;
}

/**
 * Tries to clear what was set aside, of one points currency or of all: those longest untried first, at most so many. In
 * one transaction, and never beside the clearing of the journal.
 */
export async function retrySetAside(app: App, currencyId: number | null, most = 500): Promise<RetriedEvents> {
  const { snapshot } = await readAgreements(app);
  const accounts = await openClearingAccounts(app, snapshot);
  return app.ledger.transaction(async (client) => {
    const { epoch } = await lockCursor(client, CLEARING);
    const epochs = await epochsOfSetAside(client, currencyId, most);
    if (epochs.size === 0) return { cleared: 0, failed: 0 };
    const { cleared, failed } = await clear(app, client, { snapshot, accounts, epoch }, await readEventsById(client, epochs));
    await takeUp(client, cleared);
    await setAside(client, failed, app.clock.now());
    return { cleared: cleared.length, failed: failed.length };
  });
}

interface Clearing {
  readonly snapshot: CoalitionSnapshot;
  readonly accounts: ClearingAccounts;
  /** The cursor's. */
  readonly epoch: number;
}

interface ClearedEvents {
  /** Ids of the events that are cleared now, those that cost nothing among them. */
  readonly cleared: readonly Uuid[];
  readonly obligations: number;
  readonly failed: readonly UnreadableEvent[];
}

/** Prices events and posts what they make brands owe; tells apart what cannot be priced or posted. */
async function clear(app: App, client: ClientBase, { snapshot, accounts, epoch }: Clearing, read: ReadEvents): Promise<ClearedEvents> {
  const { priced, unpriced } = await priceEvents(client, read, snapshot, epoch);
  const recordedAt = app.clock.now().getTime();
  const failed = [...unpriced];
  const cleared: Uuid[] = [];
  const postings: PostingRequest[] = [];
  let obligations = 0;
  for (const each of priced) {
    try {
      if (each.obligations.length > 0) postings.push(toPosting(each, accounts, recordedAt));
    } catch (error) {
      failed.push({ place: each.event, reason: (error as Error).message });
      continue;
    }
    cleared.push(each.event.transferId);
    obligations += each.obligations.length;
  }
  const refused = (await app.ledger.postWithin(client, postings)).find((outcome) => outcome.refusal);
  if (refused) throw new Error(`the ledger refused a clearing: ${refused.refusal?.message}`);
  return { cleared, obligations, failed };
}

function toPosting(
  { event, obligations, currency, day, eventMonth, bookedMonth }: PricedEvent,
  accounts: ClearingAccounts,
  recordedAt: number,
): PostingRequest {
  const steps: Step[] = [];
  const rows = obligations.map((obligation, leg) => {
    const moneyTransferId = obligation.amount === 0n ? null : newUuid();
    if (moneyTransferId)
      steps.push({
        do: 'move',
        id: moneyTransferId,
        from: accountOf(accounts, obligation.debtorId, currency),
        to: accountOf(accounts, obligation.creditorId, currency),
        amount: toSafeNumber(obligation.amount),
        code: 'CLEARING',
        termsId: obligation.termsId,
      });
    return obligationRow(event, obligation, {
      leg,
      moneyTransferId,
      periodId: periodId(currency.id, bookedMonth),
      settlementCurrencyId: currency.settlementCurrencyId,
      adjustsMonth: bookedMonth === eventMonth ? null : dayToIso(eventMonth),
      recordedAt,
    });
  });
  const plan = { steps, rows, answer: {} };
  return {
    // Derived from the event: however often it is cleared, it is posted once.
    id: derivedUuid('clearing', event.transferId),
    party: CLEARING_HOUSE,
    kind: 'CLEAR',
    contentHash: contentHash('CLEAR', event.transferId),
    occurredAt: event.occurredAt.getTime(),
    day,
    recordedAt,
    loads: { wallets: [] },
    plan: () => plan,
  };
}

type ClearingAccounts = ReadonlyMap<string, AccountId>;

/** Opened beforehand: opening one inside the transaction would need a second connection while this one waits. */
async function openClearingAccounts(app: App, snapshot: CoalitionSnapshot): Promise<ClearingAccounts> {
  const refs = new Map<string, { kind: 'CLEARING'; owner: Uuid; currencyId: number }>();
  for (const currency of snapshot.currenciesById.values())
    for (const owner of partiesTo(snapshot, currency))
      refs.set(`${owner} ${currency.settlementCurrencyId}`, { kind: 'CLEARING', owner, currencyId: currency.settlementCurrencyId });
  const ids = await app.ledger.openAccounts([...refs.values()]);
  return new Map([...refs.keys()].map((key, at) => [key, itemAt(ids, at)]));
}

function accountOf(accounts: ClearingAccounts, brand: Uuid, currency: PointCurrency): AccountId {
  const account = accounts.get(`${brand} ${currency.settlementCurrencyId}`);
  if (account === undefined) throw new Error(`brand ${brand} has no terms for ${currency.code} and cannot owe or be owed`);
  return account;
}
