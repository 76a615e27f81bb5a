import type { InvalidInput, NotFound, Refusal } from '../refusal';

/** Name of a constraint or unique index -> what its violation means to a caller. */
export type ConstraintMeanings = Readonly<Record<string, () => Refusal | InvalidInput | NotFound>>;

/** The name of the constraint that a database error is about, if any. */
export function violatedConstraint(error: unknown): string | undefined {
  const { driverError, constraint } = error as { driverError?: { constraint?: string }; constraint?: string };
  return driverError?.constraint ?? constraint;
}

/**
 * Runs work whose violated constraints are refusals: invariants are constraints, each named, and the name is what is translated here.
 * Put it around the whole transaction: after a violation nothing more can be done in it.
 */
export async function refusingBy<T>(meanings: ConstraintMeanings, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const meaning = meanings[violatedConstraint(error) ?? ''];
    throw meaning ? meaning() : error;
  }
}
