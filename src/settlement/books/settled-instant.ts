import type { ClientBase } from 'pg';
import type { App } from '../../app';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { instant } from '../../platform/refusal-fields';

/** What is refused of an instant at which books are to be read. */
export const settledInstantRefusals = refusals(
  defineRefusal('NOT_SETTLED_YET', {
    description: 'Something that is recorded at that instant, or before, may still be written.',
    retrySafe: true,
    fields: { askAgainAt: instant('When it will be settled.') },
    discloses: 'NOBODY',
    message: ({ askAgainAt }) =>
      `What is recorded by that instant may still be on its way to the books. Ask again at ${askAgainAt}, or for an earlier instant.`,
  }),
);

/**
 * How long, at most, a posting takes from its recordedAt to its transaction: for looking things up, and then 30 s with
 * all repetitions (posting-queue.ts). Transactions that began within this time write what was recorded at an instant.
 */
const LONGEST_WAIT_MS = 60_000;

/**
 * Throws NOT_SETTLED_YET unless all that was recorded up to an instant is in the books for good, so that what was true
 * of it stays true. Time is the machine's: a test clock that leapt over the instant settles nothing.
 */
export async function requireSettled(app: App, client: ClientBase, at: Date): Promise<void> {
  const { clock } = app;
  const [now, real] = [clock.now().getTime(), clock.real().getTime()];
  const settlesAt = clock.realAt(at).getTime() + LONGEST_WAIT_MS;
  if (at.getTime() > now) throw settledInstantRefusals.refuse('NOT_SETTLED_YET', { askAgainAt: new Date(at.getTime() + LONGEST_WAIT_MS) });
  if (real < settlesAt) throw settledInstantRefusals.refuse('NOT_SETTLED_YET', { askAgainAt: new Date(now + settlesAt - real) });
  // The oldest transaction that is still writing began before that?
  const { rows } = await client.query<{ seconds: number | null }>({ name: 'oldest-writer-here', text: 'SELECT seconds FROM oldest_writer_here()' });
  const [writer] = rows;
  const beganAt = writer ? real - (writer.seconds ?? Number.POSITIVE_INFINITY) * 1_000 : real;
  if (beganAt < settlesAt) throw settledInstantRefusals.refuse('NOT_SETTLED_YET', { askAgainAt: new Date(now + 1_000) });
}
