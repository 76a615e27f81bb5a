import type { FoundPosting } from '../../ledger/ledger/find-posting';
import { itemAt } from '../../platform/one-of';
import type { EntryResult, OpenImport } from './import-batch';
import { type LineError, thrownForLine, unknownCurrency } from './line-error';

/** What goes to the ledger together. */
const AT_ONCE = 100;

/** What every command of a line has. */
export interface CommandOfLine {
  readonly idempotencyKey: string;
  readonly dryRun: boolean;
}

/** A line that becomes a command of its own. */
export interface LineToBook<Command extends CommandOfLine> {
  readonly line: number;
  /** null: the import's. */
  readonly currency: string | null;
  readonly reference: string | null;
  /** null: when it is imported. */
  readonly occurredAt: Date | null;
  /** The request for everything but the points currency, which is the import's where the file names none. */
  readonly command: (of: CommandOfLine & { readonly currency: string }) => Command;
}

/** The commands of the lines that are to be booked; of the others it writes down what they are. */
export function commandsOf<Row extends LineToBook<Command>, Command extends CommandOfLine = ReturnType<Row['command']>>(
  found: OpenImport,
  rows: readonly Row[],
  { keyOf, storedFor }: { readonly keyOf: (row: Row) => string; readonly storedFor: (row: Row) => FoundPosting | undefined },
  decided: Map<unknown, EntryResult>,
): { row: Row; command: Command }[] {
  return rows.flatMap((row) => {
    if (row.currency !== null && !found.snapshot.currenciesByCode.has(row.currency)) decided.set(row, { is: 'rejected', error: unknownCurrency(row.line) });
    // A dry run asks for nothing that is stored.
    else if (found.dryRun && storedFor(row)?.outcome.answer) decided.set(row, { is: 'repeated' });
    else return { row, command: row.command({ currency: row.currency ?? found.own, idempotencyKey: keyOf(row), dryRun: found.dryRun }) };
    return [];
  });
}

interface Booking<Row, Command, Answer> {
  readonly book: (commands: readonly Command[]) => Promise<PromiseSettledResult<Answer>[]>;
  readonly booked: (row: Row, answer: Answer) => EntryResult;
  /** The error in the field of the line that it is about. */
  readonly inItsField: (row: Row, error: LineError) => LineError;
}

/**
 * Books entries of a batch, so many together, and writes down what became of each. What is wrong with one is its own
 * error. Throws what lies in no line (the ledger is overloaded or out of reach), once the others are decided. What was
 * booked is found when the batch is sent again.
 */
export async function bookLines<Row extends { readonly line: number }, Command, Answer>(
  asked: readonly { readonly row: Row; readonly command: Command }[],
  { book, booked, inItsField }: Booking<Row, Command, Answer>,
  decided: Map<unknown, EntryResult>,
): Promise<void> {
  const given: unknown[] = [];
  for (let at = 0; at < asked.length; at += AT_ONCE) {
    const part = asked.slice(at, at + AT_ONCE);
    const results = await book(part.map(({ command }) => command));
    results.forEach((result, i) => {
      const { row } = itemAt(part, i);
      if (result.status === 'fulfilled') decided.set(row, booked(row, result.value));
      else
        try {
          decided.set(row, { is: 'rejected', error: inItsField(row, thrownForLine(row.line, result.reason)) });
        } catch (error) {
          given.push(error);
        }
    });
  }
  if (given.length > 0) throw given[0];
}
