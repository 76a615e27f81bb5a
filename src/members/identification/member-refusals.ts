import { Refusal } from '../../platform/refusal';
import type { HashedRef, IdentifierKind } from './member-ref';

/** The wallet is locked against spending. */
export class WalletLocked extends Refusal {
  constructor() {
    super({ code: 'WALLET_LOCKED', retrySafe: false, message: 'This wallet is locked against spending. Its member or the operator can unlock it.' });
  }
}

/** The identifier belongs to a member already; whose it is, is not said. */
export class IdentifierTaken extends Refusal {
  constructor(kind: IdentifierKind) {
    super({
      code: 'IDENTIFIER_TAKEN',
      retrySafe: true,
      message: `This ${kind} belongs to a member already. Find that member by it, or have it removed there first.`,
      fields: { kind },
    });
  }
}

/**
 * A card that was removed stays nobody else's for a while, so whoever takes it away does not get it. Nothing is stored.
 */
export class IdentifierRests extends Refusal {
  constructor(kind: IdentifierKind) {
    super({
      code: 'IDENTIFIER_RESTS',
      retrySafe: true,
      message: `This ${kind} was taken from a member less than 90 days ago, who had it from another brand. Give out another one, or ask the operator's support.`,
      fields: { kind },
    });
  }
}

/** As many identifiers as a member can have. */
export class TooManyIdentifiers extends Refusal {
  constructor() {
    super({ code: 'TOO_MANY_IDENTIFIERS', retrySafe: true, message: 'A member has at most 20 identifiers. Remove one first.', fields: { maximum: 20 } });
  }
}

/** The brand has given its customer id to a member already. */
export class CustomerIdTaken extends Refusal {
  constructor() {
    super({
      code: 'CUSTOMER_ID_TAKEN',
      retrySafe: true,
      message: 'This customer id is linked to a member already. Use it to refer to that member, or unlink it first.',
    });
  }
}

/** The member is linked to the brand under another customer id. */
export class MemberLinkedOtherwise extends Refusal {
  constructor() {
    super({ code: 'MEMBER_LINKED_OTHERWISE', retrySafe: true, message: 'This member is linked under another customer id of yours. Unlink the member first.' });
  }
}

/**
 * Nobody is named by this reference, or nobody whom the brand may know. Not stored: once somebody is, the same request
 * works.
 */
export class MemberUnknown extends Refusal {
  constructor(ref: HashedRef) {
    super({ code: 'MEMBER_UNKNOWN', message: whoIsUnknown(ref), retrySafe: true });
  }
}

function whoIsUnknown(ref: HashedRef): string {
  switch (ref.by) {
    case 'identifier':
      return `No member has this ${ref.kind}. Enrol whoever shows it (enrolMember), or add it to the member (addIdentifier); then send the same request again.`;
    case 'customerId':
      return 'You have no member under this customer id. Enrol the member (enrolMember), or link the customer id to one (linkMember); then send the same request again.';
    case 'id':
      return 'You know no member by this id. Let the member show a card or another identifier, or link the member (linkMember); then send the same request again.';
    case 'tillCode':
      return 'This till code is unknown, was used before or has expired. Let the member make a new one.';
  }
}

/**
 * Two members have one number, in two spellings from before numbers had one form. Not stored: once they are merged, the
 * same request works.
 */
export class IdentifierAmbiguous extends Refusal {
  constructor() {
    super({
      code: 'IDENTIFIER_AMBIGUOUS',
      message: "Two members have this number, in two spellings. Name the member otherwise, and have the operator's support merge the two.",
      retrySafe: true,
    });
  }
}
