import { lesser } from '../../ledger/points/amount';
import { itemAt } from '../../platform/one-of';
import { type ExactAmount, lessAmount, sumAmounts } from '../purchases/exact-amount';

/**
 * Each line's part of a discount, in whole minor units: by amount, the largest remainders first and of equal ones the
 * earlier line. The discount lies on the lines that earn. What is more than they cost lies on the others. The lines
 * together cost at least the discount.
 */
export function spreadDiscount(
  discount: ExactAmount,
  lines: readonly { readonly amount: ExactAmount; readonly earns: boolean }[],
  minorUnit: ExactAmount,
): ExactAmount[] {
  const earning = sumAmounts(lines.map(({ amount, earns }) => (earns ? amount : (0n as ExactAmount))));
  const onEarning = byAmount(
    lesser(discount, earning),
    lines.map(({ amount, earns }) => (earns ? amount : 0n)),
    minorUnit,
  );
  const onOthers = byAmount(
    lessAmount(discount, earning),
    lines.map(({ amount, earns }) => (earns ? 0n : amount)),
    minorUnit,
  );
  return onEarning.map((part, i) => (part + itemAt(onOthers, i)) as ExactAmount);
}

function byAmount(total: bigint, amounts: readonly bigint[], minorUnit: bigint): bigint[] {
  const whole = amounts.reduce((sum, amount) => sum + amount, 0n);
  if (total === 0n || whole === 0n) return amounts.map(() => 0n);
  const units = total / minorUnit;
  const parts = amounts.map((amount) => ({ part: (units * amount) / whole, remainder: (units * amount) % whole }));
  const missing = Number(units - parts.reduce((sum, { part }) => sum + part, 0n));
  // Equals keep their order.
  const byRemainder = parts.toSorted((a, b) => (a.remainder === b.remainder ? 0 : a.remainder < b.remainder ? 1 : -1));
  for (const each of byRemainder.slice(0, missing)) each.part++;
  return parts.map(({ part }) => part * minorUnit);
}
