import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { SandboxClock } from '../../platform/clock';
import { LOCKS, takeLock } from '../../platform/locks';
import { readMoves } from './test-clock';

/**
 * What the coalition's clock shows. In a sandbox other processes may have moved it a moment ago: their moves are read,
 * and nobody moves it before the transaction ends.
 */
export async function holdClock({ clock, database }: App, client: PoolClient): Promise<Date> {
  if (clock instanceof SandboxClock) {
    await takeLock(client, LOCKS.TEST_CLOCK);
    clock.follow(await database.readConfiguration(readMoves));
  }
  return clock.now();
}
