import type { ClientBase } from 'pg';
import type { CoalitionSnapshot, PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { currencyById } from '../../coalition/coalition/require-currency';
import { type Day, dayOf, monthStart } from '../../ledger/points/calendar';
import type { Uuid } from '../../platform/ids';
import { agreementOf } from './agreement-of';
import { type Obligation } from './obligation';
import { monthToBook } from './period-of-event';
import { openPeriod, type Period, periodId, readPeriods } from './periods';
import type { PointsEvent } from './points-event';
import { type Agreement, priceEvent } from './price-event';
import { noteOwed, type ReadEvents, readOwed, reversedBy, type UnreadableEvent, withOwed } from './read-events';

/** A points event with what it makes brands owe each other. */
export interface PricedEvent {
  readonly event: PointsEvent;
  readonly obligations: readonly Obligation[];
  readonly currency: PointCurrency;
  readonly day: Day;
  /** Month that it happened in, and month that it is booked in. */
  readonly eventMonth: Day;
  readonly bookedMonth: Day;
}

/**
 * Prices events in the journal's order and opens the months that they are booked in. An event that cannot be priced is
 * told apart with the reason: it must not stop the others.
 */
export async function priceEvents(
  client: ClientBase,
  { events, unreadable }: ReadEvents,
  snapshot: CoalitionSnapshot,
  epoch: number,
): Promise<{ readonly priced: readonly PricedEvent[]; readonly unpriced: readonly UnreadableEvent[] }> {
  const agreements = new Map<number, Agreement>();
  const periods = new Map<number, Period[]>();
  for (const currencyId of new Set(events.map((event) => event.currencyId))) {
    agreements.set(currencyId, agreementOf(snapshot, currencyById(snapshot, currencyId)));
    periods.set(currencyId, await readPeriods(client, currencyId));
  }
  const owed = await readOwed(client, originalsToLookUp(events, agreements));
  const priced: PricedEvent[] = [];
  const unpriced = [...unreadable];
  for (const event of events) {
    const agreement = agreements.get(event.currencyId) as Agreement;
    const currency = currencyById(snapshot, event.currencyId);
    let obligations: Obligation[];
    try {
      obligations = priceEvent(withOwed(event, owed), agreement);
    } catch (error) {
      unpriced.push({ place: event, reason: (error as Error).message });
      continue;
    }
    // A reversal may follow its original within the same range.
    for (const { kind, issuerId, price, termsId } of obligations)
      if (REVERSIBLE.has(kind) && issuerId) noteOwed(owed, event.transferId, issuerId, { price, termsId });
    // What an earlier epoch posted came before every cut-off of this one.
    const position = event.posted.epoch < epoch ? 0n : event.posted.position;
    const day = dayOf(event.occurredAt, currency.timeZone);
    const eventMonth = monthStart(day);
    const bookedMonth = monthToBook(eventMonth, position, periods.get(event.currencyId) ?? []);
    priced.push({ event, obligations, currency, day, eventMonth, bookedMonth });
  }
  await openPeriods(client, priced, periods);
  return { priced, unpriced };
}

/** Events that cost nothing open their month too: a month with events is one to close. */
async function openPeriods(client: ClientBase, priced: readonly PricedEvent[], periods: ReadonlyMap<number, readonly Period[]>): Promise<void> {
  const opened = new Set<Uuid>([...periods.values()].flat().map((period) => period.id));
  for (const { currency, bookedMonth } of priced) {
    const id = periodId(currency.id, bookedMonth);
    if (opened.has(id)) continue;
    opened.add(id);
    await openPeriod(client, currency, bookedMonth);
  }
}

/** What a later reversal owes back. */
const REVERSIBLE: ReadonlySet<Obligation['kind']> = new Set(['REIMBURSEMENT', 'REINSTATEMENT', 'FOREIGN_CLAWBACK']);
/** What owes back. */
const REVERSALS: ReadonlySet<PointsEvent['code']> = new Set(['REFUND', 'REINSTATEMENT', 'CLAWBACK_CANCELLATION', 'REINSTATEMENT_CANCELLATION']);

/** Under the ISSUER model a reversal owes back what its original was cleared at. */
function originalsToLookUp(events: readonly PointsEvent[], agreements: ReadonlyMap<number, Agreement>): Uuid[] {
  return events.flatMap((event) => {
    const original = REVERSALS.has(event.code) ? reversedBy(event) : null;
    return original && agreements.get(event.currencyId)?.model === 'ISSUER' ? [original.transferId] : [];
  });
}
