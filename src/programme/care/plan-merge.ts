import type { AccountId, LedgerView, Plan, Step, WalletView } from '../../ledger/ledger/posting';
import { NEVER } from '../../ledger/points/calendar';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { type RefusalData } from '../../platform/refusal';
import { points } from '../../platform/refusal-fields';

/** What is refused of a merge once its wallets are known. */
export const planMergeRefusals = refusals(
  defineRefusal('ARREARS_REMAIN', {
    description: "The duplicate's arrears are more than both wallets can fill.",
    retrySafe: false,
    fields: { left: points('Points that would be left of them.') },
    discloses: { left: 'WALLET' },
    message: ({ left }) => `The duplicate's arrears would be ${left} points more than both wallets can fill. Merge once they are.`,
  }),
);

export interface MergeFacts {
  readonly givenId: Uuid;
  readonly filledId: Uuid;
  readonly duplicate: AccountId;
  readonly survivor: AccountId;
}

/**
 * One currency of a merge. All lots go to the survivor with their age, where they fill older arrears like any points
 * that come in. Then what can be spent there fills the duplicate's arrears, and the duplicate's account is closed.
 * Pure. The ledger refuses WALLET_HAS_HOLDS, WALLET_CLOSED.
 */
export function planMerge({ givenId, filledId, duplicate, survivor }: MergeFacts): (view: LedgerView) => Plan | { refused: RefusalData } {
  return (view) => {
    const [from, to] = [view.wallet(duplicate), view.wallet(survivor)];
    // Whichever of the points that come in fill the survivor's arrears, so many at least can be spent after it.
    const left = from.arrears - Math.max(0, to.active + from.active - to.arrears);
    if (from.arrears > 0 && left > 0) return planMergeRefusals.refused('ARREARS_REMAIN', { left });
    return {
      steps: [
        ...sharedActivity(from, to),
        { do: 'giveAll', id: givenId, from: duplicate, to: survivor, code: 'MERGE' },
        { do: 'fillArrears', id: filledId, from: survivor, to: duplicate, code: 'MERGE' },
        { do: 'close', account: duplicate, mergedInto: survivor },
      ],
      answer: {},
    };
  };
}

/**
 * Where expiry slides, what the duplicate did last was done by the same person. Without this its points would end
 * sooner, or on that day whatever the survivor does. In wallets that end on the same day they go on sliding (see
 * giveAll). A survivor whose wallet has no end takes on the duplicate's, unless it has points, given to it with days of
 * their own, which must not end sooner. Nothing gets a later day than it had at the duplicate.
 */
function sharedActivity(from: WalletView, to: WalletView): Step[] {
  const [until, ends] = [from.slidesUntil, to.slidesUntil];
  if (until === NEVER || (ends === NEVER ? holdsPoints(to) || !holdsPoints(from) : until <= ends)) return [];
  return [{ do: 'slide', account: to.account, until }];
}

/** Points whose time is not over. */
function holdsPoints({ active, pending, held }: WalletView): boolean {
  return active + pending + held > 0;
}
