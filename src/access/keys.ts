import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { type Uuid, uuidFromBytes, uuidToBytes } from '../ids';

/** What a pairwise id names. */
export type PairwiseKind = 'member' | 'wallet' | 'purchase' | 'redemption' | 'return' | 'conversion' | 'quote';

/** Who sees the id: a brand's uuid, or 'coalition' for the operator and for members themselves. */
export type PairwiseAudience = Uuid | 'coalition';

/**
 * Every key of the deployment, derived from one master key (HKDF-SHA-256, a label each).
 * Pairwise ids are one AES-256 block under a key of the audience and kind: the same member has another id at another brand,
 * no table is needed, and a made-up id decodes to a UUID that nothing has.
 */
export class Keys {
  private readonly pairwiseKeys = new Map<string, Buffer>();
  private readonly identifierKey: Buffer;

  constructor(private readonly masterKey: Buffer) {
    if (masterKey.length !== 32) throw new RangeError('the master key must be 32 bytes');
    this.identifierKey = this.derive('member-identifier');
  }

  /** A 32-byte key for a purpose of its own. */
  derive(label: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.masterKey, Buffer.alloc(0), `tessera/${label}`, 32));
  }

  /** Keyed hash of a card number, phone, customer id ...: found again by equality, never read back. `scope` keeps kinds (and brands) apart. */
  identifierHash(scope: string, value: string): Buffer {
    return createHmac('sha256', this.identifierKey)
      .update(`${Buffer.byteLength(scope)}:${scope}`)
      .update(value)
      .digest();
  }

  toPairwise(kind: PairwiseKind, audience: PairwiseAudience, id: Uuid): Uuid {
    const cipher = createCipheriv('aes-256-ecb', this.pairwiseKey(kind, audience), null).setAutoPadding(false);
    return uuidFromBytes(Buffer.concat([cipher.update(uuidToBytes(id)), cipher.final()]));
  }

  fromPairwise(kind: PairwiseKind, audience: PairwiseAudience, id: Uuid): Uuid {
    const decipher = createDecipheriv('aes-256-ecb', this.pairwiseKey(kind, audience), null).setAutoPadding(false);
    return uuidFromBytes(Buffer.concat([decipher.update(uuidToBytes(id)), decipher.final()]));
  }

  private pairwiseKey(kind: PairwiseKind, audience: PairwiseAudience): Buffer {
    const label = `pairwise/${kind}/${audience}`;
    let key = this.pairwiseKeys.get(label);
    if (!key) this.pairwiseKeys.set(label, (key = this.derive(label)));
    return key;
  }
}
