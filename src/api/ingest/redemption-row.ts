import { z } from 'zod';
import { itemAt } from '../../platform/one-of';
import { type SpendPoints, spendPointsSchema } from '../../programme/redemption/spend-points';
import { type LineToBook } from './book-lines';
import { badValue, type LineError, lineError } from './line-error';
import type { SentRow } from './row-fields';
import { currencyCell, filled, instantCell, memberCells, type NamedMember, namedMember, namesMember, pointsCell, referenceCell } from './row-fields';

/** What a line of a file of redemptions says. */
export interface RedemptionRow extends LineToBook<SpendPoints> {
  readonly member: NamedMember;
}

const cells = z
  .object({
    ...memberCells,
    currency: currencyCell,
    points: pointsCell,
    occurredAt: instantCell.optional(),
    purchaseAmount: z.string().optional(),
    moneyCurrency: z.string().optional(),
    channel: z.string().optional(),
    instrument: z.string().optional(),
    reference: referenceCell,
  })
  .superRefine(namesMember)
  .superRefine(({ purchaseAmount, moneyCurrency }, context) => {
    if (purchaseAmount !== undefined && moneyCurrency === undefined)
      context.addIssue({ code: 'custom', path: ['moneyCurrency'], message: "Give the money's ISO 4217 code with the purchase's amount." });
  });

/** Reads a line, apart from everything else in the world. */
export function readRedemptionRow({ line, cells: sent, unreadable }: SentRow): RedemptionRow | LineError {
  if (unreadable !== null) return lineError(line, null, 'UNREADABLE', unreadable);
  const parsed = cells.safeParse(filled(sent));
  if (!parsed.success) return badValue(line, parsed.error);
  const { currency, reference, customerId, identifierKind, identifier, points, purchaseAmount: amount, moneyCurrency, ...common } = parsed.data;
  const member = namedMember({ customerId, identifierKind, identifier });
  const purchase = amount === undefined ? null : { amount, moneyCurrency };
  const asked = { ...common, member: member.byCustomer ?? member.byIdentifier, reference, points: BigInt(points), purchase };
  const checked = spendPointsSchema.safeParse({ ...asked, idempotencyKey: 'checked', currency: 'CHECKED' });
  if (!checked.success) {
    const { path, message } = itemAt(checked.error.issues, 0);
    return lineError(line, path[0] === 'purchase' ? (path[1] === 'amount' ? 'purchaseAmount' : 'moneyCurrency') : path.join('.'), 'BAD_VALUE', message);
  }
  return {
    line,
    member,
    currency: currency ?? null,
    reference: reference ?? null,
    occurredAt: checked.data.occurredAt,
    command: (of) => ({ ...checked.data, ...of }),
  };
}
