import { addMonths, dayFromIso, dayOf, dayToIso, monthStart } from '../../../src/ledger/points/calendar';
import { CI, LONG } from '../../invariants/run-settings';

const DAY_MS = 86_400_000;
const utc = (day: number) => new Date(Date.UTC(2000, 0, 1) + day * DAY_MS);
const dayAt = (ms: number) => Math.round((ms - Date.UTC(2000, 0, 1)) / DAY_MS);

describe('months', () => {
  const [first, last] = [dayFromIso('1890-01-01'), dayFromIso('2410-12-31')];

  it('begin on the day that the calendar of the machine says', () => {
    for (let day = first; day <= last; day++) {
      const date = utc(day);
      if (monthStart(day) !== dayAt(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1))) throw new Error(`the month of ${dayToIso(day)}`);
    }
  });

  it('are added as the calendar of the machine does, ends clamped', () => {
    for (let day = first; day <= last; day += CI || LONG ? 3 : 13)
      for (const months of [1, 11, 24, -1, 1_200]) {
        const date = utc(day);
        const end = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0)).getUTCDate();
        const expected = dayAt(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, Math.min(date.getUTCDate(), end)));
        if (addMonths(day, months) !== expected) throw new Error(`${dayToIso(day)} and ${months} months`);
      }
    expect(dayToIso(addMonths(dayFromIso('2024-01-31'), 1))).toBe('2024-02-29');
    expect(dayToIso(addMonths(dayFromIso('2026-01-31'), 1))).toBe('2026-02-28');
  });
});

it('days of instants in several zones, asked for in any order', () => {
  const midnight = Date.parse('2026-03-28T23:00:00Z');
  for (let round = 0; round < 2; round++)
    for (const [ms, zone, day] of [
      [midnight - 1, 'Europe/Berlin', '2026-03-28'],
      [midnight, 'Europe/Berlin', '2026-03-29'],
      [midnight, 'America/New_York', '2026-03-28'],
      [midnight + 999, 'Europe/Berlin', '2026-03-29'],
      [midnight - 1, 'Europe/Berlin', '2026-03-28'],
      // Until 1972 Liberia was 44 minutes and a half behind.
      [Date.parse('1971-06-01T00:44:29.999Z'), 'Africa/Monrovia', '1971-05-31'],
      [Date.parse('1971-06-01T00:44:30Z'), 'Africa/Monrovia', '1971-06-01'],
    ] as const)
      expect(dayToIso(dayOf(new Date(ms), zone))).toBe(day);
  expect(() => dayOf(new Date(Number.NaN), 'Europe/Berlin')).toThrow(RangeError);
});
