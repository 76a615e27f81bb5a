import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Keys } from '../coalition/access/keys';
import type { Config } from '../platform/config';
import { KEY_MARK, migrate } from '../platform/database/migrate';
import { keepSecret, makeDataDirectory, readOrNull } from '../platform/embedded/data-directory';
import { type EmbeddedServer, findEmbeddedServer, startEmbeddedServer } from '../platform/embedded/embedded-server';

/** Settings with nothing left open: where the database is, the master key and the vault keys. */
export interface Deployment {
  readonly config: Config;
  /** Set where this process started the embedded server and must stop it. */
  readonly server: EmbeddedServer | null;
}

/** For `npm start` and `npm run migrate`: starts the embedded server where no DATABASE_URL is given, and migrates. */
export async function openDeployment(config: Config, log: Logger): Promise<Deployment> {
  const server = config.database.urls ? null : await startEmbeddedServer(config.dataDir, log);
  try {
    const opened = settle(config, server?.urls ?? null);
    const ran = await migrate(opened.database.urls.owner, new Keys(opened.masterKey).derive(KEY_MARK), opened.vaultKeys);
    if (ran.length > 0) log.info({ migrations: ran.length }, 'database migrated');
    return { config: opened, server };
  } catch (error) {
    await server?.stop();
    throw error;
  }
}

/**
 * For gateways and workers of their own: DATABASE_URL, or the embedded server that "npm start" runs on the data
 * directory.
 */
export function joinDeployment(config: Config): Config {
  if (config.database.urls) return settle(config, null);
  const joined = settle(config, findEmbeddedServer(config.dataDir));
  // Tokens name their issuer: every gateway of a deployment must go by the same name.
  const publicUrl = config.http.publicUrlIsGiven ? null : readOrNull(join(config.dataDir, PUBLIC_URL_FILE));
  return publicUrl ? { ...joined, http: { ...joined.http, publicUrl } } : joined;
}

/** Remembers under which name the deployment goes, for gateways that join it on this machine. */
export function rememberPublicUrl({ dataDir, http }: Config): void {
  writeFileSync(join(dataDir, PUBLIC_URL_FILE), `${http.publicUrl}\n`);
}

const PUBLIC_URL_FILE = 'public-url';
/** Id of the vault key that is made where none is set. */
const GENERATED_VAULT_KEY = 'first';

function settle(config: Config, embedded: EmbeddedServer['urls'] | null) {
  const urls = config.database.urls ?? embedded;
  if (!urls) throw new Error('no database was found or started');
  const kept = (name: string) => {
    makeDataDirectory(config.dataDir);
    return Buffer.from(keepSecret(config.dataDir, name, 32), 'hex');
  };
  const masterKey = config.masterKey ?? kept('master-key');
  const vaultKeys = config.vaultKeys ?? [{ id: GENERATED_VAULT_KEY, key: kept('vault-key') }];
  return { ...config, masterKey, vaultKeys, database: { ...config.database, urls } };
}
