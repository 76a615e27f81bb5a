/** One line of a journal: what is asked, and what must come of it. */
export interface Line {
  /** As it is written. */
  readonly text: string;
  /** The date before it; null: the day of the line before. */
  readonly at: Date | null;
  /** The form that it has, and the words in the form's places. */
  readonly form: string;
  readonly words: Words;
  /** Code of the refusal that must come of it; null: it must be accepted. */
  readonly refused: string | null;
  /** What the answer, or the refusal, must say. */
  readonly says: readonly string[];
}

export type Words = Readonly<Record<string, string | undefined>>;

/** A journal as it is written. Blank lines and comments are lines too; `line` is null for them. */
export type Page = readonly { readonly text: string; readonly line: Line | null }[];

const DATE = '\\d{4}-\\d\\d-\\d\\d(?:T\\d\\d:\\d\\d(?::\\d\\d)?)?';
const LINE = new RegExp(`^(?:(?<at>${DATE}) )?(?<asks>.+?)(?: refused (?<code>\\w+)(?:, (?<fields>.+))?| says (?<says>.+))?$`);

/** What may stand in the places of a form; in any other, a name. */
const PLACES: Readonly<Record<string, string>> = {
  points: '\\d+',
  dry: 'dry',
  source: 'pool',
  child: 'child',
  role: 'OWNER|ADULT|CHILD',
  money: '\\d+(?:\\.\\d+)?',
  share: '\\d+/\\d+',
  on: DATE,
  from: DATE,
  until: DATE,
  since: DATE,
  booked: DATE,
};

/**
 * Reads a journal whose lines have one of the forms, such as `redeem {who} {points} FLP at {brand}[ as {name}]`: places
 * are in braces, what may be left out in brackets. Before a line may stand its date; behind it `says` or `refused` with
 * what must come of it; `//` begins a comment. Throws what tells the line that it does not understand, and which forms
 * that could have.
 */
export function readJournal(text: string, forms: readonly string[]): Page {
  const patterns = forms.map((form) => ({ form, pattern: patternOf(form) }));
  const lines = text.split('\n');
  const page = lines.map((each, at) => {
    const asked = each
      .replace(/\/\/.*/, '')
      .trim()
      .replace(/\s+/g, ' ');
    return { text: each, line: asked === '' ? null : readLine(asked, patterns, () => notUnderstood(each.trim(), at + 1, forms)) };
  });
  while (page[0]?.text.trim() === '') page.shift();
  while (page.at(-1)?.text.trim() === '') page.pop();
  return page;
}

function patternOf(form: string): RegExp {
  const pattern = form
    .replace(/\[/g, '(?:')
    .replace(/\]/g, ')?')
    .replace(/\{(\w+)\}/g, (_, place: string) => `(?<${place}>${PLACES[place] ?? '[A-Za-z][\\w-]*'})`);
  return new RegExp(`^${pattern}$`);
}

function readLine(text: string, patterns: readonly { form: string; pattern: RegExp }[], otherwise: () => Error): Line {
  const { at, asks, code, fields, says } = LINE.exec(text)?.groups ?? {};
  for (const { form, pattern } of patterns) {
    const found = pattern.exec(asks);
    if (!found) continue;
    const told = (says ?? fields)?.split(/, ?/) ?? [];
    return { text, at: at === undefined ? null : instantOf(at), form, words: { ...found.groups }, refused: code ?? null, says: told };
  }
  throw otherwise();
}

/** The instant that a date of a journal means: of a day, its noon; UTC. */
export function instantOf(date: string): Date {
  return new Date(`${date.includes('T') ? date : `${date}T12:00`}Z`);
}

function notUnderstood(text: string, number: number, forms: readonly string[]): Error {
  const verb = text.replace(new RegExp(`^${DATE}\\s+`), '').split(/\s/)[0];
  const alike = forms.filter((form) => form.split(/[ [{]/)[0] === verb);
  const verbs = [...new Set(forms.map((form) => form.split(/[ [{]/)[0]))].sort();
  const help = alike.length > 0 ? `could be:\n${alike.map((form) => `  ${form}`).join('\n')}` : `begins with one of: ${verbs.join(', ')}`;
  return new Error(`Line ${number} of the journal is not understood:\n  ${text}\nA line ${help}`);
}
