import type { Disclosure } from '../../platform/disclosure';

/**
 * Queries and mutations that are not for brands, or whose whole answer is. All others tell nothing by themselves: the
 * types of their answers say who gets what.
 */
export const ROOT_DISCLOSURES: Readonly<Record<string, Readonly<Record<string, Disclosure>>>> = {
  Query: {
    balanceAt: 'MEMBER',
    expiryNotices: 'WALLET',
    memberChanges: 'MEMBER',
    pool: 'MEMBER',
    poolInvitations: 'MEMBER',
  },
  Mutation: {
    acceptPoolInvitation: 'MEMBER',
    approveMerge: 'MEMBER',
    closePool: 'MEMBER',
    closeWallet: 'MEMBER',
    confirmLink: 'MEMBER',
    contributeToPool: 'MEMBER',
    createPool: 'MEMBER',
    createTillCode: 'MEMBER',
    endPoolInvitation: 'MEMBER',
    inviteToPool: 'MEMBER',
    leavePool: 'MEMBER',
    removeFromPool: 'MEMBER',
    removeLogin: 'MEMBER',
    setContributionShare: 'MEMBER',
    setPoolRole: 'MEMBER',
  },
};
