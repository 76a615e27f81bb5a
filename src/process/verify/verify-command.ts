import { Client } from 'pg';
import type { Logger } from 'pino';
import type { Config } from '../../platform/config';
import { EmbeddedDatabaseError } from '../../platform/embedded/embedded-binaries';
import { findEmbeddedServer, startEmbeddedServer } from '../../platform/embedded/embedded-server';
import type { Finding } from './finding';
import { verifyBooks } from './verify-books';

/** What `npm run verify` ends with. */
export const EXIT = { sound: 0, wrong: 1, couldNotRun: 2 } as const;

/**
 * Verifies the books and writes what was checked, how many of each, and the first account that is wrong. Uses the
 * database of the configuration, and starts an embedded one that is not running. Never throws: it answers with the exit
 * code.
 */
export async function runVerify(config: Config, log: Logger, write: (line: string) => void): Promise<number> {
  try {
    return await withAppUrl(config, log, (url) => verifyAt(url, write));
  } catch (error) {
    write(`verify could not run: ${(error as Error).message}`);
    return EXIT.couldNotRun;
  }
}

async function withAppUrl<T>(config: Config, log: Logger, work: (url: string) => Promise<T>): Promise<T> {
  if (config.database.urls) return work(config.database.urls.app);
  try {
    return await work(findEmbeddedServer(config.dataDir).app);
  } catch (error) {
    if (!(error instanceof EmbeddedDatabaseError)) throw error;
  }
  const server = await startEmbeddedServer(config.dataDir, log);
  try {
    return await work(server.urls.app);
  } finally {
    await server.stop();
  }
}

async function verifyAt(url: string, write: (line: string) => void): Promise<number> {
  const client = new Client({ connectionString: url, application_name: 'tessera-verify' });
  // Its queries say so too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const began = performance.now();
    const findings = await verifyBooks(client, (finding) => write(lineOf(finding)));
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const wrong = findings.find((finding) => finding.wrong > 0);
    if (!wrong?.first) {
      write(
        `The books are sound: ${findings.length} checks over ${findings.reduce((sum, { checked }) => sum + checked, 0).toLocaleString('en')} comparisons in ${seconds} s.`,
      );
      return EXIT.sound;
    }
    const { account, what, expected, found } = wrong.first;
    const whose = account ? `${account.kind} account ${account.id} of ${account.owner}: ` : '';
    write(`The books are wrong. First: ${whose}${what}: expected ${expected}, found ${found}.`);
    return EXIT.wrong;
  } finally {
    await client.end();
  }
}

function lineOf({ check, checked, of, wrong }: Finding): string {
  const verdict = wrong === 0 ? 'ok   ' : 'WRONG';
  return `${verdict}  ${checked.toLocaleString('en').padStart(11)} ${of.padEnd(38)} ${check}${wrong === 0 ? '' : ` (${wrong.toLocaleString('en')} wrong)`}`;
}
