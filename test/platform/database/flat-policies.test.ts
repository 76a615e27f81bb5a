import type { PoolClient } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

let database: TestDatabase;
let client: PoolClient;
beforeAll(async () => {
  database = await createTestDatabase();
  client = await database.owner.connect();
  await client.query('SET ROLE tessera_app');
});
afterAll(async () => {
  client.release(true);
  await database.drop();
});

/** More than the policies of any one table say themselves. */
const MOST = 24;

/** How many sub-plans a read of the whole table stands for, as the application. */
async function subPlans(table: string): Promise<number> {
  const { rows } = await client.query(`EXPLAIN SELECT * FROM ${table}`);
  return rows.filter((row) => /^\s*(InitPlan|SubPlan) \d+/.test(row['QUERY PLAN'])).length;
}

// Policies that read tables with policies of their own multiply: a thousand sub-plans a table, 200 ms to plan
// (docs/decisions/0030).
test('no table stands for more than two dozen sub-plans when the application reads it', async () => {
  const { rows: tables } = await database.owner.query(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND has_any_column_privilege('tessera_app', oid, 'SELECT') ORDER BY relname`,
  );
  expect(tables.length).toBeGreaterThan(50);
  const found = new Map<string, number>();
  for (const { name } of tables) found.set(name, await subPlans(name));
  expect([...found].filter(([, plans]) => plans > MOST)).toEqual([]);
  // Something was counted.
  expect(Math.max(...found.values())).toBeGreaterThan(5);
});
