import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOCKS } from '../../src/platform/locks';

const ROOT = join(__dirname, '../..');

/** What takes an advisory lock, in SQL. */
const TAKEN = /pg_\w*advisory\w*\([^\n]*/g;

function taken(folder: string): { readonly file: string; readonly sql: string }[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(join(ROOT, folder, file), 'utf8').matchAll(TAKEN)].map(([sql]) => ({ file: join(folder, file), sql })));
}

it('an advisory lock is taken through the list of them, and nowhere else', () => {
  const files = ['src', 'workers'].flatMap(taken).map(({ file }) => file);
  expect(new Set(files)).toEqual(new Set(['src/platform/locks.ts']));
});

it('a lock that a migration takes is in the list', () => {
  const names = taken('migrations').map(({ sql }) => /hashtextextended\('([^']*?) ?'/.exec(sql)?.[1] ?? sql);
  expect(new Set(names)).toEqual(new Set([LOCKS.IDENTIFIERS]));
});

it('no lock is the beginning of another: what they are taken for comes after a space', () => {
  const names = Object.values(LOCKS);
  expect(names.filter((one) => names.filter((other) => `${other} `.startsWith(`${one} `)).length > 1)).toEqual([]);
});

it('the names stay as they are: processes of two releases run side by side', () => {
  expect(LOCKS).toMatchInlineSnapshot(`
{
  "CLOSE_PERIOD": "close",
  "CONVERSION_QUOTE": "conversion quote",
  "CONVERSION_QUOTES_OF_WALLET": "conversion quotes",
  "CONVERSION_RATES": "conversion rates",
  "EARNING_RULE": "earning_rule",
  "GIFT_RULE": "gift_rule",
  "HOUSEHOLD": "household",
  "IDENTIFIERS": "identifiers",
  "PARTNERSHIP": "partnership",
  "REDEMPTION_RULE": "redemption_rule",
  "RELAY": "tessera relay",
  "TEST_CLOCK": "tessera test clock",
  "VELOCITY_LIMIT": "velocity-limit",
}
`);
});
