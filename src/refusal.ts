/**
 * A refusal is a "no" that the domain gives on purpose: typed, explained, safe to show.
 * Operations throw it (so that a rollback is certain); GraphQL turns those a mutation declares into union members.
 * The posting kernel returns refusals as data (RefusalData), stores them with the posting, and operations throw them after the commit.
 */

/** Fields of a refusal that callers can act on; JSON values only, because refusals are stored. */
export type RefusalFields = Readonly<Record<string, string | number | boolean | null>>;

/** A refusal as plain data: what the kernel stores and replays. */
export interface RefusalData {
  /** Stable code in UPPER_SNAKE_CASE, e.g. INSUFFICIENT_POINTS. */
  readonly code: string;
  /** One sentence that names what is wrong and what to do next. Never personal data, never database text. */
  readonly message: string;
  /** True if the very same request (same idempotency key) may succeed when sent again later. */
  readonly retrySafe: boolean;
  readonly fields: RefusalFields;
}

/** Thrown form of a refusal. */
export class Refusal extends Error {
  readonly code: string;
  readonly retrySafe: boolean;
  readonly fields: RefusalFields;

  constructor(data: { code: string; message: string; retrySafe?: boolean; fields?: RefusalFields }) {
    super(data.message);
    this.name = new.target.name;
    this.code = data.code;
    this.retrySafe = data.retrySafe ?? false;
    this.fields = data.fields ?? {};
  }

  toData(): RefusalData {
    return { code: this.code, message: this.message, retrySafe: this.retrySafe, fields: this.fields };
  }
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
