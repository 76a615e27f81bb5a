import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importFromCommandLine } from '../../../src/api/ingest/client/import-command';
import { SentFiles } from './sent-files';

describe('sending a file again', () => {
  const files = new SentFiles();
  const { bodies, booked, directory, members, run, said, write } = files;

  beforeAll(() => files.open());
  afterAll(() => files.close());
  beforeEach(() => files.forget());

  it('books no balance twice for whoever does what it says: names the encoding, corrects the file, adds a line', async () => {
    const balances = async (customers: string) =>
      (
        await files.points.test.database.owner.query(
          "SELECT count(*)::int AS n, sum(amount)::int AS points FROM transfer WHERE code = 'OPENING' AND amount = ANY ($1::bigint[])",
          [customers.split(' ')],
        )
      ).rows[0];
    const latin = write('latin.csv', Buffer.from('customerId,points\nM\xfcller,71\nMeier,73\nHuber,75\n', 'latin1'));
    expect(await run('OPENINGS', latin)).toBe(1);
    expect(said.join('\n')).toContain('say what it is in: --encoding windows-1252');
    expect(await run('OPENINGS', latin, '--encoding', 'windows-1252')).toBe(0);
    expect(said.at(-1)).toMatch(/^imported: 1 of 3 entries, 71 points, 1 members enrolled, 2 there before, 0 wrong/);
    expect(await balances('71 73 75')).toEqual({ n: 3, points: 219 });
    const file = write('stopped.csv', 'customerId,points\nZ-1,81\nZ-2,none\nZ-3,83\n');
    expect(await run('OPENINGS', file, '--stop-after', '1', '--batch', '1')).toBe(1);
    expect(said.join('\n')).toContain('Correct them and start again');
    write('stopped.csv', 'customerId,points\nZ-1,81\nZ-2,82\nZ-3,83\n');
    expect(await run('OPENINGS', file, '--stop-after', '1', '--batch', '1')).toBe(0);
    expect(await run('OPENINGS', write('longer.csv', 'customerId,points\nZ-1,81\nZ-2,82\nZ-3,83\nZ-3,83\n'))).toBe(0);
    expect(await balances('81 82 83')).toEqual({ n: 4, points: 329 });
  });

  it('sends again what was refused for what may have changed, and nothing else', async () => {
    const heading = 'reference,customerId,occurredAt,moneyCurrency,sku,quantity,unitPrice\n';
    const line = (reference: string, customer: string) => `${reference},${customer},2026-02-10T10:00:00Z,EUR,MUG,1,10.00\n`;
    const file = write(
      'later.csv',
      `${heading}${line('L-1', 'LATE')}${line('L-2', 'PAST')}${line('L-3', 'LATE')}L-4,PAST,2026-02-10T10:00:00Z,EUR,MUG,none,10.00\n`,
    );
    await run('MEMBERS', write('later-members.csv', 'customerId\nPAST\n'));
    const list = join(directory, 'later-errors.csv');
    const listed = () => readFileSync(list, 'utf8').match(/^\d+/gm);
    expect(await run('PURCHASES', file, '--errors', list)).toBe(1);
    expect(listed()).toEqual(['2', '4', '5']);
    expect(said.at(-1)).toMatch(/^imported: 1 of 4 entries, 10 points, .* 0 there before, 3 wrong/);
    await run('MEMBERS', write('late-members.csv', 'customerId\nLATE\n'));
    said.length = 0;
    bodies.length = 0;
    expect(await run('PURCHASES', file, '--errors', list)).toBe(1);
    // What is right by now leaves the list.
    expect(listed()).toEqual(['5']);
    expect(said[0]).toMatch(
      /^this file was imported to its end before, at .*: 2 entries that were refused for what may have changed are sent again, and nothing else$/,
    );
    expect(said.at(-1)).toMatch(/^imported: 3 of 4 entries, 30 points, .* 0 there before, 1 wrong/);
    expect(
      bodies.filter((body) => body.includes('importPurchases(')).map((body) => JSON.parse(body).variables.input.rows.map((row: { line: number }) => row.line)),
    ).toEqual([[2, 4]]);
    said.length = 0;
    expect(await run('PURCHASES', file)).toBe(1);
    expect(said[0]).toMatch(/nothing is sent again$/);
  });

  it('lists every error, though an answer was lost or the command killed before it was written down', async () => {
    const listed = (name: string) =>
      readFileSync(join(directory, name), 'utf8')
        .split('\n')
        .map((line) => line.split(',').slice(0, 3).join(','));
    const lost = write('lost.csv', 'customerId,points\nQ-1,1\nQ-2,none\nQ-3,3\n');
    files.cut = (request) => (request === 2 ? 'after' : null);
    expect(await run('OPENINGS', lost, '--errors', join(directory, 'lost-errors.csv'))).toBe(1);
    expect(said.at(-1)).toMatch(/^imported: 2 of 3 entries.* 1 wrong/);
    expect(said).toContainEqual(expect.stringMatching(/^1 x BAD_VALUE in points \(line 3\)/));
    expect(listed('lost-errors.csv')).toEqual(['line,field,code', '3,points,BAD_VALUE', '']);
    files.cut = () => null;
    const killed = write('killed.csv', 'customerId,points\nU-1,none\nU-2,none\nU-3,3\n');
    const errors = ['--batch', '1', '--errors', join(directory, 'killed-errors.csv')];
    files.dieAt = /^line 2, points/;
    await expect(run('OPENINGS', killed, ...errors)).rejects.toThrow('killed');
    expect(listed('killed-errors.csv')).toEqual(['line,field,code', '']);
    files.dieAt = null;
    expect(await run('OPENINGS', killed, ...errors)).toBe(1);
    expect(listed('killed-errors.csv')).toEqual(['line,field,code', '2,points,BAD_VALUE', '3,points,BAD_VALUE', '']);
  });

  it('comes to the end of a file that was stopped, once what was wrong with it is mended', async () => {
    const file = (name: string, reference: string) => {
      const line = (at: number) => `${reference}-${at},${reference},2026-02-10T10:00:00Z,EUR,MUG,1,10.00\n`;
      return write(name, `reference,customerId,occurredAt,moneyCurrency,sku,quantity,unitPrice\n${line(1)}${line(2)}`);
    };
    const stopping = ['--stop-after', '1', '--batch', '1'];
    const [checked, booking] = [file('checked.csv', 'SOON'), file('booking.csv', 'THEN')];
    expect(await run('PURCHASES', checked, '--all-or-nothing', ...stopping)).toBe(1);
    expect(said).toContainEqual(expect.stringMatching(/^stopped after line 2: so many entries are wrong/));
    expect(await run('PURCHASES', booking, ...stopping)).toBe(1);
    await run('MEMBERS', write('soon.csv', 'customerId\nSOON\nTHEN\n'));
    // A check tells of today.
    said.length = 0;
    expect(await run('PURCHASES', checked, '--all-or-nothing', ...stopping)).toBe(0);
    expect(said.at(-1)).toMatch(/^imported: 2 of 2 entries, 20 points/);
    // The rest of the file first; then what may be sent again.
    expect(await run('PURCHASES', booking, ...stopping)).toBe(1);
    expect(said.at(-1)).toMatch(/^imported: 1 of 2 entries, 10 points/);
    expect(said.join('\n')).not.toContain('stopped');
    expect(await run('PURCHASES', booking, ...stopping)).toBe(0);
    expect(said.at(-1)).toMatch(/^imported: 2 of 2 entries, 20 points/);
  });

  it('fills a list of errors that is asked for later, however long it is', async () => {
    const path = write('long.csv', `customerId,points\n${'A-1,none\n'.repeat(150)}`);
    expect(await run('OPENINGS', path)).toBe(1);
    expect(await run('OPENINGS', path, '--errors', join(directory, 'long-errors.csv'))).toBe(1);
    const lines = readFileSync(join(directory, 'long-errors.csv'), 'utf8').trim().split('\n');
    expect(lines.slice(1).map((line) => Number(line.split(',')[0]))).toEqual(Array.from({ length: 150 }, (_, at) => at + 2));
  });

  it('books nothing with --all-or-nothing while a line is wrong, and nothing at all with --dry-run', async () => {
    const before = await booked();
    const path = write('all.csv', 'customerId,points\nB-1,100\nB-2,-1\n');
    expect(await run('OPENINGS', path, '--all-or-nothing')).toBe(1);
    expect(said.at(-1)).toBe('Nothing was booked: correct these lines and start again.');
    const good = write('good.csv', 'customerId,points\nB-1,100\nB-2,1\n');
    expect(await run('OPENINGS', good, '--dry-run')).toBe(0);
    expect(await booked()).toEqual(before);
    expect(await run('OPENINGS', good, '--all-or-nothing')).toBe(0);
    expect(await booked()).toEqual({ transfers: before.transfers + 2, points: before.points + 101 });
  });

  it('goes on where it was: connections cut before and after a batch, and a run that was killed', async () => {
    const [before, known] = [await booked(), await members()];
    const lines = Array.from({ length: 60 }, (_, i) => `C-${i % 50},${i + 1}`);
    const path = write('long.csv', `customerId,points\n${lines.join('\n')}\n`);
    files.cut = (request) => (request === 3 ? 'after' : request === 5 ? 'before' : null);
    await run('OPENINGS', path, '--batch', '7', '--dry-run');
    files.cut = (request) => (request === 3 || request === 8 ? 'after' : request === 5 ? 'before' : null);
    files.requests = 0;
    // Killed in its middle: what it would have sent is missing.
    const killed = new Error('killed');
    await expect(importFromCommandLine('OPENINGS', { url: files.url, clientId: null, clientSecret: null }, [path], () => undefined)).rejects.toThrow(
      'TESSERA_CLIENT_SECRET',
    );
    let stop = 0;
    const { settings } = files;
    await expect(
      importFromCommandLine('OPENINGS', settings, [path, '--currency', 'FLP', '--batch', '7', '--errors', join(directory, 'none.csv')], (text) => {
        said.push(text);
        if (text.startsWith('waiting') && ++stop === 3) throw killed;
      }),
    ).rejects.toBe(killed);
    files.cut = () => null;
    const partly = await booked();
    expect(partly.transfers).toBeGreaterThan(before.transfers);
    expect(partly.transfers).toBeLessThan(before.transfers + 60);
    expect(await run('OPENINGS', path, '--batch', '7')).toBe(0);
    expect(said.some((text) => /^going on after line \d+/.test(text))).toBe(true);
    expect(said.at(-1)).toMatch(/^imported: 60 of 60 entries, 1830 points, 50 members enrolled/);
    expect(await booked()).toEqual({ transfers: before.transfers + 60, points: before.points + 1_830 });
    expect(await members()).toBe(known + 50);
  });
});
