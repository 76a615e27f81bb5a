import type { AccountId, BalanceAfter, PostingOutcome } from '../../ledger/ledger/posting';
import type { FoundMember } from './resolve-members';

declare const decided: unique symbol;
/** What an account holds, where it was decided that whoever asks is told it. Answers show no other: see showBalance. */
export type ToldBalance = BalanceAfter & { readonly [decided]: true };

/** An outcome of whose balances it was decided. */
export type ToldOutcome = PostingOutcome & { readonly balances: readonly ToldBalance[] };

/** The balance if there is one and it is told; null otherwise. */
export function toldBalance(balance: BalanceAfter, told: true): ToldBalance;
export function toldBalance(balance: BalanceAfter | undefined, told: boolean): ToldBalance | null;
export function toldBalance(balance: BalanceAfter | undefined, told: boolean): ToldBalance | null {
  return balance && told ? (balance as ToldBalance) : null;
}

/**
 * Whether the answer of a brand's request tells it the member's balance. Over a confirmed link or a till code: always.
 * On a card: only by what is booked, which the member sees. On a phone number or e-mail address alone: never.
 */
export function tellsBalance({ proof, inForce }: FoundMember, dryRun: boolean): boolean {
  return inForce && (proof === 'MEMBER' || (proof === 'CARD' && !dryRun));
}

/** The outcome without what an account holds. */
export function withoutBalances(outcome: PostingOutcome): ToldOutcome {
  const { refusal } = outcome;
  if (!refusal || !('available' in refusal.fields)) return { ...outcome, balances: [] };
  const fields = { ...refusal.fields, available: null };
  return { ...outcome, balances: [], refusal: { ...refusal, message: 'Fewer points can be spent than were asked for.', fields } };
}

/**
 * The outcome as it may be told today: of a repeated request only the balance of the account that the member has now.
 */
export function asTold(outcome: PostingOutcome, told: boolean, account: AccountId | null): ToldOutcome {
  const [balance] = outcome.balances;
  const isToday = account === null || !balance || balance.account === account;
  return told && isToday ? (outcome as ToldOutcome) : withoutBalances(outcome);
}

/** What is told of outcomes: all of them, or all but what accounts hold. */
export function balancesIf(told: boolean): (outcome: PostingOutcome) => ToldOutcome {
  return (outcome) => (told ? (outcome as ToldOutcome) : { ...outcome, balances: [] });
}
