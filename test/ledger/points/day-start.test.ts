import { dayFromIso, dayOf, dayStart } from '../../../src/ledger/points/calendar';

it('finds the first instant of a day where clocks change at midnight', () => {
  for (const [day, zone, start] of [
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
    ['2026-06-01', 'Pacific/Kiritimati', '2026-05-31T10:00:00.000Z'],
    ['2026-06-01', 'UTC', '2026-06-01T00:00:00.000Z'],
  ])
    expect(dayStart(dayFromIso(day), zone).toISOString()).toBe(start);
  expect(dayOf(new Date(dayStart(dayFromIso('2026-09-06'), 'America/Santiago').getTime() - 1), 'America/Santiago')).toBe(dayFromIso('2026-09-05'));
});
