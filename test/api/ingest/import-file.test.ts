import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { namesIn, rowsOf } from '../../../src/api/ingest/client/file-rows';
import { UnusableFile } from '../../../src/api/ingest/client/file-text';
import { importFromCommandLine } from '../../../src/api/ingest/client/import-command';
import { importHelp } from '../../../src/api/ingest/client/import-help';
import { readRecords } from '../../../src/api/ingest/client/read-file';
import { SentFiles } from './sent-files';

describe('sending a file through the API', () => {
  const files = new SentFiles();
  const { bodies, booked, directory, members, run, said, write } = files;

  beforeAll(() => files.open());
  afterAll(() => files.close());
  beforeEach(() => files.forget());

  it('imports the valid lines and tells of the others', async () => {
    const path = write('ok.csv', 'customerId,points,earnedOn,reference\nA-1,100,2026-01-05,x1\nA-2,none,,x2\nA-3,300,,x3\n');
    expect(await run('OPENINGS', path, '--errors', join(directory, 'errors.csv'))).toBe(1);
    expect(await booked()).toEqual({ transfers: 2, points: 400 });
    expect(readFileSync(join(directory, 'errors.csv'), 'utf8')).toMatch(/^line,field,code,message\n3,points,BAD_VALUE,".*whole number.*"\n$/);
    expect(said.join('\n')).toMatch(/line 3, points: .*\(BAD_VALUE\)[\s\S]*imported: 2 of 3 entries, 400 points, 2 members enrolled, 0 there before, 1 wrong/);
    // The same file again is the same import, and the list of its errors stays.
    expect(await run('OPENINGS', path, '--errors', join(directory, 'errors.csv'))).toBe(1);
    expect(said.at(-2)).toMatch(/^this file was imported to its end before, at .*: nothing is sent again$/);
    expect(readFileSync(join(directory, 'errors.csv'), 'utf8')).toContain('3,points,BAD_VALUE');
    // Asked for only now, it is filled with what the platform has kept.
    expect(await run('OPENINGS', path, '--errors', join(directory, 'asked-later.csv'))).toBe(1);
    expect(readFileSync(join(directory, 'asked-later.csv'), 'utf8')).toBe(readFileSync(join(directory, 'errors.csv'), 'utf8'));
    expect(await booked()).toEqual({ transfers: 2, points: 400 });
    const { data } = await files.points.api.ask(
      files.points.fuel,
      '{ imports(first: 1) { edges { node { kind imported rejected errors { edges { node { line field code } } } } } } }',
    );
    expect(data.imports.edges[0].node).toEqual({
      kind: 'OPENINGS',
      imported: 2,
      rejected: 1,
      errors: { edges: [{ node: { line: 3, field: 'points', code: 'BAD_VALUE' } }] },
    });
  });

  it('tells each kind of error once, what the file says of itself, and stops when told to', async () => {
    const wrong = Array.from({ length: 40 }, (_, at) => `S-${at},${at % 2 ? 'many' : '-1'},2026-01-${String((at % 28) + 1).padStart(2, '0')},s${at}`);
    const path = write('groups.csv', `customerId,points,earnedOn,reference\n${wrong.join('\n')}\nS-1,5,2026-02-01,\nS-1,5,2026-02-01,\n`);
    said.length = 0;
    expect(await run('OPENINGS', path, '--dry-run')).toBe(1);
    expect(said.filter((text) => text.includes(' x BAD_VALUE'))).toEqual([
      expect.stringMatching(/^40 x BAD_VALUE in points \(lines 2, 3, 4, 5, 6, \.\.\.\): Points are a whole number/),
    ]);
    expect(said).toContain('the file: 42 entries of 40 members, 2026-01-01 to 2026-02-01');
    expect(said).toContain('1 lines say the same as the line before them, line 43 first: are they there twice?');
    expect(said).toContain("2 entries have no reference: one that says the same as another file's counts as there before");
    expect(said.at(-1)).toMatch(/^checked: 2 of 42 entries, 10 points/);
    said.length = 0;
    const before = await booked();
    expect(await run('OPENINGS', path, '--batch', '5', '--stop-after', '7')).toBe(1);
    expect(said).toContainEqual(expect.stringMatching(/^stopped after line 11: so many entries are wrong/));
    expect(said.at(-1)).toMatch(/^imported: 0 of 10 entries/);
    expect(await booked()).toEqual(before);
    await expect(run('OPENINGS', path, '--stop-after', 'soon')).rejects.toThrow('--stop-after: ');
    await expect(run('OPENINGS', path, '--encoding', 'klingon')).rejects.toThrow('not known');
  });

  it('sends what stands around a line that is too long to be sent', async () => {
    const path = write('too-long.csv', `customerId,points\nG-1,1\n${'\t'.repeat(700_000)},2\n${'\0'.repeat(400_000)},2\nG-4,4\n`);
    expect(await run('OPENINGS', path, '--dry-run')).toBe(1);
    expect(said.at(-1)).toMatch(/^checked: 2 of 4 entries, 5 points/);
    const names = write('names.ndjson', '{"customerId":"G-1","points":1}\n{"\\ufffd\\u0000":1}\n{"customerId":"\\ud800","points":1}\n');
    expect(await run('OPENINGS', names, '--dry-run')).toBe(1);
    expect(said.at(-1)).toMatch(/^checked: 1 of 3 entries, 1 points/);
  });

  it('enrols members without points, and tells of a file that begins as another one did', async () => {
    const lines = ['N-1,7000 1,AT', 'N-2,,', ',7000 3,DE', 'N-1,7000 11,', 'N-9,7000 3,', 'N-4,,Austria', ',,', '"",,AT', 'N-5,,UK', 'N-6,,US-CA'];
    const path = write('members.csv', `customerId,card,jurisdiction\n${lines.join('\n')}\n`);
    const before = await members();
    expect(await run('MEMBERS', path, '--dry-run')).toBe(1);
    expect(await members()).toBe(before);
    expect(await run('MEMBERS', path)).toBe(1);
    expect(await members()).toBe(before + 4);
    expect(said.at(-1)).toMatch(/^imported: 6 of 9 entries, 0 points, 4 members enrolled, 0 there before, 3 wrong/);
    expect(said).toContainEqual(expect.stringMatching(/^1 x BAD_VALUE in jurisdiction \(line 7\): Write/));
    expect(said).toContainEqual(expect.stringMatching(/^1 x BAD_VALUE in jurisdiction \(line 10\): .*"GB"/));
    const { rows } = await files.points.test.database.owner.query(
      "SELECT count(*)::int AS identifiers, count(DISTINCT i.member_id)::int AS members FROM member_identifier i WHERE i.kind = 'CARD' AND i.removed_at IS NULL",
    );
    expect(rows).toEqual([{ identifiers: 3, members: 2 }]);
    // With one line more it is another file; who is known already is told.
    said.length = 0;
    expect(await run('MEMBERS', write('members-2.csv', `customerId,card,jurisdiction\n${[...lines.slice(0, 5), 'N-5,,'].join('\n')}\n`))).toBe(0);
    expect(said[0]).toMatch(/^members\.csv, imported to its end at .*, began with the same lines \(imp_\w+\)$/);
    expect(said.join('\n')).not.toMatch(/reference|twice/);
    expect(said.at(-1)).toMatch(/^imported: 1 of 6 entries, 0 points, 1 members enrolled, 5 there before, 0 wrong/);
    await expect(run('MEMBERS', path, '--currency', 'FLP')).rejects.toThrow('members are of no points currency');
  });

  it('brings in what was bought, spent and brought back in the past', async () => {
    const purchases = [
      'P-1,PAST,2026-01-10T10:00:00Z,EUR,MUG,4,100.00,,',
      'P-1,PAST,2026-01-10T10:00:00Z,EUR,CUP,1,50.00,,',
      'RT-1,,2026-01-20T10:00:00Z,,MUG,1,,P-1,',
      'RT-1,,2026-01-20T10:00:00Z,,,1,,P-1,2',
      'RT-2,,2026-01-21T10:00:00Z,,MUG,9,,P-1,',
      'RT-3,,2026-01-21T10:00:00Z,,MUG,1,,P-9,',
    ];
    const file = write('past.csv', `reference,customerId,occurredAt,moneyCurrency,sku,quantity,unitPrice,returnOf,lineNo\n${purchases.join('\n')}\n`);
    await run('MEMBERS', write('past-members.csv', 'customerId\nPAST\n'));
    const before = await booked();
    expect(await run('PURCHASES', file, '--dry-run')).toBe(1);
    expect(await booked()).toEqual(before);
    said.length = 0;
    expect(await run('PURCHASES', file)).toBe(1);
    expect(said.at(-1)).toMatch(/^imported: 2 of 4 entries, 300 points, /);
    expect(said).toContainEqual(expect.stringMatching(/^1 x RETURN_EXCEEDS_PURCHASE \(line 6\)/));
    expect(said).toContainEqual(expect.stringMatching(/^1 x UNKNOWN_PURCHASE in returnOf \(line 7\)/));
    const kept = async () => {
      const { rows } = await files.points.test.database.owner.query(
        "SELECT (SELECT sum(clawed_back)::int FROM purchase_return) AS clawed, (SELECT count(*)::int FROM purchase_return WHERE reference = 'RT-1') AS returns, (SELECT sum(points)::int FROM redemption) AS burned",
      );
      return rows[0];
    };
    expect(await kept()).toEqual({ clawed: 150, returns: 1, burned: null });
    const spent = write(
      'spent.csv',
      'customerId,points,occurredAt,purchaseAmount,moneyCurrency,reference\nPAST,100,2026-02-01T10:00:00Z,20.00,EUR,S-1\nPAST,9000,2026-02-02T10:00:00Z,999.00,EUR,S-2\nPAST,10,2026-02-02T10:00:00Z,5.00,,S-3\n',
    );
    expect(await run('REDEMPTIONS', spent, '--dry-run')).toBe(1);
    expect((await kept()).burned).toBeNull();
    expect(await run('REDEMPTIONS', spent)).toBe(1);
    expect(said.at(-1)).toMatch(/^imported: 1 of 3 entries, 100 points, .* 0 there before, 2 wrong/);
    expect(said).toContainEqual(expect.stringMatching(/^1 x BAD_VALUE in moneyCurrency \(line 4\)/));
    expect((await kept()).burned).toBe(100);
    // The same receipt in another file is there already.
    const again = write('spent-2.csv', 'customerId,points,occurredAt,purchaseAmount,moneyCurrency,reference\nPAST,100,2026-02-01T10:00:00Z,20.00,EUR,S-1\n');
    expect(await run('REDEMPTIONS', again)).toBe(0);
    expect(said.at(-1)).toMatch(/^imported: 0 of 1 entries, 0 points, .* 1 there before, 0 wrong/);
    expect((await kept()).burned).toBe(100);
  });

  it.each([
    ['csv', (name: string) => `${name},10\n`, 'customerId,points\n'],
    ['ndjson', (name: string) => `${JSON.stringify({ customerId: name, points: 10 })}\n`, ''],
  ])('tells how much of the file was sent, not how much was read: %s, packed or not', async (format, line, heading) => {
    const names = ['F-1', 'F-2', 'F-äöü', 'F-4', 'F-5'];
    const content = heading + names.map(line).join('');
    const upTo = (count: number) => Buffer.byteLength(heading + names.slice(0, count).map(line).join(''));
    for (const path of [write(`bytes.${format}`, content), write(`bytes.${format}.gz`, gzipSync(content))]) {
      bodies.length = 0;
      expect(await run('OPENINGS', path, '--dry-run', '--batch', '2')).toBe(0);
      const inputs = bodies.map((body) => JSON.parse(body).variables.input);
      expect(inputs[0].bytesTotal).toBe(upTo(5));
      expect(inputs.flatMap(({ bytesDone }) => bytesDone ?? [])).toEqual([upTo(2), upTo(4), upTo(5)]);
    }
  });

  it('says what to write where a line of a basket lacks something', async () => {
    const csv = 'reference,customerId,moneyCurrency,sku,quantity,unitPrice\nm1,A-1,EUR,,1,1\nm2,A-1,EUR,S1,,1\nm3,A-1,EUR,S1,1,\n';
    expect(await run('PURCHASES', write('lacking.csv', csv), '--dry-run')).toBe(1);
    expect(said.slice(0, 3)).toEqual([
      'line 2, sku: Give the sku: the name by which you know what was bought. (BAD_VALUE)',
      'line 3, quantity: Give the quantity, such as 1 or 0.750. (BAD_VALUE)',
      'line 4, unitPrice: Give the price of one unit (unitPrice), or what all of them cost (amount). (BAD_VALUE)',
    ]);
  });

  it.each(['MEMBERS', 'OPENINGS', 'PURCHASES', 'REDEMPTIONS'] as const)('tells how it is used, with an example that can be read: %s', async (kind) => {
    const help = importHelp(kind);
    expect(help).toMatch(new RegExp(`^Usage: npm run import:${kind.toLowerCase()} -- FILE`));
    expect(help).toMatch(/\nExit codes\n {2}0 [\s\S]*\n {2}1 [\s\S]*\n {2}2 /);
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    const { settings } = files;
    const told = [...help.matchAll(/^ {2}(?:-h, )?(--[a-z-]+)( [A-Z]+)?/gm)].map(([, option, value]) => [option, value]);
    expect(told.map(([option]) => option)).toContain('--errors');
    // Every option that is told of is one, and the example is sound.
    for (const [option, value] of told.filter(([each]) => each !== '--help'))
      await expect(importFromCommandLine(kind, settings, [option, ...(value ? ['x'] : []), 'a.csv', 'b.csv'], () => undefined)).rejects.toThrow(
        'Name one file.',
      );
    const [, example] = /\n {2}\w+\.csv:\n([\s\S]*?) {2}TESSERA_CLIENT_SECRET=/.exec(help) ?? [];
    const rows = [];
    const path = write('example.csv', example.replace(/^ {4}/gm, ''));
    for await (const row of rowsOf(kind, readRecords({ path, format: 'csv', encoding: null }, namesIn(kind, 'csv')))) rows.push(row.input);
    expect(rows).toEqual([expect.objectContaining({ customerId: 'C-1001' })]);
    await expect(importFromCommandLine(kind, { ...settings, clientSecret: null }, ['--batch', 'none'], () => undefined)).rejects.toThrow(
      /^FILE: name the file[\s\S]*TESSERA_CLIENT_SECRET: set it in the environment[\s\S]*--batch: a whole number\nUsage: .*\nnpm run import:\w+ -- --help tells more\.$/,
    );
  });

  it('says in one line that there is no such file', async () => {
    await expect(run('OPENINGS', join(directory, 'nowhere.csv'))).rejects.toThrow(
      new UnusableFile(`${join(directory, 'nowhere.csv')} cannot be read: there is no such file.`),
    );
  });

  it('records a file of purchases as recordPurchases does', async () => {
    const before = await booked();
    const csv =
      'reference,customerId,currency,occurredAt,moneyCurrency,sku,quantity,unitPrice\n' +
      'k1,A-1,,2026-03-01T10:00:00Z,EUR,S1,2,5.50\nk1,A-1,,2026-03-01T10:00:00Z,EUR,GIFTCARD,1,50\nk2,nobody,,,EUR,S1,1,1\nk3,A-1,,,EUR,S1,many,1\nk4,A-1,NOPE,,EUR,S1,1,1\nk1,A-3,,,EUR,S9,1,1\nk5,A-1,,,USD,S1,1,1\n';
    expect(await run('PURCHASES', write('p.csv', csv), '--dry-run')).toBe(1);
    expect(await booked()).toEqual(before);
    expect(await run('PURCHASES', write('p.csv', csv))).toBe(1);
    expect(said.filter((text) => /^line .*\)$/.test(text)).slice(-5)).toMatchObject([
      expect.stringMatching(/^line 4, customerId: .*UNKNOWN_MEMBER/),
      expect.stringMatching(/^line 5, quantity: .*BAD_VALUE/),
      expect.stringMatching(/^line 6, currency: .*UNKNOWN_CURRENCY/),
      expect.stringMatching(/^line 7, reference: Line 2 .*DUPLICATE_REFERENCE/),
      expect.stringMatching(/^line 8: .*MONEY_CURRENCY_MISMATCH/),
    ]);
    expect(await booked()).toEqual({ transfers: before.transfers + 1, points: before.points + 11 });
    files.points.test.clock.advance(60_000);
    const ndjson = `${JSON.stringify({
      reference: 'k1',
      customerId: 'A-1',
      occurredAt: '2026-03-01T10:00:00Z',
      moneyCurrency: 'EUR',
      lines: [
        { sku: 'S1', quantity: '2', unitPrice: '5.50' },
        { sku: 'GIFTCARD', quantity: '1', unitPrice: '50' },
      ],
    })}\n`;
    expect(await run('PURCHASES', write('p.ndjson', ndjson))).toBe(0);
    expect(said.at(-1)).toMatch(/^imported: 0 of 1 entries, 0 points, 0 members enrolled, 1 there before, 0 wrong/);
  });

  it('takes totals, kinds and taxes of lines', async () => {
    const before = await booked();
    const csv =
      'reference,customerId,moneyCurrency,sku,quantity,unitPrice,amount,kind,tax\n' +
      'q1,A-1,EUR,S1,3,,10,,2\nq1,A-1,EUR,VOUCHER,1,-1,,DISCOUNT,\nq1,A-1,EUR,EMPTIES,10,-0.08,,DEPOSIT,\nq2,A-1,EUR,S1,1,1,1,,\nq3,A-1,EUR,S1,1,1,,GIFT,\n';
    expect(await run('PURCHASES', write('q.csv', csv))).toBe(1);
    expect(said.filter((text) => /^line .*\)$/.test(text)).slice(-2)).toMatchObject([
      expect.stringMatching(/^line 5, amount: .*BAD_VALUE/),
      expect.stringMatching(/^line 6, kind: A line is GOODS, DISCOUNT, DEPOSIT or TRADE_IN. .*BAD_VALUE/),
    ]);
    expect(await booked()).toEqual({ transfers: before.transfers + 1, points: before.points + 10 });
  });
});
