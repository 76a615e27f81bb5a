/** What a request asks for, as it was sent. */
export interface SentOperation {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** null: there is no document in it, and Apollo Server says what is wrong. */
export function readSentOperation(method: string, search: string, body: unknown): SentOperation | null {
  const sent = method === 'GET' ? inSearch(search) : isRecord(body) ? body : {};
  const { query, operationName, variables } = sent;
  if (typeof query !== 'string' || query === '') return null;
  return { query, operationName: typeof operationName === 'string' ? operationName : undefined, variables: isRecord(variables) ? variables : {} };
}

function inSearch(search: string): Record<string, unknown> {
  const params = new URLSearchParams(search);
  return { query: params.get('query'), operationName: params.get('operationName') ?? undefined, variables: parseJson(params.get('variables')) };
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An object of names and values, and no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
