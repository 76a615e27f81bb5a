import type { JournalCursor } from '../../ledger/outbox/journal-cursor';
import type { Uuid } from '../../platform/ids';

/** What clearing knows of every points transfer that it looks at. All of it is recorded; none is guessed later. */
interface EventFacts {
  readonly transferId: Uuid;
  readonly currencyId: number;
  /** Smallest units of the points currency. */
  readonly points: bigint;
  readonly occurredAt: Date;
  /** Its place in the journal. */
  readonly posted: JournalCursor;
  /**
   * Points taken out of lots (a burn's, a clawback's, a conversion's) or given back to them (a refund's), by the lots'
   * issuer; sums are positive.
   */
  readonly lots: readonly IssuerPoints[];
  /** What this credit filled of older arrears, by the filling lot's issuer. */
  readonly fills: readonly ArrearsFill[];
}

/** Points between a brand and a wallet. */
export interface BrandEvent extends EventFacts {
  readonly code:
    | 'EARN'
    | 'BONUS'
    | 'OPENING'
    | 'GOODWILL'
    | 'BURN'
    | 'CAPTURE'
    | 'CLAWBACK'
    | 'EXPIRED_CLAWBACK'
    | 'REFUND'
    | 'REINSTATEMENT'
    | 'CLAWBACK_CANCELLATION'
    | 'REINSTATEMENT_CANCELLATION';
  /**
   * The issuer of an earn, bonus, opening or clawback; the funder of goodwill; the redeemer of a burn, capture, refund
   * or reinstatement.
   */
  readonly brandId: Uuid;
  /** Terms that the event carries; a reversal carries those of the event it reverses. */
  readonly termsId: Uuid;
  /** Set for a clawback, refund or reinstatement, and for what cancels one. */
  readonly reverses: ReversedEvent | null;
}

/** Points leave a wallet for another currency. */
export interface ConversionEvent extends EventFacts {
  readonly code: 'CONVERSION_OUT';
  readonly rate: ConversionPrice;
}

/**
 * Points that came into a wallet from another one, or from another currency, or that lay in it already: worth money
 * only by the arrears that they filled.
 */
export interface ArrivalEvent extends EventFacts {
  readonly code: (typeof ARRIVALS)[number];
}
export const ARRIVALS = ['GIFT', 'POOL_CONTRIBUTION', 'POOL_RETURN', 'MERGE', 'CONVERSION_IN', 'ARREARS_FILL'] as const;

/** A points transfer that clearing prices, with the facts that its price depends on. */
export type PointsEvent = BrandEvent | ConversionEvent | ArrivalEvent;

export interface IssuerPoints {
  readonly issuerId: Uuid;
  readonly points: bigint;
}

export interface ReversedEvent {
  readonly transferId: Uuid;
  /** Of what cancels a reversal: when that which was reversed happened. */
  readonly occurredAt: Date;
  /** What the original made each issuer owe per whole point, as cleared; read under the ISSUER model only. */
  readonly owed: ReadonlyMap<Uuid, AgreedPrice>;
}

/** What a conversion rate makes the source's side pay. */
export interface ConversionPrice {
  readonly rateId: Uuid;
  /** Micro-units of the source's settlement currency per whole source point. */
  readonly transferPrice: bigint;
  /** The currency that the points became. */
  readonly toCurrencyId: number;
}

/** Part of an earlier clawback's arrears that a credit filled. */
export interface ArrearsFill extends IssuerPoints {
  /** The brand whose clawback went into arrears. */
  readonly clawingBrandId: Uuid;
  /** Terms of the earn that it clawed back, and when that earn occurred. */
  readonly termsId: Uuid;
  readonly earnedAt: Date;
}

/** Micro-units of the settlement currency per whole point, and the terms that say so. */
export interface AgreedPrice {
  readonly price: bigint;
  readonly termsId: Uuid;
}
