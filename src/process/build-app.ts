import type { Logger } from 'pino';
import type { BuiltApp } from '../app';
import { wrapByRing } from '../coalition/access/key-ring';
import { Keys } from '../coalition/access/keys';
import { CoalitionCache } from '../coalition/coalition/coalition-snapshot';
import { followTestClock } from '../coalition/sandbox/test-clock';
import { createLedger } from '../ledger/ledger/posting-ledger';
import type { Clock } from '../platform/clock';
import type { Config } from '../platform/config';
import { initialize } from '../platform/database/connection-problem';
import { createAppDataSource } from '../platform/database/data-source';
import { Database } from '../platform/database/database';
import { KnownServer } from '../platform/database/known-server';

/**
 * Connects everything an operation may use. The database must be migrated; its URLs and the keys must be known.
 */
export async function buildApp(config: Config, log: Logger, machine: Clock): Promise<BuiltApp> {
  const { urls, poolSize } = config.database;
  const { masterKey, vaultKeys } = config;
  if (!urls || !masterKey || !vaultKeys) throw new Error('the database and the keys must be settled before the app is built');
  const server = new KnownServer();
  const database = new Database(await initialize(createAppDataSource(urls.app, poolSize, server), urls.app), urls.app, server);
  const { clock, stop: stopClock } = await followTestClock(config, database, machine, log).catch(async (error) => {
    await database.close();
    throw error;
  });
  const { batchSize: maxBatch, queueLimit: maxQueue } = config.ledger;
  const ledger = createLedger({ connectionString: urls.kernel, clock, log, server, maxBatch, maxQueue });
  const [keys, keyWrapping] = [new Keys(masterKey), wrapByRing(vaultKeys)];
  return { config, log, clock, database, ledger, keys, keyWrapping, coalition: new CoalitionCache(database), stopClock };
}

/** Finishes the postings in flight, then gives the connections back. */
export async function closeApp(app: BuiltApp): Promise<void> {
  app.stopClock();
  await app.ledger.close();
  await app.database.close();
}
