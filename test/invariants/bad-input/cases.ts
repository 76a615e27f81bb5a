/** Every mutation with an idempotency key: a place to alter, and what to, for the same key with other content. */
export const ALTERED: Readonly<Record<string, readonly [path: string, value: unknown]>> = {
  'Mutation.createApiClient': ['input.name', 'altered'],
  'Mutation.addStaff': ['input.subject', 'altered'],
  'Mutation.createBrand': ['input.name', 'altered'],
  'Mutation.createPointCurrency': ['input.name', 'altered'],
  'Mutation.recordPurchase': ['input.lines.0.quantity', '3'],
  'Mutation.recordPurchases': ['input.0.lines.0.quantity', '3'],
  'Mutation.recordReturn': ['input.lines.0.quantity', '0.5'],
  'Mutation.setEarningRule': ['input.pointsPerUnit', 3],
  'Mutation.setRedemptionRule': ['input.pointsPerUnit', 300],
  'Mutation.storeConversionRate': ['input.minimum', 2],
  'Mutation.importConversionRates': ['input.csv', 'from,to'],
  'Mutation.quoteConversion': ['input.points', 20],
  'Mutation.convert': ['input.minimumReceived', 1],
  'Mutation.enrolMember': ['input.customerId', 'altered'],
  'Mutation.enrolMembers': ['input.0.customerId', 'altered'],
  'Mutation.proposeTerms': ['input.noticeDays', 60],
  'Mutation.redeem': ['input.points', 20],
  'Mutation.hold': ['input.points', 20],
  'Mutation.captureHold': ['input.points', 10],
  'Mutation.voidHold': ['input.occurredAt', '2026-03-15T11:00:00Z'],
  'Mutation.refundRedemption': ['input.points', 10],
};

/** Places of which another one can be named: the two only make sense together. */
export const TOGETHER: readonly (readonly [mutation: string, place: string, other: string])[] = [
  ['Mutation.proposeTerms', 'input.issuancePrice.currency', 'input.reimbursementPrice.currency'],
  ['Mutation.storeConversionRate', 'input.increment', 'input.minimum'],
  ['Mutation.storeConversionRate', 'input.blockSize', 'input.blockBonus'],
];
