import { z } from 'zod';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { DAY_MS } from '../../platform/clock';
import { InvalidInput } from '../../platform/refusal';
import type { When } from '../postings/posting-time';
import { type SpentPoints, spendPoints, spendPointsSchema } from './spend-points';

/** How long a hold lasts that names no end. */
export const DEFAULT_HOLD_DAYS = 7;
export const LONGEST_HOLD_DAYS = 90;

export const holdPointsSchema = spendPointsSchema.extend({
  /** Default: DEFAULT_HOLD_DAYS from now, or from occurredAt if that is later. */
  expiresAt: z
    .date()
    .nullish()
    .transform((instant) => instant ?? null),
});
export type HoldPoints = z.output<typeof holdPointsSchema>;

/** Sets points aside at the brand until they are captured, voided, or the hold ends. Refused as redeemPoints is. */
export function holdPoints(app: App, principal: Principal, { expiresAt, ...command }: HoldPoints): Promise<SpentPoints> {
  const holdUntil = ({ occurredAt, recordedAt }: When) => {
    // A hold that is told late is needed from now on. Counted from when it happened, it could have ended before it was
    // placed.
    const from = Math.max(occurredAt.getTime(), recordedAt.getTime());
    const end = expiresAt ?? new Date(from + DEFAULT_HOLD_DAYS * DAY_MS);
    if (end <= occurredAt) throw new InvalidInput('input.expiresAt', 'A hold ends after it begins.');
    if (end.getTime() - from > LONGEST_HOLD_DAYS * DAY_MS) throw new InvalidInput('input.expiresAt', `A hold lasts at most ${LONGEST_HOLD_DAYS} days.`);
    return end;
  };
  return spendPoints(app, principal, command, { kind: 'HOLD', holdUntil, content: { expiresAt } });
}
