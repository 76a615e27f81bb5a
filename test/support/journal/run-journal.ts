import { type Line, type Page, readJournal, type Words } from './read-journal';

/** What a line does; returns the answer, or a list of what there is. Refusals are thrown. */
export type Verb<Cast> = (words: Words, cast: Cast) => Promise<object>;

/** A world that journals are about. */
export interface World<Cast> {
  /** By form: see readJournal. */
  readonly verbs: Readonly<Record<string, Verb<Cast>>>;
  /** Who takes part in a journal and what was done in it so far, by the names that they have there. */
  open(): Cast;
  /** Opens what those have who are named in a line, if it is for the first time; of many lines at once. */
  meet(words: Words, cast: Cast): Promise<unknown>;
  /** It is then, from this line on. */
  moveTo(at: Date, cast: Cast): void;
  /** Rows of all tables that a line could write to, and `posting`: outcomes that are kept. */
  written(): Promise<Readonly<Record<string, number>>>;
}

/** Runs a journal; the next one goes on with the same cast. */
export interface Told<Cast> {
  readonly cast: Cast;
  readonly goOn: Journal<Cast>;
}
export type Journal<Cast> = (text: TemplateStringsArray, ...values: readonly (string | number)[]) => Promise<Told<Cast>>;

/** Journals about a world, each with a cast of its own. */
export function journalOf<Cast>(world: World<Cast>): Journal<Cast> {
  return (text, ...values) => journalWith(world, world.open())(text, ...values);
}

/**
 * Does what the lines say, one after the other. The first that comes to something else is shown with all others, what
 * was expected of it, and what came. What is refused must leave nothing but its outcome, and not that where a
 * repetition is judged anew.
 */
function journalWith<Cast>(world: World<Cast>, cast: Cast): Journal<Cast> {
  return async (text, ...values) => {
    // Before anything is waited for, so that the test is among the callers.
    const { stack = '' } = new Error();
    const page = readJournal(String.raw({ raw: text }, ...values), Object.keys(world.verbs));
    const lines = page.flatMap(({ line }) => line ?? []);
    await Promise.all(lines.map(({ words }) => world.meet(words, cast)));
    for (const line of lines) {
      if (line.at) world.moveTo(line.at, cast);
      try {
        await (line.refused === null ? runAccepted(world, cast, line) : runRefused(world, cast, line, line.refused));
      } catch (error) {
        throw marked(page, line, error, stack);
      }
    }
    return { cast, goOn: journalWith(world, cast) };
  };
}

async function runAccepted<Cast>(world: World<Cast>, cast: Cast, line: Line): Promise<void> {
  const expected = line.says.join(', ');
  const answer = await world.verbs[line.form](line.words, cast).catch((error) => {
    const told = refusalIn(error);
    throw told ? new Differs(expected || 'accepted', sayRefusal(told, Object.keys(told.fields))) : error;
  });
  if (expected) check(expected, say(answer, line.says.map(keyOf)));
}

async function runRefused<Cast>(world: World<Cast>, cast: Cast, line: Line, code: string): Promise<void> {
  const expected = [`refused ${code}`, ...line.says].join(', ');
  const before = await world.written();
  const told = await world.verbs[line.form](line.words, cast).then(
    (answer) => {
      throw new Differs(expected, `accepted: ${say(answer, Object.keys(answer))}`);
    },
    (error) => {
      const refused = refusalIn(error);
      if (!refused) throw error;
      return refused;
    },
  );
  check(expected, sayRefusal(told, line.says.map(keyOf)));
  const after = { ...(await world.written()) };
  const outcomes = after.posting - before.posting;
  if (outcomes <= (told.retrySafe ? 0 : 1)) after.posting = before.posting;
  check('nothing is written', sayChanges(before, after));
}

/** What of a refusal, or another error that the product throws on purpose, a journal tells. */
interface Refused {
  readonly code: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly retrySafe: boolean;
}

const ERRORS = ['NotFound', 'PermissionDenied', 'InvalidInput'];

function refusalIn({ code, fields, retrySafe = true, name = '', field }: Partial<Refused> & { name?: string; field?: string }): Refused | null {
  if (fields && code) return { code, fields: { ...fields, retrySafe }, retrySafe };
  return ERRORS.includes(name) ? { code: name, fields: field === undefined ? {} : { field }, retrySafe } : null;
}

function sayRefusal({ code, fields }: Refused, keys: readonly string[]): string {
  return [`refused ${code}`, ...keys.map((key) => `${key} ${fields[key]}`)].join(', ');
}

/** What an answer says of what is asked; a list says all that is in it. */
function say(answer: object, keys: readonly string[]): string {
  if (Array.isArray(answer)) return answer.length === 0 ? 'nothing' : answer.join(', ');
  const fields = answer as Readonly<Record<string, unknown>>;
  return keys.map((key) => `${key} ${fields[key]}`).join(', ');
}

/** What stands before the last word of a phrase. */
function keyOf(phrase: string): string {
  return phrase.slice(0, phrase.lastIndexOf(' '));
}

function sayChanges(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): string {
  const changed = Object.keys(before).filter((name) => before[name] !== after[name]);
  return changed.length === 0 ? 'nothing is written' : changed.map((name) => `${name} ${after[name]} instead of ${before[name]}`).join(', ');
}

/** What a line came to is not what it says. */
class Differs extends Error {
  constructor(
    readonly expected: string,
    readonly actual: string,
  ) {
    super(`expected: ${expected}\nactual:   ${actual}`);
  }
}

/** What a line came to must be what it says. */
export function check(expected: string, actual: string): void {
  if (actual !== expected) throw new Differs(expected, actual);
  // Counted as an assertion.
  expect(actual).toBe(expected);
}

/** The journal with this line marked, and what went wrong there. */
function marked(page: Page, line: Line, error: unknown, stack: string): Error {
  const indent = Math.min(...page.filter((each) => each.line).map(({ text }) => text.search(/\S/)));
  const lines = page.map((each) => `${each.line === line ? '> ' : '  '}${each.text.slice(indent)}`.trimEnd());
  const told = error instanceof Differs ? error.message : `it failed: ${error}`;
  const failure = new Error(['The journal is another:', '', ...lines, '', told].join('\n'), error instanceof Differs ? {} : { cause: error });
  const callers = stack
    .split('\n')
    .slice(1)
    .filter((each) => !each.includes(__filename));
  failure.stack = [`${failure}`, ...callers].join('\n');
  return failure;
}
