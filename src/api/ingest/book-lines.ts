import { itemAt } from '../../platform/one-of';
import type { EntryResult } from './import-batch';
import { type LineError, thrownForLine } from './line-error';

/** What goes to the ledger together. */
const AT_ONCE = 100;

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
