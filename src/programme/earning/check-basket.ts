import { minorUnitOf } from '../purchases/minor-unit';
import { type BasketLine, costOf, grossOf } from './basket';

/** What is wrong with a basket, and where. */
export interface BasketProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * What no field of a line can say by itself: what a line costs is told once, its signs are its kind's, and the basket
 * does not cost less than nothing.
 */
export function checkBasket(lines: readonly BasketLine[], moneyCurrency: string): BasketProblem[] {
  const problems: BasketProblem[] = [];
  for (const [i, line] of lines.entries()) {
    const problem = lineProblem(line, moneyCurrency);
    if (problem) problems.push({ path: ['lines', i, problem[0]], message: problem[1] });
  }
  if (problems.length > 0 || lines.every(({ kind }) => kind === undefined)) return problems;
  const minorUnit = minorUnitOf(moneyCurrency);
  let [goods, discount] = [0n, 0n];
  for (const line of lines) {
    const cost = costOf(line, minorUnit);
    if (line.kind === undefined) goods += cost;
    if (line.kind === 'DISCOUNT') discount -= cost;
  }
  if (discount > goods) return [{ path: ['lines'], message: 'Discounts are at most what the goods cost.' }];
  if (grossOf(lines, minorUnit) < 0n)
    return [{ path: ['lines'], message: 'The basket sums to less than zero. Leave what is paid out to the member out of it.' }];
  return [];
}

function lineProblem({ unitPrice, amount, kind, tax = 0n }: BasketLine, moneyCurrency: string): [field: string, message: string] | null {
  if (unitPrice === undefined && amount === undefined) return ['unitPrice', 'Give the price of one unit (unitPrice), or what all of them cost (amount).'];
  if (unitPrice !== undefined && amount !== undefined) return ['amount', 'The line says what one unit costs (unitPrice) already: give one of the two.'];
  const field = unitPrice === undefined ? 'amount' : 'unitPrice';
  const cost = unitPrice ?? amount ?? 0n;
  if (kind === undefined && cost < 0n) return [field, 'This is not below zero. Discounts, deposits and what is traded in are lines of their own kind.'];
  if (kind === 'DISCOUNT' && cost > 0n) return [field, 'A discount is not above zero.'];
  if (kind === 'DISCOUNT' && tax !== 0n) return ['tax', 'A discount has no tax of its own: give the tax of the goods after it.'];
  if ((cost < 0n && tax > 0n) || (cost >= 0n && tax < 0n)) return ['tax', 'The tax has the sign of what the line costs.'];
  const micros = minorUnitOf(moneyCurrency) / 1_000n;
  if (amount !== undefined && amount % micros !== 0n) return ['amount', `This cannot be paid in ${moneyCurrency}: round it as on the receipt.`];
  if (tax % micros !== 0n) return ['tax', `This cannot be paid in ${moneyCurrency}: round it as on the receipt.`];
  return null;
}
