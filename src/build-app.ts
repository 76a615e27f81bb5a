import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Keys } from './access/keys';
import type { App } from './app';
import type { Clock } from './clock';
import { CoalitionCache } from './coalition/coalition-snapshot';
import type { Config } from './config';
import { createAppDataSource } from './database/data-source';
import { Database } from './database/database';

/** Connects everything an operation may use. The database must be migrated; its URLs and the master key must be known. */
export async function buildApp(config: Config, log: Logger, clock: Clock): Promise<App> {
  const { urls, poolSize } = config.database;
  if (!urls || !config.masterKey) throw new Error('the database and the master key must be settled before the app is built');
  const database = new Database(await createAppDataSource(urls.app, poolSize).initialize());
  try {
    // Until the kernel is in the tree, an app without postings can be built.
    // biome-ignore lint/suspicious/noExplicitAny: goes with the kernel's arrival
    const createLedger: any = existsSync(join(__dirname, 'ledger/posting-ledger.ts')) || existsSync(join(__dirname, 'ledger/posting-ledger.js')) ? require('./ledger/posting-ledger').createLedger : async () => ({ close: async () => undefined });
    const ledger = await createLedger({ connectionString: urls.kernel, clock, log, ...config.ledger });
    return { config, log, clock, database, ledger, keys: new Keys(config.masterKey), coalition: new CoalitionCache(database) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Finishes the postings in flight, then gives the connections back. */
export async function closeApp(app: App): Promise<void> {
  await app.ledger.close();
  await app.database.close();
}
