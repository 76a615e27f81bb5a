import { type Cipher, createCipheriv, createDecipheriv, createHmac, createSecretKey, type Decipher, hkdfSync, type KeyObject } from 'node:crypto';
import { type Uuid, uuidFromBytes, uuidToBytes } from '../../platform/ids';

/** What a pairwise id names. */
export type PairwiseKind = 'member' | 'wallet' | 'purchase' | 'redemption' | 'return' | 'conversion' | 'quote';

/** Who sees the id: a brand's uuid, or 'coalition' for the operator and for members themselves. */
export type PairwiseAudience = Uuid | 'coalition';

/**
 * Every key of the deployment, derived from one master key (HKDF-SHA-256, a label each). A pairwise id is one AES-256
 * block under a key of the audience and kind. So the same member has another id at another brand, no table is needed,
 * and a made-up id decodes to a UUID that nothing has.
 */
export class Keys {
  private readonly pairwiseCiphers = new Map<PairwiseAudience, Map<PairwiseKind, PairwiseCipher>>();
  private readonly identifierKey: KeyObject;

  constructor(private readonly masterKey: Buffer) {
    if (masterKey.length !== 32) throw new RangeError('the master key must be 32 bytes');
    this.identifierKey = createSecretKey(this.derive('member-identifier'));
  }

  /** A 32-byte key for a purpose of its own. */
  derive(label: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.masterKey, Buffer.alloc(0), `tessera/${label}`, 32));
  }

  /**
   * Keyed hash of a card number, phone, customer id ...: found again by equality, never read back. `scope` keeps kinds
   * (and brands) apart.
   */
  identifierHash(scope: string, value: string): Buffer {
    return createHmac('sha256', this.identifierKey)
      .update(`${Buffer.byteLength(scope)}:${scope}${value}`)
      .digest();
  }

  toPairwise(kind: PairwiseKind, audience: PairwiseAudience, id: Uuid): Uuid {
    return oneBlock(this.pairwiseCipher(kind, audience).there, id);
  }

  fromPairwise(kind: PairwiseKind, audience: PairwiseAudience, id: Uuid): Uuid {
    return oneBlock(this.pairwiseCipher(kind, audience).back, id);
  }

  private pairwiseCipher(kind: PairwiseKind, audience: PairwiseAudience): PairwiseCipher {
    let ofAudience = this.pairwiseCiphers.get(audience);
    if (!ofAudience) this.pairwiseCiphers.set(audience, (ofAudience = new Map()));
    let cipher = ofAudience.get(kind);
    if (!cipher) ofAudience.set(kind, (cipher = newCipher(this.derive(`pairwise/${kind}/${audience}`))));
    return cipher;
  }
}

/**
 * Ciphers that work block by block remember nothing between two blocks. Making them takes several times as long as
 * using them.
 */
interface PairwiseCipher {
  readonly there: Cipher;
  readonly back: Decipher;
}

function newCipher(key: Buffer): PairwiseCipher {
  return {
    there: createCipheriv('aes-256-ecb', key, null).setAutoPadding(false),
    back: createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false),
  };
}

function oneBlock(cipher: Cipher | Decipher, id: Uuid): Uuid {
  const block = uuidToBytes(id);
  // Less than a block would stay inside and come out before the next id.
  if (block.length !== 16) throw new RangeError('not a uuid');
  return uuidFromBytes(cipher.update(block));
}
