import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import type { Keys } from '../access/keys';

/** An Ed25519 key pair with its published form. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Public part with `kid`, `alg` and `use`. */
  readonly jwk: JWK;
}

// RFC 8410: what stands before the 32 bytes of an Ed25519 private key in PKCS #8.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const made = new WeakMap<Keys, Map<string, Promise<SigningKey>>>();

/** The signing key derived from the master key under a label: every gateway of the deployment has the same one. */
export function signingKey(keys: Keys, label: string): Promise<SigningKey> {
  let labels = made.get(keys);
  if (!labels) made.set(keys, (labels = new Map()));
  let key = labels.get(label);
  if (!key) labels.set(label, (key = makeKey(keys.derive(label))));
  return key;
}

async function makeKey(seed: Buffer): Promise<SigningKey> {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const jwk = await exportJWK(publicKey);
  return { privateKey, publicKey, jwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA', use: 'sig' } };
}
