import type { Uuid } from '../ids';

/** For whom a transaction runs: row-level security shows it only what this principal may see. */
export type DatabasePrincipal =
  | { readonly kind: 'brand'; readonly brandId: Uuid }
  | { readonly kind: 'member'; readonly memberId: Uuid }
  | { readonly kind: 'operator' }
  | { readonly kind: 'worker' }
  /** Reads credentials before anybody is known; nothing else. */
  | { readonly kind: 'authenticator' };
