import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { HashedRef, IdentifierKind } from './member-ref';

/** What is refused where a number alone is to prove who asks. */
export const numberRefusals = refusals(
  defineRefusal('NUMBER_IS_NO_PROOF', {
    description: 'Anybody may know a phone number or e-mail address: points are earned on it, and never burned.',
    retrySafe: false,
    message:
      'A phone number or e-mail address alone burns no points and changes nothing for its member: points are only earned on it. ' +
      'Name the member by a card, by a till code, or by your own customer id over a confirmed link.',
  }),
);

/** What is refused where somebody acts for a member. */
export const proofRefusals = refusals(
  numberRefusals,
  defineRefusal('MEMBER_NOT_CONFIRMED', {
    description:
      "The brand's link with the member is not confirmed: by enrolment, by the member's login or by a till code. Nothing is stored; once it is, the same works.",
    retrySafe: true,
    message:
      "The brand's link with this member is not confirmed, so that its own id or customer id burns no points. " +
      "Name the member by a till code, or have the member's login confirm the link.",
  }),
);

/**
 * What a brand's request proves about the member that it names (docs/decisions/0024).
 * MEMBER: the brand's link is confirmed, or a code of the member's login was shown. Points burn, the balance is told.
 * CARD: what whoever carries it can show, and nothing more. It burns within bounds.
 * NUMBER: a phone number or e-mail address alone, which anybody may know. Points are earned, nothing is told.
 * NONE: the brand's own word, over a link that nobody confirmed. Points are earned, nothing is told.
 */
export type Proof = 'MEMBER' | 'CARD' | 'NUMBER' | 'NONE';

/** A phone number or e-mail address: anybody may know it. */
export function isNumber(kind: IdentifierKind): boolean {
  return kind === 'PHONE' || kind === 'EMAIL';
}

/**
 * The only place that decides it, asked where a reference is resolved: whoever has the member has the proof with it.
 * `confirmed`: the brand's link.
 */
export function proofOf(ref: HashedRef, confirmed: boolean): Proof {
  if (ref.by === 'identifier' && isNumber(ref.kind)) return 'NUMBER';
  if (confirmed || ref.by === 'tillCode') return 'MEMBER';
  return ref.by === 'identifier' ? 'CARD' : 'NONE';
}

/** A member as a request names it. */
interface Proved {
  readonly proof: Proof;
}

/**
 * Throws MEMBER_NOT_CONFIRMED or NUMBER_IS_NO_PROOF where nothing proves that the member stands behind a request to
 * burn points.
 */
export function requireToBurn({ proof }: Proved): void {
  if (proof === 'NUMBER') throw numberRefusals.refuse('NUMBER_IS_NO_PROOF');
  if (proof === 'NONE') throw proofRefusals.refuse('MEMBER_NOT_CONFIRMED');
}

/**
 * The same for what a card is not enough for either: what concerns more than the points that are paid with at a till.
 */
export function requireMemberProof(member: Proved): void {
  requireToBurn(member);
  if (member.proof === 'CARD') throw proofRefusals.refuse('MEMBER_NOT_CONFIRMED');
}
