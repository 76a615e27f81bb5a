import type { AccountId, PostingOutcome } from '../ledger/posting';
import type { HashedRef } from './member-ref';
import type { FoundMember } from './resolve-members';
import { proofOf } from './what-proves';

/**
 * Whether the answer of a brand's request tells it the member's balance: over a confirmed link or a till code always, on a card only by what is
 * booked (which the member sees), on a phone number or e-mail address alone never.
 */
export function tellsBalance(ref: HashedRef, member: FoundMember, dryRun: boolean): boolean {
  const proof = proofOf(ref, member);
  return member.inForce && (proof === 'MEMBER' || (proof === 'CARD' && !dryRun));
}

/** The outcome without what an account holds. */
export function withoutBalances(outcome: PostingOutcome): PostingOutcome {
  const { refusal } = outcome;
  if (!refusal || !('available' in refusal.fields)) return { ...outcome, balances: [] };
  const fields = { ...refusal.fields, available: null };
  return { ...outcome, balances: [], refusal: { ...refusal, message: 'Fewer points can be spent than were asked for.', fields } };
}

/** The outcome as it may be told today: of a repeated request only the balance of the account that the member has now. */
export function asTold(outcome: PostingOutcome, told: boolean, account: AccountId | null): PostingOutcome {
  return told && (account === null || outcome.balances.length === 0 || outcome.balances[0].account === account) ? outcome : withoutBalances(outcome);
}
