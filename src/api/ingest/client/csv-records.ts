import { itemAt } from '../../../platform/one-of';
import { LONGEST_RECORD, type TextLine } from './file-text';

/** Text of a record, which may stand in several lines; or a line that is none. */
export interface CsvText {
  readonly line: number;
  readonly lastLine: number;
  readonly end: number;
  readonly text: string | null;
  readonly unreadable: string | null;
}

/**
 * Joins lines into records, since a quoted cell may go over several. A quote that is never closed is an error of the
 * line that opened it, and of no other: what comes after it is read anew. Memory holds one record.
 */
export async function* csvRecords(lines: AsyncIterable<TextLine>, delimiter: string): AsyncGenerator<CsvText> {
  /** Lines of a record whose quote is open. */
  let open: TextLine[] = [];
  let size = 0;
  let state: State = START;
  /** Lines to be read before those of the file, the next one last. */
  const again: TextLine[] = [];
  const giveUp = (reason: string): CsvText => {
    const opener = itemAt(open, 0);
    for (const line of open.slice(1).reverse()) again.push(line);
    open = [];
    size = 0;
    state = START;
    return unreadable(opener, reason);
  };
  const take = function* (line: TextLine): Generator<CsvText> {
    if (line.text === null) {
      if (open.length > 0) {
        again.push(line);
        yield giveUp(NEVER_CLOSED);
      } else yield unreadable(line, line.unreadable ?? '');
      return;
    }
    if (open.length === 0 && line.text === '') return;
    const next = scan(line.text, state, delimiter);
    open.push(line);
    size += line.text.length + 1;
    if (next === 'stray quote' || next === 'quote ends early') yield giveUp(open.length > 1 ? NEVER_CLOSED : next === 'stray quote' ? STRAY : ENDS_EARLY);
    else if (next === OPEN && size > LONGEST_RECORD) yield giveUp(NEVER_CLOSED);
    else if (next === OPEN) state = OPEN;
    else {
      const text = open.map(({ text: each }) => each).join('\n');
      yield { line: itemAt(open, 0).line, lastLine: line.line, end: line.end, text, unreadable: null };
      open = [];
      size = 0;
      state = START;
    }
  };
  for await (const line of lines) {
    yield* take(line);
    for (let next = again.pop(); next; next = again.pop()) yield* take(next);
  }
  while (open.length > 0) {
    yield giveUp(NEVER_CLOSED);
    for (let next = again.pop(); next; next = again.pop()) yield* take(next);
  }
}

const NEVER_CLOSED = 'A quote is opened in this line and never closed. Close it, or write "" for a quote within a quoted cell.';
const STRAY = 'A quote stands within a cell that is not quoted. Quote the whole cell, and write "" for a quote in it.';
const ENDS_EARLY = 'Something follows the closing quote of a cell. Write "" for a quote within a quoted cell.';

function unreadable({ line, end }: TextLine, reason: string): CsvText {
  return { line, lastLine: line, end, text: null, unreadable: reason };
}

const START = 'at a record';
const OPEN = 'in a quote';
type State = typeof START | typeof OPEN;

/** Where a line ends: at a record's end, in a quote that goes on, or at a quote that must not stand there. */
function scan(text: string, state: State, delimiter: string): State | 'stray quote' | 'quote ends early' {
  let at = 0;
  let quoted = state === OPEN;
  for (;;) {
    if (quoted) {
      at = text.indexOf('"', at);
      if (at < 0) return OPEN;
      if (text[at + 1] === '"') {
        at += 2;
        continue;
      }
      at++;
      if (at === text.length) return START;
      if (text[at] !== delimiter) return 'quote ends early';
      at++;
    }
    quoted = text[at] === '"';
    if (quoted) {
      at++;
      continue;
    }
    const end = text.indexOf(delimiter, at);
    const stray = text.indexOf('"', at);
    if (stray >= 0 && (end < 0 || stray < end)) return 'stray quote';
    if (end < 0) return START;
    at = end + 1;
  }
}
