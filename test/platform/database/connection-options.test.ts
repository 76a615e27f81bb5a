import { Client } from 'pg';
import { withSettings } from '../../../src/platform/database/connection-options';
import { createTestDatabase } from '../../support/test-database';

it("keeps the URL's role and adds settings to it", async () => {
  const database = await createTestDatabase();
  const client = new Client(withSettings(database.urls.queue, ['search_path=bullmq', 'lock_timeout=1234']));
  try {
    await client.connect();
    const { rows } = await client.query("SELECT current_user AS role, current_setting('search_path') AS path, current_setting('lock_timeout') AS timeout");
    expect(rows).toEqual([{ role: 'tessera_queue', path: 'bullmq', timeout: '1234ms' }]);
  } finally {
    await client.end();
    await database.drop();
  }
});
