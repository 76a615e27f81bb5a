import type { ClientBase } from 'pg';
import type { App } from '../app';
import type { CoalitionSnapshot, PointCurrency } from '../coalition/coalition-snapshot';
import { derivedUuid, newUuid, type Uuid } from '../ids';
import { contentHash } from '../ledger/idempotency';
import type { AccountId, PostingRequest, Step } from '../ledger/posting';
import { lockCursor, moveCursor } from '../outbox/journal-cursor';
import { type JournalRange, nextRanges, settledPosition } from '../outbox/next-ranges';
import { lesser } from '../points/amount';
import { type Day, dayOf, dayToIso, monthStart } from '../points/calendar';
import { agreementOf, partiesTo } from './agreement-of';
import { obligationRow, toSafeNumber } from './obligation-row';
import { monthToBook } from './period-of-event';
import { openPeriod, type Period, periodId, readPeriods } from './periods';
import { type Agreement, type Obligation, priceEvent } from './price-event';
import { type JournalEvent, noteOwed, readEvents, readOwed, reversedBy, withOwed } from './read-events';

/** Clearing's name among the consumers of the journal. */
export const CLEARING = 'clearing';

/** Clearing posts for nobody in particular: no brand reads its postings as its own, and statements show what is whose. */
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
 * Clears the journal up to `range.to`: prices each points event and posts what it makes brands owe each other, in one transaction with the cursor,
 * so that a crash leaves all or nothing. What is done already is skipped, what lies between the cursor and `range.from` is cleared too:
 * ranges may come twice, out of order, or not at all. Only what is settled is cleared; the answer says how far that was.
 */
export async function clearRange(app: App, range: JournalRange): Promise<ClearedRange> {
  const { settled, snapshot } = await readAgreements(app);
  return clearUpTo(app, snapshot, { from: range.from, to: lesser(range.to, settled) });
}

/** The same without waiting for transactions to end; only for a journal that nobody writes to any more (see recoverJournal). */
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
  const events = await readEvents(client, { from: cursor.position, to });
  const cleared = await clear(client, events, snapshot);
  const recordedAt = app.clock.now().getTime();
  const outcomes = await app.ledger.postWithin(
    client,
    cleared.filter(({ obligations }) => obligations.length > 0).map((each) => toPosting(each, accounts, recordedAt)),
  );
  const refused = outcomes.find((outcome) => outcome.refusal);
  if (refused) throw new Error(`the ledger refused a clearing: ${refused.refusal?.message}`);
  await moveCursor(client, CLEARING, { epoch: cursor.epoch, position: to });
  return { position: to, events: events.length, obligations: cleared.reduce((count, { obligations }) => count + obligations.length, 0) };
}

interface ClearedEvent {
  readonly event: JournalEvent;
  readonly obligations: readonly Obligation[];
  readonly currency: PointCurrency;
  readonly day: Day;
  /** Month that it happened in, and month that it is booked in. */
  readonly eventMonth: Day;
  readonly bookedMonth: Day;
}

async function clear(client: ClientBase, events: readonly JournalEvent[], snapshot: CoalitionSnapshot): Promise<ClearedEvent[]> {
  const agreements = new Map<number, Agreement>();
  const periods = new Map<number, Period[]>();
  for (const currencyId of new Set(events.map((event) => event.currencyId))) {
    agreements.set(currencyId, agreementOf(snapshot, requireCurrency(snapshot, currencyId)));
    periods.set(currencyId, await readPeriods(client, currencyId));
  }
  const owed = await readOwed(client, originalsToLookUp(events, agreements));
  const cleared = events.map((event): ClearedEvent => {
    const agreement = agreements.get(event.currencyId) as Agreement;
    const currency = requireCurrency(snapshot, event.currencyId);
    const obligations = priceEvent(withOwed(event, owed), agreement);
    // A reversal may follow its original within the same range.
    for (const { kind, issuerId, price, termsId } of obligations)
      if (kind === 'REIMBURSEMENT' && issuerId) noteOwed(owed, event.transferId, issuerId, { price, termsId });
    const day = dayOf(event.occurredAt, currency.timeZone);
    const eventMonth = monthStart(day);
    return { event, obligations, currency, day, eventMonth, bookedMonth: monthToBook(eventMonth, event.xid, periods.get(event.currencyId) ?? []) };
  });
  await openPeriods(client, cleared, periods);
  return cleared;
}

/** Events that cost nothing open their month too: a month with events is one to close. */
async function openPeriods(client: ClientBase, cleared: readonly ClearedEvent[], periods: ReadonlyMap<number, readonly Period[]>): Promise<void> {
  const opened = new Set<Uuid>([...periods.values()].flat().map((period) => period.id));
  for (const { currency, bookedMonth } of cleared) {
    const id = periodId(currency.id, bookedMonth);
    if (opened.has(id)) continue;
    opened.add(id);
    await openPeriod(client, currency, bookedMonth);
  }
}

/** Under the ISSUER model a reversal owes back what its original was cleared at. */
function originalsToLookUp(events: readonly JournalEvent[], agreements: ReadonlyMap<number, Agreement>): Uuid[] {
  return events.flatMap((event) => {
    const original = event.code === 'REFUND' || event.code === 'REINSTATEMENT' ? reversedBy(event) : null;
    return original && agreements.get(event.currencyId)?.model === 'ISSUER' ? [original.transferId] : [];
  });
}

function toPosting(
  { event, obligations, currency, day, eventMonth, bookedMonth }: ClearedEvent,
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
  return new Map([...refs.keys()].map((key, at) => [key, ids[at]]));
}

function accountOf(accounts: ClearingAccounts, brand: Uuid, currency: PointCurrency): AccountId {
  const account = accounts.get(`${brand} ${currency.settlementCurrencyId}`);
  if (account === undefined) throw new Error(`brand ${brand} has no terms for ${currency.code} and cannot owe or be owed`);
  return account;
}

function requireCurrency(snapshot: CoalitionSnapshot, currencyId: number): PointCurrency {
  const currency = snapshot.currenciesById.get(currencyId);
  if (!currency) throw new Error(`there is no points currency ${currencyId}`);
  return currency;
}
