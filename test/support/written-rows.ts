import type { Pool } from 'pg';
import type { TestDatabase } from './test-database';

/**
 * What of a table is looked at where it is not all of it. An account is opened, and an origin of lots named, by the
 * first request about it, though that is refused: nothing is in it then.
 */
const LOOKED_AT: Readonly<Record<string, string>> = {
  account: 'version > 0 OR credits + debits + held + arrears > 0',
  lot_origin: 'id IN (SELECT origin_id FROM lot)',
};

/** What looks at all tables: every test database is a copy of one template. */
let statement: Promise<string> | undefined;

async function lookAtAll(owner: Pool): Promise<string> {
  const { rows } = await owner.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
  const looks = rows.map(({ name }) => {
    const digest = name === 'posting' ? 'NULL' : '(coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) % 1e15)::float';
    return `SELECT '${name}' AS name, count(*)::float AS count, ${digest} AS digest FROM ${name} t WHERE ${LOOKED_AT[name] ?? true}`;
  });
  return looks.join(' UNION ALL ');
}

/**
 * How many rows each table has, and a digest of what they say, in whatever order: no row is inserted, updated or
 * deleted unseen. For "nothing was written". Outcomes (`posting`) are only counted: nobody can change one. `except`:
 * tables that are left out.
 */
export async function writtenRows({ owner }: TestDatabase, ...except: readonly string[]): Promise<Record<string, number>> {
  statement ??= lookAtAll(owner);
  const { rows } = await owner.query<{ name: string; count: number; digest: number | null }>({ name: 'written-rows', text: await statement });
  const told: Record<string, number> = {};
  for (const { name, count, digest } of rows) {
    if (except.includes(name)) continue;
    told[name] = count;
    if (digest !== null) told[`what ${name} says`] = digest;
  }
  return told;
}
