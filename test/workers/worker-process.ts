import 'reflect-metadata';
import { buildApp } from '../../src/build-app';
import { systemClock } from '../../src/clock';
import { readConfig } from '../../src/config';
import { createLogger } from '../../src/logging';
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
