import 'reflect-metadata';
import { systemClock } from '../../src/platform/clock';
import { readConfig } from '../../src/platform/config';
import { createLogger } from '../../src/platform/logging';
import { buildApp } from '../../src/process/build-app';
import { startWorkers } from '../../workers/main';

/** A worker process to be killed: set up by its environment, as in production. */
async function main(): Promise<void> {
  const config = readConfig();
  const app = await buildApp(config, createLogger(config, 'workers'), systemClock);
  const workers = await startWorkers(app);
  process.send?.('ready');
  process.on('message', async () => {
    await workers.close();
    process.exit(0);
  });
}

void main();
