import { minorUnitDecimals } from '../../ledger/points/money-currencies';
import { floorDivide } from '../../ledger/points/ratio';
import { itemAt } from '../../platform/one-of';
import { BILLIONTHS_PER_UNIT, type ExactAmount } from './exact-amount';

/** A money whose code has no minor unit is counted in micro-units. */
const DECIMALS_WITHOUT = 6;

const UNITS = Array.from({ length: DECIMALS_WITHOUT + 1 }, (_, decimals) => (BILLIONTHS_PER_UNIT / 10n ** BigInt(decimals)) as ExactAmount);

/**
 * The smallest amount that can be paid in a money: of EUR a cent. Purchases of arithmetic 2 and what points pay are
 * whole numbers of it.
 */
export function minorUnitOf(moneyCurrency: string): ExactAmount {
  return itemAt(UNITS, minorUnitDecimals(moneyCurrency) ?? DECIMALS_WITHOUT);
}

/** The same in micro-units. */
export function minorUnitInMicros(moneyCurrency: string): bigint {
  return minorUnitOf(moneyCurrency) / 1_000n;
}

/** What is paid of an amount that cannot be paid exactly by whoever may not pay too much. */
export function flooredToMinorUnit(amount: ExactAmount, minorUnit: ExactAmount): ExactAmount {
  return (floorDivide(amount, minorUnit) * minorUnit) as ExactAmount;
}
