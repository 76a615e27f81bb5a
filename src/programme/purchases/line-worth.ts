import { roundHalfAway } from '../../ledger/points/ratio';
import { type ExactAmount, lineAmount } from './exact-amount';

/**
 * What a line of a basket is. DISCOUNT lowers what goods cost, and is part of their lines from then on. DEPOSIT
 * (bottles, crates) and TRADE_IN (what the member gives in part exchange) are lines of their own.
 */
export const LINE_KINDS = ['GOODS', 'DISCOUNT', 'DEPOSIT', 'TRADE_IN'] as const;
export type LineKind = (typeof LINE_KINDS)[number];

/** A line as it was bought. Quantities in thousandths. */
export interface PricedLine {
  readonly quantity: bigint;
  /** Micro-units of money for one; null: the line says what all of them cost. */
  readonly unitPrice: bigint | null;
  /** What all of them cost, before discounts; null: the line says what one costs. */
  readonly amount: ExactAmount | null;
  /** Its part of the basket's discounts. */
  readonly discount: ExactAmount;
  /** Beside what it costs. */
  readonly tax: ExactAmount;
}

/** An amount with the tax beside it. */
export interface Worth {
  readonly amount: ExactAmount;
  readonly tax: ExactAmount;
}

/**
 * What a line cost as it was bought, before discounts: by its price, rounded to the minor unit half away from zero as
 * on a receipt, or as it says.
 */
export function fullAmount({ quantity, unitPrice, amount }: Pick<PricedLine, 'quantity' | 'unitPrice' | 'amount'>, minorUnit: ExactAmount): ExactAmount {
  return amount ?? rounded(lineAmount(quantity, unitPrice ?? 0n), 1n, minorUnit);
}

/**
 * What is left of a line once only `left` of its quantity is. By price: that many at the price. By its total, or with a
 * discount: that part of the total. Rounded to the minor unit, half away from zero.
 */
export function leftOfLine(line: PricedLine, left: bigint, minorUnit: ExactAmount): Worth {
  const { quantity, unitPrice, amount, discount } = line;
  const tax = partOf(line.tax, left, quantity, minorUnit);
  if (amount === null && unitPrice !== null && discount === 0n) return { amount: rounded(lineAmount(left, unitPrice), 1n, minorUnit), tax };
  return { amount: partOf((fullAmount(line, minorUnit) - discount) as ExactAmount, left, quantity, minorUnit), tax };
}

/** total x part / whole, rounded to the minor unit, half away from zero; the whole is above zero. */
export function partOf(total: ExactAmount, part: bigint, whole: bigint, minorUnit: ExactAmount): ExactAmount {
  return rounded(total * part, whole, minorUnit);
}

function rounded(amount: bigint, divisor: bigint, minorUnit: ExactAmount): ExactAmount {
  return (roundHalfAway(amount, divisor * minorUnit) * minorUnit) as ExactAmount;
}
