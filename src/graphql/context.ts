import type DataLoader from 'dataloader';
import type { Principal } from '../access/principal';
import type { App } from '../app';

/** What every resolver of one request shares. */
export interface Context {
  readonly app: App;
  /** null for a request without an Authorization header: it may read the schema and nothing else. */
  readonly principal: Principal | null;
  /** Also in the logs and in the response's x-request-id. */
  readonly requestId: string;
  /** This request's loaders, by their definition: see defineLoader. */
  readonly loaders: Map<object, DataLoader<unknown, unknown>>;
}

/** Nobody is known by the request's Authorization header, or no longer. Shown as UNAUTHENTICATED. */
export class Unauthenticated extends Error {
  constructor(message = 'Send an access token: "Authorization: Bearer ...". API clients get one at /oauth/token.') {
    super(message);
    this.name = 'Unauthenticated';
  }
}

/** Who asks; throws Unauthenticated when nobody does. */
export function requirePrincipal(ctx: Context): Principal {
  if (!ctx.principal) throw new Unauthenticated();
  return ctx.principal;
}
