import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { createTestApp, type TestApp } from '../support/test-app';

/** A connection is lost between two statements of its user, who has nothing under way that could fail: the process must go on. */
let test: TestApp;

beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

async function lose(client: Pick<ClientBase, 'query'>): Promise<void> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  const lost: Error[] = [];
  const onLost = (error: Error) => void lost.push(error);
  process.on('uncaughtException', onLost);
  try {
    await test.database.owner.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await sleep(200);
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
  await expect(read).rejects.toThrow();
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
