import { z } from 'zod';
import { itemAt } from '../../platform/one-of';
import { type RecordPurchase, recordPurchaseSchema } from '../../programme/earning/purchase-command';
import { type LineToBook } from './book-lines';
import { badValue, type LineError, lineError } from './line-error';
import { type Cells, currencyCell, filled, instantCell, memberCells, type NamedMember, namedMember, namesMember, referenceCell } from './row-fields';

/** A purchase of a file, as it was sent: what its lines have in common, and its basket. */
export interface SentPurchase {
  readonly line: number;
  /** The last line of the file that belongs to it. */
  readonly lastLine: number;
  readonly cells: Cells;
  readonly basket: readonly { readonly line: number; readonly cells: Cells }[];
  /** Why whoever read the file could not make cells of a line. */
  readonly unreadable: string | null;
}

/** What a purchase of a file says. */
export interface PurchaseRow extends LineToBook<RecordPurchase> {
  readonly member: NamedMember;
}

const purchaseCells = z
  .object({
    ...memberCells,
    currency: currencyCell,
    occurredAt: instantCell.optional(),
    moneyCurrency: z.string("Give the money's ISO 4217 code."),
    channel: z.string().optional(),
    instrument: z.string().optional(),
    reference: referenceCell,
  })
  .superRefine(namesMember);

/** Reads a purchase, apart from everything else in the world. An error names the line of the basket that it is in. */
export function readPurchaseRow({ line, cells, basket, unreadable }: SentPurchase): PurchaseRow | LineError {
  if (unreadable !== null) return lineError(line, null, 'UNREADABLE', unreadable);
  const parsed = purchaseCells.safeParse(filled(cells));
  if (!parsed.success) return badValue(line, parsed.error);
  const { currency, reference, customerId, identifierKind, identifier, ...common } = parsed.data;
  const member = namedMember({ customerId, identifierKind, identifier });
  const asked = { ...common, member: member.byCustomer ?? member.byIdentifier, reference, lines: basket.map((each) => filled(each.cells)) };
  const checked = recordPurchaseSchema.safeParse({ ...asked, idempotencyKey: 'checked', currency: 'CHECKED' });
  if (!checked.success) return basketError(line, basket, checked.error);
  return {
    line,
    member,
    currency: currency ?? null,
    reference: reference ?? null,
    occurredAt: checked.data.occurredAt,
    command: (of) => ({ ...checked.data, ...of }),
  };
}

/** What a line of a basket cannot be without. */
const MISSING: Readonly<Record<string, string>> = {
  sku: 'Give the sku: the name by which you know what was bought.',
  quantity: 'Give the quantity, such as 1 or 0.750.',
};

function basketError(line: number, basket: SentPurchase['basket'], error: z.ZodError): LineError {
  const { path, message, code } = itemAt(error.issues, 0);
  const [list, at, ...field] = path;
  const inBasket = list === 'lines' && typeof at === 'number' ? basket[at] : undefined;
  if (!inBasket) return badValue(line, error);
  const name = field.join('.');
  return lineError(inBasket.line, name || null, 'BAD_VALUE', (code === 'invalid_type' ? MISSING[name] : undefined) ?? message);
}
