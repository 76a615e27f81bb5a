import type { ClearingModel, TermsVersion } from '../coalition/coalition-snapshot';
import type { Uuid } from '../ids';
import { lesser } from '../points/amount';
import { MOST_TRANSFERS, mostPerTransfer } from '../points/clearable';
import { applyFloor, ratio } from '../points/ratio';
import type { AgreedPrice, ArrearsFill, PointsEvent } from './points-event';

export type ObligationKind = 'ISSUANCE' | 'CLAWBACK' | 'REIMBURSEMENT' | 'REINSTATEMENT' | 'ARREARS_FILL' | 'FOREIGN_CLAWBACK';

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
  /** What the money pays for, as taxes see it: points issued, or points redeemed. */
  readonly supply: 'ISSUANCE' | 'REIMBURSEMENT';
  readonly termsId: Uuid;
}

/** What is agreed, as pricing asks for it. */
export interface Agreement {
  readonly model: ClearingModel;
  /** Decimals of the points currency: prices are per whole point, 10^scale smallest units. */
  readonly scale: number;
  /** The coalition's operator; the OPERATOR model cannot clear without one. */
  readonly operatorId: Uuid | null;
  /** A terms version by its id; throws when there is none. */
  readonly terms: (id: Uuid) => TermsVersion;
  /** The terms that two brands have with each other, in force at an instant; null where they have none of their own. */
  readonly pairTerms: (issuerId: Uuid, redeemerId: Uuid, at: Date) => TermsVersion | null;
}

type Claim = Omit<Obligation, 'amount'>;

/**
 * Prices one points event: a pure function of recorded facts and terms. Nobody owes oneself, so such claims are left out.
 * Money is points x price / 10^scale; below a micro-unit (scales above 0 only) the debtor keeps the remainder.
 */
export function priceEvent(event: PointsEvent, agreement: Agreement): Obligation[] {
  const claims = agreement.model === 'OPERATOR' ? operatorClaims(event, agreement) : issuerClaims(event, agreement);
  return claims.filter((claim) => claim.debtorId !== claim.creditorId && claim.points > 0n).flatMap((claim) => inPostableParts(claim, agreement.scale));
}

/** Issuers pay the operator at issue, the operator pays redeemers at redemption. */
function operatorClaims(event: PointsEvent, agreement: Agreement): Claim[] {
  const { operatorId } = agreement;
  if (operatorId === null) throw new Error('the OPERATOR model clears through the operator, and the coalition has none');
  const { brandId, points, termsId } = event;
  const terms = agreement.terms(termsId);
  const issuance = { issuerId: brandId, redeemerId: null, price: terms.issuancePrice, supply: 'ISSUANCE', termsId } as const;
  const reimbursement = { issuerId: null, redeemerId: brandId, price: terms.reimbursementPrice, supply: 'REIMBURSEMENT', termsId } as const;
  switch (event.code) {
    case 'EARN':
    case 'BONUS':
      return [{ kind: 'ISSUANCE', debtorId: brandId, creditorId: operatorId, points, ...issuance }, ...recoveredArrears(event.fills, operatorId, agreement)];
    case 'CLAWBACK': {
      // Arrears that the issuer carries are credited as they are recovered: see recoveredArrears.
      const credited = terms.arrearsCarrier === 'OPERATOR' ? points : sumOf(event.lots);
      return [{ kind: 'CLAWBACK', debtorId: operatorId, creditorId: brandId, points: credited, ...issuance }];
    }
    case 'BURN':
    case 'CAPTURE':
      return [{ kind: 'REIMBURSEMENT', debtorId: operatorId, creditorId: brandId, points, ...reimbursement }];
    case 'REFUND':
    case 'REINSTATEMENT':
      return [
        { kind: 'REINSTATEMENT', debtorId: brandId, creditorId: operatorId, points, ...reimbursement },
        ...recoveredArrears(event.fills, operatorId, agreement),
      ];
  }
}

function recoveredArrears(fills: readonly ArrearsFill[], operatorId: Uuid, agreement: Agreement): Claim[] {
  return fills.flatMap(({ clawingBrandId, termsId, points }): Claim[] => {
    const terms = agreement.terms(termsId);
    if (terms.arrearsCarrier === 'OPERATOR') return [];
    return [
      {
        kind: 'ARREARS_FILL',
        debtorId: operatorId,
        creditorId: clawingBrandId,
        issuerId: clawingBrandId,
        redeemerId: null,
        points,
        price: terms.issuancePrice,
        supply: 'ISSUANCE',
        termsId,
      },
    ];
  });
}

/** Nothing at issue; whoever takes points pays with the claim on the lots' issuers. */
function issuerClaims(event: PointsEvent, agreement: Agreement): Claim[] {
  const { brandId } = event;
  switch (event.code) {
    case 'EARN':
    case 'BONUS':
      return filledArrears(event.fills, agreement);
    case 'BURN':
    case 'CAPTURE':
      return event.lots.map(({ issuerId, points }) => ({
        kind: 'REIMBURSEMENT',
        debtorId: issuerId,
        creditorId: brandId,
        issuerId,
        redeemerId: brandId,
        points,
        ...priceBetween(issuerId, brandId, event.termsId, event.occurredAt, agreement),
      }));
    case 'REFUND':
    case 'REINSTATEMENT':
      return [...reversedReimbursements(event), ...filledArrears(event.fills, agreement)];
    case 'CLAWBACK': {
      const earnedAt = requireReversed(event).occurredAt;
      return event.lots.map(({ issuerId, points }) => ({
        kind: 'FOREIGN_CLAWBACK',
        debtorId: issuerId,
        creditorId: brandId,
        issuerId,
        redeemerId: null,
        points,
        ...priceBetween(issuerId, brandId, event.termsId, earnedAt, agreement),
      }));
    }
  }
}

/** What was owed, owed back at the price at which it was cleared: later terms change nothing of it. */
function reversedReimbursements(event: PointsEvent): Claim[] {
  const { owed, transferId } = requireReversed(event);
  return event.lots
    .filter(({ issuerId }) => issuerId !== event.brandId)
    .map(({ issuerId, points }) => {
      const cleared = owed.get(issuerId);
      if (!cleared) throw new Error(`transfer ${event.transferId} gives back points of an issuer that ${transferId} never made pay`);
      return {
        kind: 'REINSTATEMENT',
        debtorId: event.brandId,
        creditorId: issuerId,
        issuerId,
        redeemerId: event.brandId,
        points,
        supply: 'REIMBURSEMENT',
        ...cleared,
      };
    });
}

function filledArrears(fills: readonly ArrearsFill[], agreement: Agreement): Claim[] {
  return fills.map(({ issuerId, clawingBrandId, termsId, earnedAt, points }) => ({
    kind: 'ARREARS_FILL',
    debtorId: issuerId,
    creditorId: clawingBrandId,
    issuerId,
    redeemerId: null,
    points,
    ...priceBetween(issuerId, clawingBrandId, termsId, earnedAt, agreement),
  }));
}

/** The pair's own terms price it, else the taking brand's. */
function priceBetween(issuerId: Uuid, takerId: Uuid, takerTermsId: Uuid, at: Date, agreement: Agreement): AgreedPrice & { supply: 'REIMBURSEMENT' } {
  const terms = (issuerId === takerId ? null : agreement.pairTerms(issuerId, takerId, at)) ?? agreement.terms(takerTermsId);
  return { price: terms.reimbursementPrice, termsId: terms.id, supply: 'REIMBURSEMENT' };
}

function requireReversed(event: PointsEvent): NonNullable<PointsEvent['reverses']> {
  if (!event.reverses) throw new Error(`transfer ${event.transferId} (${event.code}) reverses nothing`);
  return event.reverses;
}

function sumOf(parts: readonly { readonly points: bigint }[]): bigint {
  return parts.reduce((sum, { points }) => sum + points, 0n);
}

/** A transfer carries up to 2^53-1 micro-units, small change in some currencies: a larger claim becomes several, of whole points each. */
function inPostableParts(claim: Claim, scale: number): Obligation[] {
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
