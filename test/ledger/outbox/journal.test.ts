import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type PoolClient } from 'pg';
import { lockCursor, moveCursor } from '../../../src/ledger/outbox/journal-cursor';
import { journalLag } from '../../../src/ledger/outbox/journal-lag';
import { cutRanges, nextRanges } from '../../../src/ledger/outbox/next-ranges';
import { lookAtJournal, relayAgain, relayRanges } from '../../../src/ledger/outbox/relay-journal';
import { restartEpoch } from '../../../src/ledger/outbox/restart-epoch';
import { clearRange } from '../../../src/settlement/clearing/clear-events';
import { recoverJournal } from '../../../src/settlement/clearing/recover-journal';
import { type BookedBrand, SettlementBook } from '../../support/settlement-book';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let book: SettlementBook;
let fuel: BookedBrand;
let wallet: number;

beforeEach(async () => {
  test = await createTestApp();
  book = await SettlementBook.open(test);
  fuel = await book.brand('FUEL');
  wallet = await book.wallet();
});
afterEach(() => test.close());

const earn = (points: number) => book.earn(fuel, wallet, points, '2026-03-01T10:00:00Z');
const rows = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;
const asWorker = <T>(work: (client: PoolClient) => Promise<T>) => test.app.database.transaction({ kind: 'worker' }, ({ client }) => work(client));
/** A transaction that writes and does not end. */
async function whileWriting(work: (pid: number) => Promise<void>): Promise<void> {
  const writer = new Client({ connectionString: test.database.urls.app });
  await writer.connect();
  await writer.query('BEGIN');
  const { pid } = (await writer.query('SELECT pg_backend_pid() AS pid, pg_current_xact_id()')).rows[0];
  try {
    await work(pid);
  } finally {
    await writer.end();
  }
}

describe('ranges', () => {
  it('are cut after whole transactions and adjoin', () => {
    const transactions = [3n, 4n, 9n, 12n].map((xid, at) => ({ xid, transfers: [600, 600, 10, 2_500][at] }));
    expect(cutRanges(1n, transactions, 1_000)).toEqual([
      { from: 1n, to: 5n },
      { from: 5n, to: 13n },
    ]);
    expect(cutRanges(1n, [], 1_000)).toEqual([]);
  });

  it('stop before a transaction that still writes, whatever has committed after it', async () => {
    await earn(1);
    await book.settled();
    const [{ to: before }] = await asWorker((client) => nextRanges(client, 0n));
    await whileWriting(async () => {
      await earn(2);
      expect(await asWorker((client) => nextRanges(client, before))).toEqual([]);
    });
    await book.settled();
    const later = await asWorker((client) => nextRanges(client, before));
    expect(later).toHaveLength(1);
    expect(
      (await rows('SELECT sum(amount)::int AS points FROM transfer WHERE xid >= $1::xid8 AND xid < $2::xid8', before.toString(), later[0].to.toString()))[0]
        .points,
    ).toBe(2);
  });
});

it('the lag names the process that holds the journal back', async () => {
  await earn(1);
  await whileWriting(async (pid) => {
    await earn(2);
    const read = () => asWorker((client) => journalLag(client, 'clearing'));
    await sleep(50);
    let lag = await read();
    // Another test of the same server may have begun to write before.
    while (lag.heldBackBy?.pid !== pid) {
      await sleep(10);
      lag = await read();
    }
    expect(lag).toMatchObject({ consumer: 'clearing', epoch: 1, rows: 2, heldBackBy: { pid } });
    expect(lag.heldBackBy?.seconds).toBeGreaterThan(0.03);
  });
});

it('the relay hands out what is new once, and again what may be lost', async () => {
  const handedOut: string[] = [];
  const relay = () =>
    test.app.ledger.transaction((client) =>
      relayRanges(client, 'clearing', async (ranges) => {
        handedOut.push(...ranges.map(({ from, to }) => `${from}-${to}`));
      }),
    );
  await earn(1);
  await book.settled();
  expect((await asWorker((client) => lookAtJournal(client, 'clearing'))).more).toBe(true);
  expect(await relay()).toBe(1);
  expect(await relay()).toBe(0);
  expect(await asWorker((client) => lookAtJournal(client, 'clearing'))).toMatchObject({ more: false, consumed: { position: 0n } });
  await test.app.ledger.transaction((client) => relayAgain(client, 'clearing'));
  expect(await relay()).toBe(1);
  expect(handedOut[1]).toBe(handedOut[0]);
});

it('goes on in a new epoch after a restore into another cluster', async () => {
  await earn(100);
  await book.settled();
  for (const range of await asWorker((client) => nextRanges(client, 0n))) await clearRange(test.app, range);
  await earn(20);
  await book.settled();
  // As it looks after a restore: every transfer carries ids of a cluster that was far ahead, and the cursor stands
  // between them.
  const owner = await test.database.owner.connect();
  await owner.query("SET session_replication_role = 'replica'");
  await owner.query('UPDATE transfer SET xid = (xid::text::numeric + 1000000000)::text::xid8');
  await owner.query("UPDATE journal_cursor SET position = (position::text::numeric + 1000000000)::text::xid8 WHERE consumer = 'clearing'");
  await owner.query("SET session_replication_role = 'origin'");
  owner.release();
  // And somebody already posts there.
  await earn(3);
  await expect(test.app.ledger.transaction(async (client) => restartEpoch(client, 'clearing', await lockCursor(client, 'clearing')))).rejects.toThrow(
    'still to be consumed',
  );
  expect(await recoverJournal(test.app)).toBe(2);
  expect(await recoverJournal(test.app)).toBeNull();
  await book.settled();
  for (const range of await asWorker((client) => nextRanges(client, 0n))) await clearRange(test.app, range);
  expect(await rows('SELECT points::int FROM obligation ORDER BY points DESC')).toEqual([{ points: 100 }, { points: 20 }, { points: 3 }]);
  expect(await rows("SELECT sum(amount)::text AS amount, count(*)::int AS n FROM transfer WHERE code = 'CLEARING'")).toEqual([{ amount: '1230000', n: 3 }]);
});

it('keeps its epoch while the journal goes on', async () => {
  await earn(1);
  expect(await recoverJournal(test.app)).toBeNull();
  await expect(
    test.app.ledger.transaction(async (client) => {
      const cursor = await lockCursor(client, 'clearing');
      await moveCursor(client, 'clearing', cursor);
      return restartEpoch(client, 'clearing', cursor);
    }),
  ).rejects.toThrow('no new epoch is needed');
});
