import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foundCoalition } from '../../../src/coalition/coalition/found-coalition';
import { grantClientToken } from '../../../src/coalition/sign-in/grant-client-token';
import { DEMO_VARIABLES } from '../../../src/process/demo/demo-environment';
import { seedDemo } from '../../../src/process/demo/seed-demo';
import { createTestApp, type TestApp } from '../../support/test-app';

let demo: TestApp;
let dataDir: string;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'tessera-demo-'));
  demo = await createTestApp({ variables: { TESSERA_DATA_DIR: dataDir, TESSERA_LOCAL_ISSUER: 'true' } });
});
afterEach(async () => {
  await demo.close();
  rmSync(dataDir, { recursive: true });
});

async function count(table: string): Promise<number> {
  const { rows } = await demo.database.owner.query(`SELECT count(*)::int AS n FROM ${table}`);
  return rows[0].n;
}

const TABLES = [
  'brand',
  'api_client',
  'api_client_secret',
  'terms_version',
  'earning_rule',
  'redemption_rule',
  'conversion_rate',
  'member',
  'member_identifier',
  'staff',
];

test('makes a coalition once, with credentials that work and that only their owner can read', async () => {
  const made = await seedDemo(demo.app);
  expect(Object.keys(made?.variables ?? {}).sort()).toEqual([...DEMO_VARIABLES].sort());
  expect(statSync(join(dataDir, 'demo.env')).mode & 0o777).toBe(0o600);
  const { FUEL_CLIENT_ID, FUEL_CLIENT_SECRET } = made?.variables ?? {};
  const clientId = FUEL_CLIENT_ID?.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') ?? '';
  expect((await grantClientToken(demo.app, { clientId, secret: FUEL_CLIENT_SECRET ?? '', scope: undefined })).scopes).toContain('purchases');

  const before = await Promise.all(TABLES.map(count));
  const again = await seedDemo(demo.app);
  expect(await Promise.all(TABLES.map(count))).toEqual(before);
  expect(again?.variables.FUEL_CLIENT_SECRET).toBe(FUEL_CLIENT_SECRET);
});

test('goes on where it was killed: a secret that was lost is replaced, nothing is doubled', async () => {
  await seedDemo(demo.app);
  const before = await Promise.all(TABLES.map(count));
  const file = join(dataDir, 'demo.env');
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, lines.filter((line) => !line.startsWith('TAXI_CLIENT_SECRET') && !line.startsWith('OPERATOR_TOKEN')).join('\n'));
  const again = await seedDemo(demo.app);
  expect(again?.variables.TAXI_CLIENT_SECRET).toMatch(/./);
  // One more: the lost secret stays live beside the new one.
  expect(await Promise.all(TABLES.map(count))).toEqual(before.map((n, at) => (TABLES[at] === 'api_client_secret' ? n + 1 : n)));
});

test('leaves a coalition alone that somebody else has founded', async () => {
  await foundCoalition(demo.app, { code: 'OURS', name: 'Ours', firstOperator: { issuer: 'https://login.example', subject: 'somebody' } });
  expect(await seedDemo(demo.app)).toBeNull();
  expect(await count('brand')).toBe(1);
});
