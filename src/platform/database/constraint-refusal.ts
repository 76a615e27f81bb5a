import type { InvalidInput, NotFound, Refusal } from '../refusal';

/** Name of a constraint or unique index -> what its violation means to a caller. */
export type ConstraintMeanings = Readonly<Record<string, () => Refusal | InvalidInput | NotFound>>;

/** The name of the constraint that a database error is about, if any. */
export function violatedConstraint(error: unknown): string | undefined {
  const { driverError, constraint } = error as { driverError?: { constraint?: string }; constraint?: string };
  return driverError?.constraint ?? constraint;
}

/**
 * Runs work whose violated constraints are refusals: invariants are constraints, each named, and the name is what is
 * translated here. Put it around the whole transaction: after a violation nothing more can be done in it.
 */
export async function refusingBy<T>(meanings: ConstraintMeanings, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const meaning = meanings[violatedConstraint(error) ?? ''];
    throw meaning ? meaning() : error;
  }
}

/**
 * refusingBy, for work that looks before it writes and changes nothing where all is so already. Somebody who wanted the
 * same may have been quicker. So it is done once more, and only what stands against it then refuses it.
 */
export async function refusingOnSecondLook<T>(meanings: ConstraintMeanings, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!meanings[violatedConstraint(error) ?? '']) throw error;
  }
  return refusingBy(meanings, work);
}
