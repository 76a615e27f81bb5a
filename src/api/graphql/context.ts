import type { DocumentNode, ExecutionResult, GraphQLError } from 'graphql';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { Unauthenticated } from '../../coalition/access/unauthenticated';

/** What every resolver of one request shares. */
export interface Context {
  readonly app: App;
  /** null for a request without an Authorization header: it may read the schema and nothing else. */
  readonly principal: Principal | null;
  /** Also in the logs and in the response's x-request-id. */
  readonly requestId: string;
  /** Of the client, as far as the deployment's proxies are trusted. */
  readonly address: string;
  /** What was found out about the document before Apollo Server sees it. */
  readonly judged?: Judged;
  /** The operation has been run already and brought errors, which Apollo Server is to show. */
  readonly executed?: Executed;
}

/** A document that may be run, or what is wrong with it. */
export interface Judged {
  readonly document: DocumentNode;
  /** Why it is not valid; none if it is. */
  readonly errors: readonly GraphQLError[];
  readonly headers: Executed['headers'];
}

/** What running an operation gave, and the headers of its allowance. */
export interface Executed {
  readonly result: ExecutionResult;
  readonly headers: Readonly<Record<string, string>>;
}

/** Who asks; throws Unauthenticated when nobody does. */
export function requirePrincipal(ctx: Context): Principal {
  if (!ctx.principal) throw new Unauthenticated();
  return ctx.principal;
}
