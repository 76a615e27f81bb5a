import type { Clock } from '../clock';
import { only } from '../one-of';
import { DatabaseNotReady } from './connection-problem';
import type { Database } from './database';

/**
 * How far the clocks of a machine and of its database may be apart: more than any clock that is kept right, less than
 * what moves an event into another day.
 */
export const MOST_APART_MS = 30_000;

/**
 * How far the machine's clock is ahead of the database's, in milliseconds, as near as the way there and back lets one
 * know: 0 within that.
 */
export async function aheadOfDatabase(database: Database, machine: Clock): Promise<number> {
  const asked = machine.real().getTime();
  const { rows } = await database.readConfiguration((client) => client.query<{ at: Date }>('SELECT clock_timestamp() AS at'));
  const answered = machine.real().getTime();
  const there = only(rows).at.getTime();
  if (there < asked) return asked - there;
  return there > answered ? answered - there : 0;
}

/**
 * Throws DatabaseNotReady where the machine's clock is far from the database's. What happens would be booked at a wrong
 * time, and leases, tokens and limits of several machines would not mean the same.
 */
export async function requireSameTime(database: Database, machine: Clock): Promise<void> {
  const ahead = await aheadOfDatabase(database, machine);
  if (Math.abs(ahead) <= MOST_APART_MS) return;
  throw new DatabaseNotReady(
    `This machine's clock is ${Math.round(Math.abs(ahead) / 1_000)} seconds ${ahead > 0 ? 'ahead of' : 'behind'} the database's. Set both by the same time server (NTP).`,
  );
}
