import { lesser } from '../../ledger/points/amount';
import { MOST_TRANSFERS, mostPerTransfer } from '../../ledger/points/clearable';
import { applyFloor, ratio } from '../../ledger/points/ratio';
import type { Uuid } from '../../platform/ids';

export type ObligationKind =
  | 'ISSUANCE'
  | 'OPENING'
  | 'GOODWILL'
  | 'CLAWBACK'
  | 'REIMBURSEMENT'
  | 'REINSTATEMENT'
  | 'ARREARS_FILL'
  | 'FOREIGN_CLAWBACK'
  | 'CONVERSION';

/** What a points event makes one brand owe another. */
export interface Obligation {
  readonly kind: ObligationKind;
  readonly debtorId: Uuid;
  readonly creditorId: Uuid;
  readonly issuerId: Uuid | null;
  readonly redeemerId: Uuid | null;
  /** Smallest units of the points currency. */
  readonly points: bigint;
  /** Micro-units of the settlement currency per whole point. */
  readonly price: bigint;
  /** Micro-units in all. */
  readonly amount: bigint;
  /**
   * What the money pays for, as taxes see it: points issued, points redeemed, or points taken over by another currency.
   */
  readonly supply: 'ISSUANCE' | 'REIMBURSEMENT' | 'TRANSFER';
  /** The terms that say the price; of a conversion, its rate. */
  readonly termsId: Uuid;
}

/** What is owed, before it is divided into transfers. */
export type Claim = Omit<Obligation, 'amount'>;

/**
 * A transfer carries up to 2^53-1 micro-units, small change in some currencies: a larger claim becomes several, of
 * whole points each.
 */
export function inPostableParts(claim: Claim, scale: number): Obligation[] {
  const perPoint = ratio(claim.price, 10n ** BigInt(scale));
  const most = mostPerTransfer(claim.price, scale);
  if (most === 0n || claim.points > most * MOST_TRANSFERS)
    throw new RangeError(`${claim.points} points at ${claim.price} micro-units each are more money than ${MOST_TRANSFERS} transfers can carry`);
  const parts: Obligation[] = [];
  for (let left = claim.points; left > 0n; left -= most) {
    const points = lesser(left, most);
    parts.push({ ...claim, points, amount: applyFloor(perPoint, points) });
  }
  return parts;
}
