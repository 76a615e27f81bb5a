/** Every mutation with an idempotency key: a place to alter, and what to, for the same key with other content. */
export const ALTERED: Readonly<Record<string, readonly [path: string, value: unknown]>> = {
  'Mutation.createApiClient': ['input.name', 'altered'],
  'Mutation.rotateApiClientSecret': ['input.clientId', `cli_${'0'.repeat(32)}`],
  'Mutation.addStaff': ['input.subject', 'altered'],
  'Mutation.createBrand': ['input.name', 'altered'],
  'Mutation.createPointCurrency': ['input.name', 'altered'],
  'Mutation.recordPurchase': ['input.lines.0.quantity', '3'],
  'Mutation.recordPurchases': ['input.0.lines.0.quantity', '3'],
  'Mutation.recordReturn': ['input.lines.0.quantity', '0.5'],
  'Mutation.cancelReturn': ['input.occurredAt', '2026-03-15T11:00:00Z'],
  'Mutation.confirmPurchase': ['input.occurredAt', '2026-03-15T11:00:00Z'],
  'Mutation.setEarningRule': ['input.pointsPerUnit', 3],
  'Mutation.setRedemptionRule': ['input.pointsPerUnit', 300],
  'Mutation.setVelocityLimit': ['input.maximum', 2_000_000],
  'Mutation.moveTestClock': ['input.by.seconds', 2],
  'Mutation.storeConversionRate': ['input.minimum', 2],
  'Mutation.importConversionRates': ['input.effectiveFrom', '2027-06-01T00:00:00Z'],
  'Mutation.quoteConversion': ['input.points', 20],
  'Mutation.convert': ['input.minimumReceived', 1],
  'Mutation.setGiftRule': ['input.minimum', 2],
  'Mutation.givePoints': ['input.points', 20],
  'Mutation.createPool': ['input.share.denominator', 3],
  'Mutation.inviteToPool': ['input.role', 'CHILD'],
  'Mutation.contributeToPool': ['input.points', 20],
  'Mutation.leavePool': ['input.poolId', `pol_${'0'.repeat(32)}`],
  'Mutation.removeFromPool': ['input.memberId', `mem_${'0'.repeat(32)}`],
  'Mutation.closePool': ['input.poolId', `pol_${'0'.repeat(32)}`],
  'Mutation.enrolMember': ['input.customerId', 'altered'],
  'Mutation.enrolMembers': ['input.0.customerId', 'altered'],
  'Mutation.proposeTerms': ['input.noticeDays', 60],
  'Mutation.startImport': ['input.dryRun', true],
  'Mutation.proposeGoodwill': ['input.points', 20],
  'Mutation.proposeMerge': ['input.reason', 'altered'],
  'Mutation.redeem': ['input.points', 20],
  'Mutation.redeemMany': ['input.0.points', 20],
  'Mutation.hold': ['input.points', 20],
  'Mutation.captureHold': ['input.points', 10],
  'Mutation.voidHold': ['input.occurredAt', '2026-03-15T11:00:00Z'],
  'Mutation.refundRedemption': ['input.points', 10],
};

/** Places of which another one can be named: the two only make sense together. */
export const TOGETHER: readonly (readonly [mutation: string, place: string, other: string])[] = [
  ['Mutation.proposeTerms', 'input.issuancePrice.currency', 'input.reimbursementPrice.currency'],
  ['Mutation.proposeTerms', 'input.issuancePrice.currency', 'input.openingPrice.currency'],
  ['Mutation.storeConversionRate', 'input.increment', 'input.minimum'],
  ['Mutation.storeConversionRate', 'input.blockSize', 'input.blockBonus'],
];

/**
 * Mutations that take lines of a file: a bad cell is told as an error of its line, and is no reason to refuse the
 * others.
 */
export const LINE_BY_LINE: Readonly<Record<string, RegExp>> = {
  'Mutation.importOpenings': /^input\.rows\.0\.\w+$/,
  'Mutation.importMembers': /^input\.rows\.0\.\w+$/,
  'Mutation.importRedemptions': /^input\.rows\.0\.\w+$/,
  'Mutation.importPurchases': /^input\.rows\.0\.(lines\.0\.)?\w+$/,
};
