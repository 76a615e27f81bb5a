import { itemAt } from '../../platform/one-of';
import { InvalidInput, NotFound, Refusal } from '../../platform/refusal';
import { type RefusalAnswer, toRefusalAnswer } from './refusal.types';

/**
 * What a bulk does: reads its entries one by one, does together those that could be read, and shows what each came to.
 */
export interface Bulk<Input, Command, Result, Shown> {
  /** Throws InvalidInput or NotFound for an entry that cannot be read; `field` is where it stands, as "input.3". */
  readonly read: (input: Input, field: string) => Command;
  /** Of each command, in their order; `fieldOf` says where it stands in the request. */
  readonly work: (commands: readonly Command[], fieldOf: (at: number) => string) => Promise<readonly PromiseSettledResult<Result>[]>;
  readonly show: (result: Result) => Shown;
}

/**
 * The answers of a bulk, in its order: things or refusals. An entry that is wrong in itself is its own refusal, and
 * harms no other. Anything else that goes wrong with one entry fails the request, which can be sent again.
 */
export async function answerBulk<Input, Command, Result, Shown>(
  inputs: readonly Input[],
  { read, work, show }: Bulk<Input, Command, Result, Shown>,
): Promise<(Shown | RefusalAnswer)[]> {
  const answers: (Shown | RefusalAnswer)[] = [];
  const commands: Command[] = [];
  const places: number[] = [];
  for (const [at, input] of inputs.entries()) {
    try {
      commands.push(read(input, `input.${at}`));
      places.push(at);
    } catch (reason) {
      answers[at] = refusalOf(reason);
    }
  }
  const results = commands.length === 0 ? [] : await work(commands, (at) => `input.${places[at]}`);
  for (const [at, result] of results.entries()) answers[itemAt(places, at)] = result.status === 'fulfilled' ? show(result.value) : refusalOf(result.reason);
  return answers;
}

function refusalOf(reason: unknown): RefusalAnswer {
  if (reason instanceof Refusal) return toRefusalAnswer(reason);
  if (reason instanceof NotFound) return toRefusalAnswer({ code: 'NOT_FOUND', message: reason.message, retrySafe: true, fields: {} });
  if (reason instanceof InvalidInput) return toRefusalAnswer({ code: 'BAD_INPUT', message: reason.message, retrySafe: false, fields: { field: reason.field } });
  throw reason;
}
