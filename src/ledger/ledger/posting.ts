// Longer than 300 lines: the language of the ledger is read as a whole. It has steps, what a plan sees, what is asked,
// and what comes of it.
import type { Uuid } from '../../platform/ids';
import type { RefusalData } from '../../platform/refusal';
import type { Day } from '../points/calendar';
import type { AlongsideRow } from './alongside';

/**
 * The ledger's own language: postings made of steps. It knows accounts, currencies, amounts and reasons; never who
 * stands behind them. Amounts are whole numbers of a currency's smallest unit; inside the kernel they are checked safe
 * integers.
 */
export type AccountId = number;

/** Points enter circulation: summed account -> wallet. */
export type CreditCode = 'EARN' | 'BONUS' | 'OPENING' | 'GOODWILL';
/** Points leave a wallet for a summed account; FEE and REMAINDER go with a conversion. */
export type DebitCode = 'BURN' | 'FEE' | 'REMAINDER';
/** Points of one currency change hands, with their age: wallet -> wallet. */
export type MoveCode = 'GIFT' | 'POOL_CONTRIBUTION' | 'POOL_RETURN' | 'MERGE';
/** Points end: wallet -> expired, because their time is over or the wallet is closed. */
export type EndCode = 'EXPIRY' | 'CLOSURE';

/** Why a transfer was made. */
export type TransferCode =
  | CreditCode
  | DebitCode
  | MoveCode
  | EndCode
  | 'CAPTURE'
  | 'REFUND'
  | 'REINSTATEMENT'
  | 'CLAWBACK'
  | 'EXPIRED_CLAWBACK'
  | 'CLAWBACK_CANCELLATION'
  | 'REINSTATEMENT_CANCELLATION'
  | 'EXPIRY_CANCELLATION'
  | 'ARREARS_FILL'
  | 'CONVERSION_OUT'
  | 'CONVERSION_IN'
  | 'CLEARING';

/** A JSON object that is stored with a posting and given again, unchanged, to every repetition of the request. */
export type Answer = { readonly [key: string]: string | number | boolean | null | Answer | readonly (string | number | boolean | null | Answer)[] };

export interface LotTarget {
  readonly originId: number;
  /** First local day on which the points can no longer be spent; NEVER for points that do not expire. */
  readonly expiresOn: Day;
  /** First local day on which they can be spent; ALWAYS for points that can be spent at once. */
  readonly availableOn: Day;
}

/**
 * Where the points of one issuer go when they end: a new transfer, and the issuer's summed account of expired points.
 */
export interface EndTarget {
  readonly issuer: Uuid;
  readonly id: Uuid;
  readonly to: AccountId;
}

/** How long points that come back live where their end passed while they were away: see comeBack(). */
export interface Away {
  /** Local day on which they went away. */
  readonly since: Day;
  /** Local day on which their coming back is booked: an end that has passed by then was of no use to their holder. */
  readonly bookedOn: Day;
  /**
   * Days that such points get from the later of the posting's day and their end; once: what comes back again gets only
   * the days that it was away.
   */
  readonly graceDays: number;
}

/**
 * Where what expired unspent of a credit comes back from: its issuer's summed account of expired points; and a new
 * transfer for it.
 */
export interface ExpiredPoints {
  readonly id: Uuid;
  readonly from: AccountId;
}

/**
 * One thing that a posting does. `id`s are new UUIDv7s that the caller made. "Wallet" is any guarded account that has
 * lots: a pool too.
 */
export type Step =
  /** Summed account -> wallet. Fills arrears first, then the lot. Refused: WALLET_CLOSED. */
  | { do: 'credit'; id: Uuid; from: AccountId; to: AccountId; amount: number; code: CreditCode; lot: LotTarget; termsId: Uuid }
  /**
   * Wallet -> summed account, lots soonest to expire first. Refused: INSUFFICIENT_POINTS, WALLET_LOCKED, WALLET_CLOSED.
   */
  | { do: 'debit'; id: Uuid; from: AccountId; to: AccountId; amount: number; code: DebitCode; termsId: Uuid }
  /**
   * Sets points of a wallet aside for a later capture, until `expiresAt`, whose local day is `expiresOn`; `graceDays`:
   * see Away. Refused as debit is.
   */
  | { do: 'hold'; id: Uuid; from: AccountId; to: AccountId; amount: number; expiresAt: number; expiresOn: Day; graceDays: number; termsId: Uuid }
  /**
   * Posts all or part of a hold; the rest is released. `bookedOn`: see Away. Refused: HOLD_NOT_OPEN, HOLD_EXPIRED,
   * CAPTURE_EXCEEDS_HOLD.
   */
  | { do: 'capture'; id: Uuid; holdId: Uuid; amount: number; bookedOn: Day }
  /** Gives a hold's points back by request. Refused: HOLD_NOT_OPEN, HOLD_EXPIRED. */
  | { do: 'release'; holdId: Uuid; as: 'VOIDED'; bookedOn: Day }
  /** The worker books what the clock has decided: never before its time. Refused: HOLD_NOT_OPEN. */
  | { do: 'release'; holdId: Uuid; as: 'EXPIRED' }
  /**
   * Takes points of an earlier credit back. First comes what expired unspent of its lot, for which nobody pays again
   * (the posting loads it: see `expired`). Then its own lot, then its issuer's, then any, then arrears. `wallet`: of
   * the merged wallet's survivor. `expired` null: points that wait to be confirmed, which do not expire.
   */
  | { do: 'clawBack'; id: Uuid; reverses: Uuid; amount: number; expired: ExpiredPoints | null; wallet?: AccountId }
  /**
   * Gives points of an earlier burn or capture back, to the lots it consumed: of a part, what it consumed last. They
   * fill arrears, then their lots, in order of consumption, and live as comeBack() says. `wallet` as above. `slides`:
   * expiry of the wallet does, so one that has no end, because it slid away empty, gets one. Refused: WALLET_CLOSED.
   */
  | { do: 'reinstate'; id: Uuid; reverses: Uuid; amount: number; code: 'REFUND' | 'REINSTATEMENT'; away: Away; wallet?: AccountId; slides?: boolean }
  /**
   * Gives all of an earlier clawback back (the posting loads it as `cancelled` too). What is still owed of it is owed
   * no longer. What it took out of lots, at once or as its arrears were filled, comes back there, fills other arrears,
   * and lives as comeBack() says. `credit`: what it took back of. `wallet` and `slides` as above. Refused:
   * WALLET_CLOSED.
   */
  | { do: 'cancelClawback'; id: Uuid; cancels: Uuid; credit: Uuid; away: Away; wallet?: AccountId; slides?: boolean }
  /**
   * Takes all of an earlier reinstatement back. First from the very lots that it came back to, then from what those may
   * have become, then from any in order of consumption. Never as arrears. `debit`: what it gave back of. `wallet` as
   * above. Refused: INSUFFICIENT_POINTS, WALLET_CLOSED.
   */
  | { do: 'cancelReinstatement'; id: Uuid; cancels: Uuid; debit: Uuid; wallet?: AccountId }
  /**
   * Spendable points change hands, soonest to expire first: their issuer and issue month stay, they never live longer
   * than where they came from. Into a pool (POOL_CONTRIBUTION) they remember whose they were. Refused as debit is, for
   * the giver; WALLET_CLOSED for the receiver.
   */
  | { do: 'give'; id: Uuid; from: AccountId; to: AccountId; amount: number; code: 'GIFT' | 'POOL_CONTRIBUTION'; termsId: Uuid | null }
  /**
   * Gives all that is left of what a wallet put into a pool back to it, expired and pending points too (POOL_RETURN;
   * held points stay until their hold ends). Or gives all lots of a wallet to another (MERGE; refused
   * WALLET_HAS_HOLDS). Nothing there: no transfer. The amount is the kernel's to say. What ended with its wallet gets
   * that day as its own. In a MERGE of two wallets that end on the same day it ends with the other wallet.
   * `contributor`: who put the points into the pool, where that wallet was merged into `to`.
   */
  | { do: 'giveAll'; id: Uuid; from: AccountId; to: AccountId; code: 'POOL_RETURN' | 'MERGE'; contributor?: AccountId }
  /**
   * Fills a wallet's arrears with spendable points of another, as far as they go (MERGE). Nothing to fill: no transfer.
   */
  | { do: 'fillArrears'; id: Uuid; from: AccountId; to: AccountId; code: 'MERGE' }
  /**
   * Wallet -> summed account of its currency, and summed account of another currency -> wallet of that one, linked.
   * Each consumed lot becomes one of the target currency, of its issue month (`origins`, by first day of month; a month
   * that is missing there is StateMoved). It lives no longer than its source nor beyond `notAfter` (KEEP), or until
   * `notAfter` (OWN). Rounding never makes points younger. Refused as debit is, for the giver.
   */
  | {
      do: 'convert';
      out: { id: Uuid; from: AccountId; to: AccountId; amount: number };
      in: { id: Uuid; from: AccountId; to: AccountId; amount: number };
      origins: ReadonlyMap<Day, number>;
      expiry: 'KEEP' | 'OWN';
      notAfter: Day;
      /** The conversion rate. */
      termsId: Uuid;
    }
  /**
   * Points whose time is over on the posting's day (EXPIRY), or all of a wallet's (CLOSURE; refused WALLET_HAS_HOLDS),
   * end; issuers not named in `ends` are passed over.
   */
  | { do: 'end'; account: AccountId; code: EndCode; ends: readonly EndTarget[] }
  /**
   * Gives what is left of an earlier credit's lot other dates, without moving it: a pending award is confirmed. Not to
   * be planned for what is over.
   */
  | { do: 'redate'; id: Uuid; credit: Uuid; availableOn: Day; expiresOn: Day; wallet?: AccountId }
  /**
   * Something counted as activity: the wallet's points live until that day at least. What had lapsed before stays
   * lapsed.
   */
  | { do: 'slide'; account: AccountId; until: Day }
  /**
   * Nothing new is accepted from now on, and nothing is given back; clawbacks and the ends of holds still are. Set the
   * survivor of a merge.
   */
  | { do: 'close'; account: AccountId; mergedInto: AccountId | null }
  /** Summed account -> summed account: money. */
  | { do: 'move'; id: Uuid; from: AccountId; to: AccountId; amount: number; code: 'CLEARING'; termsId: Uuid }
  /** Adds to a counter under its wallet's lock. */
  | { do: 'count'; account: AccountId; key: string; by: number };

/** The steps that do one thing. */
export type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>;

/** What the steps of a plan came to. Transfers that it did not make count 0. */
export interface Done {
  /** Points that a transfer moved. */
  moved(transfer: Uuid): number;
  /** Points that a clawback did not find, and that are owed now. */
  arrears(clawback: Uuid): number;
  /** Points of a credit that filled older arrears. */
  filled(credit: Uuid): number;
}

/** What a plan does when it is not refused. `Told`: its answer. */
export interface Plan<Told extends Answer = Answer> {
  readonly steps: readonly Step[];
  /** Rows of other tables, written with the posting in the same transaction. */
  readonly rows?: readonly AlongsideRow[] | ((done: Done) => readonly AlongsideRow[]);
  /** Told from what the steps came to, where it hangs on that. */
  readonly answer: Told | ((done: Done) => Told);
}

/** Decides from the loaded state. Pure: it may run more than once (a batch is retried after a deadlock). */
export type Planner<Told extends Answer = Answer> = (view: LedgerView) => Plan<Told> | { readonly refused: RefusalData };

/** A wallet as it is at this point of the batch, judged at the posting's day. */
export interface WalletView {
  readonly account: AccountId;
  /** Posted credits less posted debits; below zero in arrears. */
  readonly balance: number;
  readonly held: number;
  readonly arrears: number;
  /** Points in lots that can be spent on the posting's day. */
  readonly active: number;
  /** Points in lots that become spendable later. */
  readonly pending: number;
  /** What a debit may take now: active less arrears, never below 0. */
  readonly spendable: number;
  readonly spendLocked: boolean;
  /** How often something has ended that proved that the wallet's holder stands behind a request. */
  readonly proofsEnded: number;
  readonly closed: boolean;
  /** What debits may not touch, because its time is over and it is not booked yet. */
  readonly lapsed: number;
  /**
   * Sliding expiry: first local day on which none of the wallet's points can be spent; NEVER where the currency has
   * none.
   */
  readonly slidesUntil: Day;
}

export interface HoldView {
  readonly id: Uuid;
  readonly party: Uuid;
  readonly account: AccountId;
  readonly amount: number;
  readonly captured: number;
  /** An open hold whose end has passed as the posting is told already reads EXPIRED here. */
  readonly state: 'OPEN' | 'CAPTURED' | 'VOIDED' | 'EXPIRED';
  readonly expiresAt: number;
}

/** An earlier transfer that a reversal refers to. */
export interface TransferView {
  readonly id: Uuid;
  readonly party: Uuid;
  readonly debitAccount: AccountId;
  readonly creditAccount: AccountId;
  readonly amount: number;
  readonly code: TransferCode;
  /** How much of it earlier reversals took back. */
  readonly reversed: number;
  /** How much of a credit filled older arrears, and so never reached its lot. */
  readonly filled: number;
  readonly termsId: Uuid | null;
}

/** Points of one lot that are not held, as they are at this point of the batch. */
export interface LotView {
  readonly points: number;
  /** First local day on which they can be spent; NEVER while they wait to be confirmed. */
  readonly availableOn: Day;
  /**
   * First local day on which they no longer can: the lot's own, or its wallet's where that slides and comes first;
   * NEVER where there is none.
   */
  readonly endsOn: Day;
}

/** What a plan may look at: only what the posting declared in `loads`. Anything undeclared throws. */
export interface LedgerView {
  wallet(account: AccountId): WalletView;
  /** Wallet accounts whose points are in a pool, held ones aside. */
  contributors(pool: AccountId): ReadonlySet<AccountId>;
  /** In order of consumption. */
  lots(account: AccountId): readonly LotView[];
  hold(id: Uuid): HoldView | undefined;
  transfer(id: Uuid): TransferView | undefined;
  /** 0 when it was never counted. */
  counter(account: AccountId, key: string): number;
}

/**
 * A name that at most one accepted posting takes at each turn, for as long as the ledger is kept. What it names, and
 * when it comes to its next turn, is for whoever asks to say. A refused posting takes none.
 */
export interface Claim {
  readonly name: Uuid;
  /** A safe integer, not below 0. */
  readonly turn: number;
  /** Id of what the posting makes, for whoever looks the name up later. */
  readonly made: Uuid;
}

export interface PostingRequest {
  /** Derived from the party and the idempotency key: see postingId(). */
  readonly id: Uuid;
  /** Who asks. */
  readonly party: Uuid;
  /** Name of the operation, e.g. REDEEM. */
  readonly kind: string;
  /** SHA-256 of the canonical input: see contentHash(). The same id with another hash is a conflict. */
  readonly contentHash: Buffer;
  /** When it happened, ms since 1970: lots and limits are judged as of then. */
  readonly occurredAt: number;
  /** Local day of occurredAt in the currency's time zone. */
  readonly day: Day;
  /** Of wallets whose currency is in another time zone, where it is another day. */
  readonly days?: ReadonlyMap<AccountId, Day>;
  /** When it is booked, ms since 1970: the App's clock. Holds are judged as of then. */
  readonly recordedAt: number;
  /**
   * What is locked and read before the plan is made. Wallet accounts named by holds and transfers must be among
   * `wallets`.
   */
  readonly loads: {
    readonly wallets: readonly AccountId[];
    readonly holds?: readonly Uuid[];
    readonly transfers?: readonly Uuid[];
    /** Those of the transfers that are credits, and of which is read what expired of their lots: for clawBack. */
    readonly expired?: readonly Uuid[];
    /**
     * Those of the transfers that are clawbacks, and of which is read what has filled their arrears: for
     * cancelClawback.
     */
    readonly cancelled?: readonly Uuid[];
    readonly counters?: readonly { readonly account: AccountId; readonly key: string }[];
  };
  /**
   * Taken if the posting is accepted. StateMoved is thrown, and nothing is stored, where another posting has taken one
   * since it was looked up.
   */
  readonly claims?: readonly Claim[];
  /**
   * Whose balances the outcome tells, and keeps: all loaded wallets when left out. What whoever asks may not know is
   * left out.
   */
  readonly shows?: readonly AccountId[];
  /**
   * It books ends that the clock has decided, however long ago: what has ended since then is not there again for it.
   */
  readonly booksEnds?: boolean;
  readonly plan: Planner;
}

/** A wallet's balances after a posting, as stored with it. */
export interface BalanceAfter {
  readonly account: AccountId;
  readonly active: number;
  readonly pending: number;
  readonly held: number;
  readonly arrears: number;
  readonly spendable: number;
}

/**
 * What became of a request; a repetition gets the first one again, with `duplicate` set, unless that was a retry-safe
 * refusal: nothing is kept of those.
 */
export interface PostingOutcome {
  readonly duplicate: boolean;
  /** null when refused. */
  readonly answer: Answer | null;
  readonly refusal: RefusalData | null;
  /** Of every wallet that the posting shows, in that order; refused postings too. */
  readonly balances: readonly BalanceAfter[];
  readonly recordedAt: number;
}
