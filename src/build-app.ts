import type { Logger } from 'pino';
import { Keys } from './access/keys';
import type { BuiltApp } from './app';
import type { Clock } from './clock';
import { CoalitionCache } from './coalition/coalition-snapshot';
import type { Config } from './config';
import { initialize } from './database/connection-problem';
import { createAppDataSource } from './database/data-source';
import { Database } from './database/database';
import { KnownServer } from './database/known-server';
import { createLedger } from './ledger/posting-ledger';
import { followTestClock } from './sandbox/test-clock';

/** Connects everything an operation may use. The database must be migrated; its URLs and the master key must be known. */
export async function buildApp(config: Config, log: Logger, machine: Clock): Promise<BuiltApp> {
  const { urls, poolSize } = config.database;
  if (!urls || !config.masterKey) throw new Error('the database and the master key must be settled before the app is built');
  const server = new KnownServer();
  const database = new Database(await initialize(createAppDataSource(urls.app, poolSize, server), urls.app), urls.app, server);
  const { clock, stop: stopClock } = await followTestClock(config, database, machine, log).catch(async (error) => {
    await database.close();
    throw error;
  });
  const { batchSize: maxBatch, queueLimit: maxQueue } = config.ledger;
  const ledger = createLedger({ connectionString: urls.kernel, clock, log, server, maxBatch, maxQueue });
  return { config, log, clock, database, ledger, keys: new Keys(config.masterKey), coalition: new CoalitionCache(database), stopClock };
}

/** Finishes the postings in flight, then gives the connections back. */
export async function closeApp(app: BuiltApp): Promise<void> {
  app.stopClock();
  await app.ledger.close();
  await app.database.close();
}
