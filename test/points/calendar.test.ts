import { addMonths, dayFromIso, dayToIso, monthStart } from '../../src/points/calendar';

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
    for (let day = first; day <= last; day += 3)
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
