import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRefusal } from '../../src/platform/refusal';
import { LedgerBook } from '../support/ledger-book';
import { createTestApp, type TestApp } from '../support/test-app';
import { faultsInBooks } from './book-checks';
import type { CrashOrders } from './crash-process';
import { LONG, randomFrom, SEED } from './run-settings';
import { newTown, openTown, requestOf, type Town } from './traffic';

const KILLS = LONG ? 40 : 5;
const SECONDS = LONG ? 40 : 4;

let test: TestApp;
let book: LedgerBook;
let directory: string;

beforeAll(async () => {
  test = await createTestApp();
  book = await LedgerBook.open(test.app.ledger, test.database);
  directory = mkdtempSync(join(tmpdir(), 'tessera-crash-'));
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await test.close();
});

const rows = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;

/** What a client knows: its answers by posting id, and the ids of all that it asked. */
async function knownToClient(town: Town, seed: number, journal: string) {
  const open = await openTown(test.app.ledger, town);
  const answers = new Map<string, string>();
  const asked = new Set<string>();
  for (const line of readFileSync(journal, 'utf8').split('\n').filter(Boolean)) {
    const [word, n] = line.split(' ');
    const { id } = requestOf(open, seed, Number(n));
    if (word === 'asked') asked.add(id);
    else answers.set(id, word);
  }
  return { answers, asked };
}

async function stored(town: Town): Promise<Map<string, string>> {
  const found = await rows(
    'SELECT id, outcome FROM posting WHERE party_id = ANY($1)',
    town.brands.map((brand) => brand.id),
  );
  return new Map(found.map((row) => [row.id, row.outcome]));
}

function start(orders: CrashOrders): ChildProcess {
  const execArgv = ['-r', join(__dirname, '../support/swc-register.cjs')];
  return fork(join(__dirname, 'crash-process.ts'), [JSON.stringify(orders)], { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** Waits until the process has asked for something more: from then on a kill leaves something unheard. */
async function untilAsking(journal: string): Promise<void> {
  for (const before = statSync(journal).size; statSync(journal).size === before; ) await sleep(5);
}

it(
  `a process that posts is killed with -9 ${KILLS} times: what it acknowledged is there, nothing twice (TESSERA_SEED=${SEED})`,
  async () => {
    const random = randomFrom(SEED);
    const town = newTown(book.currencyId, 20);
    const orders: CrashOrders = { connectionString: test.database.urls.kernel, town, seed: SEED, callers: 32, journal: join(directory, 'journal') };
    let unheard = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = start(orders);
      await once(child, 'message');
      await untilAsking(orders.journal);
      await sleep(random.int(400));
      child.kill('SIGKILL');
      await once(child, 'exit');
      const { answers, asked } = await knownToClient(town, SEED, orders.journal);
      unheard += asked.size - answers.size;
      const postings = await stored(town);
      for (const [id, answer] of answers) expect(postings.get(id)).toBe(answer);
      expect([...postings.keys()].filter((id) => !asked.has(id))).toEqual([]);
      expect(await faultsInBooks(test.database.owner)).toEqual([]);
    }
    // The last one may finish: now everything asked was answered.
    const child = start(orders);
    await once(child, 'message');
    await sleep(100);
    child.send('stop');
    expect(await once(child, 'exit')).toEqual([0, null]);
    const { answers, asked } = await knownToClient(town, SEED, orders.journal);
    expect(await stored(town)).toEqual(answers);
    expect(answers.size).toBe(asked.size);
    expect(unheard).toBeGreaterThan(0);
    expect(await faultsInBooks(test.database.owner)).toEqual([]);
    if (LONG) process.stderr.write(`crash: ${JSON.stringify({ asked: asked.size, unheard })}\n`);
  },
  LONG ? 1_200_000 : 300_000,
);

it(
  `the kernel's connections are terminated under load: callers see success or retry-safe refusals (TESSERA_SEED=${SEED})`,
  async () => {
    const random = randomFrom(SEED);
    const seed = SEED ^ 0x5eed;
    const { ledger } = test.app;
    const town = await openTown(ledger, newTown(book.currencyId, 20));
    const until = performance.now() + SECONDS * 1_000;
    const answers = new Map<string, string>();
    let last = 0;
    let refusals = 0;
    let killed = 0;
    const over = () => performance.now() > until && killed > 5;

    const caller = async () => {
      while (!over()) {
        const request = requestOf(town, seed, last++);
        for (;;) {
          try {
            // Every now and then something else that needs the database.
            if (last % 20 === 0) await ledger.preview(request);
            if (last % 20 === 1) await openTown(ledger, newTown(book.currencyId, 2));
            answers.set(request.id, (await ledger.post(request)).refusal ? 'REFUSED' : 'ACCEPTED');
            break;
          } catch (error) {
            if (!(isRefusal(error) && error.retrySafe)) throw error;
            refusals++;
          }
        }
      }
    };
    const killer = async () => {
      while (!over()) {
        await sleep(20 + random.int(150));
        const [{ count }] = await rows(
          "SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tessera-kernel'",
        );
        killed += count;
      }
    };
    await Promise.all([...Array.from({ length: 32 }, caller), killer()]);
    expect(await stored(town)).toEqual(answers);
    expect(answers.size).toBe(last);
    expect(await faultsInBooks(test.database.owner)).toEqual([]);
    if (LONG) process.stderr.write(`terminated: ${JSON.stringify({ postings: last, killed, refusals })}\n`);
  },
  SECONDS * 1_000 + 300_000,
);
