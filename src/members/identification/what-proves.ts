import { Refusal } from '../../platform/refusal';
import type { HashedRef, IdentifierKind } from './member-ref';

/**
 * What a brand's request proves about the member that it names (docs/decisions/0024): MEMBER - the brand's link is
 * confirmed, or a code of the member's login was shown: points are burned, the balance is told; CARD - what whoever
 * carries it can show, and nothing more: it burns within bounds; NUMBER - a phone number or e-mail address alone, which
 * anybody may know: points are earned, nothing is told, whoever has confirmed what; NONE - the brand's own word, over a
 * link that nobody confirmed: points are earned, nothing is told.
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

/**
 * Nobody has confirmed that the member is the brand's. Nothing is stored: once it is confirmed, the same request works.
 */
export class MemberNotConfirmed extends Refusal {
  constructor() {
    super({
      code: 'MEMBER_NOT_CONFIRMED',
      message:
        "The brand's link with this member is not confirmed, so that its own id or customer id burns no points. " +
        "Name the member by a till code, or have the member's login confirm the link.",
      retrySafe: true,
    });
  }
}

/**
 * Anybody may know a phone number or e-mail address. Nothing is stored, and no repetition works: another request has to
 * name the member otherwise.
 */
export class NumberIsNoProof extends Refusal {
  constructor() {
    super({
      code: 'NUMBER_IS_NO_PROOF',
      message:
        'A phone number or e-mail address alone burns no points and changes nothing for its member: points are only earned on it. ' +
        'Name the member by a card, by a till code, or by your own customer id over a confirmed link.',
      retrySafe: false,
    });
  }
}

/** A member as a request names it. */
interface Proved {
  readonly proof: Proof;
}

/**
 * Throws MemberNotConfirmed or NumberIsNoProof where nothing proves that the member stands behind a request to burn
 * points.
 */
export function requireToBurn({ proof }: Proved): void {
  if (proof === 'NUMBER') throw new NumberIsNoProof();
  if (proof === 'NONE') throw new MemberNotConfirmed();
}

/**
 * The same for what a card is not enough for either: what concerns more than the points that are paid with at a till.
 */
export function requireMemberProof(member: Proved): void {
  requireToBurn(member);
  if (member.proof === 'CARD') throw new MemberNotConfirmed();
}
