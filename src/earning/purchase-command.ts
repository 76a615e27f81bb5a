import { z } from 'zod';
import { currencyCode, decimal, dryRun, idempotencyKey, moneyCurrency, occurredAt, optionalText, plainText } from '../ledger/request-fields';
import type { MemberRef } from '../members/member-ref';

/** Most lines in one basket. */
const MAX_LINES = 500;
/** Most purchases in one request. */
export const MAX_PURCHASES = 100;

const lineSchema = z.object({
  sku: plainText(100),
  category: optionalText(100),
  quantity: decimal(3, { above: 0n, below: 10n ** 14n }, 'A quantity is above zero, below 100,000,000,000, with at most three decimals.'),
  unitPrice: decimal(6, { from: 0n, below: 10n ** 18n }, 'A unit price is not below zero, below 1,000,000,000,000, with at most six decimals.'),
});

export const recordPurchaseSchema = z.object({
  idempotencyKey,
  member: z.custom<MemberRef>(),
  currency: currencyCode,
  occurredAt,
  lines: z.array(lineSchema).min(1, 'A basket has at least one line.').max(MAX_LINES, `A basket has at most ${MAX_LINES} lines.`),
  moneyCurrency,
  redemptionIds: z
    .array(z.string())
    .max(20, 'At most 20 redemptions pay parts of a purchase.')
    .refine((ids) => new Set(ids).size === ids.length, 'A redemption is named once.')
    .nullish()
    .transform((ids) => ids ?? []),
  channel: optionalText(50),
  instrument: optionalText(50),
  reference: optionalText(200),
  dryRun,
});
export type RecordPurchase = z.output<typeof recordPurchaseSchema>;
