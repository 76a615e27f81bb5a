import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type FileKind, namesIn, rowsOf } from '../../../src/api/ingest/client/file-rows';
import { readRecords } from '../../../src/api/ingest/client/read-file';

const directory = mkdtempSync(join(tmpdir(), 'read-'));
const write = (name: string, content: string | Buffer) => {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
};
afterAll(() => rmSync(directory, { recursive: true }));

const read = async (path: string, kind: FileKind = 'OPENINGS', encoding: string | null = null) => {
  const format = path.includes('json') ? 'ndjson' : 'csv';
  const records = readRecords({ path, format, encoding }, namesIn(kind, format));
  const rows = [];
  for await (const row of rowsOf(kind, records)) rows.push(row.input);
  return rows;
};

it('takes CSV as it comes: separators, quotes, a mark of byte order, packed', async () => {
  const csv = '\uFEFFCustomer_ID;points;Card;reference\r\n"A;1";10;6000 1;\r\n\r\n"\nB2\n";20;;r2\r\n';
  const expected = [
    { line: 2, customerId: 'A;1', points: '10', identifierKind: 'CARD', identifier: '6000 1' },
    { line: 4, customerId: '\nB2\n', points: '20', reference: 'r2' },
  ];
  expect(await read(write('a.csv', csv))).toEqual(expected);
  expect(await read(write('a.csv.gz', gzipSync(csv)))).toEqual(expected);
});

it('tells which line is broken, and goes on after it', async () => {
  const rows = await read(write('b.csv', 'customerId,points\nA,1\nB\nC,3,4\nD"x,5\n"E",6\nF,7\n'));
  expect(rows.map((row) => `${row.line} ${row.customerId ?? 'unreadable'}`)).toEqual(['2 A', '3 unreadable', '4 unreadable', '5 unreadable', '6 E', '7 F']);
  // A quote that is never closed is an error of its line, and swallows none of the others.
  const open = await read(write('c.csv', `customerId,points\nA,1\n"B,2\n${'C,3\n'.repeat(10)}`));
  expect(open).toHaveLength(12);
  expect(open[1]).toEqual({ line: 3, unreadable: expect.stringContaining('A quote is opened in this line and never closed') });
  expect(open.filter(({ unreadable }) => unreadable === undefined).map(({ line, customerId }) => `${line} ${customerId}`)).toEqual([
    '2 A',
    ...Array.from({ length: 10 }, (_, at) => `${at + 4} C`),
  ]);
  const long = await read(write('l.csv', `customerId,points\nA,1\n${'x'.repeat(1_000_001)},2\n"B,2\n${`${'C'.repeat(40)},3\n`.repeat(30_000)}D,4\n`));
  expect(long).toHaveLength(30_004);
  expect(long.filter(({ unreadable }) => unreadable !== undefined)).toEqual([
    { line: 3, unreadable: 'The line is longer than 1,000,000 bytes.' },
    { line: 4, unreadable: expect.stringContaining('never closed') },
  ]);
  expect(long.at(-1)).toEqual({ line: 30_005, customerId: 'D', points: '4' });
});

it('reads what a file says, or says that it cannot: never another character', async () => {
  const latin = Buffer.from('customerId,points\nM\xfcller,1\nM\xf6ller,2\nMeier,3\n', 'latin1');
  const rows = await read(write('m.csv', latin));
  expect(rows).toEqual([
    { line: 2, unreadable: expect.stringContaining('not UTF-8') },
    { line: 3, unreadable: expect.stringContaining('--encoding windows-1252') },
    { line: 4, customerId: 'Meier', points: '3' },
  ]);
  const names = async (path: string, encoding: string | null = null) => (await read(path, 'OPENINGS', encoding)).map(({ customerId }) => customerId);
  expect(await names(write('m.csv', latin), 'iso-8859-1')).toEqual(['Müller', 'Möller', 'Meier']);
  const text = '\uFEFFcustomerId,points\r\nMüller,1\r\n"Zoë ""II""\n",2\r\n';
  expect(await names(write('n.csv', Buffer.from(text, 'utf16le')))).toEqual(['Müller', 'Zoë "II"\n']);
  expect(await names(write('o.csv', Buffer.from(text, 'utf16le').swap16()))).toEqual(['Müller', 'Zoë "II"\n']);
  expect(await names(write('p.csv', text))).toEqual(['Müller', 'Zoë "II"\n']);
  // Somebody else has replaced it already.
  expect(await read(write('q.ndjson', '{"customerId":"M\uFFFDller","points":1}\n'))).toEqual([{ line: 1, unreadable: expect.stringContaining('not UTF-8') }]);
  await expect(read(write('m.csv', latin), 'OPENINGS', 'klingon')).rejects.toThrow('The encoding "klingon" is not known');
});

it('takes a carriage return within a line for no end of it, and for no part of a cell', async () => {
  const said = async (content: string) =>
    (await read(write('cr.csv', content))).map((row) => `${row.line} ${row.unreadable ?? `${row.customerId} ${row.points}`}`);
  const wrong = (line: number) => expect.stringMatching(new RegExp(`^${line} A carriage return stands within the line`));
  expect(await said('customerId,points\nA\rx,1\nC,2\nD,3\n')).toEqual([wrong(2), '3 C 2', '4 D 3']);
  // As copies in text mode write it.
  expect(await said('customerId,points\r\r\nX,1\r\r\nC,2\r\n"D",3\r\r\n')).toEqual(['2 X 1', '3 C 2', '4 D 3']);
  // Two balances in a line, as in a file that two systems wrote: none is left out without a word.
  expect(await said('customerId,points\nA,1\rB,2\nC,3\rD,4\nE,5\n')).toEqual([wrong(2), wrong(3), '4 E 5']);
  expect(await said('customerId,points\n"A\r",1\nB,2\n')).toEqual([wrong(2), '3 B 2']);
});

it('refuses a file whose lines end in carriage returns alone', async () => {
  const wrong = 'The lines of this file end in carriage returns (CR) alone';
  await expect(read(write('mac.csv', 'customerId,points\rM-1,100\rM-2,200\r'))).rejects.toThrow(wrong);
  await expect(read(write('mac-2.csv', 'customerId,points\rM-1,100\nM-2,200\n'))).rejects.toThrow(wrong);
});

it('reads NDJSON line by line', async () => {
  const rows = await read(
    write('d.ndjson', '{"customerId":"A","points":10}\n{"customerId":\n[1]\n\n{"customer_id":"B","points":"20","card":null}\n{"shoe":1}'),
  );
  expect(rows).toMatchObject([
    { line: 1, customerId: 'A', points: '10' },
    { line: 2, unreadable: 'The line is no JSON.' },
    { line: 3, unreadable: 'The line is no JSON object.' },
    { line: 5, customerId: 'B', points: '20' },
    { line: 6, unreadable: expect.stringContaining('shoe') },
  ]);
});

it('reads numbers of NDJSON as they stand there, however many digits they have', async () => {
  const said = async (...lines: string[]) => (await read(write('n.ndjson', lines.join('\n')))).map((row) => row.identifier ?? row.unreadable);
  // A JavaScript number has 15 digits: with it, the first two would be one member with both balances.
  const digits = ['6000123412341234567', '6000123412341234568', '9007199254740993', '-9007199254740993', '1234567890123456.7', '1e400', '1e500', '1E-400'];
  expect(await said(...digits.map((each) => `{"points":10,"card":${each}}`))).toEqual(digits);
  expect(await said(...digits.map((each) => `{"card" : ${each} , "reference":"\\" 6000123412341234567"}`))).toEqual(digits);
  expect(await said('{"card":9007199254740991}', '{"card":10.50}', '{"card":"6000123412341234567"}')).toEqual([
    '9007199254740991',
    '10.5',
    '6000123412341234567',
  ]);
  expect(await said('{"card":012345678901234567}', '{"card":1234567890123456789012 3}')).toEqual(['The line is no JSON.', 'The line is no JSON.']);
  const [basket] = await read(
    write('o.ndjson', '{"reference":1e3,"lines":[{"sku":4006381333931000001,"quantity":2,"unitPrice":0.1234567890123456789}]}'),
    'PURCHASES',
  );
  expect(basket).toMatchObject({ reference: '1000', lines: [{ sku: '4006381333931000001', quantity: '2', unitPrice: '0.1234567890123456789' }] });
});

it('takes no field of NDJSON for another of the same name', async () => {
  const rows = await read(
    write(
      'twice.ndjson',
      '{"customerId":"A","customer_id":"B"}\n{"customerId":"A","points":1,"customerId":"B"}\n{"points":1,"\\u0070oints":2}\n{"customerId":"points","points":1}',
    ),
  );
  expect(rows).toEqual([
    { line: 1, unreadable: 'The field "customerId" is there twice.' },
    { line: 2, unreadable: 'The field "customerId" is there twice.' },
    { line: 3, unreadable: 'The field "points" is there twice.' },
    { line: 4, customerId: 'points', points: '1' },
  ]);
  const [basket] = await read(write('twice-2.ndjson', '{"reference":"r","lines":[{"sku":"A","sku":"B"}]}'), 'PURCHASES');
  expect(basket.unreadable).toBe('The field "sku" is there twice.');
});

it('makes an entry of nothing that is too long to be sent, or no text', async () => {
  const said = async (name: string, content: string, kind: FileKind = 'OPENINGS') => {
    const rows = [];
    const format = name.endsWith('csv') ? 'csv' : 'ndjson';
    for await (const row of rowsOf(kind, readRecords({ path: write(name, content), format, encoding: null }, namesIn(kind, format)))) {
      expect(Buffer.byteLength(JSON.stringify(row.input))).toBe(row.bytes);
      expect(row.bytes).toBeLessThan(1_000_000);
      rows.push(row.input);
    }
    return rows.map(({ line, unreadable }) => `${line} ${unreadable ?? 'sent'}`);
  };
  const tooLong = expect.stringMatching(/^3 The cell "customerId" has more than 1,000 characters/);
  // Letters; tabs and NULs, which JSON writes in two and six letters (a file system leaves NULs in a file after a
  // crash); quotes.
  for (const cell of ['x'.repeat(950_000), '\t'.repeat(700_000), '\0'.repeat(400_000), `"${'""'.repeat(400_000)}"`, `${' '.repeat(1_000)}A`])
    expect(await said('cell.csv', `customerId,points\nG-1,1\n${cell},2\nG-3,3\n`)).toEqual(['2 sent', tooLong, '4 sent']);
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  expect(await said('deep.ndjson', `{"customerId":"H-1"}\n{"customerId":${deep}}\n{"customerId":["H-3"]}\n{"\\ufffd":4}\n{"customerId":"H-5"}\n`)).toEqual([
    '1 sent',
    expect.stringMatching(/^2 Lists and objects stand too deep/),
    expect.stringMatching(/^3 The field "customerId" is a list or an object/),
    '4 The field " " means nothing here.',
    '5 sent',
  ]);
  const basket = (line: string) => `{"reference":"r","lines":[${Array.from({ length: 500 }, () => line).join(',')}]}\n`;
  const full = {
    sku: 'ü'.repeat(100),
    category: '\u20ac'.repeat(100),
    quantity: '99999999999.999',
    unitPrice: '999999999999.999999',
    kind: 'DEPOSIT',
    tax: '999999999999.999999',
  };
  expect(
    await said('baskets.ndjson', `${basket(JSON.stringify(full))}${basket('{"sku":["S"]}')}${basket(`{"sku":"${'\\t'.repeat(900)}"}`)}`, 'PURCHASES'),
  ).toEqual(['1 sent', expect.stringMatching(/^2 Lists and objects stand too deep/), expect.stringMatching(/^3 This takes [\d,]+ bytes to send/)]);
});

it('refuses a heading that means nothing', async () => {
  await expect(read(write('e.csv', 'customerId,pionts\nA,1\n'))).rejects.toThrow('The column "pionts" means nothing here');
  await expect(read(write('f.csv', ''))).rejects.toThrow('empty');
  await expect(read(write('g.csv', 'points,Points\n1,2\n'))).rejects.toThrow('twice');
});

it('makes one purchase of neighbours with one reference', async () => {
  const heading = 'reference,customerId,moneyCurrency,sku,quantity,unitPrice\n';
  const rows = await read(
    write('h.csv', `${heading}r1,A,EUR,S1,1,2.50\nr1,A,EUR,S2,2,1\nr2,B,EUR,S1,1,1\n,C,EUR,S1,1,1\n,C,EUR,S1,1,1\nr3,A,EUR,S1,1,1\nr3,B,EUR,S2,1,1\n`),
    'PURCHASES',
  );
  expect(rows).toMatchObject([
    {
      line: 2,
      lastLine: 3,
      customerId: 'A',
      reference: 'r1',
      lines: [
        { line: 2, sku: 'S1', unitPrice: '2.50' },
        { line: 3, sku: 'S2', quantity: '2' },
      ],
    },
    { line: 4, lastLine: 4, reference: 'r2' },
    { line: 5, customerId: 'C' },
    { line: 6, customerId: 'C' },
    { line: 7, lastLine: 8, unreadable: expect.stringContaining('Line 8 has the same reference and another customerId') },
  ]);
});

describe('a basket', () => {
  const BASKETS = 'reference,customerId,moneyCurrency,sku,quantity,unitPrice\n';
  const sent = async (lines: string | Buffer) => {
    const rows = await read(write('baskets.csv', Buffer.concat([Buffer.from(BASKETS), Buffer.from(lines)])), 'PURCHASES');
    return rows.map(
      (row) => `${row.line}-${row.lastLine} ${row.unreadable === undefined ? `${row.reference} ${(row.lines as unknown[]).length}` : row.unreadable}`,
    );
  };
  const beside = (line: number) => expect.stringContaining(`Line ${line} beside this basket cannot be read, and may be of it`);

  it.each([
    ['a stray quote', 'r1,A,EUR,TV 40" wide,1,900'],
    ['a quote that is never closed', 'r1,A,EUR,"TV,1,900'],
    ['a column too many', 'r1,A,EUR,TV,1,1,900'],
    ['a byte that UTF-8 does not have', Buffer.from('r1,A,EUR,K\xfche,1,900', 'latin1')],
    ['more than a line may have', `r1,A,EUR,${'x'.repeat(1_000_001)},1,900`],
  ])('of which a line cannot be read is not sent without that line: %s', async (_what, line) => {
    const lines = ['r0,A,EUR,S0,1,1\nr1,A,EUR,S1,1,2.50\n', line, '\nr1,A,EUR,S3,1,1\nr2,A,EUR,S4,1,1\n'].map((part) => Buffer.from(part));
    expect(await sent(Buffer.concat(lines))).toEqual(['2-2 r0 1', beside(4), expect.stringMatching(/^4-4 /), beside(4), '6-6 r2 1']);
  });

  it('that may have lost its first or its last line is not sent without it, and those further away are', async () => {
    expect(await sent('r0,A,EUR,S0,1,1\nr1,A,EUR,S1,1,1\nr1,A,EUR,TV 40" wide,1,900\nr2,A,EUR,S3,1,1\nr2,A,EUR,S3,1,1\nr3,A,EUR,S3,1,1\n')).toEqual([
      '2-2 r0 1',
      beside(4),
      expect.stringMatching(/^4-4 A quote stands within/),
      beside(4),
      '7-7 r3 1',
    ]);
    // Without a reference a line is a purchase, whatever stands beside it.
    expect(await sent(',A,EUR,S0,1,1\n,A,EUR,"TV,1,900\n,A,EUR,S3,1,1\nr1,A,EUR,S3,1,1\n')).toEqual([
      '2-2 undefined 1',
      expect.stringMatching(/^3-3 A quote is opened/),
      '4-4 undefined 1',
      '5-5 r1 1',
    ]);
  });

  it('of which quotes may have swallowed a line is not sent without it', async () => {
    // Two titles in quotes, each half of a pair: the second line is in a cell of the first, and their basket is left
    // without it.
    expect(await sent('r1,A,EUR,"Best of,1,9\nr2,A,EUR,Mozart",1,9\nr2,A,EUR,S3,1,1\nr3,A,EUR,S4,1,1\n')).toEqual([
      '2-3 Lines 2 to 3 were read as one: The cell "sku" has a line break. Is a quote missing?',
      beside(2),
      '5-5 r3 1',
    ]);
    expect(await sent('r1,A,EUR,"Best of,1,9\nr2,A,EUR,Mozart"\nr2,A,EUR,S3,1,1\nr3,A,EUR,S4,1,1\n')).toEqual([
      expect.stringMatching(/^2-3 Lines 2 to 3 were read as one: The line has 4 columns/),
      beside(2),
      '5-5 r3 1',
    ]);
  });

  it('of which a line leaves out whose it is, is not sent without that line', async () => {
    expect(await sent('r1,A,EUR,S1,1,2.50\n, ,,S2,1,900\nr2,B,EUR,S1,1,1\nr3,B,EUR,S1,1,1\n')).toEqual([
      beside(3),
      expect.stringMatching(/^3-3 The line names neither a reference nor a member/),
      beside(3),
      '5-5 r3 1',
    ]);
  });

  it('is not parted by a row of separators, as spreadsheets write them', async () => {
    expect(await sent('r1,A,EUR,S1,1,2.50\n,,,,,\n , ,\n;\nr1,A,EUR,S2,1,900\n,,,,,\n')).toEqual([
      beside(5),
      expect.stringMatching(/^5-5 The line has 1 columns/),
      beside(5),
    ]);
    expect(await sent('r1,A,EUR,S1,1,2.50\n,,,,,\n , ,\nr1,A,EUR,S2,1,900\n,,,,,\n')).toEqual(['2-5 r1 2']);
  });

  it('whose lines write one reference with and without a blank around it is one basket', async () => {
    expect(await sent('r1,A,EUR,S1,1,2.50\nr1 ,A ,EUR,S2,1,900\n')).toEqual(['2-3 r1 2']);
    expect(await sent('M\u00fc1,A,EUR,S1,1,2.50\nMu\u03081,A,EUR,S2,1,900\n')).toEqual(['2-3 M\u00fc1 2']);
  });

  it('of more lines than a basket has is wrong as a whole', async () => {
    expect(await sent(`${'r1,A,EUR,S1,1,1\n'.repeat(600)}r2,A,EUR,S1,1,1\n`)).toEqual([expect.stringMatching(/^2-601 More than 500 lines/), '602-602 r2 1']);
  });
});

it('makes a purchase in each points currency of a reference whose lines all name theirs, and stand together', async () => {
  const heading = 'reference,customerId,currency,moneyCurrency,sku,quantity,unitPrice\n';
  const file = async (name: string, currencies: readonly string[]) =>
    (await read(write(name, heading + currencies.map((currency, at) => `r1,A,${currency},EUR,S${at},1,1\n`).join('')), 'PURCHASES')).map(
      ({ line, lastLine, currency, unreadable }) => [line, lastLine, currency ?? unreadable],
    );
  expect(await file('two.csv', ['FLP', 'FLP', 'STAR'])).toEqual([
    [2, 3, 'FLP'],
    [4, 4, 'STAR'],
  ]);
  // Whose a line is that names none, or stands apart, nobody knows.
  for (const [name, currencies] of Object.entries({ none: ['FLP', '', 'STAR'], apart: ['FLP', 'STAR', 'FLP'] }))
    expect(await file(`${name}.csv`, currencies)).toEqual([[2, 4, expect.stringMatching(/^Line 3 has the same reference and another currency/)]]);
  expect(await file('long.csv', [...Array.from({ length: 600 }, () => 'FLP'), 'STAR'])).toEqual([[2, 602, expect.stringContaining('More than 500')]]);
});
