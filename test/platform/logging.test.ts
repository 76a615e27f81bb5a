import { formatLine } from '../../src/platform/log-text';
import { createLogger } from '../../src/platform/logging';

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger({ logLevel: 'info', logFormat: 'json' }, 'test', { write: (line) => lines.push(line) }));
  return lines.join('');
}

describe('logs', () => {
  it('cut secrets and personal data out, wherever they were put', () => {
    const text = logged((log) => {
      log.info({ token: 's3cret', member: { email: 'ana@example.org', inner: { phone: '0043' } }, headers: { authorization: 'Bearer s3cret' } }, 'done');
    });
    expect(text).toContain('"msg":"done"');
    expect(text).not.toMatch(/s3cret|ana@|0043/);
  });

  it('say of a database error what kind it is, and nothing of its rows', () => {
    const error = Object.assign(new Error('duplicate key: (ana@example.org)'), {
      severity: 'ERROR',
      code: '23505',
      detail: 'Key (hash)=(ana@example.org) exists',
      constraint: 'member_identifier_unique',
    });
    const text = logged((log) => log.error({ err: Object.assign(new Error(error.message), { driverError: error }) }, 'failed'));
    expect(text).toContain('member_identifier_unique');
    expect(text).toContain('23505');
    expect(text).not.toContain('ana@');
  });

  it('can be read by people', () => {
    const line = logged((log) => log.info({ port: 4000 }, 'ready'));
    expect(formatLine(line)).toMatch(/^\d\d:\d\d:\d\d INFO {2}test {4}ready port=4000\n$/);
  });
});
