/** What can be said of the answer to one mutation. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Code of the error or of the refusal; null: it was done. */
  readonly code: string | null;
  readonly field: string | null;
  readonly taken: boolean;
}

const ERROR_KEYS = ['extensions', 'locations', 'message', 'path'];

/** The answer, taken apart; throws when it is no well-formed answer of GraphQL. */
export function answerOf(response: { statusCode: number; body: string; headers: Record<string, unknown> }, refusals: ReadonlySet<string>): Answer {
  const { statusCode: status, body } = response;
  if (!/^application\/(graphql-response\+)?json/.test(String(response.headers['content-type']))) throw new Error(`no JSON: ${body.slice(0, 200)}`);
  const { data, errors, ...rest } = JSON.parse(body);
  if (Object.keys(rest).length > 0 || (data?.result == null) !== (errors !== undefined)) throw new Error(`no answer of GraphQL: ${body.slice(0, 200)}`);
  if (errors) {
    const [error] = errors;
    if (Object.keys(error).some((key) => !ERROR_KEYS.includes(key)) || typeof error.extensions?.code !== 'string')
      throw new Error(`no error of GraphQL: ${body.slice(0, 300)}`);
    return { status, body, code: error.extensions.code, field: error.extensions.field ?? null, taken: false };
  }
  const results = Array.isArray(data.result) ? data.result : [data.result];
  const refused = results.find((result: { __typename: string }) => refusals.has(result.__typename));
  return { status, body, code: refused?.code ?? null, field: null, taken: refused === undefined };
}

const LEAKS: Readonly<Record<string, RegExp>> = {
  'a uuid': /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/,
  'a stack': /\bat .*\.[jt]s:\d+|node_modules|stacktrace/i,
  'text of the database':
    /violates|constraint|relation "|column "|duplicate key|SQLSTATE|invalid byte|invalid input syntax|out of range for type|syntax error at|row-level security|QueryFailed|postgres/i,
  'text of the language': /Cannot read prop|is not a function|undefined is not|TypeError|RangeError|SyntaxError|BigInt|ZodError/,
};

/** What an answer shows that is nobody's business; null: nothing. */
export function leaksOf({ body, code }: Answer): string | null {
  const found = Object.entries(LEAKS).find(([, pattern]) => pattern.test(body));
  return found && !(found[0] === 'a uuid' && code === 'INTERNAL_SERVER_ERROR') ? found[0] : null;
}

/** Whether the field is the place, something in it, or what it is part of. */
export function namesField(field: string | null, path: string): boolean {
  if (field === null) return false;
  const [a, b] = [`${field}.`, `${path}.`];
  return a.startsWith(b) || b.startsWith(a);
}
