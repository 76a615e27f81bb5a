import type { ExpiryPolicy } from '../../coalition/coalition/coalition-snapshot';
import { addMonths, type Day, dayFromIso, dayToIso, monthStart, NEVER } from '../../ledger/points/calendar';

/**
 * First local day on which points earned on `earnedOn` can no longer be spent, whatever becomes of their wallet.
 * ROLLING: so many months later (month ends clamp); rounded to MONTH, QUARTER or YEAR, they live to the end of the one
 * that day is in. FIXED_DATE: they can be spent up to and including the next such date; earned on that very date, up to
 * the next year's. SLIDING: never by themselves, since their wallet ends, all of it together. See slidesUntil.
 */
export function expiryDate(policy: ExpiryPolicy, earnedOn: Day): Day {
  switch (policy.kind) {
    case 'NONE':
    case 'SLIDING':
      return NEVER;
    case 'ROLLING':
      return roundUp(addMonths(earnedOn, policy.months), policy.rounding);
    case 'FIXED_DATE':
      return fixedDate(policy.monthDay, earnedOn);
  }
}

/**
 * First local day on which a wallet that was active on `day`, and never again, has no points left to spend. NEVER
 * unless the policy is SLIDING.
 */
export function slidesUntil(policy: ExpiryPolicy, day: Day): Day {
  return policy.kind === 'SLIDING' ? addMonths(day, policy.months) : NEVER;
}

/**
 * The dates of points earned on `earnedOn` that can be spent from `availableOn` on. They never end before they begin:
 * where the policy would have it so, it is counted from the day on which they begin.
 */
export function lifeOf(policy: ExpiryPolicy, earnedOn: Day, availableOn: Day): { readonly availableOn: Day; readonly expiresOn: Day } {
  const expiresOn = expiryDate(policy, earnedOn);
  return { availableOn, expiresOn: expiresOn > availableOn ? expiresOn : expiryDate(policy, availableOn) };
}

function roundUp(day: Day, rounding: 'NONE' | 'MONTH' | 'QUARTER' | 'YEAR'): Day {
  if (rounding === 'NONE') return day;
  const span = { MONTH: 1, QUARTER: 3, YEAR: 12 }[rounding];
  const month = Number(dayToIso(day).slice(5, 7)) - 1;
  return addMonths(monthStart(day), span - (month % span));
}

function fixedDate(monthDay: string, earnedOn: Day): Day {
  const year = Number(dayToIso(earnedOn).slice(0, 4));
  const lastDay = [year, year + 1].map((each) => clampedDay(each, monthDay)).find((day) => day > earnedOn);
  return (lastDay as Day) + 1;
}

/** 29 February is the 28th in other years. */
function clampedDay(year: number, monthDay: string): Day {
  const [month, day] = monthDay.split('-').map(Number) as [number, number];
  const first = dayFromIso(`${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-01`);
  return Math.min(first + day - 1, addMonths(first, 1) - 1);
}
