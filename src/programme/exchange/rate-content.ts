import { z } from 'zod';
import { MAX_POINTS } from '../../ledger/points/amount';

const amount = (least: bigint) => z.bigint().min(least, `At least ${least}.`).max(MAX_POINTS, `At most ${MAX_POINTS}.`);

/** What a rate is made of, however it is sent. */
export const rateFields = {
  fromCurrency: z.string().max(16),
  toCurrency: z.string().max(16),
  numerator: amount(1n),
  denominator: amount(1n),
  minimum: amount(1n),
  increment: amount(1n),
  dailyMaximum: amount(1n).nullish(),
  fee: amount(0n).default(0n),
  blockSize: amount(1n).nullish(),
  blockBonus: amount(1n).nullish(),
  /** Micro-units of the source's settlement currency per whole source point. */
  transferPrice: amount(0n).nullish(),
  effectiveFrom: z.date(),
  effectiveUntil: z.date().nullish(),
};

export type RateContent = z.output<z.ZodObject<typeof rateFields>>;

/**
 * What is wrong with a transfer price for points of this scale; null for nothing. Every smallest unit has an exact
 * price, so that nothing is rounded before a statement.
 */
export function transferPriceProblem(transferPrice: bigint, { code, scale }: { readonly code: string; readonly scale: number }): string | null {
  if (transferPrice % 10n ** BigInt(scale) === 0n) return null;
  return `${code} has ${scale} decimals: its price per point has at most ${6 - scale}.`;
}

/** Adds what no single field can say. */
export function checkRate(rate: RateContent, context: z.RefinementCtx): void {
  const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (rate.fromCurrency === rate.toCurrency) wrong('toCurrency', 'A currency does not convert into itself.');
  if (rate.effectiveUntil && rate.effectiveUntil <= rate.effectiveFrom) wrong('effectiveUntil', 'A rate ends after it begins.');
  if ((rate.blockSize == null) !== (rate.blockBonus == null)) wrong('blockBonus', 'A block bonus is its size and its bonus: give both or neither.');
  if (rate.increment > 0n && rate.minimum % rate.increment !== 0n) wrong('minimum', 'The minimum is a multiple of the increment.');
  if (rate.dailyMaximum != null && rate.dailyMaximum < rate.minimum) wrong('dailyMaximum', 'The daily maximum is not below the minimum.');
}
