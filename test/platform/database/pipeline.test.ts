import { Client, type ClientConfig } from 'pg';
import { type Prepared, pipeline } from '../../../src/platform/database/pipeline';
import { PipelinedReads } from '../../../src/platform/database/pipelined-reads';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

/**
 * Several statements with one synchronisation: in order, to the first that fails, and the connection is as good as
 * before.
 */
let database: TestDatabase;
const clients: Client[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
});
afterAll(() => database.drop());

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: database.urls.owner, pipeline: true } as ClientConfig);
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

const add = (n: number): Prepared => ({ text: 'INSERT INTO seen VALUES ($1::int)', values: [String(n)] });
const count: Prepared = { text: 'SELECT count(*), max(n) FROM seen' };

describe('statements that go together', () => {
  it('answers each statement in order, with what it read or wrote', async () => {
    const client = await connect();
    const temporary = { text: 'CREATE TEMPORARY TABLE seen (n int)' };
    const ran = await pipeline(client, [{ text: 'BEGIN' }, temporary, add(1), add(2), count, { text: 'UPDATE seen SET n = n + 1' }, { text: 'COMMIT' }]);
    expect(ran.map(({ command, affected }) => `${command} ${affected}`)).toEqual([
      'BEGIN 0',
      'CREATE 0',
      'INSERT 1',
      'INSERT 1',
      'SELECT 1',
      'UPDATE 2',
      'COMMIT 0',
    ]);
    expect(ran[4].rows).toEqual([['2', '2']]);
    expect(await pipeline(client, [])).toEqual([]);
  });

  it('skips what comes after a failure, and can be asked again for all of it', async () => {
    const client = await connect();
    await pipeline(client, [{ text: 'CREATE TEMPORARY TABLE seen (n int)' }]);
    const wrong = { text: 'SELECT 1 / $1::int', values: ['0'] };
    const later = { text: 'SELECT $1::text', values: ['later'] };
    await expect(pipeline(client, [{ text: 'BEGIN' }, add(1), wrong, count, later])).rejects.toMatchObject({ code: '22012' });
    const [, two, half, [rows]] = await Promise.all([
      client.query('ROLLBACK'),
      pipeline(client, [add(2), count]),
      pipeline(client, [{ ...wrong, values: ['1'] }]),
      pipeline(client, [later]),
    ]);
    expect(two[1].rows).toEqual([['1', '2']]);
    expect(half[0].rows).toEqual([['1']]);
    expect(rows.rows).toEqual([['later']]);
  });

  it('prepares anew what the server does not know as it was', async () => {
    const client = await connect();
    await pipeline(client, [{ text: 'CREATE TEMPORARY TABLE seen (n int)' }, { text: 'SELECT * FROM seen' }]);
    await pipeline(client, [{ text: 'ALTER TABLE seen ADD COLUMN m int' }]);
    await expect(pipeline(client, [{ text: 'SELECT * FROM seen' }])).rejects.toMatchObject({ code: '0A000' });
    expect((await pipeline(client, [{ text: 'SELECT * FROM seen' }]))[0].rows).toEqual([]);
    await client.query('DEALLOCATE ALL');
    await expect(pipeline(client, [{ text: 'SELECT * FROM seen' }])).rejects.toMatchObject({ code: '26000' });
    expect((await pipeline(client, [{ text: 'SELECT * FROM seen' }]))[0].rows).toEqual([]);
  });

  it('gives up a connection on which half a message was sent', async () => {
    const client = await connect();
    await expect(pipeline(client, [{ text: 'SELECT $1::int', values: [7 as unknown as string] }])).rejects.toThrow();
    await expect(client.query('SELECT 1')).rejects.toThrow();
  });
});

it('reads nothing more of a transaction that has ended', async () => {
  const client = await connect();
  const reads = new PipelinedReads(client as never, { kind: 'nobody' } as never);
  expect(() => reads.client).toThrow('has not begun');
  await reads.readLast([{ text: 'SELECT 1', take: (rows) => rows }]);
  expect(() => reads.client).toThrow('has ended');
  await expect(reads.read([{ text: 'SELECT 1', take: (rows) => rows }])).rejects.toThrow('has ended');
});
