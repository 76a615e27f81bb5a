import { exactFromMicros } from '../../../src/programme/purchases/exact-amount';
import { type ReturnableLine, takeBack, worthLeft } from '../../../src/programme/returns/returned-goods';
import { CENT, cents, purchase } from './standing-purchase';

/** Two lines of one sku: 2 pieces and 1 piece at 10 each, unless they say otherwise. */
function pair(first: Partial<ReturnableLine> = {}, second: Partial<ReturnableLine> = {}): ReturnableLine[] {
  const [a, b] = purchase(['2x10', '1x10']).lines.map((line) => ({ ...line, sku: 'SAME' }));
  return [
    { ...a, ...first },
    { ...b, ...second },
  ];
}
const one = { lineNo: null, sku: 'SAME', quantity: 1_000n };
const all = { lineNo: null, sku: 'SAME', quantity: 3_000n };
const total = (amount: number) => ({ unitPrice: null, amount: cents(amount) });

test.each<[string, ReturnableLine[]]>([
  ['one price', pair()],
  ['totals of the same price', pair(total(2_000), total(1_000))],
  ['a price and a total that come to the same', pair({}, total(1_000))],
  ['discounts in proportion', pair({ discount: cents(200) }, { discount: cents(100) })],
  ['taxes in proportion', pair({ tax: cents(400) }, { tax: cents(200) })],
])('%s: a piece comes off the last of them', (_, lines) => {
  expect(takeBack(lines, [one], CENT).map(({ returned }) => returned)).toEqual([0n, 1_000n]);
});

test.each<[string, ReturnableLine[]]>([
  ['two prices', pair({}, { unitPrice: 10_010_000n })],
  ['prices that only round to the same', pair({ unitPrice: 10_001_000n }, { unitPrice: 10_000_000n })],
  ['totals of two prices', pair(total(2_000), total(1_001))],
  ['a discount on one', pair({ discount: cents(100) })],
  ['another tax', pair({ tax: cents(400) }, { tax: cents(199) })],
  ['one that earns nothing', pair({ eligible: false })],
  ['another kind', pair({ kind: 'DEPOSIT' })],
  ['money given back on one', pair({ reduced: cents(1) })],
  ['money given back on the other', pair({}, { reduced: cents(1) })],
])('%s: the line is asked for', (_, lines) => {
  expect(() => takeBack(lines, [one], CENT)).toThrow(expect.objectContaining({ field: 'input.lines.0.sku' }));
  expect(takeBack(lines, [all], CENT).map(({ returned }) => returned)).toEqual([2_000n, 1_000n]);
});

test('a line with a discount goes by its total', () => {
  const [line] = purchase(['3x10']).lines;
  expect(worthLeft({ ...line, discount: cents(100), returned: 1_000n }, CENT).amount).toBe(cents(1_933));
});

test('a line of which all came back is not meant any more', () => {
  const lines = pair({ returned: 2_000n }, { unitPrice: 12_000_000n });
  expect(takeBack(lines, [one], CENT)[1].returned).toBe(1_000n);
});

test('money lies on the pieces then left, to the last cent', () => {
  const line = purchase(['3x10']).lines[0];
  const money = { lineNo: 1, sku: null, amount: 30_000_000n };
  expect(() => takeBack([line], [{ ...money, amount: 30_010_000n }], CENT)).toThrow(expect.objectContaining({ code: 'RETURN_EXCEEDS_PURCHASE' }));
  const [given] = takeBack([line], [money], CENT);
  expect(worthLeft(given, CENT)).toEqual({ amount: 0n, tax: 0n });
  const [taxed] = takeBack([{ ...line, tax: cents(600) }], [{ ...money, amount: 18_000_000n }], CENT);
  // Half of 36.00 is left: 15.00 and 3.00 tax.
  expect(worthLeft(taxed, CENT)).toEqual({ amount: cents(1_500), tax: cents(300) });
  expect(() => takeBack([line], [{ ...money, amount: 5_000n }], CENT)).toThrow(expect.objectContaining({ field: 'input.lines.0.amount' }));
});

test('prices that round up do not bring a reduced line below zero', () => {
  // 7 pieces of 0.0051 are 0.04; 0.04 was given back on them.
  const [line] = purchase(['7x0.0051']).lines;
  let standing: ReturnableLine = { ...line, reduced: cents(4) };
  for (let piece = 0; piece < 7; piece++) {
    const before = worthLeft(standing, CENT).amount;
    [standing] = takeBack([standing], [{ lineNo: 1, sku: null, quantity: 1_000n }], CENT);
    expect(worthLeft(standing, CENT).amount).toBeLessThanOrEqual(before);
    expect(worthLeft(standing, CENT).amount).toBeGreaterThanOrEqual(0n);
  }
  expect(standing.reduced).toBe(exactFromMicros(0n));
});
