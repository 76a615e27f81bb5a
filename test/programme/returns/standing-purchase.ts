import { ratio } from '../../../src/ledger/points/ratio';
import { exactFromMicros, sumAmounts } from '../../../src/programme/purchases/exact-amount';
import { minorUnitOf } from '../../../src/programme/purchases/minor-unit';
import type { StandingPurchase } from '../../../src/programme/returns/return-decision';
import { type ReturnableLine, worthLeft } from '../../../src/programme/returns/returned-goods';

export const CENT = minorUnitOf('EUR');

export const cents = (count: number) => exactFromMicros(BigInt(count) * 10_000n);

/**
 * Lines as "quantity x price", e.g. '3x2.50'. `back` of them came back before. `paid` units were paid with `burned`
 * points, of which `given` were given back.
 */
export function purchase(
  lines: readonly string[],
  more: Partial<StandingPurchase> & { back?: readonly number[]; paid?: number; burned?: number; given?: number } = {},
): StandingPurchase {
  const { back = [], paid = 0, burned = 0, given = 0, ...rest } = more;
  const read: ReturnableLine[] = lines.map((line, i) => {
    const [quantity, price] = line.split('x').map(Number);
    return {
      lineNo: i + 1,
      sku: `S${i + 1}`,
      quantity: BigInt(Math.round(quantity * 1_000)),
      unitPrice: BigInt(Math.round(price * 1_000_000)),
      amount: null,
      kind: 'GOODS',
      discount: cents(0),
      tax: cents(0),
      reduced: cents(0),
      eligible: true,
      returned: BigInt((back[i] ?? 0) * 1_000),
    };
  });
  const paidWithPoints = cents(Math.round(paid * 100));
  return {
    rule: { pointsPerUnit: 1n, fullSteps: null, multiplier: ratio(1), roundTo: 'UNIT', earnsOn: 'GROSS' },
    scale: 0,
    lines: read,
    amount: sumAmounts(read.map((line) => worthLeft({ ...line, returned: 0n }, CENT).amount)),
    paidWithPoints,
    pointsKept: 0,
    paidBy: burned > 0 ? [{ points: burned, reversed: given, value: paidWithPoints }] : [],
    refundOrder: 'POINTS_LAST',
    minorUnit: CENT,
    ...rest,
  };
}

export const goods = (lineNo: number, quantity: number) => ({ lineNo, sku: null, quantity: BigInt(Math.round(quantity * 1_000)) });
