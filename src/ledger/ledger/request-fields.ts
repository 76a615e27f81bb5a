import { z } from 'zod';
import { parseDecimal } from '../points/decimal';
import { MAX_IDEMPOTENCY_KEY } from './idempotency';

/**
 * zod fields that requests of several modules share. GraphQL has checked the types; these check the content.
 * PostgreSQL cannot store NUL, and a lone surrogate would come back as another character: neither is text.
 */
export function plainText(longest: number) {
  return z.string().superRefine((text, context) => refuseText(text, longest, context));
}

/** All that is asked of a text in one look: tills send a dozen of them with each purchase. */
function refuseText(text: string, longest: number, context: z.RefinementCtx): void {
  const refuse = (message: string) => context.addIssue({ code: 'custom', message });
  if (text === '') refuse('This must not be empty.');
  else if (text.length > longest) refuse(`This has at most ${longest} characters.`);
  else if (/[\p{Cc}\p{Cs}]/u.test(text)) refuse('This must be text without control characters.');
  else if (text.includes('\uFFFD')) refuse('This has the character U+FFFD: it was read in the wrong encoding. Send it in UTF-8.');
}

/** Text that may be left out; null and absent are the same. */
export function optionalText(longest: number) {
  return z
    .string()
    .nullish()
    .transform((text, context) => {
      if (text === undefined || text === null) return null;
      refuseText(text, longest, context);
      return text;
    });
}

export const idempotencyKey = plainText(MAX_IDEMPOTENCY_KEY);

/** When it happened; absent means now, which the content of a request does not contain. */
export const occurredAt = z
  .date()
  .refine((instant) => instant.getTime() >= 0, 'This lies before 1970.')
  .nullish()
  .transform((instant) => instant ?? null);

/** Say what would happen, and write nothing; absent means no. */
export const dryRun = z
  .boolean()
  .nullish()
  .transform((asked) => asked ?? false);

/** More than none, in the currency's smallest unit: exact, for reckoning with rates. */
export const someExactPoints = z.bigint().refine((amount) => amount > 0n, 'Points must be more than zero.');

/** The same as the number that the ledger counts in. */
export const somePoints = someExactPoints.transform(Number);

export const currencyCode = plainText(16).regex(/^[A-Z][A-Z0-9_-]{1,15}$/, 'A currency code is 2 to 16 capital letters and digits.');

export const moneyCurrency = z.string().regex(/^[A-Z]{3}$/, 'Write an ISO 4217 code, such as "EUR".');

interface DecimalRange {
  readonly above?: bigint;
  readonly from?: bigint;
  readonly below: bigint;
}

/** An exact decimal as a scaled integer. */
export function decimal(scale: number, range: DecimalRange, message: string) {
  return z.string().transform((text, context) => readDecimal(text, scale, range, message, context));
}

/** The same, which may be left out; null and absent are the same. */
export function optionalDecimal(scale: number, range: DecimalRange, message: string) {
  return z
    .string()
    .nullish()
    .transform((text, context) => (text === undefined || text === null ? undefined : readDecimal(text, scale, range, message, context)))
    .optional();
}

function readDecimal(text: string, scale: number, { above, from, below }: DecimalRange, message: string, context: z.RefinementCtx): bigint {
  const value = parseDecimal(text, scale);
  if (value !== null && value < below && (above === undefined || value > above) && (from === undefined || value >= from)) return value;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
