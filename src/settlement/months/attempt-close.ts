import type { ClientBase } from 'pg';
import type { App } from '../../app';
import type { Uuid } from '../../platform/ids';
import { type CloseObstacle, completeClose } from './complete-close';

/** A closing month that is to be tried now, and how often it was tried before. */
export interface DueClose {
  readonly id: Uuid;
  readonly attempts: number;
}

/** The closing months that are to be tried now, oldest first. */
export async function dueCloses(client: ClientBase): Promise<DueClose[]> {
  const { rows } = await client.query<DueClose>({
    name: 'due-closes',
    text: `SELECT id, close_attempts AS attempts FROM period
           WHERE status = 'CLOSING' AND (next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp()) ORDER BY month, currency_id`,
  });
  return rows;
}

/** A transaction that still writes ends soon; what is broken stays so until somebody mends it. */
const LONGEST_PAUSE_SECONDS = { OLDER_TRANSACTION: 10, SET_ASIDE_EVENTS: 60, FAILURE: 300 } as const;

/** Tries to close a month; null once it is closed. What fails is an obstacle too. */
export async function attemptClose(app: App, id: Uuid): Promise<CloseObstacle | null> {
  try {
    return await completeClose(app, id);
  } catch (error) {
    app.log.error({ err: error, periodId: id }, 'a month could not be closed');
    return { for: 'FAILURE', message: (error as Error).message };
  }
}

/**
 * Writes down what a closing month waits for. People see it (`Period.waitingFor`, `npm run verify`). The next try waits
 * twice as long as the one before.
 */
export async function noteObstacle(app: App, id: Uuid, obstacle: CloseObstacle): Promise<void> {
  await app.database.transaction({ kind: 'worker' }, ({ client }) =>
    client.query(
      `UPDATE period SET waits_for = $2, waiting_message = $3, close_attempts = close_attempts + 1,
         waiting_since = CASE WHEN waits_for = $2 AND waiting_message = $3 THEN waiting_since ELSE $4 END,
         next_attempt_at = clock_timestamp() + make_interval(secs => least($5, 2 ^ least(close_attempts, 10)))
       WHERE id = $1 AND status = 'CLOSING'`,
      [id, obstacle.for, obstacle.message.slice(0, 1_000), app.clock.now(), LONGEST_PAUSE_SECONDS[obstacle.for]],
    ),
  );
}
