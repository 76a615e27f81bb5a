import { Refusal } from './thrown-refusal';

export type { Refusal, RefusalData, RefusalFields } from './thrown-refusal';

/** Says whether an error is a refusal, and the one with that code where one is named. */
export function isRefusal(error: unknown, code?: string): error is Refusal {
  return error instanceof Refusal && (code === undefined || error.code === code);
}

/** Bad input: a GraphQL error with extensions.code BAD_USER_INPUT and the offending field; never stored. */
export class InvalidInput extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
    this.name = 'InvalidInput';
  }
}

/** The thing does not exist, or the caller may not know whether it does: both look the same. */
export class NotFound extends Error {
  /** `next`: a sentence that says what to do, and not why nothing was found. */
  constructor(
    readonly what: string,
    next?: string,
  ) {
    super(next === undefined ? `${what} not found.` : `${what} not found. ${next}`);
    this.name = 'NotFound';
  }
}

/** The caller is known but may not do this. */
export class PermissionDenied extends Error {
  constructor(message = 'These credentials may not do this.') {
    super(message);
    this.name = 'PermissionDenied';
  }
}
