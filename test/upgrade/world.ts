/** A request of a recorded world. In `input`, "@name.field" stands for a field of an earlier answer. */
export interface WorldRequest {
  readonly as: string;
  readonly by: 'fuel' | 'taxi';
  readonly text: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const REFUSED = '... on Refusal { refused: code message retrySafe }';
const WALLET = 'balance { active pending held arrears spendable }';
const ask = (name: string, fields: string, type = `${name[0].toUpperCase()}${name.slice(1)}Input`) =>
  `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} ${REFUSED} } }`;

const ENROL = ask('enrolMember', '... on Member { id }');
const BUY = ask('recordPurchase', `... on RecordedPurchase { purchaseId points amount eligibleAmount paidWithPoints expiresOn duplicate ${WALLET} }`);
const BURN = ask('redeem', `... on Redemption { redemptionId points value { amount currency } duplicate ${WALLET} }`);
const HOLD = ask('hold', `... on Redemption { redemptionId points duplicate ${WALLET} }`);
const CAPTURE = ask('captureHold', `... on CapturedHold { redemptionId points released duplicate ${WALLET} }`);
const VOID = ask('voidHold', `... on VoidedHold { released duplicate ${WALLET} }`);
const REFUND = ask('refundRedemption', `... on Refund { points duplicate ${WALLET} }`);
const BRING_BACK = ask('recordReturn', '... on RecordedReturn { returnId clawedBack reinstated pointsKept amountLeft duplicate }');
const EARN_RULE = ask('setEarningRule', '... on EarningRule { id moneyCurrency }');

const lines = (...each: [sku: string, quantity: string, unitPrice: string][]) => each.map(([sku, quantity, unitPrice]) => ({ sku, quantity, unitPrice }));
const ana = { customerId: 'ana' };
const anasPhone = { identifier: { kind: 'PHONE', value: '+49 170 1234567' } };
const anasCard = { identifier: { kind: 'CARD', value: '4000-1' } };
const bob = { customerId: 'bob' };
const cem = { customerId: 'cem' };

const buy = (as: string, by: 'fuel' | 'taxi', member: object, basket: object[], more: object = {}): WorldRequest => ({
  as,
  by,
  text: BUY,
  input: { idempotencyKey: as, member, currency: 'FLP', moneyCurrency: 'EUR', lines: basket, ...more },
});
const spend = (as: string, by: 'fuel' | 'taxi', text: string, member: object, points: number, more: object = {}): WorldRequest => ({
  as,
  by,
  text,
  input: { idempotencyKey: as, member, currency: 'FLP', points, ...more },
});
const bringBack = (as: string, by: 'fuel' | 'taxi', purchaseId: string, back: object[], more: object = {}): WorldRequest => ({
  as,
  by,
  text: BRING_BACK,
  input: { idempotencyKey: as, purchaseId, lines: back, ...more },
});

/** What happened before the upgrade. */
export const WORLD: readonly WorldRequest[] = [
  { as: 'ana', by: 'fuel', text: ENROL, input: { idempotencyKey: 'ana', customerId: 'ana', identifiers: [anasPhone.identifier, anasCard.identifier] } },
  { as: 'bob', by: 'taxi', text: ENROL, input: { idempotencyKey: 'bob', customerId: 'bob' } },
  { as: 'cem', by: 'fuel', text: ENROL, input: { idempotencyKey: 'cem', customerId: 'cem' } },
  // Weighed goods, whose lines were not rounded; two receipts with one reference.
  buy('weighed', 'fuel', ana, lines(['CHEESE', '0.333', '9.99'], ['HAM', '0.428', '19.90'], ['OIL', '1', '990.00']), { reference: 'R-1' }),
  buy('reference again', 'fuel', ana, lines(['OIL', '1', '100.00']), { reference: 'R-1', channel: 'TILL' }),
  buy('by phone', 'taxi', anasPhone, lines(['RIDE', '3', '40.00']), { reference: 'T-1', occurredAt: '2026-03-10T10:00:00Z' }),
  spend('paid with points', 'fuel', BURN, ana, 500, { purchaseAmount: { amount: '10.00', currency: 'EUR' } }),
  buy('partly paid', 'fuel', ana, lines(['TYRE', '3', '3.33']), { redemptionIds: ['@paid with points.redemptionId'] }),
  bringBack('one tyre', 'fuel', '@partly paid.purchaseId', [{ sku: 'TYRE', quantity: '1' }]),
  spend('burn by phone', 'taxi', BURN, anasPhone, 50, { purchaseAmount: { amount: '5.00', currency: 'EUR' } }),
  spend('burn by card', 'taxi', BURN, anasCard, 20, { purchaseAmount: { amount: '5.00', currency: 'EUR' } }),
  spend('held', 'fuel', HOLD, ana, 60, { purchaseAmount: { amount: '5.00', currency: 'EUR' } }),
  { as: 'captured', by: 'fuel', text: CAPTURE, input: { idempotencyKey: 'captured', redemptionId: '@held.redemptionId', points: 40 } },
  spend('still held', 'fuel', HOLD, ana, 30, { purchaseAmount: { amount: '5.00', currency: 'EUR' } }),
  { as: 'refunded', by: 'taxi', text: REFUND, input: { idempotencyKey: 'refunded', redemptionId: '@burn by card.redemptionId', points: 10 } },
  // What the ledger refused stays refused; what hung on terms was stored too.
  spend('too much', 'taxi', BURN, bob, 100, { purchaseAmount: { amount: '5.00', currency: 'EUR' } }),
  buy('before the terms', 'taxi', bob, lines(['RIDE', '1', '10.00']), { occurredAt: '2024-12-01T10:00:00Z' }),
  // Points that came back beside arrears.
  buy('for arrears', 'fuel', cem, lines(['OIL', '1', '100.00'])),
  spend('held for arrears', 'fuel', HOLD, cem, 60, { purchaseAmount: { amount: '5.00', currency: 'EUR' } }),
  bringBack('into arrears', 'fuel', '@for arrears.purchaseId', [{ lineNo: 1, quantity: '1' }]),
  { as: 'beside arrears', by: 'fuel', text: VOID, input: { idempotencyKey: 'beside arrears', redemptionId: '@held for arrears.redemptionId' } },
  // A rule in another money ended the one before.
  {
    as: 'rule in dollars',
    by: 'taxi',
    text: EARN_RULE,
    input: { idempotencyKey: 'dollars', currency: 'FLP', moneyCurrency: 'USD', pointsPerUnit: 2, effectiveFrom: '2026-03-20T00:00:00Z' },
  },
];

/** What comes after it: what the version before would have answered is what is right. */
export const LATER: readonly WorldRequest[] = [
  bringBack('weighed cheese', 'fuel', '@weighed.purchaseId', [{ lineNo: 1, quantity: '0.1' }]),
  bringBack('oil', 'fuel', '@weighed.purchaseId', [{ sku: 'OIL', quantity: '1' }]),
  bringBack('a second tyre', 'fuel', '@partly paid.purchaseId', [{ sku: 'TYRE', quantity: '1' }]),
  bringBack('the last tyre', 'fuel', '@partly paid.purchaseId', [{ sku: 'TYRE', quantity: '1' }]),
  bringBack('a ride', 'taxi', '@by phone.purchaseId', [{ lineNo: 1, quantity: '2' }]),
  { as: 'the rest captured', by: 'fuel', text: CAPTURE, input: { idempotencyKey: 'the rest captured', redemptionId: '@still held.redemptionId' } },
];
