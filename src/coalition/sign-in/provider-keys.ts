import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { App } from '../../app';
import { notNow } from '../../platform/not-now';
import { isRefusal, type Refusal } from '../../platform/refusal';
import { BackOff } from './back-off';

const TIMEOUT_MS = 5_000;
/** Keys are fetched again when they are as old as this, so that one that the provider took back is good no longer. */
const FRESH_MS = 600_000;
/** A token that names a key which is not among them has them fetched again, unless they are as new as this. */
const NEW_MS = 30_000;

/**
 * The keys of the configured identity provider: fetched when first needed, kept, fetched again when they are old or a
 * token names one that is not among them. While the provider does not answer it is left alone for longer and longer,
 * and the keys that are known stay good. Only tokens of other keys wait for it, so nobody locks anybody out by naming a
 * key that there is not.
 */
export class ProviderKeys {
  private known: JWTVerifyGetKey | null = null;
  private fetchedAt = 0;
  private fetching: Promise<void> | null = null;
  private keysUrl: string | null;
  private readonly backOff = new BackOff();

  constructor(private readonly app: App) {
    this.keysUrl = app.config.oidc.jwksUrl;
  }

  /** The key that a token names. Throws UNAVAILABLE, and what jose throws for a key that there is not. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const known = await this.keys();
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.age() < NEW_MS) throw error;
    }
    return (await this.fetched())(header, token);
  };

  private async keys(): Promise<JWTVerifyGetKey> {
    if (!this.known) return this.fetched();
    if (this.age() >= FRESH_MS) {
      const fetched = this.fetched().catch(() => null);
      // One that did not answer the last time is waited for by nobody who can do without.
      if (!this.backOff.hasFailed) await fetched;
    }
    return this.known;
  }

  private age(): number {
    return this.app.clock.real().getTime() - this.fetchedAt;
  }

  private async fetched(): Promise<JWTVerifyGetKey> {
    if (!this.fetching) {
      if (this.backOff.waits(this.app.clock.real())) throw providerAway();
      this.fetching = this.fetch().finally(() => {
        this.fetching = null;
      });
    }
    await this.fetching;
    return this.known as JWTVerifyGetKey;
  }

  private async fetch(): Promise<void> {
    try {
      this.keysUrl ??= await this.discover();
      this.known = createLocalJWKSet((await answerOf(this.keysUrl)) as JSONWebKeySet);
      this.fetchedAt = this.app.clock.real().getTime();
      this.backOff.succeeded();
    } catch (error) {
      this.backOff.failed(this.app.clock.real());
      this.app.log.error({ issuer: this.app.config.oidc.issuer, error: (error as Error).message }, 'the identity provider cannot be asked for its keys');
      throw providerAway();
    }
  }

  private async discover(): Promise<string> {
    const { issuer } = this.app.config.oidc;
    // The specification has the slash at an issuer's end left out before the path.
    const discovered = (await answerOf(`${issuer?.replace(/\/$/, '')}/.well-known/openid-configuration`)) as { issuer?: unknown; jwks_uri?: unknown };
    if (discovered.issuer !== issuer || typeof discovered.jwks_uri !== 'string')
      throw new Error('its discovery document names no keys, or another issuer than TESSERA_OIDC_ISSUER, where a slash at the end counts');
    return discovered.jwks_uri;
  }
}

async function answerOf(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: 'application/json, application/jwk-set+json' } });
  if (response.status !== 200) throw new Error(`${url} answers with status ${response.status}`);
  return response.json();
}

const AWAY = "The identity provider's keys cannot be fetched at the moment. Send the same request again shortly.";

/** Nobody can say now whose a login is; the same request is good once the identity provider answers. */
function providerAway(): Refusal {
  return notNow.refuse('UNAVAILABLE', { message: AWAY });
}

/** Says whether it is the identity provider that was away, and not the database. */
export function isProviderAway(error: unknown): error is Refusal {
  return isRefusal(error, 'UNAVAILABLE') && error.message === AWAY;
}
