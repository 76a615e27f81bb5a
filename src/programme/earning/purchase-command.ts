import { z } from 'zod';
import {
  currencyCode,
  decimal,
  dryRun,
  idempotencyKey,
  moneyCurrency,
  occurredAt,
  optionalDecimal,
  optionalText,
  plainText,
} from '../../ledger/ledger/request-fields';
import type { MemberRef } from '../../members/identification/member-ref';
import { LINE_KINDS } from '../purchases/line-worth';
import { checkBasket } from './check-basket';

/** Most lines of one basket, and of what comes back of it. */
export const MOST_LINES = 500;
/** Most purchases in one request. */
export const MAX_PURCHASES = 100;

/** Micro-units of money, of either sign. */
const money = (name: string) =>
  optionalDecimal(6, { above: -(10n ** 18n), below: 10n ** 18n }, `${name} is below 1,000,000,000,000, with at most six decimals.`);

const lineSchema = z.object({
  sku: plainText(100),
  category: optionalText(100),
  quantity: decimal(3, { above: 0n, below: 10n ** 14n }, 'A quantity is above zero, below 100,000,000,000, with at most three decimals.'),
  unitPrice: money('A unit price'),
  amount: money('A total'),
  kind: z
    .enum(LINE_KINDS, 'A line is GOODS, DISCOUNT, DEPOSIT or TRADE_IN.')
    .nullish()
    // Goods, said or left out, are the same content.
    .transform((kind) => (kind && kind !== 'GOODS' ? kind : undefined))
    .optional(),
  tax: money('A tax'),
});

export const recordPurchaseSchema = z
  .object({
    idempotencyKey,
    member: z.custom<MemberRef>(),
    currency: currencyCode,
    occurredAt,
    lines: z.array(lineSchema).min(1, 'A basket has at least one line.').max(MOST_LINES, `A basket has at most ${MOST_LINES} lines.`),
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
  })
  .superRefine(({ lines, moneyCurrency: money }, context) => {
    for (const { path, message } of checkBasket(lines, money)) context.addIssue({ code: 'custom', path: [...path], message });
  });
export type RecordPurchase = z.output<typeof recordPurchaseSchema>;
