import { Client, type PoolClient } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { ROLES } from './isolation/privileges';
import { OPEN_TABLES, VISIBLE } from './isolation/visible-rows';

let database: TestDatabase;
let client: PoolClient;
beforeAll(async () => {
  database = await createTestDatabase();
  client = await database.owner.connect();
});
afterAll(async () => {
  client?.release();
  await database?.drop();
});

/** Runs a statement as a role, and takes back whatever it did. */
async function as(role: string, ...statements: string[]) {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL ROLE "${role}"; SELECT set_config('tessera.principal', 'operator', true)`);
    for (const statement of statements.slice(0, -1)) await client.query(statement);
    return await client.query(statements.at(-1) as string);
  } finally {
    await client.query('ROLLBACK');
  }
}
const denied = (role: string, ...statements: string[]) => expect(as(role, ...statements)).rejects.toMatchObject({ code: '42501' });

describe.each(Object.entries(ROLES))('%s', (role, expected) => {
  it('has the privileges that are listed, and no other', async () => {
    const { rows } = await client.query(
      `SELECT c.relname, has_table_privilege($1, c.oid, 'SELECT') AS s, has_table_privilege($1, c.oid, 'INSERT') AS i,
         has_table_privilege($1, c.oid, 'DELETE') AS d,
         has_table_privilege($1, c.oid, 'TRUNCATE, REFERENCES, TRIGGER') AS more,
         (SELECT string_agg(attname, ' ' ORDER BY attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND has_column_privilege($1, c.oid, attnum, 'UPDATE')) AS u
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
      [role],
    );
    expect(rows.map(({ relname }) => relname).sort()).toEqual([...Object.keys(VISIBLE), ...Object.keys(OPEN_TABLES)].sort());
    expect(rows.filter(({ more }) => more)).toEqual([]);
    const found = rows
      .map(({ relname, s, i, d, u }) => [relname, [`${s ? 's' : ''}${i ? 'i' : ''}${d ? 'd' : ''}`, u].filter(Boolean).join(' ')])
      .filter(([, privileges]) => privileges);
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  it('is no superuser, bypasses nothing, owns nothing, makes nothing, becomes nobody else', async () => {
    const { rows } = await client.query(
      `SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid) AS owns,
         has_schema_privilege(r.oid, 'public', 'CREATE') AS creates, (SELECT count(*)::int FROM pg_auth_members WHERE member = r.oid) AS becomes
       FROM pg_roles r WHERE rolname = $1`,
      [role],
    );
    const no = { rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false, rolcanlogin: false, rolreplication: false };
    expect(rows).toEqual([{ ...no, owns: 0, creates: false, becomes: 0 }]);
    await denied(role, 'CREATE TABLE public.mine (a int)');
    await denied(role, 'SELECT rolpassword FROM pg_authid');
    await denied(role, "COPY (SELECT 1) TO PROGRAM 'true'");
    await denied(role, "SELECT pg_read_file('/etc/passwd')");
  });
});

describe('what nobody may do', () => {
  it.each(['transfer', 'posting', 'allocation', 'arrears_fill', 'obligation', 'statement', 'audit_entry'])('change or remove a row of %s', async (table) => {
    for (const role of ['tessera_app', 'tessera_kernel']) {
      await denied(role, `DELETE FROM ${table}`);
      await denied(role, `TRUNCATE ${table}`);
      const { rows } = await client.query('SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0', [table]);
      for (const { attname } of rows) await denied(role, `UPDATE ${table} SET ${attname} = ${attname}`);
    }
    // Nor may its owner, nor a superuser, without taking the trigger away.
    for (const change of ['DELETE FROM', 'UPDATE']) {
      const statement =
        change === 'UPDATE'
          ? `UPDATE ${table} SET ${(await client.query('SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum = 1', [table])).rows[0].attname} = NULL`
          : `DELETE FROM ${table}`;
      await expect(client.query(statement)).rejects.toMatchObject({ code: '23001' });
    }
  });

  it('read what is not theirs: the kernel no person or secret, the application no counter, the queues no table of the platform', async () => {
    for (const table of [
      'vault_entry',
      'subject_key',
      'vault_key',
      'member',
      'member_identifier',
      'brand_link',
      'api_client',
      'api_client_secret',
      'staff',
      'audit_entry',
      'statement',
      'terms_version',
    ])
      await denied('tessera_kernel', `SELECT FROM ${table}`);
    await denied('tessera_app', 'SELECT FROM counter');
    for (const table of [...Object.keys(VISIBLE), ...Object.keys(OPEN_TABLES)]) await denied('tessera_queue', `SELECT FROM ${table}`);
    for (const role of ['tessera_app', 'tessera_kernel']) await denied(role, 'SELECT FROM bullmq.migration');
    await denied('tessera_queue', 'INSERT INTO bullmq.migration SELECT * FROM bullmq.migration');
    await denied('tessera_queue', 'DROP SCHEMA bullmq CASCADE');
  });

  it('make points or money: the application posts nothing', async () => {
    await denied(
      'tessera_app',
      "INSERT INTO transfer (id, posting_id, party_id, debit_account, credit_account, currency_id, amount, code, occurred_at, recorded_at) VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 2, 1, 1, 'EARN', now(), now())",
    );
    await denied('tessera_app', 'UPDATE account SET credits = credits + 1');
    await denied('tessera_app', 'UPDATE lot SET remaining = 1');
    await denied('tessera_kernel', 'UPDATE account SET owner_id = gen_random_uuid()');
    await denied('tessera_kernel', 'UPDATE hold SET amount = 1');
  });
});

describe('a login of its own', () => {
  // As DATABASE_APP_URL is meant to be used: it can be the application, and nothing else.
  it('for the application cannot become the kernel, the queues or the owner', async () => {
    const login = `probe_${database.name.slice(-10)}`;
    await client.query(`CREATE ROLE ${login} LOGIN PASSWORD 'probe' IN ROLE tessera_app`);
    const url = new URL(database.urls.app);
    Object.assign(url, { username: login, password: 'probe' });
    const connected = new Client({ connectionString: url.toString() });
    try {
      await connected.connect();
      expect((await connected.query('SELECT current_user AS who')).rows[0].who).toBe('tessera_app');
      const { rows } = await client.query('SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()');
      for (const role of ['tessera_kernel', 'tessera_queue', rows[0].owner, 'postgres'])
        await expect(connected.query(`SET ROLE ${role}`)).rejects.toMatchObject({ code: '42501' });
      await connected.query('SET ROLE NONE');
      await expect(connected.query('SET row_security = off; SELECT FROM brand')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await connected.end();
      await client.query(`DROP OWNED BY ${login}; DROP ROLE ${login}`);
    }
  });
});

/** Functions that do what row-level security lets nobody do, each about what is named exactly or about who asks. */
const DEFINERS = [
  // Whose a row is, for the policies (docs/decisions/0030).
  'brand_confirmed(uuid)',
  'brand_knows(uuid)',
  'confirmed_wallet(uuid)',
  'current_members()',
  'current_wallet()',
  'current_wallets()',
  'account_totals(bigint[],timestamp with time zone)',
  'issuer_terms(uuid,smallint,date)',
  // In which epoch of the journal a transaction writes.
  'journal_epoch()',
  'oldest_writer_here()',
  'bump_coalition_version()',
  'find_member_by_identifier(text,bytea)',
  'guard_confirmation()',
  'count_ended_proof()',
  'end_login_code()',
  'end_till_code()',
  'move_login_claim()',
  'take_proofs_ended()',
  'use_till_code(bytea,uuid,timestamp with time zone)',
  'wallet_accounts(uuid)',
  'wallet_of_account(bigint)',
  'oldest_writer()',
  // Where somebody who was merged is now.
  'surviving_account(bigint)',
  'merged_members(uuid)',
  'surviving_member(uuid)',
  // Whom a brand's own ids lead to, for that brand.
  'customers_of_brand(uuid,bytea[])',
  'wallets_of_member(uuid)',
  // How much of a wallet is quoted, by whomever.
  'quoted_points(uuid,smallint,timestamp with time zone)',
  // Whom somebody gives points to or invites; the asker's own household; what of a wallet's earns goes into one.
  'current_pool()',
  'find_recipient(uuid)',
  'guard_identifiers()',
  'identifier_holder(text,bytea,timestamp with time zone)',
  'take_identifier_over(text,bytea[],timestamp with time zone)',
  'owned_pool()',
  'pool_contributors(uuid)',
  'pool_spenders(uuid[])',
  'pools_of_wallets(uuid[])',
];

describe("functions with the owner's rights", () => {
  const definers = async () =>
    (
      await client.query(
        `SELECT p.oid::regprocedure::text AS name, proconfig, has_function_privilege('public', p.oid, 'EXECUTE') AND prorettype <> 'trigger'::regtype AS anybody
         FROM pg_proc p WHERE prosecdef AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') ORDER BY 1`,
      )
    ).rows;

  it('are these; each says where it looks, the temporary schema last, and not everybody may call it', async () => {
    const found = await definers();
    expect(found.map(({ name }) => name)).toEqual([...DEFINERS].sort());
    for (const { name, proconfig, anybody } of found) {
      expect([name, proconfig?.[0]]).toEqual([name, expect.stringMatching(/^search_path=(pg_catalog|public, pg_temp)$/)]);
      expect([name, anybody]).toEqual([name, false]);
    }
  });

  // The attack that the order of the search path is against: a temporary table in the place of a real one.
  const SHADOW = [
    "CREATE TEMP TABLE member_identifier AS SELECT gen_random_uuid() AS member_id, 'CARD'::text AS kind, sha256('mine') AS hash, NULL::timestamptz AS removed_at",
    "CREATE TEMP TABLE member AS SELECT member_id AS id, 'ACTIVE'::text AS status FROM member_identifier",
    'GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC',
    "SELECT find_member_by_identifier('CARD', sha256('mine')) AS found",
  ];
  it('are not fooled by temporary tables of their caller', async () => {
    expect((await as('tessera_app', ...SHADOW)).rows).toEqual([{ found: null }]);
    // And they would be, if the temporary schema were not named: so this test can fail.
    await client.query('ALTER FUNCTION find_member_by_identifier(text, bytea) SET search_path = public');
    expect((await as('tessera_app', ...SHADOW)).rows[0].found).not.toBeNull();
    await client.query('ALTER FUNCTION find_member_by_identifier(text, bytea) SET search_path = public, pg_temp');
  });

  it("sum what is the caller's own, whatever it asks for, and not what a temporary table says", async () => {
    const [own, other] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
    const asBrand = async (principal: string, brand: string, ...statements: string[]) =>
      as('tessera_app', `SELECT set_config('tessera.principal', '${principal}', true), set_config('tessera.brand', '${brand}', true)`, ...statements);
    await client.query("INSERT INTO currency (code, kind, scale) VALUES ('SUMS', 'POINTS', 0)");
    const { rows: accounts } = await client.query(
      `INSERT INTO account (kind, owner_id, currency_id, guarded, opened_at)
       SELECT x.kind, x.owner, c.id, x.kind = 'WALLET', now() FROM currency c, (VALUES ('ISSUED', $1::uuid), ('ISSUED', $2), ('WALLET', gen_random_uuid())) AS x (kind, owner)
       WHERE c.code = 'SUMS' RETURNING id`,
      [own, other],
    );
    const ids = accounts.map(({ id }) => id);
    const sums = `SELECT account_id FROM account_totals('{${ids}}', NULL) ORDER BY 1`;
    expect((await asBrand('brand', own, sums)).rows).toEqual([{ account_id: ids[0] }]);
    expect((await asBrand('operator', '', sums)).rows).toHaveLength(3);
    for (const nobody of ['nobody', 'authenticator', 'member']) expect((await asBrand(nobody, own, sums)).rows).toEqual([]);
    await client.query(
      `INSERT INTO lot_origin (issuer_id, issuer_code, currency_id, issue_month, terms_id) SELECT $1, 'OTHER', id, '2026-01-01', gen_random_uuid() FROM currency WHERE code = 'SUMS'`,
      [other],
    );
    await client.query(
      `INSERT INTO lot (account_id, expires_on, issue_month, issuer_code, origin_id, available_on, remaining)
       SELECT $1, 'infinity', '2026-01-01', 'OTHER', id, '-infinity', 70 FROM lot_origin WHERE issuer_code = 'OTHER'`,
      [ids[2]],
    );
    const currency = "(SELECT id FROM currency WHERE code = 'SUMS')";
    const active = (issuer: string) => `SELECT points::int FROM issuer_terms('${issuer}', ${currency}, '2026-02-01') WHERE term = 'ACTIVE'`;
    expect((await asBrand('brand', own, active(own))).rows).toEqual([{ points: 0 }]);
    expect((await asBrand('brand', own, active(other))).rows).toEqual([]);
    expect((await asBrand('brand', other, active(own))).rows).toEqual([]);
    expect((await asBrand('brand', other, active(other))).rows).toEqual([{ points: 70 }]);
    expect((await asBrand('operator', '', active(other))).rows).toEqual([{ points: 70 }]);
    expect((await asBrand('member', '', active(other))).rows).toEqual([]);
    const shadow = ['CREATE TEMP TABLE lot_origin AS SELECT * FROM public.lot_origin', 'GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC'];
    expect((await asBrand('brand', other, `${shadow[0]} WHERE false`, shadow[1], active(other))).rows).toEqual([{ points: 70 }]);
    for (const role of ['tessera_kernel', 'tessera_queue']) {
      await denied(role, sums);
      await denied(role, active(own));
    }
  });

  it('find the holder of a card by its exact hash only', async () => {
    const like = [
      "SELECT find_member_by_identifier('%', '%') AS found",
      'SELECT find_member_by_identifier(NULL, NULL) AS found',
      "SELECT find_member_by_identifier('CARD', '') AS found",
    ];
    for (const statement of like) expect((await as('tessera_app', statement)).rows).toEqual([{ found: null }]);
    await denied('tessera_kernel', "SELECT find_member_by_identifier('CARD', '')");
    await denied('tessera_queue', "SELECT find_member_by_identifier('CARD', '')");
  });
});
