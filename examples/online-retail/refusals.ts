/** A union's refusal members, for every selection set. */
export const REFUSAL = '... on Refusal { code message retrySafe }';

export interface RefusalAnswer {
  readonly code: string;
  readonly message: string;
  readonly retrySafe: boolean;
}

/** What a mutation answers: the thing, or why not. */
export type Answer<Thing> = Thing | RefusalAnswer;

/** The platform refused something that the replay relies on. */
export class Refused extends Error {
  constructor(what: string, refusal: RefusalAnswer) {
    super(`${what} was refused: ${refusal.code}: ${refusal.message}`);
    this.name = 'Refused';
  }
}

/** Whether an answer is a refusal. */
export function isRefusal<Thing extends object>(answer: Answer<Thing>): answer is RefusalAnswer {
  return 'retrySafe' in answer;
}

/** The thing, or Refused saying what was wanted. */
export function accepted<Thing extends object>(answer: Answer<Thing>, what: string): Thing {
  if (isRefusal(answer)) throw new Refused(what, answer);
  return answer;
}
