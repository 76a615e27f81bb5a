import type { ReferencesRepeat } from '../../coalition/coalition/references-repeat';
import type { FoundPosting } from '../../ledger/ledger/find-posting';
import type { Claim } from '../../ledger/ledger/posting';
import type { Day } from '../../ledger/points/calendar';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import type { Refusal } from '../../platform/refusal';
import { idOf, unshown } from '../../platform/refusal-fields';
import type { HeldReference } from './held-references';
import { nextTurn, type ReferenceKind } from './reference-turns';

/** What is refused of a reference. */
export const referenceRefusals = refusals(
  defineRefusal('REFERENCE_TAKEN', {
    description: 'The reference names something else of the brand already. Nothing is stored under the key.',
    retrySafe: true,
    fields: { kind: unshown<ReferenceKind>(), firstId: idOf({ field: 'kind' }, 'The purchase, redemption or return that it names.', { storedAs: 'first' }) },
    discloses: { firstId: 'OWN' },
    message: ({ kind }) =>
      `You have used this reference for another ${kind.toLowerCase()}: see firstId. Give each ${kind.toLowerCase()} a reference of its own; how often yours repeat is a setting of your brand.`,
  }),
);

/** A reference as it was found: the name that it is claimed by, how often it may repeat, what holds it. */
export interface FoundReference {
  readonly kind: ReferenceKind;
  readonly name: Uuid;
  readonly repeat: ReferencesRepeat;
  /** Local day on which what it is to name happened. */
  readonly day: Day;
  /** By turn. */
  readonly held: readonly HeldReference[];
  readonly dayOf: (instant: Date) => Day;
}

/** What makes a request the same as the one that holds its reference, whichever key it comes by. */
export interface SameReceipt {
  readonly memberId: Uuid;
  /** null: not said. */
  readonly moneyCurrency: string | null;
  /** Whether it comes to the total of what holds the reference; of a return, to what was asked and answered then. */
  readonly comesTo: (total: string, posting: FoundPosting) => boolean;
}

/** What a request comes to by its reference. */
export type JudgedReference =
  /** It names nothing yet. */
  | { readonly is: 'free'; readonly claim: (made: Uuid) => Claim }
  /** It names this very thing: its first answer. */
  | { readonly is: 'repeated'; readonly first: FoundPosting }
  | { readonly is: 'taken'; readonly refusal: Refusal };

/**
 * Judges a request by what holds its reference: the same is the same member's, in the same money, on the same local
 * day, and comes to the same.
 */
export function judgeReference({ kind, name, repeat, day, held, dayOf }: FoundReference, asked: SameReceipt): JudgedReference {
  const [holder] = held;
  if (!holder) return { is: 'free', claim: (made) => ({ name, turn: nextTurn(repeat, day, NONE_OVER, made) as number, made }) };
  const standing = held.filter(({ stands, occurredAt }) => stands && (repeat === 'NEVER' || dayOf(occurredAt) === day)).sort(byBooking);
  for (const each of standing) {
    if (isSame(each, asked) && dayOf(each.occurredAt) === day) return { is: 'repeated', first: each.posting };
  }
  const [first] = standing;
  if (first) return { is: 'taken', refusal: referenceRefusals.refuse('REFERENCE_TAKEN', { kind, firstId: first.made }) };
  const over = new Set(held.map(({ turn }) => turn));
  if (nextTurn(repeat, day, over, name) === null) return { is: 'taken', refusal: referenceRefusals.refuse('REFERENCE_TAKEN', { kind, firstId: holder.made }) };
  return { is: 'free', claim: (made) => ({ name, turn: nextTurn(repeat, day, over, made) as number, made }) };
}

const NONE_OVER: ReadonlySet<number> = new Set();

function isSame({ memberId, moneyCurrency, total, posting }: HeldReference, asked: SameReceipt): boolean {
  return memberId === asked.memberId && (asked.moneyCurrency === null || moneyCurrency === asked.moneyCurrency) && asked.comesTo(total, posting);
}

function byBooking(a: HeldReference, b: HeldReference): number {
  return a.posting.outcome.recordedAt - b.posting.outcome.recordedAt || (a.made < b.made ? -1 : 1);
}
