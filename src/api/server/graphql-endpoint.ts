import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type ApolloServer, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Judge } from '../documents/judge-document';
import type { KnownDocuments, KnownRequest } from '../documents/known-documents';
import type { Allow } from '../documents/query-limits';
import { runOperation } from '../documents/run-operation';
import { readSentOperation } from '../documents/sent-operation';
import { tooLarge } from '../documents/too-large-answer';
import type { Context, Executed } from '../graphql/context';
import type { Direct, DirectHandler } from '../http/direct-route';
import { legacyStatus } from './legacy-status';
import { MediaTypes } from './media-types';
import { isPacked, parseBody, readBody, Unreadable, unpackBody } from './read-body';

interface Asking {
  readonly context: Context;
  readonly headers: () => Readonly<Record<string, string>>;
  /** Counts more bytes, of what has been unpacked. */
  readonly charge: (bytes: number) => void;
}

export interface EndpointOptions {
  readonly documents: KnownDocuments;
  readonly allow: Allow;
  readonly judge: Judge;
  readonly schema: GraphQLSchema;
  readonly bodyLimitBytes: number;
  readonly answerLimitBytes: number;
  readonly log: Logger;
  /**
   * Who asks; `bytes` are counted against them, `headers` go into the answer, unless its operation has others. Throws
   * GraphQLError.
   */
  readonly contextOf: (headers: IncomingHttpHeaders, direct: Direct, bytes: number) => Promise<Asking>;
}

/**
 * GraphQL over HTTP on node's own request and response: reads the body within its bound and writes the answer in one
 * piece. Apollo Server decides all that the specification says (executeHTTPGraphQLRequest: methods, media types, CSRF,
 * status codes). What it has decided before is not asked again. A POST of JSON with a document that was found valid
 * runs at once, if its client accepts what others were answered with. If anything but data comes of that, Apollo Server
 * says it.
 */
export function graphqlEndpoint(apollo: ApolloServer<Context>, options: EndpointOptions): DirectHandler {
  const endpoint: Endpoint = { ...options, apollo, mediaTypes: new MediaTypes() };
  return (request, response, direct) => {
    answer(endpoint, request, response, direct).catch((error) => {
      if (error instanceof Unreadable) return refuse(response, direct, error);
      options.log.error({ err: error, reqId: direct.requestId }, 'unexpected error in a request');
      send(response, 500, direct.headers(), { 'content-type': 'application/json; charset=utf-8' }, JSON.stringify({ error: 'internal', id: direct.requestId }));
    });
  };
}

interface Endpoint extends EndpointOptions {
  readonly apollo: ApolloServer<Context>;
  readonly mediaTypes: MediaTypes;
}

async function answer(endpoint: Endpoint, request: IncomingMessage, response: ServerResponse, direct: Direct): Promise<void> {
  const url = request.url ?? '';
  const sent = request.method === 'POST' ? await readBody(request, endpoint.bodyLimitBytes) : undefined;
  const asking = await askingOrRefused(endpoint, request, direct, url.length + (sent?.length ?? 0));
  // Whoever may not ask is told so without a look at what it is.
  let body: unknown;
  if (sent && !(asking instanceof Refused))
    body = parseBody(request, isPacked(request) ? await unpackBody(sent, endpoint.bodyLimitBytes, asking.charge) : sent);
  const mediaType = endpoint.mediaTypes.answering(request.headers.accept);
  const known = mediaType === undefined || asking instanceof Refused ? null : endpoint.documents.requestOf(body);
  const ran = known && !(asking instanceof Refused) ? await run(endpoint, known, asking.context) : null;
  if (mediaType !== undefined && ran && !(ran instanceof Refused) && !ran.executed.result.errors) {
    const text = `${JSON.stringify({ data: ran.executed.result.data })}\n`;
    if (isSendable(endpoint, text)) return sendData(response, direct, text, ran.executed.headers, mediaType);
  }
  return answerByApollo(endpoint, { request, response, direct, body, asking, ran });
}

async function askingOrRefused(options: EndpointOptions, request: IncomingMessage, direct: Direct, bytes: number): Promise<Asking | Refused> {
  try {
    return await options.contextOf(request.headers, direct, bytes);
  } catch (error) {
    return new Refused(error);
  }
}

/** A request that is not answered with data at once, and what has become of it so far. */
interface Undecided {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly direct: Direct;
  readonly body: unknown;
  readonly asking: Asking | Refused;
  readonly ran: Required<Pick<Context, 'judged' | 'executed'>> | Refused | null;
}

async function answerByApollo(endpoint: Endpoint, { request, response, direct, body, asking, ran }: Undecided): Promise<void> {
  const method = request.method ?? '';
  const search = searchOf(request.url ?? '');
  let own: Readonly<Record<string, string>> = {};
  let judging: Pick<Context, 'judged' | 'executed'> | null = ran instanceof Refused ? null : ran;
  const context = async (): Promise<Context> => {
    if (asking instanceof Refused) throw asking.error;
    own = asking.headers();
    if (ran instanceof Refused) throw ran.error;
    const operation = judging ? null : readSentOperation(method, search, body);
    if (operation) judging = { judged: endpoint.judge(asking.context, operation) };
    return { ...asking.context, ...judging };
  };
  const ask = () => endpoint.apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest: { method, headers: headersOf(request), search, body }, context });
  let answered = await ask();
  let text = textOf(answered);
  const judged = (judging as Pick<Context, 'judged' | 'executed'> | null)?.judged;
  if (judged && !isSendable(endpoint, text)) {
    judging = { judged, executed: { result: tooLarge(judged.document, text, endpoint.answerLimitBytes), headers: judged.headers } };
    answered = await ask();
    text = textOf(answered);
  }
  const all: Record<string, string> = { ...own };
  for (const [name, value] of answered.headers) all[name] = value;
  const status = answered.status ?? 200;
  if (status === 200) endpoint.mediaTypes.remember(request.headers.accept, all['content-type']);
  send(response, legacyStatus(status, all['content-type'], text), direct.headers(), all, text);
}

/** With its question mark; '': none. */
function searchOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at);
}

function textOf({ body }: HTTPGraphQLResponse): string {
  if (body.kind !== 'complete') throw new Error('Apollo Server answers in pieces, which nobody may ask for');
  return body.string;
}

function isSendable({ answerLimitBytes }: EndpointOptions, text: string): boolean {
  // Each unit of a string has at most three bytes in UTF-8.
  return text.length * 3 <= answerLimitBytes || Buffer.byteLength(text) <= answerLimitBytes;
}

/** What was thrown instead of an answer. */
class Refused {
  constructor(readonly error: unknown) {}
}

/** Runs a known operation, unless it may not be run now. */
async function run(
  { allow, schema }: EndpointOptions,
  { document, operation, operationName, variables }: KnownRequest,
  context: Context,
): Promise<Required<Pick<Context, 'judged' | 'executed'>> | Refused> {
  let headers: Executed['headers'];
  try {
    headers = allow(context, document, operation, variables);
  } catch (error) {
    return new Refused(error);
  }
  const result = await runOperation(schema, document, { operationName, variables, context });
  return { judged: { document, errors: [], headers }, executed: { result, headers } };
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const name in request.headers) {
    const value = request.headers[name];
    if (value !== undefined) headers.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  return headers;
}

/** As Apollo Server answers with data and nothing else. */
function sendData(response: ServerResponse, direct: Direct, text: string, headers: Executed['headers'], mediaType: string): void {
  if (response.headersSent || response.destroyed) return;
  const list = direct.headerList();
  for (const name in headers) list.push(name, headers[name] as string);
  list.push('content-type', mediaType, 'content-length', String(Buffer.byteLength(text)));
  response.writeHead(200, list).end(text);
}

function send(response: ServerResponse, status: number, standing: Readonly<Record<string, string>>, own: Readonly<Record<string, string>>, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...standing, ...own, 'content-length': String(Buffer.byteLength(body)) });
  response.end(body);
}

/** In GraphQL's form, although it never reached GraphQL. */
function refuse(response: ServerResponse, direct: Direct, { status, message }: Unreadable): void {
  const code = status === 413 ? 'LIMIT_EXCEEDED' : 'BAD_REQUEST';
  // What is left of the body is not read: the connection is of no more use.
  const own = { 'content-type': 'application/json; charset=utf-8', connection: 'close' };
  send(response, status, direct.headers(), own, JSON.stringify({ errors: [{ message, extensions: { code } }] }));
}
