import { defineRefusal, refusals } from '../../platform/define-refusal';
import { itemAt } from '../../platform/one-of';
import { InvalidInput, isRefusal, NotFound, type Refusal } from '../../platform/refusal';
import { text } from '../../platform/refusal-fields';
import type { Context } from './context';
import { type RefusalAnswer, toRefusalAnswer } from './refusal.types';

/** What is refused of one entry of a bulk that is wrong in itself. */
export const wrongEntryRefusals = refusals(
  defineRefusal('BAD_INPUT', {
    description:
      'In a bulk: a field of this entry is wrong. Nothing of it is booked, and its key is still free: correct the entry and send it again. The others are booked.',
    retrySafe: false,
    fields: { field: text('Path of the field, such as "input.3.lines.0.unitPrice"; entries and lines count from 0.') },
    discloses: 'NOBODY',
  }),
);

/** What is refused of one entry of a bulk that refers to something. */
export const bulkRefusals = refusals(
  wrongEntryRefusals,
  defineRefusal('NOT_FOUND', {
    description: 'In a bulk: what this entry refers to does not exist, or may not be known to you. Nothing is stored under its key.',
    retrySafe: true,
  }),
);

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
  ctx: Context,
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
      answers[at] = refusalOf(ctx, reason);
    }
  }
  const results = commands.length === 0 ? [] : await work(commands, (at) => `input.${places[at]}`);
  for (const [at, result] of results.entries())
    answers[itemAt(places, at)] = result.status === 'fulfilled' ? show(result.value) : refusalOf(ctx, result.reason);
  return answers;
}

function refusalOf(ctx: Context, reason: unknown): RefusalAnswer {
  return toRefusalAnswer(ctx, asRefusal(reason));
}

function asRefusal(reason: unknown): Refusal {
  if (isRefusal(reason)) return reason;
  if (reason instanceof NotFound) return bulkRefusals.refuse('NOT_FOUND', { message: reason.message });
  if (reason instanceof InvalidInput) return bulkRefusals.refuse('BAD_INPUT', { message: reason.message, field: reason.field });
  throw reason;
}
