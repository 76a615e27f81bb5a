import 'reflect-metadata';
import type { Logger } from 'pino';
import type { BuiltApp } from './app';
import { buildApp, closeApp } from './build-app';
import { systemClock } from './clock';
import { type Config, ConfigError, readConfig } from './config';
import { EmbeddedDatabaseError } from './database/embedded-binaries';
import { DatabaseNotReady, KEY_MARK, requireMigrated } from './database/migrate';
import { type QueueAccess, runGateway, runWorkerStatus } from './http/run-gateway';
import { CannotListen } from './http/server';
import { createLogger } from './logging';
import { joinDeployment, openDeployment } from './open-deployment';
import { closeInOrder, untilStopped } from './stop-signals';
import { type SupervisedWorkers, superviseWorkers } from './supervise-workers';

/** What `node dist/src/main.js <command>` does; the npm scripts of the same names come here through bootstrap.mjs. */
const COMMANDS: Readonly<Record<string, (config: Config, log: Logger, args: readonly string[]) => Promise<void>>> = {
  start,
  gateway,
  workers,
  migrate,
  verify,
  generate,
};

async function main(command = 'start', ...args: string[]): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.logLevel);
  const run = COMMANDS[command];
  if (!run) throw new ConfigError([`"${command}" is not a command: use one of ${Object.keys(COMMANDS).join(', ')}`]);
  await run(config, log, args);
  // A forgotten timer or the channel to a parent must not keep a process that has closed everything.
  process.exit(process.exitCode ?? 0);
}

/** Everything in one go: database, migrations, demo, gateway and workers. */
async function start(given: Config, log: Logger): Promise<void> {
  const stopped = untilStopped(log);
  const { config, server: embedded } = await openDeployment(given, log);
  const app = await buildApp(config, log, systemClock);
  const gateway = await runGateway(app, queueAccess(app));
  const workers: SupervisedWorkers = await superviseWorkers(__filename, process.env, log);
  log.info(`ready: http://${config.http.host}:${gateway.port}`);
  log.info({ why: await stopped }, 'stopping');
  await closeInOrder(log, config.shutdownMs, [
    { name: 'gateway', close: () => gateway.close() },
    { name: 'workers', close: () => workers.stop(config.shutdownMs / 2) },
    { name: 'app', close: () => closeApp(app) },
    { name: 'embedded database', close: async () => embedded?.stop() },
  ]);
}

async function gateway(given: Config, log: Logger): Promise<void> {
  const stopped = untilStopped(log);
  const app = await joinApp(given, log);
  const running = await runGateway(app, queueAccess(app));
  log.info({ port: running.port }, 'gateway ready');
  log.info({ why: await stopped }, 'stopping');
  await closeInOrder(log, app.config.shutdownMs, [
    { name: 'gateway', close: () => running.close() },
    { name: 'app', close: () => closeApp(app) },
  ]);
}

async function workers(given: Config, log: Logger): Promise<void> {
  const stopped = untilStopped(log);
  const app = await joinApp(given, log);
  const status = await runWorkerStatus(app, queueAccess(app));
  process.send?.('ready');
  log.info({ port: status.port }, 'workers ready');
  log.info({ why: await stopped }, 'stopping');
  await closeInOrder(log, app.config.shutdownMs, [
    { name: 'status', close: () => status.close() },
    { name: 'app', close: () => closeApp(app) },
  ]);
}

async function migrate(given: Config, log: Logger): Promise<void> {
  const { server } = await openDeployment(given, log);
  await server?.stop();
  log.info('the database is up to date');
}

/** Compares the books; see docs/operations.md for what its exit codes mean. */
async function verify(given: Config, log: Logger): Promise<void> {
  const { runVerify } = await import('./verify/verify-command.js');
  process.exitCode = await runVerify(given, log, (line) => process.stdout.write(`${line}\n`));
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

async function joinApp(given: Config, log: Logger): Promise<BuiltApp> {
  const app = await buildApp(joinDeployment(given), log, systemClock);
  await requireMigrated(app.database.source, app.keys.derive(KEY_MARK));
  return app;
}

function queueAccess(_app: BuiltApp): QueueAccess {
  return { dependency: { name: 'queue', check: async () => undefined }, depths: async () => [] };
}

main(...process.argv.slice(2)).catch((error: unknown) => {
  const expected = [ConfigError, EmbeddedDatabaseError, DatabaseNotReady, CannotListen].some((kind) => error instanceof kind);
  // What somebody can mend is told in words; anything else is ours to mend and comes with its stack.
  process.stderr.write(`\ntessera: ${expected ? (error as Error).message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
