import { createHash } from 'node:crypto';
import type { DestinationStream } from 'pino';
import type { App } from '../../src/app';
import { Keys } from '../../src/coalition/access/keys';
import { ManualClock } from '../../src/platform/clock';
import { type Config, readConfig } from '../../src/platform/config';
import { KEY_MARK } from '../../src/platform/database/migrate';
import { vaultKeyMark } from '../../src/platform/database/vault-marks';
import { createLogger } from '../../src/platform/logging';
import { buildApp, closeApp } from '../../src/process/build-app';
import { createTestDatabase, type TestDatabase } from './test-database';

/** A real App on a database of its own, and the ways behind it that only tests have. */
export interface TestApp {
  readonly app: App;
  readonly clock: ManualClock;
  readonly database: TestDatabase;
  close(): Promise<void>;
}

export interface TestAppOptions {
  /** Where the clock stands at first. */
  readonly now?: Date;
  /** Settings by their variables' names, e.g. { TESSERA_QUERY_DEPTH: '5' }. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Settings that replace those read. */
  readonly config?: Partial<Config>;
  /** Shares another test app's database: a second process of the same coalition. It is not dropped on close. */
  readonly database?: TestDatabase;
  /**
   * Has each connection plan a statement once, as after the fifth time: for tests that ask everything a few times,
   * under policies that take long to plan.
   */
  readonly planOnce?: boolean;
  /** Where its log goes; by default to standard output. */
  readonly logTo?: DestinationStream;
}

const MASTER_KEY = createHash('sha256').update('the master key of the tests').digest();
const VAULT_KEYS = [{ id: 'test', key: createHash('sha256').update('the vault key of the tests').digest() }];

export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const clock = new ManualClock(options.now ?? new Date('2026-03-15T12:00:00Z'));
  const database = options.database ?? (await createTestDatabase());
  if (options.planOnce) await database.owner.query(`ALTER DATABASE ${database.name} SET plan_cache_mode = 'force_generic_plan'`);
  const read = readConfig({
    NODE_ENV: 'test',
    REDIS_URL: process.env.REDIS_URL,
    TESSERA_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    TESSERA_PORT: '0',
    TESSERA_MODE: 'production',
    ...options.variables,
  });
  const config: Config = {
    ...read,
    masterKey: MASTER_KEY,
    vaultKeys: VAULT_KEYS,
    database: { urls: database.urls, embedded: false, poolSize: 8 },
    ...options.config,
  };
  // As migrating with these keys would have left it.
  await database.owner.query('INSERT INTO deployment (key_mark) VALUES ($1) ON CONFLICT DO NOTHING', [new Keys(MASTER_KEY).derive(KEY_MARK)]);
  for (const key of config.vaultKeys ?? [])
    await database.owner.query('INSERT INTO vault_key (id, mark) VALUES ($1, $2) ON CONFLICT DO NOTHING', [key.id, vaultKeyMark(key)]);
  const app = await buildApp(config, createLogger(config, 'test', options.logTo), clock);
  return {
    app,
    clock,
    database,
    async close() {
      await closeApp(app);
      if (!options.database) await database.drop();
    },
  };
}

/** The vault keys of a test's app as TESSERA_VAULT_KEY has them, for a process of its own. */
export function vaultKeyVariable({ vaultKeys }: Config): string {
  return (vaultKeys ?? []).map(({ id, key }) => `${id}:${key.toString('hex')}`).join(',');
}
