import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import type { App } from '../../../src/app';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { readPersonalData } from '../../../src/members/members/read-personal-data';
import { rotateVaultKey } from '../../../src/members/vault/rotate-vault-key';
import type { Config } from '../../../src/platform/config';
import { KEY_MARK, migrate, requireMigrated } from '../../../src/platform/database/migrate';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { itemAt } from '../../../src/platform/one-of';
import type { VaultKey } from '../../../src/platform/vault-key';
import { LONG } from '../../invariants/run-settings';
import { createShopCoalition, type ShopCoalition, type Till } from '../../support/shop-coalition';
import { createTestApp, type TestApp, vaultKeyVariable } from '../../support/test-app';
import { untilItWaits, whileLocked } from '../../support/until-it-waits';
import { dataOf, insertIntoVault } from '../../support/vault-members';

const MEMBERS = LONG ? 100_000 : 2_000;
const KILLS = LONG ? 3 : 1;
const newKey = (id: string): VaultKey => ({ id, key: randomBytes(32) });
const [OLD, NEXT] = [newKey('old'), newKey('next')];

let shop: ShopCoalition;
let fuel: Till;
let ids: Uuid[];
const opened: TestApp[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  shop = await createShopCoalition({ config: { vaultKeys: [OLD] } });
  fuel = await shop.brand('FUEL');
  ids = await insertIntoVault(shop.database, [OLD], fuel.brandId, MEMBERS);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const test of opened) await test.close();
  await shop?.close();
});

/** A process whose TESSERA_VAULT_KEY has these keys; `migrated`: after a migration with them. */
async function appWith(...vaultKeys: VaultKey[]): Promise<App> {
  await migrateWith(...vaultKeys);
  const test = await createTestApp({ database: shop.database, config: { vaultKeys } });
  opened.push(test);
  return test.app;
}
const migrateWith = (...ring: VaultKey[]) => migrate(shop.database.urls.owner, shop.app.keys.derive(KEY_MARK), ring);
const startWith = (...ring: VaultKey[]) => requireMigrated(shop.app.database.source, shop.app.keys.derive(KEY_MARK), ring);

async function wrappedBy(): Promise<Record<string, number>> {
  const { rows } = await shop.database.owner.query<{ id: string; count: number }>(
    'SELECT vault_key_id AS id, count(*)::int AS count FROM subject_key GROUP BY 1',
  );
  return Object.fromEntries(rows.map(({ id, count }) => [id, count]));
}

const read = (app: App, memberId: Uuid) => readPersonalData(app, { kind: 'member', memberId, brandId: null }, memberId);
async function expectAllReadable(app: App): Promise<void> {
  const step = Math.max(1, Math.floor(MEMBERS / 200));
  for (let n = 0; n < MEMBERS; n += step) expect(await read(app, itemAt(ids, n))).toEqual(dataOf(n));
}

/** `npm run rotate-vault-key`, as a process that can be killed. */
function startRotation({ database, masterKey }: Config, ring: readonly VaultKey[]): ChildProcess {
  const child = spawn(process.execPath, ['-r', './test/support/swc-register.cjs', 'src/process/main.ts', 'rotate-vault-key'], {
    cwd: join(__dirname, '../../..'),
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: database.urls?.owner,
      TESSERA_MASTER_KEY: masterKey?.toString('hex'),
      TESSERA_VAULT_KEY: vaultKeyVariable({ ...shop.app.config, vaultKeys: ring }),
      TESSERA_LOG_FORMAT: 'json',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

/** Killed while it waits for a row of ours, with what it wrapped before committed. */
async function killOnItsWay(): Promise<void> {
  const { old: left = 0 } = await wrappedBy();
  const onItsWay = Math.floor(left / (KILLS + 1)) + 200;
  // By its id: OFFSET would lock the rows that it passes over.
  const row = `SELECT FROM subject_key WHERE member_id =
    (SELECT member_id FROM subject_key WHERE vault_key_id = 'old' ORDER BY member_id OFFSET ${onItsWay} LIMIT 1) FOR UPDATE`;
  await whileLocked(shop.database, row, async () => {
    const child = startRotation(shop.app.config, [NEXT, OLD]);
    const { waiting } = await untilItWaits(shop.database, () => once(child, 'exit'));
    child.kill('SIGKILL');
    await waiting;
  });
  const { old = 0, next = 0 } = await wrappedBy();
  expect([old + next, old > 0, old < left]).toEqual([MEMBERS, true, true]);
}

it('a key that is another one, missing or new is refused by its id, and nothing is lost', async () => {
  await migrateWith(OLD);
  await startWith(OLD);
  for (const tried of [migrateWith, startWith]) await expect(tried(newKey('old'))).rejects.toThrow(/another key by the id "old"/);
  await expect(startWith(NEXT)).rejects.toThrow(/lacks the key "old"/);
  await expect(startWith(NEXT, OLD)).rejects.toThrow(/begins with the key "next", which is new/);
  await expect(migrateWith(NEXT)).rejects.toThrow(/lacks the key "old", which keys of members are wrapped by/);
  await startWith(OLD);
  // As the second one it may be given out before the database knows it.
  await startWith(OLD, NEXT);
  await expectAllReadable(shop.app);
});

it(`a rotation of ${MEMBERS} members that is killed goes on, and the old key is needed until it has ended`, async () => {
  const both = await appWith(NEXT, OLD);
  for (let n = 0; n < KILLS; n++) await killOnItsWay();
  await expectAllReadable(both);
  await expect(startWith(OLD)).rejects.toThrow(/lacks the key "next"/);
  for (const tried of [migrateWith, startWith]) await expect(tried(NEXT)).rejects.toThrow(/lacks the key "old"/);
  await expect(read(shop.app, itemAt(ids, 0))).rejects.toThrow(/lacks the key "next"/);

  const { old: left = 0 } = await wrappedBy();
  expect(await rotateVaultKey(both)).toBe(left);
  expect(await wrappedBy()).toEqual({ next: MEMBERS });
  expect(await rotateVaultKey(both)).toBe(0);
  // Until it is forgotten the old key is asked for, and then no more.
  await expect(startWith(NEXT)).rejects.toThrow(/lacks the key "old"/);
  const after = await appWith(NEXT);
  await startWith(NEXT);
  await startWith(NEXT, OLD);
  await expectAllReadable(after);
}, 300_000);

it('a process that still begins with a key that was forgotten writes nothing under it', async () => {
  const command = enrolMemberSchema.parse({ idempotencyKey: newUuid(), personalData: { givenName: 'Late' } });
  await expect(enrolMember(shop.app, fuel.principal, command)).rejects.toThrow(/begins with the key "old", which this database has forgotten/);
  expect(await wrappedBy()).toEqual({ next: MEMBERS });
  await expect(startWith(OLD)).rejects.toThrow(/lacks the key "next"/);
});

it('nothing in an error says a key', async () => {
  const told = await Promise.allSettled([migrateWith(newKey('next')), startWith(OLD), startWith(newKey('next'))]);
  for (const each of told) expect(String((each as PromiseRejectedResult).reason)).not.toMatch(/[0-9a-f]{32}/);
});
