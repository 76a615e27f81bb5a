import 'reflect-metadata';
import type { Logger } from 'pino';
import { registerQueueBoard } from '../../workers/queue-board';
import { openQueues, type Queues, queueDepths } from '../../workers/queues';
import { CannotListen, findPort } from '../api/http/server';
import type { FileKind } from '../api/ingest/client/file-rows';
import { UnusableFile } from '../api/ingest/client/file-text';
import { importHelp, WrongArguments } from '../api/ingest/client/import-help';
import { PlatformOut, PlatformRefused } from '../api/ingest/client/platform';
import { type QueueAccess, runGateway, runWorkerStatus } from '../api/server/run-gateway';
import type { BuiltApp } from '../app';
import { VaultKeyMissing, VaultKeyWrong } from '../coalition/access/key-wrapping';
import { rotateVaultKey } from '../members/vault/rotate-vault-key';
import { systemClock } from '../platform/clock';
import { type Config, ConfigError, readConfig, urlOf } from '../platform/config';
import { DatabaseNotReady } from '../platform/database/connection-problem';
import { KEY_MARK, requireMigrated } from '../platform/database/migrate';
import { requireSameTime } from '../platform/database/same-time';
import { EmbeddedDatabaseError } from '../platform/embedded/embedded-binaries';
import { createLogger } from '../platform/logging';
import { isRefusal } from '../platform/refusal';
import { buildApp, closeApp } from './build-app';
import { joinDeployment, openDeployment, rememberPublicUrl } from './open-deployment';
import { describeReady } from './ready-banner';
import { Closers, untilStopped } from './stop-process';
import { superviseWorkers } from './supervise-workers';

/**
 * What `node dist/src/process/main.js <command>` does. The npm scripts of the same names come here through
 * bootstrap.mjs.
 */
const COMMANDS: Readonly<Record<string, (config: Config, log: Logger, args: readonly string[]) => Promise<void>>> = {
  start,
  gateway,
  workers,
  migrate,
  found,
  verify,
  'rebuild-roll-ups': rebuild,
  'rotate-vault-key': rotate,
  generate,
  'import:members': (config, _log, args) => importFile('MEMBERS', config, args),
  'import:openings': (config, _log, args) => importFile('OPENINGS', config, args),
  'import:redemptions': (config, _log, args) => importFile('REDEMPTIONS', config, args),
  'import:purchases': (config, _log, args) => importFile('PURCHASES', config, args),
};

/** Those that answer clients. */
const SERVING = new Set(['start', 'gateway']);

async function main(command = 'start', ...args: string[]): Promise<void> {
  const config = readConfig(process.env, { serves: SERVING.has(command) });
  const run = COMMANDS[command];
  if (!run) throw new ConfigError([`"${command}" is not a command: use one of ${Object.keys(COMMANDS).join(', ')}`]);
  await run(config, createLogger(config, command), args);
  // A forgotten timer or the channel to a parent must not keep a process that has closed everything.
  process.exit(process.exitCode ?? 0);
}

/** Everything in one go: database, migrations, demo, gateway and workers. */
async function start(given: Config, log: Logger): Promise<void> {
  const began = performance.now();
  const stopped = untilStopped(log);
  await runUntil(stopped, given, log, async (closers) => {
    const { host } = given.http;
    const port = await findPort(host, given.http.port, 'TESSERA_PORT');
    const opened = await openDeployment(
      { ...given, http: { ...given.http, port, publicUrl: given.http.publicUrlIsGiven ? given.http.publicUrl : urlOf(host, port) } },
      log,
    );
    const { config, server } = opened;
    if (server) {
      server.keepRunning();
      closers.add('embedded database', () => server.stop());
      rememberPublicUrl(config);
    }
    const workersReady = superviseWorkers(__filename, log);
    closers.add('workers', async () => (await workersReady).stop(config.shutdownMs / 2));
    const app = await openApp(config, log, closers);
    const demo = config.demo ? await loadDemo(app) : null;
    const running = await runGateway(app, openQueueAccess(app, closers), { explorerDemo: demo?.forExplorer ?? null });
    closers.add('gateway', () => running.close());
    const { statusPort } = await workersReady;
    const seconds = (performance.now() - began) / 1_000;
    const { metricsPort } = running;
    const isTerminal = process.stdout.isTTY === true;
    process.stdout.write(describeReady(config, { statusPort, metricsPort, demo: demo?.coalition ?? null, seconds, clock: app.clock, isTerminal }));
  });
}

/** Null where somebody else's coalition is in the database. */
async function loadDemo(app: BuiltApp) {
  const [{ seedDemo }, { explorerDemo }] = await Promise.all([import('./demo/seed-demo.js'), import('./demo/explorer-demo.js')]);
  const coalition = await seedDemo(app);
  return coalition && { coalition, forExplorer: explorerDemo(app, coalition) };
}

/** A gateway of its own, on a database that is migrated. */
async function gateway(given: Config, log: Logger): Promise<void> {
  await runUntil(untilStopped(log), given, log, async (closers) => {
    const app = await joinApp(given, log, closers);
    const running = await runGateway(app, openQueueAccess(app, closers));
    closers.add('gateway', () => running.close());
    log.info({ port: running.port }, 'the gateway is ready');
  });
}

/** A worker process of its own, on a database that is migrated. */
async function workers(given: Config, log: Logger): Promise<void> {
  const { startWorkers } = await import('../../workers/main.js');
  await runUntil(untilStopped(log), given, log, async (closers) => {
    const app = await joinApp(given, log, closers);
    const started = await startWorkers(app);
    closers.add('workers', () => started.close());
    const status = await runWorkerStatus(app, accessTo(started.queues));
    closers.add('status pages', () => status.close());
    process.send?.({ statusPort: status.port });
    log.info({ port: status.port }, 'the workers are ready');
  });
}

/** Brings the database up to date and ends. */
async function migrate(given: Config, log: Logger): Promise<void> {
  const { server } = await openDeployment(given, log);
  await server?.stop();
  log.info('the database is up to date');
}

/** Begins a coalition and ends. */
async function found(given: Config, log: Logger, args: readonly string[]): Promise<void> {
  const { foundFromCommandLine } = await import('./found-command.js');
  const closers = new Closers(log, given.shutdownMs);
  try {
    process.stdout.write(`${await foundFromCommandLine(await joinApp(given, log, closers), args)}\n`);
  } finally {
    await closers.close();
  }
}

/** Compares the books and ends: 0 sound, 1 wrong, 2 could not be run. */
async function verify(given: Config, log: Logger): Promise<void> {
  const { runVerify } = await import('./verify/verify-command.js');
  process.exitCode = await runVerify(given, log, (line) => process.stdout.write(`${line}\n`));
}

/**
 * Sends a file to the platform's API and ends: 0 all lines are in, 1 some were wrong, 2 it could not be run to its end.
 * It needs neither database nor keys.
 */
async function importFile(kind: FileKind, { http, client }: Config, args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(importHelp(kind));
    return;
  }
  const { importFromCommandLine } = await import('../api/ingest/client/import-command.js');
  const settings = { url: http.publicUrl, clientId: client.id, clientSecret: client.secret };
  process.exitCode = await importFromCommandLine(kind, settings, args, (text) => process.stderr.write(`${text}\n`));
}

/** Works the rolled-up totals out again from the journal and ends. */
async function rebuild(given: Config, log: Logger): Promise<void> {
  const { rebuildRollUps } = await import('../settlement/books/roll-up-journal.js');
  const closers = new Closers(log, given.shutdownMs);
  try {
    const { transfers } = await rebuildRollUps(await joinApp(given, log, closers));
    process.stdout.write(`${transfers.toLocaleString('en')} transfers were rolled up anew.\n`);
  } finally {
    await closers.close();
  }
}

/** Wraps members' keys by the first vault key and ends. */
async function rotate(given: Config, log: Logger): Promise<void> {
  const closers = new Closers(log, given.shutdownMs);
  try {
    const app = await joinApp(given, log, closers);
    const wrapped = await rotateVaultKey(app);
    process.stdout.write(
      `${wrapped.toLocaleString('en')} keys of members were wrapped anew: the key "${app.keyWrapping.current}" wraps all of them. Leave the others out of TESSERA_VAULT_KEY, run "npm run migrate", and start every process anew.\n`,
    );
  } finally {
    await closers.close();
  }
}

/** Writes the generated files, or with --check says which are out of step. */
async function generate(_given: Config, _log: Logger, args: readonly string[]): Promise<void> {
  const check = args.includes('--check');
  const { generate: generateFiles } = await import('./generate.js');
  const changed = await generateFiles(process.cwd(), check);
  process.stdout.write(
    changed.length === 0 ? 'generated files are in step\n' : changed.map((file) => `${check ? 'out of step' : 'written'}: ${file}\n`).join(''),
  );
  if (check && changed.length > 0) {
    process.stdout.write('run "npm run generate" and commit what it writes\n');
    process.exitCode = 1;
  }
}

/**
 * Opens everything, waits until asked to stop, closes it again in the opposite order; also what was opened before
 * something failed.
 */
async function runUntil(stopped: Promise<string>, config: Config, log: Logger, open: (closers: Closers) => Promise<void>): Promise<void> {
  const closers = new Closers(log, config.shutdownMs);
  try {
    await open(closers);
    log.info({ why: await stopped }, 'stopping');
  } finally {
    await closers.close();
  }
}

async function openApp(config: Config, log: Logger, closers: Closers): Promise<BuiltApp> {
  const app = await buildApp(config, log, systemClock);
  closers.add('database', () => closeApp(app));
  await requireSameTime(app.database, systemClock);
  return app;
}

async function joinApp(given: Config, log: Logger, closers: Closers): Promise<BuiltApp> {
  const app = await openApp(joinDeployment(given), log, closers);
  await requireMigrated(app.database.source, app.keys.derive(KEY_MARK), app.config.vaultKeys ?? []);
  return app;
}

function openQueueAccess(app: BuiltApp, closers: Closers): QueueAccess {
  const queues = openQueues(app.config, app.log);
  closers.add('queues', () => queues.close());
  return { ...accessTo(queues), register: async (server) => registerQueueBoard(server, app, queues) };
}

function accessTo(queues: Queues): QueueAccess {
  return { check: () => queues.check(), depths: () => queueDepths(queues) };
}

main(...process.argv.slice(2)).catch((error: unknown) => {
  const kinds = [
    VaultKeyMissing,
    VaultKeyWrong,
    WrongArguments,
    PlatformRefused,
    PlatformOut,
    UnusableFile,
    ConfigError,
    EmbeddedDatabaseError,
    DatabaseNotReady,
    CannotListen,
  ];
  const expected = isRefusal(error) || kinds.some((kind) => error instanceof kind);
  // What somebody can mend is told in words; anything else is ours to mend and comes with its stack.
  process.stderr.write(`\ntessera: ${expected ? (error as Error).message : error instanceof Error ? error.stack : String(error)}\n`);
  // For verify, 1 says that the books are wrong, for imports that lines are; this says that nobody looked.
  process.exit(/^(verify$|import:)/.test(process.argv[2] ?? '') ? 2 : 1);
});
