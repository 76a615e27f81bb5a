import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorList } from '../../../src/api/ingest/client/error-list';

const directory = mkdtempSync(join(tmpdir(), 'errors-'));
const path = join(directory, 'errors.csv');
afterAll(() => rmSync(directory, { recursive: true }));

const error = (line: number) => ({ line, field: 'points', code: 'BAD_VALUE', message: `Points, "whole" ones` });
const row = (line: number) => `${line},points,BAD_VALUE,"Points, ""whole"" ones"\n`;
async function* kept(...lines: number[]) {
  yield lines.slice(0, 2).map(error);
  yield lines.slice(2).map(error);
}
const HEADING = 'line,field,code,message\n';

it('is what the platform has kept, where it has kept them all', async () => {
  writeFileSync(path, 'of another file');
  await new ErrorList(path).goOn(3, kept(2, 3, 5));
  expect(readFileSync(path, 'utf8')).toBe(HEADING + row(2) + row(3) + row(5));
});

it('keeps what the platform has not, gets what it has, and loses half a line that was being written', async () => {
  const list = new ErrorList(path);
  await list.begin();
  await list.add([3, 7, 9].map(error));
  writeFileSync(path, '11,points,BAD', { flag: 'a' });
  await list.goOn(9, kept(2, 3, 11));
  expect(readFileSync(path, 'utf8')).toBe(HEADING + [3, 7, 9, 2, 11].map(row).join(''));
  // Once more, nothing is there twice.
  await list.goOn(9, kept(2, 3, 11));
  expect(readFileSync(path, 'utf8')).toBe(HEADING + [3, 7, 9, 2, 11].map(row).join(''));
});

it('is begun with what the platform has kept where there is none', async () => {
  rmSync(path);
  await new ErrorList(path).goOn(9, kept(2, 3, 5));
  expect(readFileSync(path, 'utf8')).toBe(HEADING + row(2) + row(3) + row(5));
});
