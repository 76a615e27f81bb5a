import { createTestApp, type TestApp } from '../../support/test-app';

describe('an app of the tests', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await createTestApp();
  });
  afterAll(() => test.close());

  it('acts as tessera_app and sees nothing before somebody is named', async () => {
    const { app } = test;
    const role = await app.database.source.query('SELECT current_user AS role, current_principal() AS principal');
    expect(role).toEqual([{ role: 'tessera_app', principal: 'nobody' }]);
    await test.database.owner.query(
      "INSERT INTO brand (id, code, name, is_operator, status, country, created_at) VALUES (gen_random_uuid(), 'FUEL', 'Fuel', false, 'ACTIVE', 'DE', now())",
    );
    expect(await app.database.source.query('SELECT code FROM brand')).toEqual([]);
    const seen = await app.database.transaction({ kind: 'worker' }, ({ client }) => client.query('SELECT code FROM brand'));
    expect(seen.rows).toEqual([{ code: 'FUEL' }]);
  });
});
