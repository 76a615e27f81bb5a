import { createReadStream } from 'node:fs';
import { appendFile, open, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { SentError } from './send-file';

const HEADING = 'line,field,code,message\n';
/** More than a line of the list has. */
const LONGEST_LINE = 16_384;

/** The errors of a file as CSV, in a file of its own. It has each of them, however often the command was cut off. */
export class ErrorList {
  constructor(private readonly path: string) {}

  /** Of an import that begins. */
  async begin(): Promise<void> {
    await writeFile(this.path, HEADING);
  }

  /**
   * Of an import that was begun before. Where the platform has kept all errors, its list is the whole list. Otherwise
   * what is missing is added to what earlier runs wrote: they may have been killed before they could.
   */
  async goOn(wrong: number, pages: AsyncIterable<readonly SentError[]>): Promise<void> {
    const kept: SentError[] = [];
    for await (const page of pages) kept.push(...page);
    if (kept.length >= wrong || !(await this.mend())) return writeFile(this.path, HEADING + inCsv(kept));
    const missing = new Map(kept.map((error) => [String(error.line), error]));
    for await (const line of createInterface({ input: createReadStream(this.path), crlfDelay: Number.POSITIVE_INFINITY }))
      missing.delete(line.slice(0, line.indexOf(',')));
    await this.add([...missing.values()]);
  }

  async add(errors: readonly SentError[]): Promise<void> {
    if (errors.length > 0) await appendFile(this.path, inCsv(errors));
  }

  /** Takes away what was written of a line when the command was killed. False: there is no list. */
  private async mend(): Promise<boolean> {
    const file = await open(this.path, 'r+').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (file === null) return false;
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - LONGEST_LINE);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      await file.truncate(from + buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1);
      return true;
    } finally {
      await file.close();
    }
  }
}

function inCsv(errors: readonly SentError[]): string {
  return errors.map(({ line, field, code, message }) => `${[line, field ?? '', code, message].map(csvCell).join(',')}\n`).join('');
}

function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
