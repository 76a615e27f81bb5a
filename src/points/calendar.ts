/**
 * Calendar days as whole numbers of days since 2000-01-01 (PostgreSQL's own epoch), so that the kernel compares plain integers.
 * NEVER and ALWAYS are PostgreSQL's date 'infinity' and '-infinity'.
 */
export type Day = number;

export const NEVER: Day = 2_147_483_647;
export const ALWAYS: Day = -2_147_483_648;

const EPOCH_MS = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** The local calendar day of an instant in an IANA time zone. */
export function dayOf(instant: Date, timeZone: string): Day {
  if (timeZone === 'UTC') return Math.floor((instant.getTime() - EPOCH_MS) / DAY_MS);
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formatters.set(timeZone, formatter);
  }
  // Not by way of Date.parse: the last hours of 9999 are another year elsewhere, of five digits.
  const [year, month, day] = formatter.format(instant).split('-').map(Number);
  return Math.round((Date.UTC(year, month - 1, day) - EPOCH_MS) / DAY_MS);
}

/** The first instant of a local calendar day: midnight there, or when the clocks go on past it. */
export function dayStart(day: Day, timeZone: string): Date {
  const utc = EPOCH_MS + day * DAY_MS;
  // No zone is further than a day from UTC, and a local day never comes twice: the first instant of it or of a later one is searched for.
  let [before, after] = [utc - DAY_MS, utc + DAY_MS];
  if (timeZone === 'UTC') return new Date(utc);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayOf(new Date(middle), timeZone) >= day) after = middle;
    else before = middle;
  }
  return new Date(after);
}

/** Day of 'YYYY-MM-DD', 'infinity' or '-infinity'. */
export function dayFromIso(text: string): Day {
  if (text === 'infinity') return NEVER;
  if (text === '-infinity') return ALWAYS;
  return Math.round((Date.parse(`${text}T00:00:00Z`) - EPOCH_MS) / DAY_MS);
}

/** 'YYYY-MM-DD', or PostgreSQL's 'infinity' words. */
export function dayToIso(day: Day): string {
  if (day === NEVER) return 'infinity';
  if (day === ALWAYS) return '-infinity';
  return new Date(EPOCH_MS + day * DAY_MS).toISOString().slice(0, 10);
}

/** First day of the month that `day` is in. */
export function monthStart(day: Day): Day {
  const date = new Date(EPOCH_MS + day * DAY_MS);
  return Math.round((Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) - EPOCH_MS) / DAY_MS);
}

/** `months` later, the day of the month clamped to the last one there is (31 January + 1 month is 28 or 29 February). */
export function addMonths(day: Day, months: number): Day {
  const date = new Date(EPOCH_MS + day * DAY_MS);
  const first = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(date.getUTCDate(), last));
  return Math.round((first.getTime() - EPOCH_MS) / DAY_MS);
}
