import { z } from 'zod';
import type { Choice, Group, Row, RuleField } from '../../coalition/rules/rule-field';
import { namesOf } from '../../coalition/rules/rule-fields';
import { type Day, dayFromIso, dayToIso } from '../../ledger/points/calendar';

/** When earned points can be spent. Days are counted from the local day of the purchase. */
export type Availability =
  | { readonly kind: 'IMMEDIATE' }
  | { readonly kind: 'DELAY'; readonly days: number }
  /** From that local day on; a purchase on it or later earns points that can be spent at once. */
  | { readonly kind: 'FIXED_DATE'; readonly date: Day }
  /**
   * Once the brand confirms the purchase. What it has not confirmed by the end of the last of these days is taken back.
   */
  | { readonly kind: 'ON_EVENT'; readonly days: number };

const KIND: Choice<Availability['kind']> = {
  name: 'AvailabilityKind',
  says: 'When earned points can be spent.',
  values: {
    IMMEDIATE: 'At once.',
    DELAY: 'A number of days after the purchase.',
    FIXED_DATE: 'From a date on; at once when they are earned on it or later.',
    ON_EVENT: 'Once the brand confirms the purchase (see confirmPurchase), within a number of days after it; what it has not confirmed by then is taken back.',
  },
};

const AVAILABILITY: Group = {
  name: 'Availability',
  says: 'When earned points can be spent.',
  parts: {
    kind: { shape: KIND, says: 'In which way' },
    days: {
      shape: 'INT',
      says: 'DELAY: days after the purchase. ON_EVENT: days within which the brand confirms it',
      sending: '1 to 730',
      none: 'of another kind',
    },
    date: { shape: 'DATE', says: "FIXED_DATE: the first day on which they can be spent, in the currency's time zone", none: 'of another kind' },
  },
};

const sentAvailability = z
  .object({
    kind: z.enum(namesOf(KIND)),
    days: z.int().min(1, 'This is 1 to 730 days.').max(730, 'This is 1 to 730 days.').nullish(),
    date: z.iso.date('Write a day as "2026-07-01".').nullish(),
  })
  .superRefine(({ kind, days, date }, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const counts = kind === 'DELAY' || kind === 'ON_EVENT';
    if (counts && days == null) wrong('days', kind === 'DELAY' ? 'Say after how many days the points can be spent.' : 'Say within how many days you confirm.');
    if (!counts && days != null) wrong('days', 'Only with kind DELAY or ON_EVENT.');
    if (kind === 'FIXED_DATE' && date == null) wrong('date', 'Say from which day on the points can be spent.');
    if (kind !== 'FIXED_DATE' && date != null) wrong('date', 'Only with kind FIXED_DATE.');
  });

const AT_ONCE: z.output<typeof sentAvailability> = { kind: 'IMMEDIATE' };

/** In three columns: each kind has those that it needs. */
export const availability: RuleField<z.output<typeof sentAvailability>, Availability> = {
  shape: AVAILABILITY,
  says: 'When the points can be spent',
  sending: 'at once by default',
  schema: sentAvailability.nullish().transform((sent) => (sent && sent.kind !== 'IMMEDIATE' ? sent : AT_ONCE)),
  addedLater: true,
  columns: ({ kind, days, date }) => ({ availability: kind, availability_days: days ?? null, availability_date: date ?? null }),
  value: toAvailability,
  show: (value) => ({
    kind: value.kind,
    days: 'days' in value ? value.days : null,
    date: 'date' in value ? dayToIso(value.date) : null,
  }),
};

function toAvailability(row: Row): Availability {
  const kind = row.availability as Availability['kind'];
  switch (kind) {
    case 'DELAY':
    case 'ON_EVENT':
      return { kind, days: row.availability_days as number };
    case 'FIXED_DATE':
      return { kind, date: dayFromIso(row.availability_date as string) };
    case 'IMMEDIATE':
      return { kind };
  }
}
