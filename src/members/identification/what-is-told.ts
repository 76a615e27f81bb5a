import type { AccountId, BalanceAfter, PostingOutcome } from '../../ledger/ledger/posting';
import type { FoundMember } from './resolve-members';
import type { Proof } from './what-proves';

declare const decided: unique symbol;
/** What an account holds, where it was decided that whoever asks is told it. Answers show no other: see showBalance. */
export type ToldBalance = BalanceAfter & { readonly [decided]: true };

/** An outcome of whose balances it was decided; null: that account's is not told. */
export type ToldOutcome = Omit<PostingOutcome, 'balances'> & { readonly balances: readonly (ToldBalance | null)[] };

/** The balance if there is one and it is told; null otherwise. */
export function toldBalance(balance: BalanceAfter, told: true): ToldBalance;
export function toldBalance(balance: BalanceAfter | undefined, told: boolean): ToldBalance | null;
export function toldBalance(balance: BalanceAfter | undefined, told: boolean): ToldBalance | null {
  return balance && told ? (balance as ToldBalance) : null;
}

/** What decides whether a brand is told what an account of a member holds: all as it is now, of a repetition too. */
interface BalanceFacts {
  /** What the request proves; NONE: what names the member is the member's no longer. */
  readonly proof: Proof;
  /** The brand's link with the member stands. */
  readonly linked: boolean;
  /** The request was made before: what it repeats may have been told over a link that has ended since. */
  readonly repeated: boolean;
  /** It books nothing that the member sees. */
  readonly dryRun: boolean;
  /** The brand has terms in force for the currency: see hasTerms. */
  readonly hasTerms: boolean;
}

/**
 * The only place that decides whether the answer of a brand's request tells it the member's balance. In a currency that
 * it has no terms for, and again after its link has ended: never. Over a confirmed link or a till code: always. On a
 * card: only by what is booked, which the member sees. On a phone number or e-mail address alone: never.
 */
export function tellsBalance({ proof, linked, repeated, dryRun, hasTerms }: BalanceFacts): boolean {
  if (!hasTerms || (repeated && !linked)) return false;
  return proof === 'MEMBER' || (proof === 'CARD' && !dryRun);
}

/** The same, of a request that names the member. */
export function tellsOfNamed({ proof, inForce, isNew }: FoundMember, { repeated, dryRun, hasTerms }: Omit<BalanceFacts, 'proof' | 'linked'>): boolean {
  return tellsBalance({ proof: inForce ? proof : 'NONE', linked: !isNew, repeated, dryRun, hasTerms });
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
  return (outcome) => (told ? (outcome as ToldOutcome) : withoutBalances(outcome));
}

/** The same, decided for each account. What can be spent, a refusal says of the first one. */
export function balancesWhere(tells: (account: AccountId) => boolean): (outcome: PostingOutcome) => ToldOutcome {
  return (outcome) => {
    const balances = outcome.balances.map((balance) => toldBalance(balance, tells(balance.account)));
    return { ...(balances[0] ? outcome : withoutBalances(outcome)), balances };
  };
}
