import { Refusal } from '../refusal';
import type { IdentifierKind } from './member-ref';

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
