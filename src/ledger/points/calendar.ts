import { DAY_MS } from '../../platform/clock';
/**
 * Calendar days as whole numbers of days since 2000-01-01, PostgreSQL's own epoch: the kernel compares plain integers.
 * NEVER and ALWAYS are PostgreSQL's date 'infinity' and '-infinity'.
 */
export type Day = number;

export const NEVER: Day = 2_147_483_647;
export const ALWAYS: Day = -2_147_483_648;

const EPOCH_MS = Date.UTC(2000, 0, 1);

/** A time zone, and the last second that was looked at in it. Clocks change at whole seconds, and many ask for now. */
interface Zone {
  readonly formatter: Intl.DateTimeFormat;
  second: number;
  day: Day;
}
const zones = new Map<string, Zone>();

/** From 1 March of the year 0 to 2000-01-01: a year that begins in March has its leap day last. */
const DAYS_BEFORE_EPOCH = 730_425;
const DAYS_IN_400_YEARS = 146_097;

/** There are few different days among millions of postings. */
const isoTexts = new Map<Day, string>();
const MOST_ISO_TEXTS = 50_000;

/** The local calendar day of an instant in an IANA time zone. */
export function dayOf(instant: Date, timeZone: string): Day {
  if (timeZone === 'UTC') return Math.floor((instant.getTime() - EPOCH_MS) / DAY_MS);
  let zone = zones.get(timeZone);
  if (!zone) {
    const formatter = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    zones.set(timeZone, (zone = { formatter, second: Number.NaN, day: 0 }));
  }
  const second = Math.floor(instant.getTime() / 1_000);
  if (second !== zone.second) {
    // Not by way of Date.parse: the last hours of 9999 are another year elsewhere, of five digits.
    const [year, month, day] = zone.formatter.format(instant).split('-').map(Number) as [number, number, number];
    zone.day = Math.round((Date.UTC(year, month - 1, day) - EPOCH_MS) / DAY_MS);
    zone.second = second;
  }
  return zone.day;
}

/** The first instant of a local calendar day: midnight there, or when the clocks go on past it. */
export function dayStart(day: Day, timeZone: string): Date {
  const utc = EPOCH_MS + day * DAY_MS;
  // No zone is further than a day from UTC, and a local day never comes twice. Its first instant, or that of a later
  // one, is searched for.
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
  let text = isoTexts.get(day);
  if (text === undefined) {
    if (isoTexts.size >= MOST_ISO_TEXTS) isoTexts.clear();
    isoTexts.set(day, (text = new Date(EPOCH_MS + day * DAY_MS).toISOString().slice(0, 10)));
  }
  return text;
}

/** First day of the month that `day` is in. Not for NEVER and ALWAYS. */
export function monthStart(day: Day): Day {
  return firstOfMonth(civil(day).month);
}

/**
 * `months` later, the day of the month clamped to the last one there is: 31 January + 1 month is 28 or 29 February. Not
 * for NEVER and ALWAYS.
 */
export function addMonths(day: Day, months: number): Day {
  const { month, date } = civil(day);
  return Math.min(firstOfMonth(month + months) + date, firstOfMonth(month + months + 1)) - 1;
}

/**
 * Months since March of the year 0, and the day of the month from 1 on. It needs no Date, of which a purchase would
 * make a dozen.
 */
function civil(day: Day): { readonly month: number; readonly date: number } {
  if (day === NEVER || day === ALWAYS) throw new RangeError('what has no end is in no month');
  const days = day + DAYS_BEFORE_EPOCH;
  const era = Math.floor(days / DAYS_IN_400_YEARS);
  const ofEra = days - era * DAYS_IN_400_YEARS;
  const year = Math.floor((ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const month = Math.floor((5 * ofYear + 2) / 153);
  return { month: (era * 400 + year) * 12 + month, date: ofYear - daysBefore(month) + 1 };
}

/** First day of a month, counted from March of the year 0. */
function firstOfMonth(month: number): Day {
  const year = Math.floor(month / 12);
  return 365 * year + Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400) + daysBefore(month - year * 12) - DAYS_BEFORE_EPOCH;
}

/** Days of a year from March on before its n-th month, n from 0. */
function daysBefore(month: number): number {
  return Math.floor((153 * month + 2) / 5);
}
