import { ACCESS_PROBES } from './probes/access-probes';
import { BOOKS_PROBES } from './probes/books-probes';
import { COALITION_PROBES } from './probes/coalition-probes';
import { MEMBERS_PROBES } from './probes/members-probes';
import { POINTS_PROBES } from './probes/points-probes';
import type { Probe } from './probes/probe';
import { SHARING_PROBES } from './probes/sharing-probes';
import type { NestedArguments } from './schema-walk';

/** Values of arguments below the root. */
export const NESTED: NestedArguments = {
  'Pool.balanceAt.at': '"2026-03-01T00:00:00Z"',
  'Pool.balanceAt.currency': '"FLP"',
  'Pool.movements.currency': '"FLP"',
  'Wallet.expiring.within': '90',
  'Wallet.movements.currency': '"FLP"',
};

/** One entry a field of Query and Mutation: the tests compare these names with the schema's. */
export const PROBES: Readonly<Record<string, Probe>> = {
  ...ACCESS_PROBES,
  ...COALITION_PROBES,
  ...MEMBERS_PROBES,
  ...POINTS_PROBES,
  ...SHARING_PROBES,
  ...BOOKS_PROBES,
};

/**
 * Places that are not tried with another brand's thing, and why.
 */
export const UNTRIED: Readonly<Record<string, string>> = {
  'Mutation.proposeTerms input.withBrandId': 'any brand of the directory may be proposed terms to: it will see the proposal, and decides',
  'Mutation.proposeMerge input.duplicateId': 'the same as input.duplicate.id, which is tried',
  'Mutation.proposeMerge input.survivorId': 'the same as input.survivor.id, which is tried',
  'Mutation.closeWallet input.memberId': 'the same as input.member.id, which is tried',
};
