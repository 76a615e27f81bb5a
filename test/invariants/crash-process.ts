import { appendFileSync, closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { pino } from 'pino';
import { createLedger } from '../../src/ledger/ledger/posting-ledger';
import { systemClock } from '../../src/platform/clock';
import { openTown, requestOf, type Town } from './traffic';

/** What the parent says in argv. */
export interface CrashOrders {
  readonly connectionString: string;
  readonly town: Town;
  readonly seed: number;
  readonly callers: number;
  /** "asked N" before a request is sent, "ACCEPTED N" or "REFUSED N" after its answer: what a client would know. */
  readonly journal: string;
}

/**
 * A process that posts until it is killed. Started again, it first repeats what it never heard the answer of, as a
 * client would.
 */
async function main(): Promise<void> {
  const { connectionString, town, seed, callers, journal } = JSON.parse(process.argv[2]) as CrashOrders;
  const ledger = createLedger({ connectionString, clock: systemClock, log: pino({ level: 'silent' }) });
  const open = await openTown(ledger, town);
  appendFileSync(journal, '');
  const lines = readFileSync(journal, 'utf8').split('\n').filter(Boolean);
  const numbers = (of: RegExp) => lines.filter((line) => of.test(line)).map((line) => Number(line.split(' ')[1]));
  const answered = new Set(numbers(/^(ACCEPTED|REFUSED)/));
  const asked = numbers(/^asked/);
  const unheard = [...new Set(asked)].filter((n) => !answered.has(n));
  let next = Math.max(-1, ...asked) + 1;
  // Written at once, each line in one piece: it outlives this process.
  const file = openSync(journal, 'a');
  let going = true;
  process.on('message', () => {
    going = false;
  });
  const caller = async () => {
    while (going || unheard.length > 0) {
      const n = unheard.shift() ?? next++;
      writeSync(file, `asked ${n}\n`);
      const outcome = await ledger.post(requestOf(open, seed, n));
      writeSync(file, `${outcome.refusal ? 'REFUSED' : 'ACCEPTED'} ${n}\n`);
    }
  };
  process.send?.('posting');
  await Promise.all(Array.from({ length: callers }, caller));
  await ledger.close();
  closeSync(file);
  process.disconnect();
}

void main();
