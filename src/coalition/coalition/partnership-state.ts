import type { PartnershipStateName } from './partnership.entity';

/**
 * A partnership's state at an instant, from its history in the order in which it takes effect; PROPOSED before anything
 * counts.
 */
export function stateAt(history: readonly { readonly state: PartnershipStateName; readonly at: Date }[], at: Date): PartnershipStateName {
  // By effect, not by when it was written: an announced end stands before whatever came after the announcement.
  const effective = history.filter((change) => change.at <= at).sort((a, b) => a.at.getTime() - b.at.getTime());
  return effective.at(-1)?.state ?? 'PROPOSED';
}
