// Rows of what load-state reads, as the server's own text: a name for each column, in the statement's order.

/** Of the wallets that were locked. */
export type Lock = readonly [account: string, version: string];
export type Claim = readonly [name: string, turn: string];
type Key = [originId: string, expiresOn: string, availableOn: string];
export type Wallet = readonly [
  ...[account: string, currencyId: string, credits: string, debits: string, held: string, arrears: string, seq: string, spendLocked: string],
  ...[version: string, slidesUntil: string, closedAt: string | null, mergedInto: string | null, proofsEnded: string],
];
export type Posting = readonly [id: string, contentHash: string, result: string, recordedAt: string];
export type Lot = readonly [
  ...[account: string, expiresOn: string, issueMonth: string, issuerCode: string, originId: string, availableOn: string],
  ...[remaining: string, held: string, contributor: string],
];
export type Arrears = readonly [
  ...[account: string, id: string, party: string, amount: string, remaining: string, seq: string, termsId: string | null, occurredAt: string],
];
export type Hold = readonly [
  ...[id: string, postingId: string, party: string, account: string, creditAccount: string, currencyId: string, amount: string, captured: string],
  ...[
    state: string,
    termsId: string | null,
    occurredAt: string,
    expiresAt: string,
    settledAt: string | null,
    heldOn: string,
    expiresOn: string,
    graceDays: string,
    awaitsRelease: string,
  ],
];
export type Transfer = readonly [
  ...[id: string, party: string, debitAccount: string, creditAccount: string, currencyId: string, amount: string, code: string, termsId: string | null],
  ...([...Key, ...Sums] | [originId: null, expiresOn: null, availableOn: null, ...Sums]),
];
type Sums = [reversed: string, filled: string];
export type Allocation = readonly [transferId: string, ...Key, amount: string, contributor: string];
export type Counter = readonly [account: string, key: string, value: string];
export type Expired = readonly [account: string, ...Key, contributor: string, left: string, to: string];
export type Lapse = readonly [
  ...[account: string, originId: string, availableOn: string, contributor: string, from: string, to: string, amount: string, slidAwayOn: string | null],
];
