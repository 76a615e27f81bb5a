import type { PoolClient } from 'pg';
import type { Logger } from 'pino';
import { type Clock, type ClockMove, SandboxClock } from '../../platform/clock';
import type { Config } from '../../platform/config';
import { DatabaseNotReady } from '../../platform/database/connection-problem';
import type { Database } from '../../platform/database/database';

/** How often the other processes of a sandbox look whether its clock was moved. */
const LOOK_MS = 500;

const UNDEFINED_TABLE = '42P01';

/** The process's clock, and how it stops looking whether the sandbox's was moved. */
export interface FollowedClock {
  readonly clock: Clock;
  stop(): void;
}

/**
 * The App's clock. In a sandbox it goes on where the database says that it stands, and follows within a second wherever
 * another process moves it. Throws DatabaseNotReady for a production process on a database whose clock was moved: what
 * that holds happened in the future.
 */
export async function followTestClock(config: Config, database: Database, machine: Clock, log: Logger): Promise<FollowedClock> {
  const moves = await database.readConfiguration(readMoves).catch((error: { code?: string }) => {
    // Not migrated yet: whoever starts checks that next.
    if (error.code === UNDEFINED_TABLE) return [];
    throw error;
  });
  if (config.mode === 'production') {
    if (moves.length > 0)
      throw new DatabaseNotReady(
        'The clock of this database was moved forward in a sandbox: its books hold what has not happened yet. Use it with TESSERA_MODE=sandbox, or another database.',
      );
    return { clock: machine, stop: () => undefined };
  }
  const clock = new SandboxClock(machine);
  clock.follow(moves);
  const timer = setInterval(() => {
    database.readConfiguration(readMoves).then(
      (all) => clock.follow(all),
      (error) => log.debug({ err: error }, 'the test clock could not be looked at'),
    );
  }, LOOK_MS);
  timer.unref();
  return { clock, stop: () => clearInterval(timer) };
}

/** All moves of the sandbox's clock, the first one first. */
export async function readMoves(client: PoolClient): Promise<ClockMove[]> {
  const { rows } = await client.query<{ ahead_ms: string; moved_at: Date }>({
    name: 'test-clock-moves',
    text: 'SELECT m.ahead_ms::text, m.moved_at FROM test_clock_move m ORDER BY m.ahead_ms',
  });
  return rows.map((row) => ({ aheadMs: Number(row.ahead_ms), movedAt: row.moved_at }));
}
