/** What a line of NDJSON says, or why it cannot be read. */
export type JsonLine = { readonly value: unknown; readonly unreadable: null } | { readonly value: null; readonly unreadable: string };

/** An object, its list, and the objects of that. */
const MOST_DEPTH = 3;

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[{}[\]:]/g;

/**
 * Reads a line as what stands in it. A number with more digits than a number of JavaScript has becomes the text of its
 * digits, and no other number. A name that an object has twice makes the line unreadable, and so does what is deeper
 * than an entry can be.
 */
export function readJsonLine(line: string): JsonLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return fail('The line is no JSON.');
  }
  const { wrong, inexact } = look(line);
  if (wrong !== null) return fail(wrong);
  if (inexact) value = JSON.parse(line.replace(TOKEN, (token) => (isInexact(token) ? `"${token}"` : token)));
  return { value, unreadable: null };
}

function fail(unreadable: string): JsonLine {
  return { value: null, unreadable };
}

/** Goes over the tokens of sound JSON. */
function look(line: string): { readonly wrong: string | null; readonly inexact: boolean } {
  /** The names of each object that is open; null for a list. */
  const open: (Set<string> | null)[] = [];
  let inexact = false;
  let text = '';
  for (const [token] of line.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      if (open.length === MOST_DEPTH) return { wrong: 'Lists and objects stand too deep in this line: only "lines" is a list, and of objects.', inexact };
      open.push(token === '{' ? new Set() : null);
    } else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const name: string = JSON.parse(text);
      const names = open[open.length - 1];
      if (names?.has(name)) return { wrong: `The field "${name.slice(0, 100)}" is there twice.`, inexact };
      names?.add(name);
    } else if (token.startsWith('"')) text = token;
    else inexact ||= isInexact(token);
  }
  return { wrong: null, inexact };
}

/**
 * A number that may come back as another one: of more than 15 significant digits, and no integer that is exact all the
 * same; or out of all bounds.
 */
function isInexact(token: string): boolean {
  if (!/^-?\d/.test(token)) return false;
  const digits = token.replace(/[eE].*|\D/g, '');
  const value = Number(token);
  if (digits.length > 15) return !(/^-?\d+$/.test(token) && Number.isSafeInteger(value));
  return !Number.isFinite(value) || (value === 0 && /[1-9]/.test(digits));
}
