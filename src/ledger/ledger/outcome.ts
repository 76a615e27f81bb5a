import { Refusal } from '../../platform/thrown-refusal';
import type { Answer, PostingOutcome } from './posting';

/** The answer of an accepted posting; throws the refusal of a refused one. */
export function acceptedAnswer(outcome: Pick<PostingOutcome, 'answer' | 'refusal'>): Answer {
  if (outcome.refusal) throw Refusal.of(outcome.refusal);
  if (!outcome.answer) throw new Error('a posting was neither accepted nor refused');
  return outcome.answer;
}
