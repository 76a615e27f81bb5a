import { itemAt } from '../../platform/one-of';
import { type ExactAmount, exactFromMicros } from '../purchases/exact-amount';
import { fullAmount, type LineKind } from '../purchases/line-worth';
import { lineExclusion } from './basket-points';
import { type BasketWorth, type CountedLine, worthOfLines } from './earning-base';
import type { EarningRule, Exclusion } from './earning-rule';
import { spreadDiscount } from './spread-discount';

/** A line of a basket as it was sent. Quantities in thousandths, money in micro-units. */
export interface BasketLine {
  readonly sku: string;
  readonly category: string | null;
  readonly quantity: bigint;
  /** Of one; absent: `amount` is what all of them cost. */
  readonly unitPrice?: bigint;
  readonly amount?: bigint;
  /** Absent: GOODS. */
  readonly kind?: LineKind;
  /** Beside what the line costs; absent: none. */
  readonly tax?: bigint;
}

/** A basket with what it costs and what of it earns. By line: */
export interface WeighedBasket extends BasketWorth {
  /** Why it earns nothing; null: it earns. */
  readonly exclusions: readonly (Exclusion | null)[];
  /** Its part of the basket's discounts. */
  readonly discounts: readonly ExactAmount[];
}

const NONE = 0n as ExactAmount;

/** Weighs a basket that checkBasket found nothing wrong with. */
export function weighBasket(rule: EarningRule, lines: readonly BasketLine[], minorUnit: ExactAmount): WeighedBasket {
  const exclusions = lines.map((line) => exclusionOf(rule, line));
  const amounts = lines.map((line) => costOf(line, minorUnit));
  const discount = lines.reduce((sum, { kind }, i) => (kind === 'DISCOUNT' ? sum - itemAt(amounts, i) : sum), 0n) as ExactAmount;
  const goods = () => lines.map(({ kind }, i) => ({ amount: kind === undefined ? itemAt(amounts, i) : NONE, earns: exclusions[i] === null }));
  const discounts = discount === 0n ? amounts.map(() => NONE) : spreadDiscount(discount, goods(), minorUnit);
  const counted: CountedLine[] = [];
  for (const [i, { kind, tax }] of lines.entries()) {
    if (kind === 'DISCOUNT') continue;
    const amount = (itemAt(amounts, i) - itemAt(discounts, i)) as ExactAmount;
    counted.push({ amount, tax: tax === undefined ? NONE : exactFromMicros(tax), earns: exclusions[i] === null });
  }
  return { exclusions, discounts, ...worthOfLines(rule.earnsOn, counted) };
}

/** What a basket costs with tax, whatever of it earns. */
export function grossOf(lines: readonly BasketLine[], minorUnit: ExactAmount): ExactAmount {
  return lines.reduce((sum, line) => sum + costOf(line, minorUnit) + exactFromMicros(line.tax ?? 0n), 0n) as ExactAmount;
}

/** What a line costs before discounts, without tax. */
export function costOf({ quantity, unitPrice, amount }: BasketLine, minorUnit: ExactAmount): ExactAmount {
  return fullAmount({ quantity, unitPrice: unitPrice ?? null, amount: amount === undefined ? null : exactFromMicros(amount) }, minorUnit);
}

/**
 * Deposits and what is traded in count like the goods beside them, whatever categories earn, unless the rule excludes
 * them by name.
 */
function exclusionOf(rule: EarningRule, { sku, category, kind }: BasketLine): Exclusion | null {
  if (kind === 'DISCOUNT') return null;
  return lineExclusion(kind === undefined ? rule : { ...rule, eligibleCategories: null }, { sku, category });
}
