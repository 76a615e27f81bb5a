import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApolloServer, HeaderMap } from '@apollo/server';
import { execute, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Direct, DirectHandler } from '../http/direct-route';
import type { Context, Executed } from './context';
import type { KnownDocuments, KnownRequest } from './known-documents';
import type { Allow } from './limits';
import { MediaTypes } from './media-types';
import { parseBody, readBody, Unreadable } from './read-body';

export interface EndpointOptions {
  readonly documents: KnownDocuments;
  readonly allow: Allow;
  readonly schema: GraphQLSchema;
  readonly bodyLimitBytes: number;
  readonly log: Logger;
  /** Who asks; `headers` go into the answer, unless its operation has others. Throws GraphQLError. */
  readonly contextOf: (
    authorization: string | undefined,
    direct: Direct,
  ) => Promise<{ readonly context: Context; readonly headers: () => Readonly<Record<string, string>> }>;
}

/**
 * GraphQL over HTTP on node's own request and response: reads the body within its bound, lets Apollo Server decide all that the specification says
 * (executeHTTPGraphQLRequest: methods, media types, CSRF, status codes), and writes the answer in one piece. What it has decided before is not
 * asked again: a POST of JSON with a document that it found valid, from somebody who accepts what it has answered others with, is run at once.
 * Whatever comes of that but data, it is asked to say.
 */
export function graphqlEndpoint(apollo: ApolloServer<Context>, options: EndpointOptions): DirectHandler {
  const mediaTypes = new MediaTypes();
  return (request, response, direct) => {
    answer(apollo, options, mediaTypes, request, response, direct).catch((error) => {
      if (error instanceof Unreadable) return refuse(response, direct, error);
      options.log.error({ err: error, reqId: direct.requestId }, 'unexpected error in a request');
      send(response, 500, direct.headers(), { 'content-type': 'application/json; charset=utf-8' }, JSON.stringify({ error: 'internal', id: direct.requestId }));
    });
  };
}

async function answer(
  apollo: ApolloServer<Context>,
  options: EndpointOptions,
  mediaTypes: MediaTypes,
  request: IncomingMessage,
  response: ServerResponse,
  direct: Direct,
): Promise<void> {
  const method = request.method ?? '';
  const body = method === 'POST' ? parseBody(request, await readBody(request, options.bodyLimitBytes)) : undefined;
  let made: ReturnType<EndpointOptions['contextOf']> | undefined;
  const make = () => (made ??= options.contextOf(request.headers.authorization, direct));
  const mediaType = mediaTypes.answering(request.headers.accept);
  const known = mediaType === undefined ? null : options.documents.requestOf(body);
  const executed = known ? await run(options, known, make) : undefined;
  if (mediaType !== undefined && executed && !executed.result.errors) return sendData(response, direct, executed, mediaType);
  const url = request.url ?? '';
  const queryAt = url.indexOf('?');
  let own: Readonly<Record<string, string>> = {};
  const answered = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method, headers: headersOf(request), search: queryAt < 0 ? '' : url.slice(queryAt), body },
    context: async () => {
      const { context, headers } = await make();
      own = headers();
      return executed ? { ...context, executed } : context;
    },
  });
  const all: Record<string, string> = { ...own };
  for (const [name, value] of answered.headers) all[name] = value;
  const status = answered.status ?? 200;
  if (answered.body.kind === 'complete') {
    if (status === 200) mediaTypes.remember(request.headers.accept, all['content-type']);
    return send(response, status, direct.headers(), all, answered.body.string);
  }
  response.writeHead(status, { ...direct.headers(), ...all });
  for await (const chunk of answered.body.asyncIterator) response.write(chunk);
  response.end();
}

/** Runs a known operation; undefined: it was not run, and Apollo Server will find out again why not. */
async function run(
  { allow, schema }: EndpointOptions,
  known: KnownRequest,
  make: () => ReturnType<EndpointOptions['contextOf']>,
): Promise<Executed | undefined> {
  const { document, operation, operationName, variables } = known;
  let context: Context;
  let headers: Executed['headers'];
  try {
    ({ context } = await make());
    headers = allow(context, document, operation, variables);
  } catch {
    return undefined;
  }
  return { result: await execute({ schema, document, operationName, variableValues: variables, contextValue: context }), headers };
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
function sendData(response: ServerResponse, direct: Direct, { result, headers }: Executed, mediaType: string): void {
  if (response.headersSent || response.destroyed) return;
  const body = `${JSON.stringify({ data: result.data })}\n`;
  const list = direct.headerList();
  for (const name in headers) list.push(name, headers[name]);
  list.push('content-type', mediaType, 'content-length', String(Buffer.byteLength(body)));
  response.writeHead(200, list).end(body);
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
