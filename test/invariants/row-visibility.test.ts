import type { PoolClient } from 'pg';
import { databasePrincipal } from '../../src/coalition/access/principal';
import { createAppDataSource } from '../../src/platform/database/data-source';
import { Database } from '../../src/platform/database/database';
import type { DatabasePrincipal } from '../../src/platform/database/database-principal';
import { KnownServer } from '../../src/platform/database/known-server';
import { newUuid } from '../../src/platform/ids';
import { rollUpJournal } from '../../src/settlement/books/roll-up-journal';
import { insertMember } from '../support/api';
import { type Asker, askers, asking, expectedOf, OWNER_SEES, type Roles, rolesOf, wrongViews } from './isolation/asking';
import { openKeptBrands } from './isolation/kept-brands';
import { type RowWrite, rowWrites, wrongWrites } from './isolation/row-writes';
import type { Actor } from './isolation/side';
import type { TwoBrands } from './isolation/two-brands';
import { conditionFor, fingerprint, OPEN_TABLES, VISIBLE } from './isolation/visible-rows';
import { CI, LONG, randomFrom, SEED } from './run-settings';

const TABLES = Object.keys(VISIBLE);

let world: TwoBrands;
/** A superuser's connection, in a transaction that is never committed. */
let client: PoolClient;
let roles: Roles;
let all: Asker[];
let writes: RowWrite[];
const expected = new Map<string, ReadonlyMap<string, string>>();

beforeAll(async () => {
  ({ world } = await openKeptBrands());
  const { a, b, operator, points } = world;
  const { owner } = points.test.database;
  const stranger = newUuid();
  await insertMember(points.test, stranger, a.brandId);
  // What was recorded of somebody who was merged since is the survivor's to see.
  const twin = await a.enrol();
  await a.purchase(twin);
  await a.spend('redeem', twin);
  await a.quote(twin);
  await owner.query("UPDATE member SET status = 'CLOSED', closed_at = now(), merged_into = $2 WHERE id = $1", [twin.memberId, a.own.memberId]);
  const { partnershipId: partnership, termsId: proposal } = await a.partnership('PROPOSED', 'PROPOSED');
  // A currency that no partnership is about yet, a rate, and a month without statements.
  await b.partnership();
  const { rows } = await owner.query(
    `INSERT INTO conversion_rate (id, from_currency_id, to_currency_id, numerator, denominator, minimum, increment, effective, created_at)
     SELECT gen_random_uuid(), min(id), max(id), 1, 2, 1, 1, tstzrange(now(), NULL), now() FROM point_currency RETURNING id, from_currency_id, to_currency_id`,
  );
  await owner.query(
    `INSERT INTO period (id, currency_id, month, starts_at, ends_at, status) SELECT gen_random_uuid(), id, '2020-01-01', '2020-01-01', '2020-02-01', 'OPEN' FROM point_currency LIMIT 1`,
  );
  const emptyPool = newUuid();
  await owner.query('INSERT INTO household_pool (id, opened_at) VALUES ($1, now())', [emptyPool]);
  const { pool_id: pool } = (await owner.query('SELECT pool_id FROM household_member WHERE member_id = $1', [a.own.memberId])).rows[0];
  all = askers({ brands: [a.brandId, b.brandId], members: [a.own.memberId, a.shared.memberId, b.own.memberId, b.poor.memberId] });
  writes = rowWrites({
    brands: [a.brandId, b.brandId],
    operator: operator.principal.brandId ?? '',
    stranger,
    own: a.own.memberId,
    ownWallet: a.own.walletId,
    currencies: [rows[0].to_currency_id, rows[0].from_currency_id],
    rate: rows[0].id,
    partnership,
    proposal,
    emptyPool,
    pool,
    housemate: a.visitor.memberId,
    people: [staffIdOf(a.staff.PROGRAMME_MANAGER), staffIdOf(a.staff.SUPPORT)],
    fileImport: (await owner.query('SELECT import_id FROM file_import_reference WHERE brand_id = $1 LIMIT 1', [a.brandId])).rows[0].import_id,
  });
  await owner.query(
    `INSERT INTO velocity_limit (id, owner_brand_id, currency_id, act, measure, time_window, brand_id, maximum, effective_from, created_at)
     SELECT gen_random_uuid(), x.owner, c.id, 'EARN', 'POINTS', 'DAY', x.brand, 1, now(), now()
     FROM (VALUES ($1::uuid, $1::uuid), ($2, $2), ($3, NULL)) AS x (owner, brand), (SELECT min(id) AS id FROM point_currency) c`,
    [a.brandId, b.brandId, operator.principal.brandId],
  );
  await rollUpJournal(points.test.app, { from: 0n, to: 2n ** 63n });
  for (const { own } of [a, b])
    await owner.query('INSERT INTO till_code (member_id, hash, made_at, expires_at) VALUES ($1::uuid, sha256($1::text::bytea), now(), now())', [own.memberId]);
  await a.invite();
  // What only the member sees of the own wallet, and no session of brand 1: a debt to somebody else, and what somebody
  // else put into a pool.
  const mine = `SELECT x.id FROM account x JOIN wallet w ON w.id = x.owner_id WHERE w.member_id = '${a.own.memberId}' AND x.kind = 'WALLET' LIMIT 1`;
  await owner.query(
    `INSERT INTO arrears (account_id, id, party_id, code, amount, remaining, seq, occurred_at)
     SELECT (${mine}), gen_random_uuid(), gen_random_uuid(), 'CLAWBACK', 1, 0, 1, now()`,
  );
  await owner.query(
    `INSERT INTO expiry_notice (id, wallet_id, account_id, currency_id, origin_id, available_on, contributor_id, ends_on, days, points, told_at)
     SELECT gen_random_uuid(), $1, (${mine}), 1, 1, now(), 1, now(), 7, 1, now()`,
    [a.own.walletId],
  );
  await owner.query(
    `INSERT INTO login_claim (id, member_id, hash, made_at, expires_at) SELECT gen_random_uuid(), id, sha256(id::text::bytea), now(), now() FROM unnest($1::uuid[]) AS of (id)`,
    [[a.own.memberId, b.own.memberId]],
  );
  await owner.query(
    "INSERT INTO member_identifier (id, member_id, kind, hash, added_by_brand_id, added_at) VALUES (gen_random_uuid(), $1, 'PHONE', sha256('phone'), $2, now())",
    [a.own.memberId, a.brandId],
  );
  await owner.query('INSERT INTO test_clock_move (ahead_ms, moved_at) VALUES (1, now())');
  await owner.query('INSERT INTO expired_lot SELECT account_id, origin_id, expires_on, available_on, 1, 0 FROM lot ON CONFLICT DO NOTHING');
  client = await owner.connect();
  await client.query('BEGIN');
  roles = await rolesOf(client);
  for (const asker of all) expected.set(asker.name, await expectedOf(client, asker, TABLES));
  expected.set('everybody', new Map(Object.entries(await fingerprint(client))));
});
afterAll(async () => {
  await client?.query('ROLLBACK');
  client?.release();
  await world?.close();
});

function staffIdOf({ principal }: Actor): string {
  if (principal.kind !== 'staff') throw new Error('this is nobody on the staff');
  return principal.staffId;
}

const wrongOf = async (table: string) => [
  ...(await wrongViews(client, all, [table], expected, roles)),
  ...(await wrongWrites(
    client,
    all,
    writes.filter((write) => write.table === table),
  )),
];

describe('row-level security', () => {
  it('is on, and binds the owner too, on every table but those listed with a reason', async () => {
    const { rows } = await client.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname`,
    );
    expect(rows.map(({ relname }) => relname)).toEqual(Object.keys(OPEN_TABLES).sort());
    const { rows: secured } = await client.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relrowsecurity`,
    );
    expect(secured.map(({ relname }) => relname).sort()).toEqual([...TABLES].sort());
    const { rows: tables } = await client.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm', 'f')");
    // A view reads with its owner's rights: there are none.
    expect(tables).toEqual([]);
  });

  it('shows everybody exactly what is theirs', async () => {
    expect(await wrongViews(client, all, TABLES, expected, roles)).toEqual([]);
  });

  it('shows a minted session what its brand may see: the session runs as both', () => {
    const [memberId, brandId] = [world.a.own.memberId, world.a.brandId];
    expect(databasePrincipal({ kind: 'member', memberId, brandId })).toEqual({ kind: 'member', memberId, brandId });
  });

  it('lets everybody write exactly what is theirs', async () => {
    expect(await wrongWrites(client, all, writes)).toEqual([]);
  });

  it('is tested on rows of both brands: there is something to see and something to hide', async () => {
    const vacuous: string[] = [];
    for (const [table, who] of Object.entries(VISIBLE))
      for (const kind of ['brand', 'member'] as const) {
        const views = new Set<string>();
        for (const asker of all.filter((each) => each.kind === kind)) {
          const { rows } = await client.query(
            `SELECT count(*)::int AS all, (count(*) FILTER (WHERE ${conditionFor(who[kind], asker)}))::int AS seen FROM ${table}`,
          );
          views.add(rows[0].all === 0 ? 'empty' : rows[0].seen === 0 ? 'none' : rows[0].seen === rows[0].all ? 'all' : 'some');
        }
        if (views.has('empty') || (who[kind] !== 'true' && who[kind] !== 'false' && !views.has('some')))
          vacuous.push(`a ${kind} sees ${[...views]} of ${table}`);
      }
    expect(vacuous).toEqual([]);
  });

  it('fails rather than shows anything when the settings are no ids', async () => {
    for (const settings of [
      ['brand', 'x', ''],
      ['member', '', "' OR true --"],
    ] as const)
      await expect(asking(client, { settings }, () => client.query('SELECT FROM wallet'))).rejects.toMatchObject({ code: '22P02' });
    const strange = await asking(client, { settings: ['superuser', world.a.brandId, world.a.own.memberId] }, () => client.query('SELECT FROM wallet'));
    expect(strange.rowCount).toBe(0);
  });
});

describe('one pooled connection', () => {
  it('never carries one principal to the next', async () => {
    const { a, b } = world;
    const server = new KnownServer();
    const source = await createAppDataSource(world.points.test.database.urls.app, 1, server).initialize();
    const database = new Database(source, world.points.test.database.urls.app, server);
    try {
      const turns: [DatabasePrincipal, string][] = [
        [{ kind: 'brand', brandId: a.brandId }, 'brand 1'],
        [{ kind: 'brand', brandId: b.brandId }, 'brand 2'],
        [{ kind: 'member', memberId: a.own.memberId }, 'member 1'],
        [{ kind: 'authenticator' }, 'authenticator'],
      ];
      // A named statement: the plan, too, is shared by all of them.
      const look = {
        name: 'look',
        text: 'SELECT pg_backend_pid() AS pid, (SELECT count(*)::int FROM transfer) AS transfers, (SELECT count(*)::int FROM api_client) AS clients',
      };
      const count = (name: string, table: string) => Number(expected.get(name)?.get(table)?.split(' ')[0]);
      const seen = await Promise.all(
        Array.from({ length: 80 }, async (_, n) => {
          const [principal, name] = turns[(n * 7) % turns.length];
          const looking = database.transaction(principal, async ({ client: connection }) => {
            const { rows } = await connection.query(look);
            if (n % 5 === 0) throw new Error(JSON.stringify(rows[0]));
            return rows[0];
          });
          const found = await looking.catch((error: Error) => JSON.parse(error.message));
          return { pid: found.pid, right: found.transfers === count(name, 'transfer') && found.clients === count(name, 'api_client') };
        }),
      );
      expect(new Set(seen.map(({ pid }) => pid)).size).toBe(1);
      expect(seen.every(({ right }) => right)).toBe(true);
      expect(await source.query('SELECT current_principal() AS who, current_brand() AS brand, (SELECT count(*)::int FROM transfer) AS transfers')).toEqual([
        { who: 'nobody', brand: null, transfers: 0 },
      ]);
    } finally {
      await database.close();
    }
  });
});

// A check that cannot fail is no check. Each in turn is taken away, and its table's probes must go red.
describe('seeded faults', () => {
  /** All in CI; while one works a quarter of them, and another one each time. */
  const random = randomFrom(SEED);
  const isTried = () => CI || LONG || random.int(4) === 0;

  const withFault = async (fault: string, table: string) => {
    await client.query('SAVEPOINT fault');
    try {
      await client.query(fault);
      return await wrongOf(table);
    } finally {
      await client.query('ROLLBACK TO SAVEPOINT fault');
    }
  };

  it(`are seen: every policy, dropped (TESSERA_SEED=${SEED})`, async () => {
    const { rows: policies } = await client.query("SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' ORDER BY 2, 1");
    expect(policies.length).toBeGreaterThan(70);
    const unseen: string[] = [];
    for (const { policyname, tablename } of policies.filter(isTried))
      if ((await withFault(`DROP POLICY ${policyname} ON ${tablename}`, tablename)).length === 0) unseen.push(`${policyname} ON ${tablename}`);
    expect(unseen).toEqual([]);
  });

  it(`are seen: every policy, widened to let everything through (TESSERA_SEED=${SEED})`, async () => {
    const { rows: policies } = await client.query(
      "SELECT policyname, tablename, cmd FROM pg_policies WHERE schemaname = 'public' AND roles = '{tessera_app}' ORDER BY 2, 1",
    );
    const unseen: string[] = [];
    for (const { policyname, tablename, cmd } of policies.filter(isTried)) {
      const change = [cmd !== 'INSERT' && 'USING (true)', cmd !== 'SELECT' && 'WITH CHECK (true)'].filter(Boolean).join(' ');
      if ((await withFault(`ALTER POLICY ${policyname} ON ${tablename} ${change}`, tablename)).length === 0) unseen.push(`${policyname} ON ${tablename}`);
    }
    expect(unseen).toEqual([]);
  });

  // The owner's own function needs those of members; that they are forced, the first test sees.
  it.each([
    ['DISABLE', []],
    ['NO FORCE', [...OWNER_SEES].sort()],
  ])('are seen: row-level security of every table, %s', async (what, besides: string[]) => {
    const unseen: string[] = [];
    for (const table of TABLES.filter((each) => !besides.includes(each) && isTried()))
      if ((await withFault(`ALTER TABLE ${table} ${what} ROW LEVEL SECURITY`, table)).length === 0) unseen.push(table);
    expect(unseen).toEqual([]);
  });
});
