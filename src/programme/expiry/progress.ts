import type { PoolClient } from 'pg';
import { ALWAYS, type Day, dayFromIso, dayToIso } from '../../ledger/points/calendar';

/** What is done day by day for each currency, and need not be looked at again. */
export type DailyTask = 'NOTICES' | 'AWARDS';

/** The local day up to which the task is done; ALWAYS: it never was. */
export async function doneUpTo(client: PoolClient, currencyId: number, task: DailyTask): Promise<Day> {
  const { rows } = await client.query<{ day: string }>({
    name: 'expiry-progress',
    text: 'SELECT day::text FROM expiry_progress WHERE currency_id = $1 AND task = $2',
    values: [currencyId, task],
  });
  const [done] = rows;
  return done ? dayFromIso(done.day) : ALWAYS;
}

/** All that is due on that local day and before is done. Never goes back: another worker may be further. */
export async function setDone(client: PoolClient, currencyId: number, task: DailyTask, day: Day): Promise<void> {
  await client.query(
    `INSERT INTO expiry_progress AS p (currency_id, task, day) VALUES ($1, $2, $3::date)
     ON CONFLICT (currency_id, task) DO UPDATE SET day = excluded.day WHERE p.day < excluded.day`,
    [currencyId, task, dayToIso(day)],
  );
}
