import { setTimeout as sleep } from 'node:timers/promises';
import { backoff, type HttpClient } from './http-client';

/** Gives an access token; `renew` asks for another one than the last. */
export type TokenSource = (renew: boolean) => Promise<string>;

interface GraphQLAnswer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly path?: readonly (string | number)[]; readonly extensions?: { readonly code?: string } }[];
}

/** The platform said no, and sending the same again would not help. */
export class RequestFailed extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
    this.name = 'RequestFailed';
  }
}

const INTERNAL_ATTEMPTS = 8;

/** One principal's way to the GraphQL API. */
export class GraphQLClient {
  constructor(
    private readonly http: HttpClient,
    private readonly tokens: TokenSource,
  ) {}

  /** The operation's data; throws RequestFailed for errors that repeating would not cure. */
  async run<Data>(query: string, variables: unknown = {}): Promise<Data> {
    const body = JSON.stringify({ query, variables });
    let renewed = false;
    for (let attempt = 0; ; attempt++) {
      const token = await this.tokens(renewed);
      const { status, body: text } = await this.http.post('/graphql', body, {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        authorization: `Bearer ${token}`,
      });
      const { code, message, data } = readAnswer<Data>(status, text);
      if (data !== undefined) return data;
      if (code === 'UNAUTHENTICATED' && !renewed) {
        renewed = true;
        continue;
      }
      // A database that is being restarted is an internal error to the gateway.
      if (code === 'INTERNAL_SERVER_ERROR' && attempt < INTERNAL_ATTEMPTS) {
        await sleep(backoff(attempt + 2));
        continue;
      }
      throw new RequestFailed(code, message);
    }
  }
}

function readAnswer<Data>(status: number, text: string): { data?: Data; code: string; message: string } {
  let answer: GraphQLAnswer;
  try {
    answer = JSON.parse(text);
  } catch {
    return { code: `HTTP_${status}`, message: text.slice(0, 200) };
  }
  const [error] = answer.errors ?? [];
  if (!error && answer.data) return { data: answer.data as Data, code: '', message: '' };
  const code = error?.extensions?.code ?? (status === 401 ? 'UNAUTHENTICATED' : `HTTP_${status}`);
  return { code, message: error ? [error.message, error.path?.join('.')].filter(Boolean).join(' at ') : text.slice(0, 200) };
}
