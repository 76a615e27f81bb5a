import { addMonths, type Day, dayFromIso, dayToIso, monthStart } from '../../ledger/points/calendar';
import type { LimitWindow } from './velocity-limit';

/** A window of the calendar: its first day, and the first day after it. */
export interface DayWindow {
  readonly from: Day;
  readonly to: Day;
}

/** 2000-01-01 was a Saturday: day 2 was the first Monday. */
const FIRST_MONDAY = 2;

/** The window that a local day lies in. */
export function windowOf(window: LimitWindow, day: Day): DayWindow {
  switch (window) {
    case 'DAY':
      return { from: day, to: day + 1 };
    case 'WEEK': {
      const from = day - ((((day - FIRST_MONDAY) % 7) + 7) % 7);
      return { from, to: from + 7 };
    }
    case 'MONTH':
      return { from: monthStart(day), to: addMonths(monthStart(day), 1) };
    case 'YEAR': {
      const from = dayFromIso(`${dayToIso(day).slice(0, 4)}-01-01`);
      return { from, to: addMonths(from, 12) };
    }
  }
}
