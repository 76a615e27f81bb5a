import type { TestDatabase } from './test-database';
import { until } from './until';

/**
 * Begins the work and waits until the database shows that it waits for a lock, which the caller sees to. Throws when it
 * ends without having waited. The work comes in an object: a promise would be waited for.
 */
export async function untilItWaits<T>({ owner }: TestDatabase, work: () => Promise<T>): Promise<{ readonly waiting: Promise<T> }> {
  const waits = async () => {
    const { rows } = await owner.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return rows[0]?.count ?? 0;
  };
  const before = await waits();
  let isOver = false;
  const waiting = work();
  const over = () => {
    isOver = true;
  };
  waiting.then(over, over);
  const isHeldUp = async () => {
    const found = await waits();
    if (isOver)
      throw new Error(
        `it has waited for no lock: ${await waiting.then(
          () => 'it is done',
          (error) => `it failed, ${error}`,
        )}`,
      );
    return found > before;
  };
  await until('it waits for a lock', isHeldUp, 5);
  return { waiting };
}

/** Takes a lock, by one or more statements, and does the work, which lets it go; if it fails, that is done for it. */
export async function whileLocked({ owner }: TestDatabase, statements: string, work: (letGo: () => Promise<unknown>) => Promise<void>): Promise<void> {
  const holder = await owner.connect();
  try {
    await holder.query(`BEGIN; ${statements}`);
    await work(() => holder.query('COMMIT'));
  } finally {
    holder.release(true);
  }
}
