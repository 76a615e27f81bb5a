import type { Keys } from '../../coalition/access/keys';
import { codeHash } from '../../coalition/access/one-time-code';
import { bareText } from '../../platform/bare-text';
import type { Uuid } from '../../platform/ids';
import { InvalidInput } from '../../platform/refusal';
import { internationalNumber } from './phone-number';

export const IDENTIFIER_KINDS = ['CARD', 'QR', 'PHONE', 'EMAIL', 'WALLET_PASS'] as const;
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];

/** What a member shows at a till: a card, a code, a phone number. Kept only as a keyed hash. */
export interface Identifier {
  readonly kind: IdentifierKind;
  readonly value: string;
}

/**
 * How a caller names a member: exactly one of the platform's id, the brand's own customer id, an identifier, or a code
 * that the member's login made.
 */
export type MemberRef =
  | { readonly by: 'id'; readonly memberId: Uuid }
  | { readonly by: 'customerId'; readonly customerId: string }
  | { readonly by: 'identifier'; readonly identifier: Identifier }
  | { readonly by: 'tillCode'; readonly tillCode: string };

/** Longest identifier or customer id, in characters. */
export const MAX_IDENTIFIER = 200;

/**
 * The keyed hash of an identifier as it is spelled. Writing differs and the number does not: spaces, dashes, dots,
 * slashes and brackets do not count in cards and phones, capitals do not count in e-mail addresses. Throws InvalidInput
 * when nothing is left. Contents of requests have it; identifiers are found by what identifierHashes gives.
 */
export function spelledHash(keys: Keys, identifier: Identifier, field = 'identifier.value'): Buffer {
  const bare = bareIdentifier(identifier);
  if (bare === '') throw new InvalidInput(field, 'This identifier has no content.');
  return keys.identifierHash(scopeOf(identifier.kind), bare);
}

/** The keyed hashes that an identifier, or a customer id, is found by. */
export interface NameHashes {
  /**
   * Under this one it is kept: a phone number's has its country code, however it was spelled; of everything else blanks
   * around it do not count.
   */
  readonly hash: Buffer;
  /** Under this one it may have been kept before it was brought into one form; null: it is the same. */
  readonly spelled: Buffer | null;
}

/**
 * `country`: where a phone number without a country code is dialled, ISO 3166-1. Throws InvalidInput when nothing is
 * left.
 */
export function identifierHashes(keys: Keys, identifier: Identifier, country: string | null, field?: string): NameHashes {
  const spelled = spelledHash(keys, identifier, field);
  const hash = identifier.kind === 'PHONE' ? internationalHash(keys, identifier.value, country) : bareHash(keys, identifier);
  return hash === null || hash.equals(spelled) ? { hash: spelled, spelled: null } : { hash, spelled };
}

/**
 * Throws InvalidInput for a phone number that has no international form: kept as it is spelled, it would be whoever's
 * that dials so in any country. What was kept so before is still found.
 */
export function requireKeepable({ kind, value }: Identifier, country: string | null, field: string): void {
  if (kind !== 'PHONE' || internationalNumber(value, country) !== null) return;
  throw new InvalidInput(
    field,
    country === null ? WITH_COUNTRY_CODE : 'This is no phone number, neither with its country code nor as it is dialled in your country.',
  );
}

const WITH_COUNTRY_CODE =
  'Give the phone number with its country code, as "+43 664 1234567", or have the operator set the country of the brand (Brand.country).';

/** null: it is spelled so. */
function bareHash(keys: Keys, identifier: Identifier): Buffer | null {
  const spelled = bareIdentifier(identifier);
  const bare = bareText(spelled);
  return bare === spelled || bare === '' ? null : keys.identifierHash(scopeOf(identifier.kind), bare);
}

/** null: the number has no international form. */
export function internationalHash(keys: Keys, number: string, country: string | null): Buffer | null {
  const international = internationalNumber(number, country);
  return international === null ? null : keys.identifierHash(scopeOf('PHONE'), international);
}

function scopeOf(kind: IdentifierKind): string {
  return `identifier/${kind}`;
}

/** What of an identifier counts; may be empty. */
export function bareIdentifier({ kind, value }: Identifier): string {
  if (kind === 'CARD' || kind === 'PHONE') return value.replace(/[\s\-.()/]/g, '');
  return kind === 'EMAIL' ? value.trim().toLowerCase() : value;
}

/**
 * The keyed hash of a brand's own id for its customer, as it is spelled: the same text at two brands is two things.
 * Contents of requests have it; customers are found by what customerHashes gives.
 */
export function spelledCustomerHash(keys: Keys, brandId: Uuid, customerId: string): Buffer {
  return keys.identifierHash(`customer/${brandId}`, customerId);
}

export function customerHashes(keys: Keys, brandId: Uuid, customerId: string): NameHashes {
  const spelled = spelledCustomerHash(keys, brandId, customerId);
  const bare = bareText(customerId);
  return bare === customerId || bare === '' ? { hash: spelled, spelled: null } : { hash: spelledCustomerHash(keys, brandId, bare), spelled };
}

/**
 * A reference as members are found by it: hashes, in hexadecimal digits, instead of what a brand or a till names them
 * by.
 */
export type HashedRef =
  | { readonly by: 'id'; readonly memberId: Uuid }
  | {
      readonly by: 'customerId';
      /** As it is spelled. */
      readonly hash: string;
      /** Without blanks around it; null: it is spelled so. */
      readonly bare: string | null;
    }
  | {
      readonly by: 'identifier';
      readonly kind: IdentifierKind;
      /** As it is spelled. */
      readonly hash: string;
      /**
       * A phone number as it is spelled, in memory only: what country it is of, the brand's says, which is looked up
       * with it. null: no phone.
       */
      readonly number: string | null;
      /** Of what is no phone, without blanks around it; null: it is spelled so. */
      readonly bare: string | null;
      /** Whoever had it at this moment is meant; null: who has it now. */
      readonly heldAt: Date | null;
    }
  | { readonly by: 'tillCode'; readonly hash: string };

/**
 * What a brand names a member by, hashed. `heldAt`: when it was presented; null: now. Throws InvalidInput for an
 * identifier without content.
 */
export function hashRef(keys: Keys, brandId: Uuid, ref: MemberRef, heldAt: Date | null = null): HashedRef {
  switch (ref.by) {
    case 'id':
      return ref;
    case 'customerId':
      return { by: 'customerId', ...hexOf(customerHashes(keys, brandId, ref.customerId)) };
    case 'identifier': {
      const { kind, value } = ref.identifier;
      // In which country a number is dialled is looked up with it.
      if (kind === 'PHONE') return { by: 'identifier', kind, hash: spelledHash(keys, ref.identifier).toString('hex'), number: value, bare: null, heldAt };
      return { by: 'identifier', kind, ...hexOf(identifierHashes(keys, ref.identifier, null)), number: null, heldAt };
    }
    case 'tillCode':
      return { by: 'tillCode', hash: codeHash(keys, 'till-code', ref.tillCode).toString('hex') };
  }
}

function hexOf({ hash, spelled }: NameHashes): { readonly hash: string; readonly bare: string | null } {
  return spelled === null ? { hash: hash.toString('hex'), bare: null } : { hash: spelled.toString('hex'), bare: hash.toString('hex') };
}

/**
 * The reference as part of a request's content: hashes instead of identifiers, so that nothing stored can be guessed
 * back.
 */
export function memberRefContent(keys: Keys, brandId: Uuid, ref: MemberRef): Readonly<Record<string, string>> {
  return hashedRefContent(hashRef(keys, brandId, ref));
}

/** As memberRefContent. */
export function hashedRefContent(ref: HashedRef): Readonly<Record<string, string>> {
  switch (ref.by) {
    case 'id':
      return { id: ref.memberId };
    case 'customerId':
      return { customer: ref.hash };
    case 'identifier':
      return { kind: ref.kind, hash: ref.hash };
    case 'tillCode':
      return { tillCode: ref.hash };
  }
}
