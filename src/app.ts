import type { Logger } from 'pino';
import type { KeyWrapping } from './coalition/access/key-wrapping';
import type { Keys } from './coalition/access/keys';
import type { CoalitionCache } from './coalition/coalition/coalition-snapshot';
import type { Ledger } from './ledger/ledger/ledger';
import type { RunningLedger } from './ledger/ledger/posting-ledger';
import type { Clock } from './platform/clock';
import type { Config } from './platform/config';
import type { Database } from './platform/database/database';

/** Everything an operation may use, built once in main and passed as an argument. No container, no globals. */
export interface App {
  readonly config: Config;
  readonly log: Logger;
  /** In a sandbox it may be ahead of the machine's: see Clock.real(). */
  readonly clock: Clock;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly keys: Keys;
  /** Wraps the keys that members' personal data are sealed with. */
  readonly keyWrapping: KeyWrapping;
  readonly coalition: CoalitionCache;
}

/** The App as the process that built it has it: with the ledger's figures for /metrics. */
export interface BuiltApp extends App {
  readonly ledger: RunningLedger;
  /** The process no longer looks whether the sandbox's clock was moved. */
  readonly stopClock: () => void;
}
