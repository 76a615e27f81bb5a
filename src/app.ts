import type { Logger } from 'pino';
import type { Keys } from './access/keys';
import type { Clock } from './clock';
import type { CoalitionCache } from './coalition/coalition-snapshot';
import type { Config } from './config';
import type { Database } from './database/database';
import type { Ledger } from './ledger/ledger';

/** Everything an operation may use, built once in main and passed as an argument. No container, no globals. */
export interface App {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly keys: Keys;
  readonly coalition: CoalitionCache;
}
