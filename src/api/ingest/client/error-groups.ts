import type { SentError } from './send-file';

/** Groups that are told; what is beyond them is counted together. */
const MOST_GROUPS = 30;
/** Lines that are named of each. */
const LINES_NAMED = 5;

/** Errors of a file by what is wrong: however many lines have it, it is told once. */
export class ErrorGroups {
  private readonly groups = new Map<string, { readonly error: SentError; count: number; readonly lines: number[] }>();
  private beyond = 0;

  /** True for the first error of its kind. */
  add(error: SentError): boolean {
    const kind = [error.code, error.field ?? '', error.message].join('\n');
    const group = this.groups.get(kind);
    if (group) {
      group.count++;
      if (group.lines.length < LINES_NAMED) group.lines.push(error.line);
      return false;
    }
    if (this.groups.size >= MOST_GROUPS) {
      this.beyond++;
      return false;
    }
    this.groups.set(kind, { error, count: 1, lines: [error.line] });
    return true;
  }

  /** A sentence each, the most frequent first. */
  describe(): string[] {
    const told = [...this.groups.values()]
      .sort((a, b) => b.count - a.count)
      .map(({ error: { code, field, message }, count, lines }) => {
        const where = `line${count > 1 ? 's' : ''} ${lines.join(', ')}${count > lines.length ? ', ...' : ''}`;
        return `${count.toLocaleString('en')} x ${code}${field ? ` in ${field}` : ''} (${where}): ${message}`;
      });
    if (this.beyond > 0) told.push(`${this.beyond.toLocaleString('en')} other errors`);
    return told;
  }
}
