import { type Day, dayOf } from '../../src/ledger/points/calendar';

/** What a hold step says of its end, in UTC. */
export function holdUntil(expiresAt: number, graceDays = 30): { expiresAt: number; expiresOn: Day; graceDays: number } {
  return { expiresAt, expiresOn: dayOf(new Date(expiresAt), 'UTC'), graceDays };
}
