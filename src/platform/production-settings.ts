import type { VaultKey } from './vault-key';

/** The settings that matter. */
interface Settings {
  readonly environment: string;
  readonly masterKey: Buffer | null;
  readonly vaultKeys: readonly VaultKey[] | null;
  readonly mode: 'sandbox' | 'production';
  readonly sandboxConfirmed: boolean;
  readonly oidc: { readonly issuer: string | null; readonly jwksUrl: string | null };
  readonly http: { readonly publicUrlIsGiven: boolean };
}

/**
 * Settings that would give something away where real points are at stake: by variable, with what to write instead. None
 * outside production.
 */
export function unsafeInProduction({ environment, masterKey, vaultKeys, mode, oidc, sandboxConfirmed, http }: Settings, serves: boolean): string[] {
  if (environment !== 'production') return [];
  const problems: string[] = [];
  if (masterKey?.every((byte) => byte === masterKey[0]))
    problems.push('TESSERA_MASTER_KEY: this is no key, but one byte again and again. Generate one with "openssl rand -hex 32".');
  for (const { id, key } of vaultKeys ?? []) {
    if (key.every((byte) => byte === key[0]))
      problems.push(`TESSERA_VAULT_KEY: "${id}" is no key, but one byte again and again. Generate one with "openssl rand -hex 32".`);
    if (masterKey?.equals(key)) problems.push(`TESSERA_VAULT_KEY: "${id}" is the master key. Generate one of its own with "openssl rand -hex 32".`);
  }
  for (const [variable, url] of [
    ['TESSERA_OIDC_ISSUER', oidc.issuer],
    ['TESSERA_OIDC_JWKS_URL', oidc.jwksUrl],
  ] as const)
    if (url?.startsWith('http:')) problems.push(`${variable}: whoever is on the way could give out logins over http. Write an https:// URL.`);
  if (serves && !http.publicUrlIsGiven)
    problems.push('TESSERA_PUBLIC_URL: required in production. Write the URL by which clients reach the gateway: tokens name it as their issuer.');
  if (mode === 'sandbox' && !sandboxConfirmed)
    problems.push(
      'TESSERA_MODE: in a sandbox the operator can move the clock, and books that were moved are of no use in production. If that is meant, say so twice: TESSERA_SANDBOX_CONFIRMED=true. Otherwise remove TESSERA_MODE.',
    );
  return problems;
}
