import { floorDivide } from '../../ledger/points/ratio';
import { type ExactAmount, lessAmount } from '../purchases/exact-amount';

/** What of a basket earns: what it costs with tax, or without the tax that its lines tell. */
export type EarningBase = 'GROSS' | 'NET';

/** A basket, or what is left of it after returns. */
export interface BasketTotals {
  /** All lines. */
  readonly amount: ExactAmount;
  /** Lines that earn. */
  readonly eligible: ExactAmount;
  /** How much of the amount was paid with points: those earn nothing. */
  readonly paidWithPoints: ExactAmount;
}

/** A line that counts, as it was bought or as it still stands. Deposits and what is traded in can be below zero. */
export interface CountedLine {
  /** Without tax. */
  readonly amount: ExactAmount;
  readonly tax: ExactAmount;
  readonly earns: boolean;
}

/** What lines come to together, none below zero. */
export interface BasketWorth {
  /** With tax: what is to be paid. */
  readonly gross: ExactAmount;
  /** Without tax. */
  readonly net: ExactAmount;
  /** Of the lines that earn, by the rule's base. */
  readonly eligible: ExactAmount;
}

export function worthOfLines(base: EarningBase, lines: readonly CountedLine[]): BasketWorth {
  let [net, tax, eligible] = [0n, 0n, 0n];
  for (const line of lines) {
    net += line.amount;
    tax += line.tax;
    if (line.earns) eligible += base === 'NET' ? line.amount : line.amount + line.tax;
  }
  return { gross: notBelowZero(net + tax), net: notBelowZero(net), eligible: notBelowZero(eligible) };
}

/**
 * What points are earned on. Points pay with tax: of a base without tax they take the part that they pay of the whole.
 */
export function earningTotals(base: EarningBase, { gross, net, eligible }: BasketWorth, paidWithPoints: ExactAmount): BasketTotals {
  if (base === 'GROSS') return { amount: gross, eligible, paidWithPoints };
  const amount = gross === 0n ? gross : (floorDivide(net * lessAmount(gross, paidWithPoints), gross) as ExactAmount);
  return { amount, eligible, paidWithPoints: 0n as ExactAmount };
}

function notBelowZero(amount: bigint): ExactAmount {
  return (amount > 0n ? amount : 0n) as ExactAmount;
}
