import type { Day } from '../../ledger/points/calendar';
import { addMonths } from '../../ledger/points/calendar';

export type PeriodStatus = 'OPEN' | 'CLOSING' | 'CLOSED' | 'SETTLED';

/** A month of one points currency as clearing sees it. */
export interface PeriodState {
  readonly month: Day;
  readonly status: PeriodStatus;
  /** Journal position of the cut-off; null while open. */
  readonly closeHorizon: bigint | null;
}

/**
 * The month that an event is booked in: its own, unless that is closed for it. Nothing closed ever changes, and
 * statements follow each other month by month. So a late event goes to the first month after all that are closed for
 * it, as an adjustment. An event that was in time, but whose month was never opened before a later one began to close,
 * goes to that later one.
 */
export function monthToBook(eventMonth: Day, position: bigint, periods: readonly PeriodState[]): Day {
  const isClosed = ({ status, closeHorizon }: PeriodState) =>
    status === 'CLOSED' || status === 'SETTLED' || (status === 'CLOSING' && position >= (closeHorizon ?? 0n));
  const closedThrough = Math.max(Number.NEGATIVE_INFINITY, ...periods.filter(isClosed).map(({ month }) => month));
  const earliest = Math.max(eventMonth, closedThrough === Number.NEGATIVE_INFINITY ? eventMonth : addMonths(closedThrough, 1));
  const closing = periods.filter((period) => period.status === 'CLOSING' && !isClosed(period) && period.month >= earliest).map(({ month }) => month);
  return closing.length > 0 ? Math.min(...closing) : earliest;
}
