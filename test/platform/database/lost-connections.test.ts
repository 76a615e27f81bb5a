import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { createAppDataSource } from '../../../src/platform/database/data-source';
import { KnownServer } from '../../../src/platform/database/known-server';
import { inTransaction } from '../../../src/platform/database/transaction';
import { createTestApp, type TestApp } from '../../support/test-app';

/**
 * A connection is lost between two statements of its user, who has nothing under way that could fail. The process must
 * go on.
 */
let test: TestApp;

beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

async function lose(client: Pick<ClientBase, 'query' | 'once'>): Promise<void> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  const lost: Error[] = [];
  const onLost = (error: Error) => void lost.push(error);
  process.on('uncaughtException', onLost);
  try {
    const gone = new Promise<void>((done) => client.once('end', done));
    await test.database.owner.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await gone;
  } finally {
    process.off('uncaughtException', onLost);
  }
  expect(lost).toEqual([]);
}

it('while configuration is read', async () => {
  const read = test.app.database.readConfiguration(async (client) => {
    await lose(client);
    return client.query('SELECT 1');
  });
  await expect(read).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect((await test.app.database.readConfiguration((client) => client.query('SELECT 1 AS one'))).rows).toEqual([{ one: 1 }]);
});

it('while requests are looked up', async () => {
  const looked = test.app.database.pipelined({ kind: 'operator' }, async (reads) => {
    await reads.read([{ text: 'SELECT 1', take: (rows) => rows }]);
    await lose(reads.client);
    return reads.readLast([{ text: 'SELECT 1', take: (rows) => rows }]);
  });
  await expect(looked).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('in a transaction of a resolver', async () => {
  const work = test.app.database.transaction({ kind: 'operator' }, async (tx) => {
    await lose(tx.client);
    return tx.client.query('SELECT 1');
  });
  await expect(work).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it("in a worker's transaction", async () => {
  const work = test.app.ledger.transaction(async (client) => {
    await lose(client);
    return client.query('SELECT 1');
  });
  await expect(work).rejects.toThrow();
});

it('as soon as it is there: the server greets and dies in one breath', async () => {
  const server = await dyingServer(test.database.urls.app);
  const source = createAppDataSource(server.url, 4, new KnownServer());
  const lost: Error[] = [];
  const onLost = (error: Error) => void lost.push(error);
  process.on('uncaughtException', onLost);
  try {
    await source.initialize();
    server.dieAfterGreeting();
    // One gets the connection that is there, the other a new one.
    const [kept, greeted] = await Promise.allSettled(
      [1, 2].map(() => inTransaction(source, { kind: 'operator' }, async ({ client }) => client.query('SELECT 1'))),
    );
    expect(kept.status).toBe('fulfilled');
    expect(greeted).toMatchObject({ status: 'rejected' });
    await sleep(50);
  } finally {
    process.off('uncaughtException', onLost);
    await source.destroy();
    server.close();
  }
  expect(lost).toEqual([]);
});

/** The test's server, reached through a wire that can add its last words to its first ReadyForQuery. */
async function dyingServer(url: string) {
  const to = new URL(url);
  const lastWords = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0');
  const head = Buffer.from([0x45, 0, 0, 0, lastWords.length + 4]);
  let dies = false;
  const wire = createServer((near) => {
    const far = connect(Number(to.port), to.hostname);
    const isNew = dies;
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.pipe(far);
    far.on('data', (chunk: Buffer) => {
      const ready = isNew && chunk.subarray(-6, -1).equals(Buffer.from([0x5a, 0, 0, 0, 5]));
      near.write(ready ? Buffer.concat([chunk, head, lastWords]) : chunk);
    });
  });
  await new Promise<void>((listening) => wire.listen(0, '127.0.0.1', listening));
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((wire.address() as AddressInfo).port);
  return { url: through.toString(), dieAfterGreeting: () => void (dies = true), close: () => void wire.close() };
}
