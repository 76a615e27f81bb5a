import { z } from 'zod';
import type { App } from '../../app';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { DAY_MS, SandboxClock } from '../../platform/clock';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { LOCKS, takeLock } from '../../platform/locks';
import { InvalidInput } from '../../platform/refusal';
import { instant } from '../../platform/refusal-fields';
import { requireOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce, idempotencyKeySchema, reasonSchema } from '../access/record-change';
import { readMoves } from './test-clock';

/** What is refused where the clock of a sandbox is moved. */
export const moveTestClockRefusals = refusals(
  keyRefusals,
  defineRefusal('NOT_A_SANDBOX', {
    description: 'The clock of a production deployment cannot be moved.',
    retrySafe: false,
    message: 'The clock of a production deployment cannot be moved. Try it in a sandbox (TESSERA_MODE=sandbox).',
  }),
  defineRefusal('CLOCK_CANNOT_MOVE', {
    description: 'The instant has passed (the clock never goes back), the step is too long, or the clock has been moved far enough.',
    retrySafe: false,
    fields: { now: instant('What the clock shows.') },
    discloses: 'NOBODY',
  }),
);

const LONGEST_STEP_MS = 366 * DAY_MS;
/** From the machine's clock; also a constraint of the table. */
const FURTHEST_MS = 3_155_760_000_000;
const MOST_MOVES = 10_000;

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
 * Operator only. Throws NOT_A_SANDBOX, CLOCK_CANNOT_MOVE. Tokens and rate limits stay on the machine's clock.
 */
export async function moveTestClock(app: App, principal: Principal, command: MoveTestClock): Promise<MovedClock> {
  requireOperator(principal);
  const { clock } = app;
  if (app.config.mode !== 'sandbox' || !(clock instanceof SandboxClock)) throw moveTestClockRefusals.refuse('NOT_A_SANDBOX');
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
    if (step <= 0)
      throw moveTestClockRefusals.refuse('CLOCK_CANNOT_MOVE', { now, message: `The clock shows ${now.toISOString()} already, and never goes back.` });
    if (step > LONGEST_STEP_MS)
      throw moveTestClockRefusals.refuse('CLOCK_CANNOT_MOVE', {
        now,
        message: 'One step is at most 366 days. Take several, so that what falls due on the way is booked.',
      });
    if (ahead + step > FURTHEST_MS || moves.length >= MOST_MOVES)
      throw moveTestClockRefusals.refuse('CLOCK_CANNOT_MOVE', { now, message: 'This clock has been moved far enough. Begin with a new database.' });
    await client.query('INSERT INTO test_clock_move (ahead_ms, moved_at) VALUES ($1, $2)', [ahead + step, real]);
    return 'clock';
  });
  await app.database.transaction(databasePrincipal(principal), async ({ client }) => clock.follow(await readMoves(client)));
  return { now: clock.now() };
}
