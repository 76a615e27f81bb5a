import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

describe('the database of a test', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test.each(['app', 'kernel', 'queue'] as const)('connections of %s begin as their role', async (role) => {
    const client = new Client({ connectionString: database.urls[role] });
    await client.connect();
    const { rows } = await client.query('SELECT current_user AS role');
    await client.end();
    expect(rows[0].role).toBe(`tessera_${role}`);
  });

  test('has every migration', async () => {
    const { rows } = await database.owner.query('SELECT count(*)::int AS n FROM migration');
    expect(rows[0].n).toBeGreaterThanOrEqual(6);
  });
});
