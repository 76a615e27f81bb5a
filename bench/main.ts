import 'reflect-metadata';
import { createLogger } from '../src/platform/logging';
import { startBenchServer } from './durable-server';
import { httpBulks } from './http/bulk-suite';
import { httpRequests } from './http/http-suite';
import { httpSteady } from './http/steady-suite';
import { kernelGrowth } from './kernel-growth';
import { kernelRate } from './kernel-rate';
import { kernelRows } from './kernel-rows';
import type { Report, Suite } from './suite';
import { writeResults } from './write-results';

/** In this order; each prepares what it needs itself. */
const SUITES: readonly Suite[] = [kernelRate, kernelRows, httpRequests, httpBulks, httpSteady, kernelGrowth];

/** `npm run bench [-- --long] [NAME ...]`: runs the suites one after the other on one server; writes bench/results/. */
async function main(args: readonly string[]): Promise<void> {
  const long = args.includes('--long');
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  const unknown = wanted.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) throw new Error(`there is no suite ${unknown.join(', ')}: the suites are ${SUITES.map((suite) => suite.name).join(', ')}`);
  const log = createLogger({ logLevel: 'warn', logFormat: 'text' }, 'bench');
  const say = (text: string) => process.stderr.write(`${text}\n`);
  say('starting a PostgreSQL with durable commits ...');
  const server = await startBenchServer(log);
  try {
    const reports: Report[] = [];
    for (const suite of SUITES) {
      if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
      say(`\n${suite.name}`);
      reports.push(await suite.run({ server, long, say: (text) => say(`  ${text}`) }));
    }
    say(`\n${writeResults(reports, { serverVersion: server.version, long, whole: wanted.length === 0 })}`);
  } finally {
    await server.stop();
  }
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
