import type { PoolClient } from 'pg';
import type { Uuid } from '../../../src/platform/ids';
import { type Asking, checksumQuery, conditionFor, VISIBLE } from './visible-rows';

/** Somebody whom the database is told that it works for. */
export interface Asker {
  readonly name: string;
  readonly kind: Asking;
  readonly brand?: Uuid;
  readonly member?: Uuid;
  /** What tessera.principal, tessera.brand and tessera.member are set to; null: not set at all. */
  readonly settings: readonly [string, string, string] | null;
}

export function askers({ brands, members }: { readonly brands: readonly [Uuid, Uuid]; readonly members: readonly Uuid[] }): Asker[] {
  return [
    ...brands.map((brand, n): Asker => ({ name: `brand ${n + 1}`, kind: 'brand', brand, settings: ['brand', brand, ''] })),
    ...members.map((member, n): Asker => ({ name: `member ${n + 1}`, kind: 'member', member, settings: ['member', '', member] })),
    // Sessions that a brand minted: what the brand and the member may both see.
    ...members.slice(0, 3).map(
      (member, n): Asker => ({
        name: `session of member ${n + 1} at brand 1`,
        kind: 'member',
        brand: brands[0],
        member,
        settings: ['member', brands[0], member],
      }),
    ),
    { name: 'operator', kind: 'operator', settings: ['operator', '', ''] },
    { name: 'worker', kind: 'worker', settings: ['worker', '', ''] },
    { name: 'authenticator', kind: 'authenticator', settings: ['authenticator', '', ''] },
    { name: 'rotation', kind: 'rotation', settings: ['rotation', '', ''] },
    { name: 'nobody', kind: 'nobody', settings: ['nobody', '', ''] },
    { name: 'nothing set', kind: 'nobody', settings: null },
    { name: 'set to nothing', kind: 'nobody', settings: ['', '', ''] },
    // A brand's id counts only for a brand, a member's only for a member.
    { name: 'nobody, with the ids of both', kind: 'nobody', settings: ['', brands[0], members[0]] },
  ];
}

/** A member's session that a brand minted. */
export const isSession = ({ kind, brand }: Asker) => kind === 'member' && brand !== undefined;

/**
 * Runs work as tessera_app for somebody, within the transaction of a superuser's connection; nothing that it does
 * stays.
 */
export async function asking<T>(client: PoolClient, { settings }: Pick<Asker, 'settings'>, work: () => Promise<T>, role = 'tessera_app'): Promise<T> {
  await client.query('SAVEPOINT asking');
  try {
    if (settings)
      await client.query("SELECT set_config('tessera.principal', $1, true), set_config('tessera.brand', $2, true), set_config('tessera.member', $3, true)", [
        ...settings,
      ]);
    await client.query(`SET LOCAL ROLE "${role}"`);
    return await work();
  } finally {
    await client.query('ROLLBACK TO SAVEPOINT asking');
  }
}

/** Counts and checksums of the tables, as somebody sees them. */
async function seen(client: PoolClient, tables: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await client.query(checksumQuery(Object.fromEntries(tables.map((table) => [table, 'true']))));
  return new Map(rows.map(({ name, rows: count, sum }) => [name, `${count} ${sum}`]));
}

/** What an asker should see of the tables, worked out behind row-level security. */
export async function expectedOf(client: PoolClient, asker: Asker, tables: readonly string[]): Promise<Map<string, string>> {
  const meant = (who: (typeof VISIBLE)[string]) => (isSession(asker) ? `(${who.brand}) AND (${who.member}) AND ${who.session ?? true}` : who[asker.kind]);
  const conditions = Object.fromEntries(tables.map((table) => [table, conditionFor(meant(VISIBLE[table]), asker)]));
  const { rows } = await client.query(checksumQuery(conditions));
  return new Map(rows.map(({ name, rows: count, sum }) => [name, `${count} ${sum}`]));
}

/** The kernel has no privilege on these; row-level security lets it see all of every other table. */
export interface Roles {
  readonly owner: string;
  readonly kernelReads: ReadonlySet<string>;
  readonly appReads: ReadonlySet<string>;
  readonly booksRead: ReadonlySet<string>;
}

export async function rolesOf(client: PoolClient): Promise<Roles> {
  const { rows } = await client.query(
    `SELECT c.relname, pg_get_userbyid(d.datdba) AS owner, has_table_privilege('tessera_kernel', c.oid, 'SELECT') AS kernel, has_table_privilege('tessera_app', c.oid, 'SELECT') AS app,
       has_table_privilege('tessera_books', c.oid, 'SELECT') AS books
     FROM pg_class c, pg_database d WHERE d.datname = current_database() AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`,
  );
  const names = (which: 'kernel' | 'app' | 'books') => new Set<string>(rows.filter((row) => row[which]).map((row) => row.relname));
  return { owner: rows[0].owner, kernelReads: names('kernel'), appReads: names('app'), booksRead: names('books') };
}

/**
 * What the owner of the schema sees, whom row-level security binds too: only what its own functions need. They find the
 * holder of a card or code, a household, and what a wallet has quoted.
 */
export const OWNER_SEES: ReadonlySet<string> = new Set([
  'account',
  'brand_link',
  'conversion',
  'conversion_quote',
  'household_member',
  // Whose claim code moves with a login.
  'login_claim',
  'member',
  'member_identifier',
  'redemption',
  'till_code',
  'wallet',
]);

/** Whoever sees more or less of the tables than they should: "asker: table sees x, should see y". */
export async function wrongViews(
  client: PoolClient,
  all: readonly Asker[],
  tables: readonly string[],
  expected: ReadonlyMap<string, ReadonlyMap<string, string>>,
  roles: Roles,
): Promise<string[]> {
  const wrong: string[] = [];
  const compare = (who: string, found: ReadonlyMap<string, string>, should: (table: string) => string | undefined) => {
    for (const [table, view] of found) if (view !== should(table)) wrong.push(`${who} sees ${view} of ${table}, and should see ${should(table)}`);
  };
  const readable = tables.filter((table) => roles.appReads.has(table));
  for (const asker of readable.length > 0 ? all : [])
    compare(asker.name, await asking(client, asker, () => seen(client, readable)), (table) => expected.get(asker.name)?.get(table));
  const whole = expected.get('everybody');
  const kernel = tables.filter((table) => roles.kernelReads.has(table));
  if (kernel.length > 0)
    compare('the kernel', await asking(client, { settings: null }, () => seen(client, kernel), 'tessera_kernel'), (table) => whole?.get(table));
  // Who sums for a brand what it may not read: see the functions that this role owns.
  const books = tables.filter((table) => roles.booksRead.has(table));
  if (books.length > 0)
    compare('the books', await asking(client, { settings: null }, () => seen(client, books), 'tessera_books'), (table) => whole?.get(table));
  compare('the owner', await asking(client, { settings: null }, () => seen(client, tables), roles.owner), (table) =>
    OWNER_SEES.has(table) ? whole?.get(table) : '0 null',
  );
  return wrong;
}
