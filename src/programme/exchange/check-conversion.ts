import { amountRefusals, requireWithinLimits } from '../../coalition/coalition/amount-limits';
import { termsRefusals } from '../../coalition/coalition/terms-in-force';
import { lesser } from '../../ledger/points/amount';
import { MOST_TRANSFERS, mostPerTransfer } from '../../ledger/points/clearable';
import { numberRefusals } from '../../members/identification/what-proves';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { points } from '../../platform/refusal-fields';
import { leastPoints, mostPoints } from './best-exchange';
import { type ConversionAmounts, conversionAmounts } from './conversion-amounts';
import type { ConversionRate } from './conversion-rate';
import { rateRefusals } from './conversion-rates';

/** What is refused of a conversion, and of a quote for one. */
export const checkConversionRefusals = refusals(
  ...[termsRefusals, amountRefusals, rateRefusals, numberRefusals],
  defineRefusal('CONVERTS_TO_NOTHING', {
    description: 'The points would buy nothing, since what is received is rounded down.',
    retrySafe: true,
    fields: { minimum: points('Fewest points that buy something and are taken.') },
    discloses: 'NOBODY',
    message: ({ minimum }) => `So few points buy nothing at this rate: at least ${minimum} are needed.`,
  }),
);

/**
 * The amounts of a conversion of `points` at the rate. Throws BELOW_MINIMUM, NOT_A_STEP, CONVERTS_TO_NOTHING, and
 * ABOVE_MAXIMUM: of the daily maximum, of what can be counted, and of what can be cleared at the transfer price.
 * `scale` is the source's. What is left of the daily maximum is for the wallet to say.
 */
export function checkConversion(rate: ConversionRate, scale: number, points: bigint): ConversionAmounts {
  const maximum = lesser(mostPoints(rate), mostPerTransfer(rate.transferPrice, scale) * MOST_TRANSFERS);
  requireWithinLimits({ minimum: rate.minimum, step: rate.increment, maximum }, points);
  const amounts = conversionAmounts(rate, points);
  if (amounts.base === 0n) throw checkConversionRefusals.refuse('CONVERTS_TO_NOTHING', { minimum: leastPoints(rate) });
  return amounts;
}
