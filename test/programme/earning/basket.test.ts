import fc from 'fast-check';
import { canonicalJson } from '../../../src/ledger/ledger/idempotency';
import { ratio } from '../../../src/ledger/points/ratio';
import { type BasketLine, weighBasket } from '../../../src/programme/earning/basket';
import { basketPoints } from '../../../src/programme/earning/basket-points';
import { checkBasket } from '../../../src/programme/earning/check-basket';
import { earningTotals } from '../../../src/programme/earning/earning-base';
import type { EarningRule } from '../../../src/programme/earning/earning-rule';
import { recordPurchaseSchema } from '../../../src/programme/earning/purchase-command';
import { spreadDiscount } from '../../../src/programme/earning/spread-discount';
import { sumAmounts } from '../../../src/programme/purchases/exact-amount';
import { runs } from '../../invariants/run-settings';
import { CENT, cents } from '../returns/standing-purchase';

const rule = (more: Partial<EarningRule> = {}) =>
  ({
    pointsPerUnit: 10n,
    fullSteps: null,
    roundTo: 'UNIT',
    multiplier: ratio(1),
    earnsOn: 'GROSS',
    eligibleCategories: null,
    excludedCategories: new Set(),
    excludedSkus: new Set(['GIFTCARD']),
    ...more,
  }) as EarningRule;

/** As they are sent. */
type SentLine = Partial<Record<'sku' | 'category' | 'quantity' | 'unitPrice' | 'amount' | 'kind' | 'tax', string>>;

function parse(sent: readonly SentLine[], moneyCurrency = 'EUR') {
  const lines = sent.map((line) => ({ sku: 'S', quantity: '1', ...line }));
  return recordPurchaseSchema.safeParse({ idempotencyKey: 'k', member: {}, currency: 'FLP', moneyCurrency, lines });
}

function read(...sent: SentLine[]): readonly BasketLine[] {
  const { data, error } = parse(sent);
  if (!data) throw error;
  return data.lines;
}

/** What a basket costs and earns, with so many cents of it paid with points. */
function weighed(lines: readonly BasketLine[], of: EarningRule = rule(), paid = 0) {
  const basket = weighBasket(of, lines, CENT);
  const points = basketPoints(of, 0, earningTotals(of.earnsOn, basket, cents(paid)));
  return { cost: Number(basket.gross / CENT), points: Number(points) };
}

test.each<[string, readonly SentLine[], number, number]>([
  ['3 rolls for 10.00, by price', [{ quantity: '3', unitPrice: '3.333333' }], 1_000, 100],
  ['140 eggs, 7 for 5.00, by price', [{ quantity: '140', unitPrice: '0.714285' }], 10_000, 1_000],
  ['0.428 kg at 4.20', [{ quantity: '0.428', unitPrice: '4.20' }], 180, 18],
  ['half a cent goes up', [{ quantity: '0.5', unitPrice: '0.01' }], 1, 0],
  ['3 for 10.00, as the line says', [{ quantity: '3', amount: '10' }], 1_000, 100],
  ['300 less a voucher of 25', [{ unitPrice: '300' }, { kind: 'DISCOUNT', unitPrice: '-25' }], 27_500, 2_750],
  [
    'a discount on what earns nothing leaves the points alone',
    [{ unitPrice: '10' }, { sku: 'GIFTCARD', unitPrice: '50' }, { kind: 'DISCOUNT', amount: '-30' }],
    3_000,
    0,
  ],
  [
    '18.00 less 1.60 for empties',
    [
      { quantity: '20', unitPrice: '0.90' },
      { kind: 'DEPOSIT', quantity: '20', unitPrice: '-0.08' },
    ],
    1_640,
    164,
  ],
  ['a deposit that is paid', [{ unitPrice: '18' }, { kind: 'DEPOSIT', amount: '3' }], 2_100, 210],
  ['part exchange of what earns nothing', [{ unitPrice: '100' }, { sku: 'GIFTCARD', unitPrice: '100' }, { kind: 'TRADE_IN', amount: '-70' }], 13_000, 300],
  ['less than nothing earns nothing', [{ unitPrice: '10' }, { sku: 'GIFTCARD', unitPrice: '100' }, { kind: 'TRADE_IN', amount: '-70' }], 4_000, 0],
  ['with tax', [{ unitPrice: '200', tax: '40' }], 24_000, 2_400],
])('%s: what it costs and earns', (_, sent, cost, points) => {
  expect(weighed(read(...sent))).toEqual({ cost, points });
});

test('points pay with tax, and lessen the net', () => {
  const desk = read({ unitPrice: '200', tax: '40' });
  expect(weighed(desk, rule({ earnsOn: 'NET' }))).toEqual({ cost: 24_000, points: 2_000 });
  expect(weighed(desk, rule({ earnsOn: 'NET' }), 6_000)).toEqual({ cost: 24_000, points: 1_500 });
  expect(weighed(desk, rule({ earnsOn: 'NET' }), 24_000)).toEqual({ cost: 24_000, points: 0 });
  expect(weighed(desk, rule(), 6_000)).toEqual({ cost: 24_000, points: 1_800 });
});

test('deposits and part exchange count unless they are excluded by name', () => {
  const food = rule({ eligibleCategories: new Set(['food']), excludedSkus: new Set(['CRATE']) });
  const beer = { sku: 'BEER', category: 'food', unitPrice: '18' };
  expect(weighed(read(beer, { kind: 'DEPOSIT', amount: '-3' }), food)).toEqual({ cost: 1_500, points: 150 });
  // Of 115.00 that are to be paid 15.00 earn.
  const wine = { sku: 'WINE', category: 'wine', unitPrice: '100' };
  expect(weighed(read(beer, wine, { kind: 'DEPOSIT', amount: '-3' }), food)).toEqual({ cost: 11_500, points: 150 });
  expect(weighed(read(beer, { sku: 'CRATE', kind: 'DEPOSIT', amount: '3' }), food)).toEqual({ cost: 2_100, points: 180 });
});

test.each<[string, readonly SentLine[], string]>([
  ['neither price nor total', [{}], 'lines.0.unitPrice'],
  ['both', [{ unitPrice: '1', amount: '1' }], 'lines.0.amount'],
  ['goods below zero', [{ unitPrice: '-1' }], 'lines.0.unitPrice'],
  ['goods below zero, by total', [{ unitPrice: '5' }, { amount: '-1' }], 'lines.1.amount'],
  ['a discount above zero', [{ unitPrice: '5' }, { kind: 'DISCOUNT', amount: '1' }], 'lines.1.amount'],
  ['a discount with tax', [{ unitPrice: '5' }, { kind: 'DISCOUNT', amount: '-1', tax: '-0.1' }], 'lines.1.tax'],
  ['tax of the other sign', [{ unitPrice: '5', tax: '-1' }], 'lines.0.tax'],
  ['tax of the other sign on what is traded in', [{ unitPrice: '5' }, { kind: 'TRADE_IN', amount: '-1', tax: '0.1' }], 'lines.1.tax'],
  ['a total that cannot be paid', [{ amount: '1.005' }], 'lines.0.amount'],
  ['a tax that cannot be paid', [{ amount: '1', tax: '0.005' }], 'lines.0.tax'],
  ['discounts of more than the goods', [{ unitPrice: '5' }, { kind: 'DEPOSIT', amount: '5' }, { kind: 'DISCOUNT', amount: '-5.01' }], 'lines'],
  ['a basket below zero', [{ unitPrice: '5' }, { kind: 'TRADE_IN', amount: '-5.01' }], 'lines'],
  ['another kind', [{ unitPrice: '5', kind: 'VOUCHER' }], 'lines.0.kind'],
])('%s is bad input', (_, sent, path) => {
  expect(parse(sent).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});

test('what a money has no coins for is bad input in that money only', () => {
  expect(parse([{ amount: '1.005' }], 'KWD').success).toBe(true);
  expect(parse([{ amount: '1.5' }], 'JPY').success).toBe(false);
  expect(checkBasket(read({ unitPrice: '0' }), 'EUR')).toEqual([]);
  expect(weighed(read({ unitPrice: '5' }, { kind: 'DISCOUNT', amount: '-5' }))).toEqual({ cost: 0, points: 0 });
});

test('fields that are left out are not in the content of a request', () => {
  expect(canonicalJson(read({ sku: 'A', quantity: '2', unitPrice: '1.5', kind: 'GOODS' }))).toBe(
    '[{"category":null,"quantity":"2000","sku":"A","unitPrice":"1500000"}]',
  );
});

describe('a discount over lines', () => {
  const anyLines = fc.array(fc.tuple(fc.integer({ min: 0, max: 9_999 }), fc.boolean()), { minLength: 1, maxLength: 8 });
  it('lies on what earns, as far as that goes', () => {
    fc.assert(
      fc.property(anyLines, fc.integer({ min: 0, max: 100 }), (amounts, percent) => {
        const lines = amounts.map(([amount, earns]) => ({ amount: cents(amount), earns }));
        const total = sumAmounts(lines.map(({ amount }) => amount));
        const discount = cents(Math.floor((Number(total / CENT) * percent) / 100));
        const parts = spreadDiscount(discount, lines, CENT);
        expect(sumAmounts(parts)).toBe(discount);
        const earning = sumAmounts(lines.filter(({ earns }) => earns).map(({ amount }) => amount));
        parts.forEach((part, i) => {
          expect(part % CENT).toBe(0n);
          expect(part).toBeGreaterThanOrEqual(0n);
          expect(part).toBeLessThanOrEqual(lines[i].amount);
          if (!lines[i].earns && discount <= earning) expect(part).toBe(0n);
          // Within a minor unit of its share by amount.
          if (lines[i].earns && discount <= earning && earning > 0n) {
            const off = part * earning - discount * lines[i].amount;
            expect(off < 0n ? -off : off).toBeLessThan(CENT * earning);
          }
        });
      }),
      runs(300, 20_000),
    );
  });

  it('goes to the largest remainders, the earlier of equal ones', () => {
    const lines = [100, 100, 100].map((amount) => ({ amount: cents(amount), earns: true }));
    expect(spreadDiscount(cents(2), lines, CENT)).toEqual([cents(1), cents(1), cents(0)]);
    const uneven = [100, 150, 149].map((amount) => ({ amount: cents(amount), earns: true }));
    expect(spreadDiscount(cents(1), uneven, CENT)).toEqual([cents(0), cents(1), cents(0)]);
  });
});
