import { ALWAYS, dayFromIso, NEVER } from '../../../src/ledger/points/calendar';
import { awardDates, confirmedLot } from '../../../src/programme/earning/award';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';

const day = dayFromIso;

describe('when earned points can be spent', () => {
  const rolling = { kind: 'ROLLING', months: 1, rounding: 'NONE' } as const;

  it('is counted from the day of the purchase', () => {
    const of = (availability: Parameters<typeof awardDates>[1]) => awardDates(rolling, availability, day('2026-01-31')).lot;
    expect(of({ kind: 'IMMEDIATE' })).toEqual({ availableOn: ALWAYS, expiresOn: day('2026-02-28') });
    expect(of({ kind: 'DELAY', days: 14 })).toEqual({ availableOn: day('2026-02-14'), expiresOn: day('2026-02-28') });
    expect(of({ kind: 'DELAY', days: 28 })).toEqual({ availableOn: day('2026-02-28'), expiresOn: day('2026-03-28') });
    expect(of({ kind: 'FIXED_DATE', date: day('2026-01-31') })).toEqual({ availableOn: ALWAYS, expiresOn: day('2026-02-28') });
    expect(of({ kind: 'FIXED_DATE', date: day('2026-02-01') })).toEqual({ availableOn: day('2026-02-01'), expiresOn: day('2026-02-28') });
    expect(of({ kind: 'ON_EVENT', days: 10 })).toEqual({ availableOn: NEVER, expiresOn: day('2026-02-11') });
  });

  it('is counted by the policy once they are confirmed', () => {
    expect(confirmedLot(rolling, day('2026-01-31'), day('2026-02-10'))).toEqual({ availableOn: ALWAYS, expiresOn: day('2026-02-28') });
    expect(confirmedLot(rolling, day('2026-01-31'), day('2026-02-28'))).toEqual({ availableOn: ALWAYS, expiresOn: day('2026-03-28') });
    expect(confirmedLot({ kind: 'SLIDING', months: 1 }, day('2026-01-31'), day('2026-06-01'))).toEqual({ availableOn: ALWAYS, expiresOn: NEVER });
  });

  it('is asked for in a way that makes sense', () => {
    const rule = { idempotencyKey: 'r', currency: 'FLP', moneyCurrency: 'GBP', pointsPerUnit: 1, effectiveFrom: new Date() };
    const wrong = (availability: object) => EARNING_RULE.schema.safeParse({ ...rule, availability }).error?.issues.map(({ path }) => path.join('.'));
    expect(wrong({ kind: 'DELAY' })).toEqual(['availability.days']);
    expect(wrong({ kind: 'ON_EVENT', days: 731 })).toEqual(['availability.days']);
    expect(wrong({ kind: 'IMMEDIATE', days: 3 })).toEqual(['availability.days']);
    expect(wrong({ kind: 'FIXED_DATE' })).toEqual(['availability.date']);
    expect(wrong({ kind: 'DELAY', days: 3, date: '2026-01-01' })).toEqual(['availability.date']);
    expect(wrong({ kind: 'FIXED_DATE', date: '2026-01-01' })).toBeUndefined();
  });
});
