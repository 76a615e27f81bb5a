/**
 * A refusal is a "no" that the domain gives on purpose: typed, explained, safe to show. Operations throw it, so that a
 * rollback is certain. GraphQL turns those that a mutation declares into union members. The posting kernel returns
 * refusals as data (RefusalData) and stores what the ledger has decided. Operations throw them after the commit.
 */

type RefusalValue = string | number | boolean | null;

/** Fields of a refusal that callers can act on; JSON values only, because refusals are stored. */
export type RefusalFields = Readonly<Record<string, RefusalValue | readonly Readonly<Record<string, RefusalValue>>[]>>;

/** A refusal as plain data: what the kernel stores and replays. */
export interface RefusalData {
  /** Stable code in UPPER_SNAKE_CASE, e.g. INSUFFICIENT_POINTS. */
  readonly code: string;
  /** One sentence that names what is wrong and what to do next. Never personal data, never database text. */
  readonly message: string;
  /**
   * True: it rests on more than the request and the ledger, such as rules, terms, the clock or the order of things.
   * Nothing of it is kept. The same request, with the same key, is judged anew, and succeeds once what the message
   * names has changed. False: the ledger has decided. The key stands for this answer for ever.
   */
  readonly retrySafe: boolean;
  readonly fields: RefusalFields;
}

/**
 * A refusal, thrown. Only a list of definitions makes one (see refusals()), and whoever gives a stored one again: the
 * layer rules let nobody else import this file.
 */
export class Refusal extends Error {
  readonly code: string;
  readonly retrySafe: boolean;
  readonly fields: RefusalFields;

  private constructor({ code, message, retrySafe, fields }: RefusalData, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'Refusal';
    this.code = code;
    this.retrySafe = retrySafe;
    this.fields = fields;
  }

  /** The refusal with this data. */
  static of(data: RefusalData, cause?: unknown): Refusal {
    return new Refusal(data, cause);
  }

  toData(): RefusalData {
    return { code: this.code, message: this.message, retrySafe: this.retrySafe, fields: this.fields };
  }
}
