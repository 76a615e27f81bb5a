import type { TestDatabase } from './test-database';

/** All that a request about points could write to, stored outcomes and links with brands aside. */
const TABLES = [
  'transfer',
  'allocation',
  'lot',
  'lot_change',
  'expired_lot',
  'hold',
  'arrears',
  'arrears_fill',
  'counter',
  'claim',
  'purchase',
  'purchase_award',
  'award_resolution',
  'purchase_line',
  'purchase_redemption',
  'purchase_return',
  'purchase_return_cancellation',
  'redemption',
  'conversion',
  'gift',
  'household_pool',
  'household_member',
];

/** How many rows these tables have, and the sum of all balances; for "nothing was written". `more`: other tables. */
export async function writtenRows({ owner }: TestDatabase, ...more: string[]): Promise<Record<string, number>> {
  const counts = [...TABLES, ...more].map((table) => `SELECT '${table}' AS name, count(*)::float AS rows FROM ${table}`);
  const sum = "SELECT 'balances', coalesce(sum(credits + debits + held + arrears), 0)::float FROM account";
  const { rows } = await owner.query({ name: `written-rows ${more}`, text: [...counts, sum].join(' UNION ALL ') });
  return Object.fromEntries(rows.map(({ name, rows }) => [name, rows]));
}
