import { requireWithinLimits } from '../../coalition/coalition/amount-limits';
import { lesser } from '../../ledger/points/amount';
import { MOST_TRANSFERS, mostPerTransfer } from '../../ledger/points/clearable';
import { leastPoints, mostPoints } from './best-exchange';
import { type ConversionAmounts, conversionAmounts } from './conversion-amounts';
import type { ConversionRate } from './conversion-rate';
import { ConvertsToNothing } from './conversion-refusals';

/**
 * The amounts of a conversion of `points` at the rate. Throws BelowMinimum, NotAStep, AboveMaximum (of the daily maximum, of what can be counted, and of what
 * can be cleared at the transfer price; `scale` is the source's) and ConvertsToNothing. What is left of the daily maximum is for the wallet to say.
 */
export function checkConversion(rate: ConversionRate, scale: number, points: bigint): ConversionAmounts {
  const maximum = lesser(mostPoints(rate), mostPerTransfer(rate.transferPrice, scale) * MOST_TRANSFERS);
  requireWithinLimits({ minimum: rate.minimum, step: rate.increment, maximum }, points);
  const amounts = conversionAmounts(rate, points);
  if (amounts.base === 0n) throw new ConvertsToNothing(leastPoints(rate));
  return amounts;
}
