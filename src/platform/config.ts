import { resolve } from 'node:path';
import { z } from 'zod';
import { count, flag, hostAndPort, issuerUrl, masterKey, postgresUrl, trustProxy, url, vaultKeys, webUrl } from './config-values';
import { unsafeInProduction } from './production-settings';
import type { VaultKey } from './vault-key';

/** A setting is wrong: the message names the variable and says what to write instead. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Every variable the platform reads, in the order of the README's table. `default` is what its absence means, in words.
 */
const VARIABLES = {
  NODE_ENV: z
    .enum(['development', 'production', 'test'])
    .default('development')
    .describe('production asks for explicit keys and shows no explorer unless told to.'),
  TESSERA_MODE: z
    .enum(['sandbox', 'production'])
    .optional()
    .describe(
      'In a sandbox the operator can move the clock forward; in production nobody can. Unset: sandbox with an embedded database and NODE_ENV other than production, otherwise production.',
    ),
  TESSERA_SANDBOX_CONFIRMED: flag.default(false).describe('true beside TESSERA_MODE=sandbox says that a sandbox with NODE_ENV=production is meant.'),
  DATABASE_URL: postgresUrl
    .optional()
    .describe('A PostgreSQL (>= 16) of yours, as the owner of the schema; used for migrations. Unset: an embedded PostgreSQL in the data directory.'),
  DATABASE_APP_URL: postgresUrl.optional().describe('Login for the application, a member of the role tessera_app. Unset: DATABASE_URL, acting as tessera_app.'),
  DATABASE_KERNEL_URL: postgresUrl
    .optional()
    .describe('Login for the posting kernel, a member of tessera_kernel. Unset: DATABASE_URL, acting as tessera_kernel.'),
  DATABASE_QUEUE_URL: postgresUrl.optional().describe('Login for the queues, a member of tessera_queue. Unset: DATABASE_URL, acting as tessera_queue.'),
  REDIS_URL: url(['redis:', 'rediss:']).optional().describe('Puts the queues on Redis or Valkey. Unset: they live in PostgreSQL.'),
  TESSERA_DATA_DIR: z.string().min(1).default('.data').describe('Where the embedded database, its password and the generated keys are kept.'),
  TESSERA_MASTER_KEY: masterKey
    .optional()
    .describe(
      '32 bytes, hex or base64, from which every key is derived. Unset: generated once into the data directory (embedded); required with DATABASE_URL in production.',
    ),
  TESSERA_VAULT_KEY: vaultKeys
    .optional()
    .describe(
      "Keys that the keys of members' personal data are wrapped by: id:hex, 32 bytes in hex. Several with commas between, the one in use first (docs/operations.md). Unset: generated once into the data directory (embedded); required with DATABASE_URL in production.",
    ),
  TESSERA_HOST: z.string().min(1).default('127.0.0.1').describe('Address that the gateway listens on.'),
  TESSERA_PORT: count(0, 65_535).default(4000).describe('Port that the gateway listens on; 0 takes a free one.'),
  TESSERA_PUBLIC_URL: webUrl
    .optional()
    .describe('How the gateway is reached from outside; also the issuer of its tokens. Required in production. Unset: http://HOST:PORT.'),
  TESSERA_TRUST_PROXY: trustProxy
    .optional()
    .describe(
      "Behind reverse proxies: how many there are in a row, or their networks (CIDRs, comma-separated). A client's address is what they wrote into X-Forwarded-For, counted from the right. Unset: none.",
    ),
  TESSERA_WORKERS_PORT: count(0, 65_535)
    .optional()
    .describe('Port of the health and metrics pages of a worker process; 0 takes a free one. Unset: 4001, or a free one if that is taken.'),
  TESSERA_METRICS_TOKEN: z
    .string()
    .min(16, 'write at least 16 characters')
    .optional()
    .describe('Bearer token that /metrics asks for. Unset: none; in production /metrics is then closed but on an address of its own.'),
  TESSERA_METRICS_ADDRESS: hostAndPort
    .optional()
    .describe(
      "HOST:PORT that the gateway's /metrics listens on instead of the public port, for a network that only the monitoring reaches. Unset: the public port.",
    ),
  TESSERA_LOG_FORMAT: z.enum(['json', 'text']).optional().describe('text is for people. Unset: text on a terminal, otherwise json: one object a line.'),
  TESSERA_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info').describe('Least level that is logged.'),
  TESSERA_DEMO: flag.optional().describe('true loads the demo coalition into an empty database. Unset: only into an embedded one, and not in production.'),
  TESSERA_EXPLORER: flag.optional().describe('Serves the explorer at /explorer. Unset: yes, except in production.'),
  TESSERA_LOCAL_ISSUER: flag
    .optional()
    .describe(
      "A token issuer of the platform's own for trying staff and member logins. Unset: only outside production, with an embedded database or the demo.",
    ),
  TESSERA_OIDC_ISSUER: issuerUrl
    .optional()
    .describe('Identity provider whose tokens staff and members bring: its `iss`, to the letter. https in production. Unset: none.'),
  TESSERA_OIDC_AUDIENCE: z.string().min(1).default('tessera').describe('The `aud` those tokens must carry.'),
  TESSERA_OIDC_JWKS_URL: webUrl.optional().describe("Where that provider's keys are. Unset: found through its /.well-known/openid-configuration."),
  TESSERA_BODY_LIMIT: count(1_024, 104_857_600).default(1_048_576).describe('Largest request body in bytes.'),
  TESSERA_ANSWER_LIMIT: count(65_536, 104_857_600).default(4_194_304).describe('Largest answer of a GraphQL operation in bytes.'),
  TESSERA_ANSWER_SECONDS: count(1, 3_600).default(60).describe('How long a client may take to read an answer; then its connection is closed.'),
  TESSERA_QUERY_DEPTH: count(1, 100).default(15).describe('Deepest nesting of a GraphQL operation.'),
  TESSERA_QUERY_ALIASES: count(0, 10_000).default(30).describe('Most aliases in a GraphQL operation.'),
  TESSERA_QUERY_TOKENS: count(10, 1_000_000).default(4_000).describe('Most tokens in a GraphQL document.'),
  TESSERA_QUERY_COST: count(10, 10_000_000)
    .default(10_000)
    .describe('Highest cost of a GraphQL operation: 1 a field, 10 a mutation or an entry of its batch, times the page size below lists.'),
  TESSERA_RATE_OPERATIONS: count(1, 100_000_000)
    .default(60_000)
    .describe("GraphQL operations that all of a brand's clients and staff together may send a minute, on each gateway; its members' sessions have as many."),
  TESSERA_RATE_COST: count(1, 1_000_000_000)
    .default(30_000_000)
    .describe('Cost of these operations a minute: 1 a request and for every 100 bytes of it, what the operation costs, and 1 for each entry of a list sent.'),
  TESSERA_RATE_MEMBER_OPERATIONS: count(1, 100_000_000).default(600).describe('GraphQL operations that one member may send a minute, on each gateway.'),
  TESSERA_RATE_MEMBER_COST: count(1, 1_000_000_000).default(60_000).describe('Cost of the GraphQL operations that one member may send a minute.'),
  TESSERA_RATE_STRANGER_OPERATIONS: count(1, 100_000_000)
    .default(300)
    .describe('GraphQL operations a minute from one network without a good token, on each gateway; 20 times as many from all together.'),
  TESSERA_RATE_STRANGER_COST: count(1, 1_000_000_000)
    .default(20_000)
    .describe('Cost of the GraphQL operations a minute from one network without a good token; 20 times as much from all together.'),
  TESSERA_FAILED_LOOK_UPS: count(1, 100_000_000)
    .default(10_000)
    .describe("Cards and numbers that are nobody's that a brand may show an hour, on each gateway; beyond it only members whom it knows are found."),
  TESSERA_DATABASE_POOL: count(2, 500).default(16).describe('Most connections of one process to PostgreSQL as tessera_app.'),
  TESSERA_LEDGER_BATCH: count(1, 10_000).default(1_000).describe('Most postings in one database transaction.'),
  TESSERA_LEDGER_QUEUE: count(1, 1_000_000).default(10_000).describe('Most postings waiting in one process; beyond it they are refused as OVERLOADED.'),
  TESSERA_WORKER_CONCURRENCY: count(1, 100).default(2).describe('Jobs that one worker process runs at once, per queue.'),
  TESSERA_QUOTE_MINUTES: count(1, 1_440).default(15).describe('How long a quote of a conversion is honoured.'),
  TESSERA_GOODWILL_LIMIT: count(1, 1_000_000_000).default(100_000).describe('Most whole points that one proposal of goodwill may give.'),
  TESSERA_CLIENT_ID: z.string().min(1).optional().describe('API client that the commands "npm run import:..." send files as. No other process reads it.'),
  TESSERA_CLIENT_SECRET: z.string().min(1).optional().describe('The secret of that client.'),
  TESSERA_SHUTDOWN_SECONDS: count(1, 600).default(20).describe('How long a stopping process waits for what is in flight.'),
} as const;

/** Name, meaning and default of every variable: the README's table is generated from it. */
export function describeVariables(): { name: string; meaning: string; fallback: string | null }[] {
  return Object.entries(VARIABLES).map(([name, schema]) => ({
    name,
    meaning: schema.description ?? '',
    fallback: schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : null,
  }));
}

/**
 * Where PostgreSQL is, for each of the roles that the platform acts as. Null: nobody gave a URL, the embedded server is
 * used.
 */
export interface DatabaseUrls {
  /** Owner of the schema: migrations only. */
  readonly owner: string;
  readonly app: string;
  readonly kernel: string;
  readonly queue: string;
}

/** The settings of a process, read once at its start. */
export type Config = ReturnType<typeof shape>;

/**
 * The only reader of process.env. Throws ConfigError naming each variable that is wrong. An empty variable counts as
 * unset. `serves`: for a process that answers clients, which in production needs more.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env, { serves = false } = {}): Config {
  const given = Object.fromEntries(Object.keys(VARIABLES).flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
  const parsed = z.object(VARIABLES).safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}.`));
  const variables = parsed.data;
  if (variables.NODE_ENV === 'production' && variables.DATABASE_URL) {
    const missing = KEYS_TO_GIVE.filter(([name]) => variables[name] === undefined);
    if (missing.length > 0) throw new ConfigError(missing.map(([name, how]) => `${name}: required with DATABASE_URL in production. Generate one with ${how}`));
  }
  const config = shape(variables);
  if (config.demo && !config.oidc.localIssuer)
    throw new ConfigError(['TESSERA_DEMO: the demo logs its people in through the local issuer. Set TESSERA_LOCAL_ISSUER=true too, or leave the demo out.']);
  const unsafe = unsafeInProduction(config, serves);
  if (unsafe.length > 0) throw new ConfigError(unsafe);
  return config;
}

/** What a machine that is lost would take along, were it generated there. */
const KEYS_TO_GIVE = [
  ['TESSERA_MASTER_KEY', '"openssl rand -hex 32" and keep it safe: without it stored data cannot be read.'],
  ['TESSERA_VAULT_KEY', '"echo first:$(openssl rand -hex 32)" and keep it safe: without it personal data cannot be read.'],
] as const;

function shape(variables: z.infer<z.ZodObject<typeof VARIABLES>>) {
  const production = variables.NODE_ENV === 'production';
  const embedded = !variables.DATABASE_URL;
  return {
    environment: variables.NODE_ENV,
    /** Only the clock of a sandbox can be moved. */
    mode: variables.TESSERA_MODE ?? (embedded && !production ? ('sandbox' as const) : ('production' as const)),
    sandboxConfirmed: variables.TESSERA_SANDBOX_CONFIRMED,
    /** Directory of the embedded database and of generated secrets. */
    dataDir: resolve(variables.TESSERA_DATA_DIR),
    database: {
      /** Null with the embedded database until it has been started: see openDeployment(). */
      urls: variables.DATABASE_URL
        ? databaseUrls(variables.DATABASE_URL, { app: variables.DATABASE_APP_URL, kernel: variables.DATABASE_KERNEL_URL, queue: variables.DATABASE_QUEUE_URL })
        : (null as DatabaseUrls | null),
      embedded,
      poolSize: variables.TESSERA_DATABASE_POOL,
    },
    redisUrl: variables.REDIS_URL ?? null,
    /** 32 bytes; null until generated or read from the data directory. */
    masterKey: variables.TESSERA_MASTER_KEY ?? (null as Buffer | null),
    /** The one in use first; null until generated or read from the data directory. */
    vaultKeys: variables.TESSERA_VAULT_KEY ?? (null as readonly VaultKey[] | null),
    http: {
      host: variables.TESSERA_HOST,
      port: variables.TESSERA_PORT,
      /** Null: 4001, or a free one if that is taken. */
      workersPort: variables.TESSERA_WORKERS_PORT ?? null,
      /** Without a slash at the end. */
      publicUrl: variables.TESSERA_PUBLIC_URL ?? urlOf(variables.TESSERA_HOST, variables.TESSERA_PORT),
      publicUrlIsGiven: variables.TESSERA_PUBLIC_URL !== undefined,
      /** How many proxies are trusted in a row, or their networks; null: none. */
      trustProxy: variables.TESSERA_TRUST_PROXY ?? null,
      bodyLimitBytes: variables.TESSERA_BODY_LIMIT,
      answerLimitBytes: variables.TESSERA_ANSWER_LIMIT,
      /** How long a client may take to read an answer. */
      answerMs: variables.TESSERA_ANSWER_SECONDS * 1_000,
      metricsToken: variables.TESSERA_METRICS_TOKEN ?? null,
      /** Where the gateway's metrics are; null: on its own port. */
      metricsAddress: variables.TESSERA_METRICS_ADDRESS ?? null,
    },
    logLevel: variables.TESSERA_LOG_LEVEL,
    logFormat: variables.TESSERA_LOG_FORMAT ?? (process.stdout.isTTY ? ('text' as const) : ('json' as const)),
    demo: variables.TESSERA_DEMO ?? (embedded && !production && variables.TESSERA_LOCAL_ISSUER !== false),
    explorer: variables.TESSERA_EXPLORER ?? !production,
    oidc: {
      localIssuer: variables.TESSERA_LOCAL_ISSUER ?? (!production && (embedded || variables.TESSERA_DEMO === true)),
      issuer: variables.TESSERA_OIDC_ISSUER ?? null,
      audience: variables.TESSERA_OIDC_AUDIENCE,
      jwksUrl: variables.TESSERA_OIDC_JWKS_URL ?? null,
    },
    limits: {
      queryDepth: variables.TESSERA_QUERY_DEPTH,
      queryAliases: variables.TESSERA_QUERY_ALIASES,
      queryTokens: variables.TESSERA_QUERY_TOKENS,
      queryCost: variables.TESSERA_QUERY_COST,
      /** Of a minute, on each gateway. */
      rates: {
        brand: { operations: variables.TESSERA_RATE_OPERATIONS, cost: variables.TESSERA_RATE_COST },
        member: { operations: variables.TESSERA_RATE_MEMBER_OPERATIONS, cost: variables.TESSERA_RATE_MEMBER_COST },
        stranger: { operations: variables.TESSERA_RATE_STRANGER_OPERATIONS, cost: variables.TESSERA_RATE_STRANGER_COST },
      },
    },
    failedLookUpsPerHour: variables.TESSERA_FAILED_LOOK_UPS,
    ledger: { batchSize: variables.TESSERA_LEDGER_BATCH, queueLimit: variables.TESSERA_LEDGER_QUEUE },
    workerConcurrency: variables.TESSERA_WORKER_CONCURRENCY,
    care: { mostGoodwill: variables.TESSERA_GOODWILL_LIMIT },
    client: { id: variables.TESSERA_CLIENT_ID ?? null, secret: variables.TESSERA_CLIENT_SECRET ?? null },
    /** How long a quote of a conversion is honoured. */
    quoteMs: variables.TESSERA_QUOTE_MINUTES * 60_000,
    shutdownMs: variables.TESSERA_SHUTDOWN_SECONDS * 1_000,
  };
}

/** How a server that listens there is reached from this machine. */
export function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** The URLs of one server for every role: each connection starts as its role, whoever it logs in as. */
export function databaseUrls(owner: string, logins: { app?: string; kernel?: string; queue?: string } = {}): DatabaseUrls {
  return {
    owner,
    app: actingAs('tessera_app', logins.app ?? owner),
    kernel: actingAs('tessera_kernel', logins.kernel ?? owner),
    queue: actingAs('tessera_queue', logins.queue ?? owner),
  };
}

function actingAs(role: string, login: string): string {
  const acting = new URL(login);
  acting.searchParams.set('options', [acting.searchParams.get('options'), `-c role=${role}`].filter(Boolean).join(' '));
  // pg reads %20 in a query, not the + that URLSearchParams writes for a space.
  acting.search = acting.search.replaceAll('+', '%20');
  return acting.toString();
}
