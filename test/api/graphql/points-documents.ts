import type { Answer } from '../../support/api';
import type { PointsApi } from '../../support/points-api';

const REFUSAL = '... on Refusal { __typename code message retrySafe }';
const BALANCE = 'balance { currency active pending held arrears spendable }';
export const ENROL = `mutation ($input: EnrolMemberInput!) { enrolMember(input: $input) { __typename ... on Member { id wallet { id } } ${REFUSAL} } }`;
export const PURCHASE = `mutation ($input: RecordPurchaseInput!) { recordPurchase(input: $input) { __typename
  ... on RecordedPurchase { purchaseId points amount eligibleAmount paidWithPoints leftOut { lineNo reason } expiresOn dryRun duplicate ${BALANCE} } ${REFUSAL} } }`;
export const PURCHASES = `mutation ($input: [RecordPurchaseInput!]!) { recordPurchases(input: $input) { __typename ... on RecordedPurchase { purchaseId points ${BALANCE} } ${REFUSAL} } }`;
export const RETURN = `mutation ($input: RecordReturnInput!) { recordReturn(input: $input) { __typename
  ... on RecordedReturn { returnId purchaseId clawedBack reinstated amountLeft moneyBack lines { lineNo quantity left } ${BALANCE} } ... on ReturnExceedsPurchase { lineNo left } ${REFUSAL} } }`;
export const REDEEM = `mutation ($input: RedeemInput!) { redeem(input: $input) { __typename ... on Redemption { redemptionId points value { amount currency } dryRun ${BALANCE} }
  ... on InsufficientPoints { available } ... on BelowMinimum { minimum } ... on NotAStep { step nextIncrement } ... on ShareExceeded { maximum } ${REFUSAL} } }`;
export const HOLD = `mutation ($input: HoldInput!) { hold(input: $input) { __typename ... on Redemption { redemptionId expiresAt ${BALANCE} } ${REFUSAL} } }`;
export const CAPTURE = `mutation ($input: CaptureHoldInput!) { captureHold(input: $input) { __typename ... on CapturedHold { redemptionId points released value { amount currency } ${BALANCE} }
  ... on CaptureExceedsHold { held } ... on HoldNotOpen { state } ${REFUSAL} } }`;
export const VOID = `mutation ($input: VoidHoldInput!) { voidHold(input: $input) { __typename ... on VoidedHold { released ${BALANCE} } ... on HoldNotOpen { state } ${REFUSAL} } }`;
export const REFUND = `mutation ($input: RefundRedemptionInput!) { refundRedemption(input: $input) { __typename ... on Refund { points ${BALANCE} } ... on RefundExceedsRedemption { refundable } ${REFUSAL} } }`;
export const MEMBER = `query ($ref: MemberRefInput!) { member(ref: $ref) { id enrolledAt personalData { givenName } wallet { id lockedAt balances { currency active held nextExpiries { on points } }
  holds { redemptionId points brandId } movements(currency: "FLP") { edges { node { kind points brandId balanceAfter } } pageInfo { hasNextPage } } } } }`;
export const LINK = `mutation ($input: LinkMemberInput!) { linkMember(input: $input) { __typename ... on Member { enrolledAt wallet { balances { active } } } ${REFUSAL} } }`;

let key = 0;
export const newKey = () => `key ${++key}`;

/** The first field of the answer, or what was wrong with the request. */
export async function askFor({ api }: PointsApi, token: () => Promise<string>, query: string, input: object): Promise<Answer> {
  const { data, errors } = await api.ask(token, query, { input });
  if (errors) return errors[0];
  return Object.values(data)[0];
}

/** A purchase of one thing. */
export const basket = (member: object, unitPrice: string, more: object = {}) => ({
  idempotencyKey: newKey(),
  member,
  currency: 'FLP',
  moneyCurrency: 'EUR',
  lines: [{ sku: 'DIESEL', category: 'fuel', quantity: '1', unitPrice }],
  ...more,
});

export const spending = (member: object, points: number, more: object = {}) => ({
  idempotencyKey: newKey(),
  member,
  currency: 'FLP',
  points,
  purchaseAmount: { amount: '100', currency: 'EUR' },
  ...more,
});
