import { z } from 'zod';
import type { App } from '../../app';
import { DAY_MS, SandboxClock } from '../../platform/clock';
import { LOCKS, takeLock } from '../../platform/locks';
import { InvalidInput, Refusal } from '../../platform/refusal';
import { requireOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce, idempotencyKeySchema, reasonSchema } from '../access/record-change';
import { readMoves } from './test-clock';

const LONGEST_STEP_MS = 366 * DAY_MS;
/** From the machine's clock; also a constraint of the table. */
const FURTHEST_MS = 3_155_760_000_000;
const MOST_MOVES = 10_000;

/** This deployment books what really happens. */
class NotASandbox extends Refusal {
  constructor() {
    super({
      code: 'NOT_A_SANDBOX',
      retrySafe: false,
      message: 'The clock of a production deployment cannot be moved. Try it in a sandbox (TESSERA_MODE=sandbox).',
    });
  }
}

/** The instant asked for has passed, a step is too long, or the clock has been moved too far or too often. */
class ClockCannotMove extends Refusal {
  constructor(now: Date, message: string) {
    super({ code: 'CLOCK_CANNOT_MOVE', retrySafe: false, message, fields: { now: now.toISOString() } });
  }
}

const part = (most: number) =>
  z
    .number()
    .int()
    .min(0, 'A step is not below zero.')
    .max(most, `At most ${most}.`)
    .nullish()
    .transform((given) => given ?? 0);

export const moveTestClockSchema = z.object({
  idempotencyKey: idempotencyKeySchema,
  /** A step from where the clock stands; exactly one of `by` and `to`. */
  by: z
    .object({ days: part(366), hours: part(8_784), minutes: part(527_040), seconds: part(31_622_400) })
    .nullish()
    .transform((step) => step ?? null),
  to: z
    .date()
    .nullish()
    .transform((instant) => instant ?? null),
  reason: reasonSchema,
});
export type MoveTestClock = z.output<typeof moveTestClockSchema>;

export interface MovedClock {
  /** What the clock shows now. */
  readonly now: Date;
}

/**
 * Moves the sandbox's clock forward for all gateways and workers: this process at once, the others within a second.
 * Operator only. Throws NotASandbox, ClockCannotMove. Tokens and rate limits stay on the machine's clock.
 */
export async function moveTestClock(app: App, principal: Principal, command: MoveTestClock): Promise<MovedClock> {
  requireOperator(principal);
  const { clock } = app;
  if (app.config.mode !== 'sandbox' || !(clock instanceof SandboxClock)) throw new NotASandbox();
  const { idempotencyKey, reason, by, to } = command;
  if ((by === null) === (to === null)) throw new InvalidInput('input', 'Say either by how much or to which instant: exactly one of by and to.');
  const stepMs = by && ((by.days * 24 + by.hours) * 60 + by.minutes) * 60_000 + by.seconds * 1_000;
  if (stepMs === 0) throw new InvalidInput('input.by', 'A step is longer than nothing.');
  const request = { operation: 'moveTestClock', idempotencyKey, reason, content: { by, to }, details: { by: stepMs, to: to?.toISOString() ?? null } };
  await createOnce(app, principal, request, async ({ client }) => {
    // One after the other: each step starts where the one before it ended.
    await takeLock(client, LOCKS.TEST_CLOCK);
    const moves = await readMoves(client);
    const ahead = moves.at(-1)?.aheadMs ?? 0;
    const real = clock.real();
    const now = new Date(real.getTime() + ahead);
    const step = stepMs ?? (to as Date).getTime() - now.getTime();
    if (step <= 0) throw new ClockCannotMove(now, `The clock shows ${now.toISOString()} already, and never goes back.`);
    if (step > LONGEST_STEP_MS) throw new ClockCannotMove(now, 'One step is at most 366 days. Take several, so that what falls due on the way is booked.');
    if (ahead + step > FURTHEST_MS || moves.length >= MOST_MOVES)
      throw new ClockCannotMove(now, 'This clock has been moved far enough. Begin with a new database.');
    await client.query('INSERT INTO test_clock_move (ahead_ms, moved_at) VALUES ($1, $2)', [ahead + step, real]);
    return 'clock';
  });
  await app.database.transaction(databasePrincipal(principal), async ({ client }) => clock.follow(await readMoves(client)));
  return { now: clock.now() };
}
