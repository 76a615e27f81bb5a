import { z } from 'zod';
import { plainText } from '../../ledger/ledger/request-fields';
import { itemAt } from '../../platform/one-of';
import { type RecordReturn, recordReturnSchema } from '../../programme/returns/record-return';
import { badValue, type LineError, lineError } from './line-error';
import type { SentPurchase } from './purchase-row';
import { currencyCell, filled, instantCell, referenceCell } from './row-fields';

/** What a return of a file says: goods, or money, of a purchase that is named by its reference. */
export interface ReturnRow {
  readonly line: number;
  /** Reference of the purchase. */
  readonly returnOf: string;
  /** Of the purchase; null: the import's. */
  readonly currency: string | null;
  readonly reference: string | null;
  readonly command: (of: { readonly purchaseId: string; readonly idempotencyKey: string; readonly dryRun: boolean }) => RecordReturn;
}

const cells = z.object({ currency: currencyCell, occurredAt: instantCell.optional(), reference: referenceCell, returnOf: plainText(200) });

/** Reads a return, apart from everything else in the world. Whose it is, and in which money, the purchase says. */
export function readReturnRow({ line, cells: sent, basket }: SentPurchase): ReturnRow | LineError {
  const parsed = cells.safeParse(filled(sent));
  if (!parsed.success) return badValue(line, parsed.error);
  const { currency, reference, returnOf, occurredAt } = parsed.data;
  const lines = basket.map((each) => {
    const { lineNo, ...goods } = filled(each.cells);
    return lineNo === undefined ? goods : { ...goods, lineNo: /^\d{1,4}$/.test(lineNo) ? Number(lineNo) : lineNo };
  });
  const checked = recordReturnSchema.safeParse({ idempotencyKey: 'checked', purchaseId: 'checked', occurredAt, reference, lines });
  if (!checked.success) {
    const { path, message } = itemAt(checked.error.issues, 0);
    const [list, at, ...field] = path;
    const place = list === 'lines' && typeof at === 'number' ? basket[at] : undefined;
    return lineError(place?.line ?? line, (place ? field : path).join('.') || null, 'BAD_VALUE', message);
  }
  return { line, returnOf, currency: currency ?? null, reference: reference ?? null, command: (of) => ({ ...checked.data, ...of }) };
}
