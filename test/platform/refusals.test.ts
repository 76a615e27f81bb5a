import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SRC = join(__dirname, '../../src');

/** What the ledger has decided, or what nothing but a new request can change: the key stands for it. */
const KEPT = [
  'ArrearsRemain',
  'AwardCancelled',
  'AwardConfirmed',
  'CapReached (coalition/coalition/amount-limits.ts)',
  'CapReached (programme/limits/within-limits.ts)',
  'HoldExpired',
  'HoldNotOpen',
  'IdempotencyConflict',
  'InsufficientPoints',
  'NoPendingAward',
  'NumberIsNoProof',
  'OccurredBefore',
  'PaysForPurchase',
  'PoolHasHolds',
  'QuoteExpired',
  'QuoteMismatch',
  'QuoteUsed',
  'RedemptionUsed',
  'RefundExceedsRedemption',
  'ReturnAlreadyCancelled',
  'ReturnExceedsPurchase',
  'WalletClosed',
  'WalletLocked (programme/exchange/plan-conversion.ts)',
  'WalletLocked (members/identification/member-refusals.ts)',
];

/**
 * What rests on more than the request and the ledger: rules, terms, brands, the clock, households, the order in which
 * things come.
 */
const JUDGED_ANEW = [
  'AboveMaximum',
  'AmountTooLarge',
  'BelowMinimum',
  'BrandSuspended',
  'CardLimitReached',
  'ConvertsToNothing',
  'CustomerIdTaken',
  'FailedLookUpsUsedUp',
  'GiftsNotAllowed',
  'IdentifierAmbiguous',
  'IdentifierRests',
  'IdentifierTaken',
  'KeepsNoStep',
  'KeepsTooFew',
  'MemberLinkedOtherwise',
  'MemberNotConfirmed',
  'MemberUnknown',
  'MoneyCurrencyMismatch',
  'MoneyCurrencyRequired',
  'NoConversionRate',
  'NoEarningRule',
  'NoRedemptionRule',
  'NotAStep',
  'NothingToRefund',
  'OccurredAtOutOfRange',
  'OpeningsNotAgreed',
  'PaysNothing',
  'PointsBeyondBasket',
  'PoolNotSpendable',
  'PurchaseAmountRequired',
  'ReceivedBelowMinimum',
  'RedemptionMismatch',
  'RedemptionMoneyMismatch',
  'RedemptionNotCaptured',
  'ReferenceTaken',
  'ReturnNotCancellable',
  'ShareExceeded',
  'TermsNotActive',
  'TooManyIdentifiers',
];

/** Of changes that are no postings: they are never stored, and say whether the same request may do later. */
const NO_POSTINGS = {
  never: [
    'AlreadyInPool',
    'AlreadyInvited',
    'ClientDisabled',
    'ClockCannotMove',
    'CoalitionFounded',
    'CodeTaken',
    'ConversionRateOverlap',
    'GoodwillTooLarge',
    'ImportFinished',
    'LaterPeriodClosed',
    'LimitEnded',
    'MemberInHousehold',
    'NotASandbox',
    'NoticeTooShort',
    'PartnershipStateRefused',
    'PoolFull',
    'PoolNeedsOwner',
    'ProfitableCycleRefused',
    'ProposalDecided',
    'ProposalLapsed',
    'RateFileWrong',
    'RuleStartTaken',
    'SecondPersonNeeded',
    'StaffExists',
    'TermsDecided',
    'TermsStartPassed',
    'TermsStartTaken',
    'TooManyVersions',
    'TwoSecretsLive',
  ],
  later: ['EarlierPeriodOpen', 'LoginBound', 'LoginTaken', 'NotSettledYet', 'PeriodNotEnded', 'TooManyQuotes'],
};

const NOT_NOW = ['DatabaseUnavailable', 'LedgerUnavailable', 'Overloaded', 'ProviderAway'];

interface Declared {
  readonly name: string;
  readonly file: string;
  readonly extended: string;
  readonly retrySafe: string | undefined;
}

/** Every class of a refusal in the sources, with what it says of itself. */
function declared(): Declared[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const parts = readFileSync(join(SRC, file), 'utf8').split(/^(?:export )?class /m);
    return parts.slice(1).flatMap((text) => {
      const [, name, extended] = /^(\w+) extends (\w+)/.exec(text) ?? [];
      if (extended !== 'Refusal' && extended !== 'NotNow') return [];
      return { name, file, extended, retrySafe: /retrySafe: (true|false)\b/.exec(text)?.[1] };
    });
  });
}

test('every class of refusals says whether it is kept under its key, and is known here', () => {
  const all = declared().filter(({ name }) => name !== 'NotNow');
  const twice = new Set(all.filter(({ name }, at) => all.findIndex((other) => other.name === name) !== at).map(({ name }) => name));
  const named = (of: (each: Declared) => boolean) =>
    all
      .filter(of)
      .map(({ name, file }) => (twice.has(name) ? `${name} (${file})` : name))
      .sort();
  expect(named(({ extended }) => extended === 'NotNow')).toEqual(NOT_NOW);
  expect(named(({ extended, retrySafe }) => extended === 'Refusal' && retrySafe === 'false')).toEqual([...KEPT, ...NO_POSTINGS.never].sort());
  expect(named(({ extended, retrySafe }) => extended === 'Refusal' && retrySafe === 'true')).toEqual([...JUDGED_ANEW, ...NO_POSTINGS.later].sort());
  expect(named(({ extended, retrySafe }) => extended === 'Refusal' && retrySafe === undefined)).toEqual([]);
});
