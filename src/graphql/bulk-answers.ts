import { NotFound, Refusal } from '../refusal';
import { type RefusalAnswer, toRefusalAnswer } from './refusal.types';

/** The answers of a bulk, in its order: things or refusals. What else went wrong with one entry fails the request, which can be sent again. */
export function bulkAnswers<Result, Shown>(results: readonly PromiseSettledResult<Result>[], show: (result: Result) => Shown): (Shown | RefusalAnswer)[] {
  return results.map((result) => {
    if (result.status === 'fulfilled') return show(result.value);
    const { reason } = result;
    if (reason instanceof Refusal) return toRefusalAnswer(reason);
    if (reason instanceof NotFound) return toRefusalAnswer({ code: 'NOT_FOUND', message: reason.message, retrySafe: true, fields: {} });
    throw reason;
  });
}
