import { Refusal } from '../../platform/refusal';

/** No rule of the currency allows gifts at that moment. */
export class GiftsNotAllowed extends Refusal {
  constructor(currency: string) {
    super({
      code: 'GIFTS_NOT_ALLOWED',
      retrySafe: true,
      message: `Members do not give each other ${currency}: no rule for gifts is in force. The operator sets one with setGiftRule.`,
    });
  }
}

/** The member is in a household pool already. */
export class AlreadyInPool extends Refusal {
  constructor() {
    super({ code: 'ALREADY_IN_POOL', retrySafe: false, message: 'A member is in one household pool at a time. Leave that one first.' });
  }
}

/** Whoever is invited is in the pool, or invited to it, already. */
export class AlreadyInvited extends Refusal {
  constructor() {
    super({ code: 'ALREADY_INVITED', retrySafe: false, message: 'This member is in the pool or invited to it already.' });
  }
}

/** The pool has as many members and open invitations as a household may have. */
export class PoolFull extends Refusal {
  constructor(most: number) {
    super({
      code: 'POOL_FULL',
      retrySafe: false,
      message: `A household pool has at most ${most} members, open invitations counted. Remove or withdraw one first.`,
      fields: { most },
    });
  }
}

/** A pool is never without its owner. */
export class PoolNeedsOwner extends Refusal {
  constructor() {
    super({ code: 'POOL_NEEDS_OWNER', retrySafe: false, message: 'The owner of a pool makes another member its owner first, or closes it.' });
  }
}

/** Points of the pool are set aside by open holds. */
export class PoolHasHolds extends Refusal {
  constructor(held: number) {
    super({
      code: 'POOL_HAS_HOLDS',
      retrySafe: false,
      message: `${held} points of the pool are held. Wait until those holds are captured, voided or have ended, and send a new key then.`,
      fields: { held },
    });
  }
}

/** The member is in no household pool, or in a role that does not spend from it. */
export class PoolNotSpendable extends Refusal {
  constructor() {
    super({ code: 'POOL_NOT_SPENDABLE', retrySafe: true, message: 'This member may not spend from a household pool. Spend from the wallet.' });
  }
}
