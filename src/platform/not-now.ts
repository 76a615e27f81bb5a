import { defineRefusal, refusals } from './define-refusal';
import { isRefusal, type Refusal } from './refusal';

/**
 * Nothing was decided: too much is under way, or what is needed is away. It lies in no request and passes: whoever
 * waits a little may send the same again.
 */
export const notNow = refusals(
  defineRefusal('OVERLOADED', {
    description: 'Too much is being posted at this moment and nothing was written. Send the same request again shortly.',
    retrySafe: true,
    message: 'Too many postings are waiting. Nothing was written; send the same request again shortly.',
  }),
  defineRefusal('UNAVAILABLE', {
    description: 'The database could not be reached long enough to know the outcome. Send the same request again: it counts once.',
    retrySafe: true,
    message: 'The database cannot be reached. Send the same request again.',
  }),
);

/** Says whether the same request may be sent again as it is, after a while. */
export function isNotNow(error: unknown): error is Refusal {
  return notNow.definitions.some(({ code }) => isRefusal(error, code));
}
