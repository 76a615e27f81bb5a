import type { Keys } from '../access/keys';
import type { Uuid } from '../ids';
import { InvalidInput } from '../refusal';
import { tillCodeHash } from './till-code';

export const IDENTIFIER_KINDS = ['CARD', 'QR', 'PHONE', 'EMAIL', 'WALLET_PASS'] as const;
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];

/** What a member shows at a till: a card, a code, a phone number. Kept only as a keyed hash. */
export interface Identifier {
  readonly kind: IdentifierKind;
  readonly value: string;
}

/** How a caller names a member: exactly one of the platform's id, the brand's own customer id, an identifier, or a code that the member's login made. */
export type MemberRef =
  | { readonly by: 'id'; readonly memberId: Uuid }
  | { readonly by: 'customerId'; readonly customerId: string }
  | { readonly by: 'identifier'; readonly identifier: Identifier }
  | { readonly by: 'tillCode'; readonly tillCode: string };

/** Longest identifier or customer id, in characters. */
export const MAX_IDENTIFIER = 200;

/**
 * The keyed hash that an identifier is found by. Writing differs and the number does not: spaces, dashes, dots, slashes and brackets do not
 * count in cards and phones, capitals do not count in e-mail addresses. Throws InvalidInput when nothing is left.
 */
export function identifierHash(keys: Keys, identifier: Identifier, field = 'identifier.value'): Buffer {
  const bare = bareIdentifier(identifier);
  if (bare === '') throw new InvalidInput(field, 'This identifier has no content.');
  return keys.identifierHash(`identifier/${identifier.kind}`, bare);
}

/** What of an identifier counts; may be empty. */
export function bareIdentifier({ kind, value }: Identifier): string {
  if (kind === 'CARD' || kind === 'PHONE') return value.replace(/[\s\-.()/]/g, '');
  return kind === 'EMAIL' ? value.trim().toLowerCase() : value;
}

/** The keyed hash of a brand's own id for its customer: the same text at two brands is two things. */
export function customerHash(keys: Keys, brandId: Uuid, customerId: string): Buffer {
  return keys.identifierHash(`customer/${brandId}`, customerId);
}

/** A reference as members are found by it: hashes, in hexadecimal digits, instead of what a brand or a till names them by. */
export type HashedRef =
  | { readonly by: 'id'; readonly memberId: Uuid }
  | { readonly by: 'customerId'; readonly hash: string }
  | { readonly by: 'identifier'; readonly kind: IdentifierKind; readonly hash: string }
  | { readonly by: 'tillCode'; readonly hash: string };

/** What a brand names a member by, hashed. Throws InvalidInput for an identifier without content. */
export function hashRef(keys: Keys, brandId: Uuid, ref: MemberRef): HashedRef {
  switch (ref.by) {
    case 'id':
      return ref;
    case 'customerId':
      return { by: 'customerId', hash: customerHash(keys, brandId, ref.customerId).toString('hex') };
    case 'identifier':
      return { by: 'identifier', kind: ref.identifier.kind, hash: identifierHash(keys, ref.identifier).toString('hex') };
    case 'tillCode':
      return { by: 'tillCode', hash: tillCodeHash(keys, ref.tillCode).toString('hex') };
  }
}

/** The reference as part of a request's content: hashes instead of identifiers, so that nothing stored can be guessed back. */
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
