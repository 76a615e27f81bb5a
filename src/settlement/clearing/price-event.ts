import type { ClearingModel, TermsVersion } from '../../coalition/coalition/coalition-snapshot';
import type { JournalCursor } from '../../ledger/outbox/journal-cursor';
import type { Uuid } from '../../platform/ids';
import { type Claim, inPostableParts, type Obligation } from './obligation';
import type { AgreedPrice, ArrearsFill, BrandEvent, ConversionEvent, PointsEvent } from './points-event';

/** What is agreed, as pricing asks for it. */
export interface Agreement {
  readonly model: ClearingModel;
  /** Decimals of the points currency: prices are per whole point, 10^scale smallest units. */
  readonly scale: number;
  /** The coalition's operator; the OPERATOR model cannot clear without one. */
  readonly operatorId: Uuid | null;
  /** A terms version by its id; throws when there is none. */
  readonly terms: (id: Uuid) => TermsVersion;
  /**
   * The terms that two brands have with each other, in force at an instant, as they were agreed when an event was
   * posted. null where they had none of their own. So the price hangs on what is in the journal before the event, never
   * on when a worker came to it.
   */
  readonly pairTerms: (issuerId: Uuid, redeemerId: Uuid, at: Date, posted: JournalCursor) => TermsVersion | null;
  /** Whose points those of another currency are: its owner's, or the operator's where it is shared. */
  readonly issuerOf: (currencyId: number) => Uuid | null;
}

/**
 * Prices one points event: a pure function of recorded facts and terms. Nobody owes oneself, so such claims are left
 * out. Money is points x price / 10^scale; below a micro-unit (scales above 0 only) the debtor keeps the remainder.
 */
export function priceEvent(event: PointsEvent, agreement: Agreement): Obligation[] {
  const claims = agreement.model === 'OPERATOR' ? operatorClaims(event, agreement) : issuerClaims(event, agreement);
  return claims.filter((claim) => claim.debtorId !== claim.creditorId && claim.points > 0n).flatMap((claim) => inPostableParts(claim, agreement.scale));
}

/**
 * Issuers pay the operator at issue, the operator pays redeemers at redemption and whoever takes points over into
 * another currency.
 */
function operatorClaims(event: PointsEvent, agreement: Agreement): Claim[] {
  const { operatorId } = agreement;
  if (operatorId === null) throw new Error('the OPERATOR model clears through the operator, and the coalition has none');
  const recovered = recoveredArrears(event.fills, operatorId, agreement);
  switch (event.code) {
    case 'EARN':
    case 'BONUS':
      return [issued('ISSUANCE', event, operatorId, agreement.terms(event.termsId).issuancePrice), ...recovered];
    case 'OPENING':
      return [issued('OPENING', event, operatorId, openingPrice(event, agreement)), ...recovered];
    case 'GOODWILL':
      // What the operator gives, it would owe itself; it has no terms with itself that could price it.
      if (event.brandId === operatorId) return recovered;
      return [issued('GOODWILL', event, operatorId, agreement.terms(event.termsId).issuancePrice), ...recovered];
    case 'CLAWBACK': {
      const { issuancePrice: price, arrearsCarrier } = agreement.terms(event.termsId);
      // Arrears that the issuer carries are credited as they are recovered: see recoveredArrears.
      const points = arrearsCarrier === 'OPERATOR' ? event.points : sumOf(event.lots);
      return [{ ...issued('CLAWBACK', event, operatorId, price), debtorId: operatorId, creditorId: event.brandId, points }];
    }
    case 'EXPIRED_CLAWBACK':
      // The brand paid for points that are no more: their issue is undone, and nobody is in arrears for them.
      return [{ ...issued('CLAWBACK', event, operatorId, agreement.terms(event.termsId).issuancePrice), debtorId: operatorId, creditorId: event.brandId }];
    case 'BURN':
    case 'CAPTURE':
    case 'REINSTATEMENT_CANCELLATION':
      return [redeemed('REIMBURSEMENT', event, { debtorId: operatorId, creditorId: event.brandId }, agreement)];
    case 'REFUND':
    case 'REINSTATEMENT':
      return [redeemed('REINSTATEMENT', event, { debtorId: event.brandId, creditorId: operatorId }, agreement), ...recovered];
    case 'CLAWBACK_CANCELLATION':
      // All of it counts as issued again; what was still owed of it fills its own arrears, and so is credited as
      // recovered where the issuer carried it.
      return [issued('ISSUANCE', event, operatorId, agreement.terms(event.termsId).issuancePrice), ...recovered];
    case 'CONVERSION_OUT':
      return [takenOver(event, { issuerId: null, debtorId: operatorId, points: event.points }, agreement)];
    case 'GIFT':
    case 'POOL_CONTRIBUTION':
    case 'POOL_RETURN':
    case 'MERGE':
    case 'CONVERSION_IN':
    case 'ARREARS_FILL':
      return recovered;
  }
}

export function issued(
  kind: 'ISSUANCE' | 'OPENING' | 'GOODWILL' | 'CLAWBACK',
  { brandId, points, termsId }: BrandEvent,
  operatorId: Uuid,
  price: bigint,
): Claim {
  return { kind, debtorId: brandId, creditorId: operatorId, issuerId: brandId, redeemerId: null, points, price, supply: 'ISSUANCE', termsId };
}

function openingPrice(event: BrandEvent, agreement: Agreement): bigint {
  const { openingPrice: price } = agreement.terms(event.termsId);
  if (price === null) throw new Error(`opening ${event.transferId} was booked under terms ${event.termsId}, which agree on no price for openings`);
  return price;
}

export function redeemed(
  kind: 'REIMBURSEMENT' | 'REINSTATEMENT',
  { brandId, points, termsId }: BrandEvent,
  sides: { readonly debtorId: Uuid; readonly creditorId: Uuid },
  agreement: Agreement,
): Claim {
  const price = agreement.terms(termsId).reimbursementPrice;
  return { kind, ...sides, issuerId: null, redeemerId: brandId, points, price, supply: 'REIMBURSEMENT', termsId };
}

/** The target currency's issuer owes points from now on that somebody else was paid for. */
function takenOver(
  { transferId, rate }: ConversionEvent,
  source: { readonly issuerId: Uuid | null; readonly debtorId: Uuid; readonly points: bigint },
  agreement: Agreement,
): Claim {
  const creditorId = agreement.issuerOf(rate.toCurrencyId);
  if (creditorId === null) throw new Error(`conversion ${transferId} is into currency ${rate.toCurrencyId}, whose points are nobody's`);
  return { kind: 'CONVERSION', ...source, creditorId, redeemerId: null, price: rate.transferPrice, supply: 'TRANSFER', termsId: rate.rateId };
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

/** Nothing at issue, however the points came to be; whoever takes points pays with the claim on the lots' issuers. */
function issuerClaims(event: PointsEvent, agreement: Agreement): Claim[] {
  const filled = filledArrears(event, agreement);
  switch (event.code) {
    case 'EARN':
    case 'BONUS':
    case 'OPENING':
    case 'GOODWILL':
    case 'GIFT':
    case 'POOL_CONTRIBUTION':
    case 'POOL_RETURN':
    case 'MERGE':
    case 'CONVERSION_IN':
    case 'ARREARS_FILL':
    case 'EXPIRED_CLAWBACK':
      return filled;
    case 'BURN':
    case 'CAPTURE':
      return reimbursements(event, (issuerId) =>
        priceBetween(event, { issuerId, takerId: event.brandId, termsId: event.termsId, at: event.occurredAt }, agreement),
      );
    case 'REFUND':
    case 'REINSTATEMENT':
      return [...reversedReimbursements(event), ...filled];
    case 'CLAWBACK': {
      const earnedAt = requireReversed(event).occurredAt;
      return event.lots.map(({ issuerId, points }) => ({
        kind: 'FOREIGN_CLAWBACK',
        debtorId: issuerId,
        creditorId: event.brandId,
        issuerId,
        redeemerId: null,
        points,
        supply: 'REIMBURSEMENT',
        ...priceBetween(event, { issuerId, takerId: event.brandId, termsId: event.termsId, at: earnedAt }, agreement),
      }));
    }
    case 'CLAWBACK_CANCELLATION':
      return [
        ...event.lots.map(({ issuerId, points }) => ({
          kind: 'FOREIGN_CLAWBACK' as const,
          debtorId: event.brandId,
          creditorId: issuerId,
          issuerId,
          redeemerId: null,
          points,
          supply: 'REIMBURSEMENT' as const,
          ...asCleared(event, issuerId, agreement),
        })),
        ...filled,
      ];
    case 'REINSTATEMENT_CANCELLATION':
      return reimbursements(event, (issuerId) => asCleared(event, issuerId, agreement));
    case 'CONVERSION_OUT':
      return event.lots.map(({ issuerId, points }) => takenOver(event, { issuerId, debtorId: issuerId, points }, agreement));
  }
}

/** Each issuer of the points that were taken pays whoever took them. */
function reimbursements({ brandId, lots }: BrandEvent, priceOf: (issuerId: Uuid) => AgreedPrice): Claim[] {
  return lots.map(({ issuerId, points }) => ({
    kind: 'REIMBURSEMENT',
    debtorId: issuerId,
    creditorId: brandId,
    issuerId,
    redeemerId: brandId,
    points,
    supply: 'REIMBURSEMENT',
    ...priceOf(issuerId),
  }));
}

/** What was owed, owed back at the price at which it was cleared: later terms change nothing of it. */
function reversedReimbursements(event: BrandEvent): Claim[] {
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

/**
 * The price at which the event that is cancelled was cleared. For points of an issuer that it did not concern: the
 * price of the event that it had reversed.
 */
function asCleared(event: BrandEvent, issuerId: Uuid, agreement: Agreement): AgreedPrice {
  const { owed, occurredAt: at } = requireReversed(event);
  return owed.get(issuerId) ?? priceBetween(event, { issuerId, takerId: event.brandId, termsId: event.termsId, at }, agreement);
}

function filledArrears(event: PointsEvent, agreement: Agreement): Claim[] {
  return event.fills.map(({ issuerId, clawingBrandId, termsId, earnedAt, points }) => ({
    kind: 'ARREARS_FILL',
    debtorId: issuerId,
    creditorId: clawingBrandId,
    issuerId,
    redeemerId: null,
    points,
    supply: 'REIMBURSEMENT',
    ...priceBetween(event, { issuerId, takerId: clawingBrandId, termsId, at: earnedAt }, agreement),
  }));
}

/** The pair's own terms price it, else the taking brand's, which are `termsId`. */
function priceBetween(
  { posted }: PointsEvent,
  { issuerId, takerId, termsId, at }: { readonly issuerId: Uuid; readonly takerId: Uuid; readonly termsId: Uuid; readonly at: Date },
  agreement: Agreement,
): AgreedPrice {
  const terms = (issuerId === takerId ? null : agreement.pairTerms(issuerId, takerId, at, posted)) ?? agreement.terms(termsId);
  return { price: terms.reimbursementPrice, termsId: terms.id };
}

function requireReversed(event: BrandEvent): NonNullable<BrandEvent['reverses']> {
  if (!event.reverses) throw new Error(`transfer ${event.transferId} (${event.code}) reverses nothing`);
  return event.reverses;
}

function sumOf(parts: readonly { readonly points: bigint }[]): bigint {
  return parts.reduce((sum, { points }) => sum + points, 0n);
}
