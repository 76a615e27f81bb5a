import { defineRefusal, refusals } from '../../platform/define-refusal';
import { notNow } from '../../platform/not-now';
import { instant, optional, points, text, unshown } from '../../platform/refusal-fields';

/** What is refused of every request that names an idempotency key. */
export const keyRefusals = refusals(
  defineRefusal('IDEMPOTENCY_CONFLICT', {
    description: 'The idempotency key was used before with other content. Send a new key for a new request.',
    retrySafe: false,
    message: 'This idempotency key was used before with other content. Use a new key for a new request.',
  }),
);

const walletClosed = defineRefusal('WALLET_CLOSED', {
  description: 'The wallet is closed: nothing is earned, spent or received in it.',
  retrySafe: false,
  message: 'This wallet is closed.',
});

/** What the ledger refuses of every posting that changes a wallet: told late, points come back that ended meanwhile. */
const balanceRefusals = refusals(
  defineRefusal('BALANCE_OUT_OF_RANGE', {
    description: 'The wallet would hold more than 2^53-1 points.',
    retrySafe: false,
    message: 'This would take the wallet beyond the largest balance there can be.',
  }),
);

/** What is refused of every posting that changes a wallet; of one that does not, keyRefusals and notNow are. */
export const postingRefusals = refusals(keyRefusals, notNow, balanceRefusals);

/** What the ledger refuses where points go into a wallet. */
export const creditRefusals = refusals(walletClosed, balanceRefusals);

/** What the ledger refuses where there are too few points. */
export const fundsRefusals = refusals(
  defineRefusal('INSUFFICIENT_POINTS', {
    description: 'The wallet holds fewer points that can be spent than were asked for.',
    retrySafe: false,
    fields: {
      available: optional(points("Points that could be spent, in the currency's smallest unit; null where the balance is not told.")),
      requested: unshown<number>(),
    },
    discloses: { available: 'PROGRAMME' },
    message: ({ available, requested }) => `${requested} points were asked for, ${available} can be spent.`,
  }),
);

/**
 * What the ledger refuses where a member's points leave a wallet. Told late, they may have ended meanwhile: they come
 * back before they leave.
 */
export const debitRefusals = refusals(
  creditRefusals,
  fundsRefusals,
  defineRefusal('WALLET_LOCKED', {
    description: 'The wallet is locked against spending.',
    retrySafe: false,
    message: 'This wallet is locked against spending. Its member or the operator can unlock it.',
  }),
);

/** What the ledger refuses of a hold that is open no more. */
export const holdRefusals = refusals(
  defineRefusal('HOLD_NOT_OPEN', {
    description: 'The hold was captured or voided already, or the redemption was no hold.',
    retrySafe: false,
    fields: { state: text('CAPTURED, VOIDED, or BURNED when the points were never held.') },
    discloses: { state: 'OWN' },
    message: ({ state }) => (state === 'BURNED' ? 'These points were burned at once, not held.' : `This hold is ${state} already.`),
  }),
  defineRefusal('HOLD_EXPIRED', {
    description: 'The hold has expired and its points are released.',
    retrySafe: false,
    fields: { expiredAt: instant('When it expired.') },
    discloses: { expiredAt: 'OWN' },
    message: ({ expiredAt }) => `This hold expired at ${expiredAt} and its points were released. Place a new hold.`,
  }),
);

/** What the ledger refuses where a hold is spent. */
export const captureRefusals = refusals(
  holdRefusals,
  balanceRefusals,
  defineRefusal('CAPTURE_EXCEEDS_HOLD', {
    description: 'More points than are held.',
    retrySafe: false,
    fields: { held: points('Points held.'), requested: unshown<number>() },
    discloses: { held: 'OWN' },
    message: ({ held, requested }) => `The hold is for ${held} points; ${requested} cannot be captured.`,
  }),
);

/** What the ledger refuses where a wallet is closed. */
export const walletClosingRefusals = refusals(
  balanceRefusals,
  defineRefusal('WALLET_HAS_HOLDS', {
    description: 'Points of the wallet are held: capture or void the holds first.',
    retrySafe: false,
    fields: { held: points('Points held.') },
    discloses: { held: 'WALLET' },
    message: ({ held }) => `${held} points are held. Capture or void the holds first.`,
  }),
);

/** All that the ledger itself decides against. */
export const ledgerRefusals = refusals(
  creditRefusals,
  debitRefusals,
  captureRefusals,
  walletClosingRefusals,
  defineRefusal('REVERSAL_EXCEEDS_ORIGINAL', {
    description: 'More points are to be reversed than are left of the transfer.',
    retrySafe: false,
    fields: { left: points('Points that are left of it.'), requested: points('Points that were to be reversed.') },
    discloses: { left: 'OWN' },
    message: ({ left }, { of }: { of: number }) => `Only ${left} of ${of} points are left to reverse.`,
  }),
);
