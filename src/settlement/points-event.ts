import type { Uuid } from '../ids';

/** A points transfer that clearing looks at, with the facts that its price depends on. All of them are recorded; none is guessed later. */
export interface PointsEvent {
  readonly transferId: Uuid;
  readonly code: 'EARN' | 'BONUS' | 'BURN' | 'CAPTURE' | 'CLAWBACK' | 'REFUND' | 'REINSTATEMENT';
  readonly currencyId: number;
  /** Smallest units of the points currency. */
  readonly points: bigint;
  /** The issuer of an earn, bonus or clawback; the redeemer of a burn, capture, refund or reinstatement. */
  readonly brandId: Uuid;
  /** Terms that the event carries; a reversal carries those of the event it reverses. */
  readonly termsId: Uuid;
  readonly occurredAt: Date;
  /** Set for a clawback, refund or reinstatement. */
  readonly reverses: ReversedEvent | null;
  /** Points taken out of lots (a burn's, a clawback's) or given back to them (a refund's), by the lots' issuer; sums are positive. */
  readonly lots: readonly IssuerPoints[];
  /** What this credit filled of older arrears, by the filling lot's issuer. */
  readonly fills: readonly ArrearsFill[];
}

export interface IssuerPoints {
  readonly issuerId: Uuid;
  readonly points: bigint;
}

export interface ReversedEvent {
  readonly transferId: Uuid;
  readonly occurredAt: Date;
  /** What the original made each issuer owe per whole point, as cleared; read under the ISSUER model only. */
  readonly owed: ReadonlyMap<Uuid, AgreedPrice>;
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
