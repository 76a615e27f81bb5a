import type { CoalitionSnapshot, TermsVersion } from '../../coalition/coalition/coalition-snapshot';
import type { Uuid } from '../../platform/ids';

/** The countersigned terms with this id: what a reversal carries, whatever is in force now. */
export function termsById(snapshot: CoalitionSnapshot, id: Uuid): TermsVersion {
  for (const { terms } of snapshot.partnerships) {
    const found = terms.find((each) => each.id === id);
    if (found) return found;
  }
  throw new Error(`terms ${id} are not in the coalition's snapshot`);
}
