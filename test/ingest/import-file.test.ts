import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type FileKind, namesIn, rowsOf } from '../../src/ingest/client/file-rows';
import { UnusableFile } from '../../src/ingest/client/file-text';
import { importFromCommandLine } from '../../src/ingest/client/import-command';
import { importHelp } from '../../src/ingest/client/import-help';
import { readRecords } from '../../src/ingest/client/read-file';
import { openPointsApi, type PointsApi } from '../support/points-api';

const directory = mkdtempSync(join(tmpdir(), 'import-'));
const write = (name: string, content: string | Buffer) => {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
};
afterAll(() => rmSync(directory, { recursive: true }));

describe('sending a file through the API', () => {
  let points: PointsApi;
  let gateway: Server;
  let url: string;
  let requests = 0;
  /** Called before each request is passed on; true: cut the connection instead. After it is answered: cut before the answer is given. */
  let cut: (request: number) => 'before' | 'after' | null = () => null;
  const said: string[] = [];
  /** The command is killed as it says this. */
  let dieAt: RegExp | null = null;
  /** Bodies of the requests to the API. */
  const bodies: string[] = [];

  beforeAll(async () => {
    points = await openPointsApi();
    await points.test.database.owner.query('UPDATE terms_version SET opening_price = 2500');
    await points.test.database.owner.query('UPDATE coalition_version SET version = version + 1');
    gateway = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', async () => {
        if (request.url === '/graphql') bodies.push(Buffer.concat(parts).toString());
        const fate = request.url === '/graphql' ? cut(++requests) : null;
        if (fate === 'before') return request.socket.destroy();
        const { 'content-length': _length, host: _host, connection: _connection, ...headers } = request.headers as Record<string, string>;
        const answer = await points.api.server.inject({ method: 'POST', url: request.url, headers, payload: Buffer.concat(parts) });
        if (fate === 'after') return request.socket.destroy();
        response.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']) }).end(answer.body);
      });
    });
    await new Promise<void>((listening) => gateway.listen(0, '127.0.0.1', listening));
    const address = gateway.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  });
  afterAll(async () => {
    gateway.closeAllConnections();
    await new Promise((closed) => gateway.close(closed));
    await points.close();
  });
  beforeEach(() => {
    said.length = 0;
    bodies.length = 0;
    requests = 0;
    cut = () => null;
  });

  const run = (kind: FileKind, ...args: string[]) => {
    const { clientId, secret } = points.coalition.brands.FUEL;
    const settings = { url, clientId: `cli_${clientId.replaceAll('-', '')}`, clientSecret: secret };
    return importFromCommandLine(kind, settings, [...(kind === 'MEMBERS' ? [] : ['--currency', 'FLP']), ...args], (text) => {
      if (dieAt?.test(text)) throw new Error('killed');
      said.push(text);
    });
  };
  const booked = async () =>
    (
      await points.test.database.owner.query(
        "SELECT count(*)::int AS transfers, coalesce(sum(amount), 0)::int AS points FROM transfer WHERE code IN ('OPENING', 'EARN')",
      )
    ).rows[0];
  const members = async () => (await points.test.database.owner.query('SELECT count(*)::int AS n FROM member')).rows[0].n;

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
    const { data } = await points.api.ask(
      points.fuel,
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

  it('books no balance twice for whoever does what it says: names the encoding, corrects the file, adds a line', async () => {
    const balances = async (customers: string) =>
      (
        await points.test.database.owner.query(
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

  it('enrols members without points, and tells of a file that begins as another one did', async () => {
    const lines = ['N-1,7000 1,AT', 'N-2,,', ',7000 3,DE', 'N-1,7000 11,', 'N-9,7000 3,', 'N-4,,Austria', ',,', '"",,AT'];
    const path = write('members.csv', `customerId,card,jurisdiction\n${lines.join('\n')}\n`);
    const before = await members();
    expect(await run('MEMBERS', path, '--dry-run')).toBe(1);
    expect(await members()).toBe(before);
    expect(await run('MEMBERS', path)).toBe(1);
    expect(await members()).toBe(before + 3);
    expect(said.at(-1)).toMatch(/^imported: 5 of 7 entries, 0 points, 3 members enrolled, 0 there before, 2 wrong/);
    expect(said).toContainEqual(expect.stringMatching(/^1 x BAD_VALUE in jurisdiction \(line 7\)/));
    const { rows } = await points.test.database.owner.query(
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
      const { rows } = await points.test.database.owner.query(
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
    cut = (request) => (request === 2 ? 'after' : null);
    expect(await run('OPENINGS', lost, '--errors', join(directory, 'lost-errors.csv'))).toBe(1);
    expect(said.at(-1)).toMatch(/^imported: 2 of 3 entries.* 1 wrong/);
    expect(said).toContainEqual(expect.stringMatching(/^1 x BAD_VALUE in points \(line 3\)/));
    expect(listed('lost-errors.csv')).toEqual(['line,field,code', '3,points,BAD_VALUE', '']);
    cut = () => null;
    const killed = write('killed.csv', 'customerId,points\nU-1,none\nU-2,none\nU-3,3\n');
    const errors = ['--batch', '1', '--errors', join(directory, 'killed-errors.csv')];
    dieAt = /^line 2, points/;
    await expect(run('OPENINGS', killed, ...errors)).rejects.toThrow('killed');
    expect(listed('killed-errors.csv')).toEqual(['line,field,code', '']);
    dieAt = null;
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
    const { clientId, secret } = points.coalition.brands.FUEL;
    const settings = { url, clientId: `cli_${clientId.replaceAll('-', '')}`, clientSecret: secret };
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
    cut = (request) => (request === 3 ? 'after' : request === 5 ? 'before' : null);
    await run('OPENINGS', path, '--batch', '7', '--dry-run');
    cut = (request) => (request === 3 || request === 8 ? 'after' : request === 5 ? 'before' : null);
    requests = 0;
    // Killed in its middle: what it would have sent is missing.
    const killed = new Error('killed');
    await expect(importFromCommandLine('OPENINGS', { url, clientId: null, clientSecret: null }, [path], () => undefined)).rejects.toThrow(
      'TESSERA_CLIENT_SECRET',
    );
    let stop = 0;
    const { clientId, secret } = points.coalition.brands.FUEL;
    const settings = { url, clientId: `cli_${clientId.replaceAll('-', '')}`, clientSecret: secret };
    await expect(
      importFromCommandLine('OPENINGS', settings, [path, '--currency', 'FLP', '--batch', '7', '--errors', join(directory, 'none.csv')], (text) => {
        said.push(text);
        if (text.startsWith('waiting') && ++stop === 3) throw killed;
      }),
    ).rejects.toBe(killed);
    cut = () => null;
    const partly = await booked();
    expect(partly.transfers).toBeGreaterThan(before.transfers);
    expect(partly.transfers).toBeLessThan(before.transfers + 60);
    expect(await run('OPENINGS', path, '--batch', '7')).toBe(0);
    expect(said.some((text) => /^going on after line \d+/.test(text))).toBe(true);
    expect(said.at(-1)).toMatch(/^imported: 60 of 60 entries, 1830 points, 50 members enrolled/);
    expect(await booked()).toEqual({ transfers: before.transfers + 60, points: before.points + 1_830 });
    expect(await members()).toBe(known + 50);
  }, 30_000);

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
    points.test.clock.advance(60_000);
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
