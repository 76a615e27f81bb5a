import { findByLogin } from '../../src/coalition/sign-in/find-principal';
import { foundFromCommandLine } from '../../src/process/found-command';
import { createTestApp, type TestApp } from '../support/test-app';

describe('npm run found', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await createTestApp();
  });
  afterAll(() => test.close());

  it('says which argument is wrong, and how it is right', async () => {
    await expect(foundFromCommandLine(test.app, ['--code', 'lower', '--name', 'Acme', '--issuer', 'https://login.example'])).rejects.toThrow(
      /--code: 2 to 32 capital letters[\s\S]*--subject: missing[\s\S]*for example: npm run found/,
    );
    await expect(foundFromCommandLine(test.app, ['--surprise'])).rejects.toThrow(/--surprise/);
  });

  it('begins a coalition once, with its first operator', async () => {
    const login = { issuer: 'https://login.example', subject: 'first' };
    const args = ['--code', 'ACME', '--name', 'Acme', '--issuer', login.issuer, '--subject', login.subject, '--country', 'AT'];
    expect(await foundFromCommandLine(test.app, args)).toContain('Acme is founded');
    expect(await findByLogin(test.app, login)).toMatchObject({ kind: 'staff', role: 'OPERATOR', ofOperator: true });
    await expect(foundFromCommandLine(test.app, args)).rejects.toMatchObject({ code: 'COALITION_FOUNDED' });
  });
});
