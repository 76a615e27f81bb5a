import type { Uuid } from '../ids';

/** For whom a transaction runs: row-level security shows it only what this principal may see. */
export type DatabasePrincipal =
  | { readonly kind: 'brand'; readonly brandId: Uuid }
  /** brandId: of the brand that minted the member's session, which shows no more than that brand may see. */
  | { readonly kind: 'member'; readonly memberId: Uuid; readonly brandId?: Uuid | null }
  | { readonly kind: 'operator' }
  | { readonly kind: 'worker' }
  /** Wraps members' keys by another vault key; nothing else. */
  | { readonly kind: 'rotation' }
  /** Reads credentials before anybody is known; nothing else. */
  | { readonly kind: 'authenticator' };
