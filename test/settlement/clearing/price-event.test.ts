import type { TermsVersion } from '../../../src/coalition/coalition/coalition-snapshot';
import type { ArrivalEvent, BrandEvent, ConversionEvent, PointsEvent } from '../../../src/settlement/clearing/points-event';
import { type Agreement, priceEvent } from '../../../src/settlement/clearing/price-event';

const AT = new Date('2026-01-10T10:00:00Z');

function terms(id: string, reimbursementPrice = 8_000n, arrearsCarrier: 'OPERATOR' | 'ISSUER' = 'OPERATOR'): TermsVersion {
  return { id, issuancePrice: 10_000n, openingPrice: 2_500n, reimbursementPrice, arrearsCarrier } as TermsVersion;
}

const versions = new Map([
  ['fuel-terms', terms('fuel-terms')],
  ['taxi-terms', terms('taxi-terms')],
  ['shop-terms', terms('shop-terms', 7_000n, 'ISSUER')],
  ['odd-terms', terms('odd-terms', 8_333n)],
  ['fuel-shop', terms('fuel-shop', 6_000n)],
]);

function agreement(model: 'OPERATOR' | 'ISSUER', scale = 0): Agreement {
  return {
    model,
    scale,
    operatorId: 'operator',
    terms: (id) => versions.get(id) as TermsVersion,
    // FUEL and SHOP have terms of their own.
    // Currency 2 belongs to AIR; the others are shared.
    issuerOf: (currencyId) => (currencyId === 2 ? 'air' : 'operator'),
    pairTerms: (issuer, redeemer) => ([issuer, redeemer].sort().join() === 'fuel,shop' ? (versions.get('fuel-shop') as TermsVersion) : null),
  };
}

const POSTED = { epoch: 1, position: 1_000n };

function event(code: BrandEvent['code'], brandId: string, points: number, more: Partial<BrandEvent> = {}): BrandEvent {
  return {
    transferId: `${code}-${brandId}`,
    code,
    currencyId: 1,
    points: BigInt(points),
    brandId,
    termsId: `${brandId}-terms`,
    occurredAt: AT,
    posted: POSTED,
    reverses: null,
    lots: [],
    fills: [],
    ...more,
  };
}

function arrival(code: ArrivalEvent['code'], points: number, fills: PointsEvent['fills']): ArrivalEvent {
  return { transferId: code, code, currencyId: 1, points: BigInt(points), occurredAt: AT, posted: POSTED, lots: [], fills };
}

/** So many points become those of another currency, at 4,000 micro-units each. */
function conversion(points: number, toCurrencyId: number, from: PointsEvent['lots']): ConversionEvent {
  const rate = { rateId: 'the-rate', transferPrice: 4_000n, toCurrencyId };
  return { transferId: 'out', code: 'CONVERSION_OUT', currencyId: 1, points: BigInt(points), occurredAt: AT, posted: POSTED, lots: from, fills: [], rate };
}

const lots = (...parts: [issuerId: string, points: number][]) => parts.map(([issuerId, points]) => ({ issuerId, points: BigInt(points) }));
const fill = (issuerId: string, clawingBrandId: string, points: number) => ({
  issuerId,
  clawingBrandId,
  points: BigInt(points),
  termsId: `${clawingBrandId}-terms`,
  earnedAt: AT,
});
const earned = { transferId: 'earn', occurredAt: AT, owed: new Map() };
const burned = (owed: [string, bigint][]) => ({
  transferId: 'burn',
  occurredAt: AT,
  owed: new Map(owed.map(([issuer, price]) => [issuer, { price, termsId: 'then' }])),
});

/** "KIND debtor>creditor points x price = amount" */
function priced(model: 'OPERATOR' | 'ISSUER', points: PointsEvent, scale = 0): string[] {
  return priceEvent(points, agreement(model, scale)).map(
    (each) => `${each.kind} ${each.debtorId}>${each.creditorId} ${each.points} x ${each.price} = ${each.amount}`,
  );
}

describe('the OPERATOR model', () => {
  test.each<[string, PointsEvent, string[]]>([
    ['the issuer owes the issuance price', event('EARN', 'fuel', 1_000), ['ISSUANCE fuel>operator 1000 x 10000 = 10000000']],
    ['a bonus is issued like any points', event('BONUS', 'fuel', 5), ['ISSUANCE fuel>operator 5 x 10000 = 50000']],
    [
      'the operator owes the reimbursement price, whoever issued',
      event('CAPTURE', 'taxi', 500, { lots: lots(['fuel', 500]) }),
      ['REIMBURSEMENT operator>taxi 500 x 8000 = 4000000'],
    ],
    ['a burn likewise', event('BURN', 'taxi', 1, { lots: lots(['taxi', 1]) }), ['REIMBURSEMENT operator>taxi 1 x 8000 = 8000']],
    [
      'a refund is owed back',
      event('REFUND', 'taxi', 200, { reverses: burned([]), lots: lots(['fuel', 200]) }),
      ['REINSTATEMENT taxi>operator 200 x 8000 = 1600000'],
    ],
    [
      'a clawback is owed back',
      event('CLAWBACK', 'fuel', 200, { reverses: earned, lots: lots(['fuel', 200]) }),
      ['CLAWBACK operator>fuel 200 x 10000 = 2000000'],
    ],
    [
      'arrears that the operator carries: at once',
      event('CLAWBACK', 'fuel', 200, { reverses: earned, lots: lots(['taxi', 50]) }),
      ['CLAWBACK operator>fuel 200 x 10000 = 2000000'],
    ],
    ['and nothing more when they are filled', event('EARN', 'taxi', 80, { fills: [fill('taxi', 'fuel', 60)] }), ['ISSUANCE taxi>operator 80 x 10000 = 800000']],
    [
      'arrears that the issuer carries: only what lots gave',
      event('CLAWBACK', 'shop', 200, { reverses: earned, lots: lots(['taxi', 50]) }),
      ['CLAWBACK operator>shop 50 x 10000 = 500000'],
    ],
    ['nothing when lots gave nothing', event('CLAWBACK', 'shop', 200, { reverses: earned }), []],
    [
      'the rest as it is filled',
      event('EARN', 'taxi', 80, { fills: [fill('taxi', 'shop', 60)] }),
      ['ISSUANCE taxi>operator 80 x 10000 = 800000', 'ARREARS_FILL operator>shop 60 x 10000 = 600000'],
    ],
    ['an opening is paid for at the price agreed for openings', event('OPENING', 'fuel', 1_000), ['OPENING fuel>operator 1000 x 2500 = 2500000']],
    [
      'and fills arrears like any credit',
      event('OPENING', 'taxi', 80, { fills: [fill('taxi', 'shop', 60)] }),
      ['OPENING taxi>operator 80 x 2500 = 200000', 'ARREARS_FILL operator>shop 60 x 10000 = 600000'],
    ],
    ['the funder of goodwill pays as for an issue', event('GOODWILL', 'fuel', 300), ['GOODWILL fuel>operator 300 x 10000 = 3000000']],
    ["the operator's own goodwill costs nobody", event('GOODWILL', 'operator', 300, { termsId: 'none' }), []],
    [
      'but what it fills is owed',
      event('GOODWILL', 'operator', 300, { termsId: 'none', fills: [fill('operator', 'shop', 40)] }),
      ['ARREARS_FILL operator>shop 40 x 10000 = 400000'],
    ],
    [
      'the operator pays whoever takes points over, whoever issued them',
      conversion(700, 2, lots(['fuel', 500], ['taxi', 200])),
      ['CONVERSION operator>air 700 x 4000 = 2800000'],
    ],
    ["nothing between shared currencies: both are the operator's", conversion(700, 3, lots(['fuel', 700])), []],
    [
      'a gift that fills arrears: what the issuer carries is recovered',
      arrival('GIFT', 90, [fill('fuel', 'shop', 70)]),
      ['ARREARS_FILL operator>shop 70 x 10000 = 700000'],
    ],
    ['what the operator carries is not', arrival('MERGE', 90, [fill('taxi', 'fuel', 70)]), []],
    ['a gift that fills nothing costs nothing', arrival('GIFT', 90, []), []],
  ])('%s', (_, points, expected) => expect(priced('OPERATOR', points)).toEqual(expected));

  it('prices no opening under terms that agree on no price for one', () => {
    versions.set('none-agreed-terms', { ...terms('none-agreed-terms'), openingPrice: null });
    expect(() => priced('OPERATOR', event('OPENING', 'none-agreed', 1))).toThrow('agree on no price for openings');
  });
});

describe('the ISSUER model', () => {
  test.each<[string, PointsEvent, string[]]>([
    ['nothing at issue', event('EARN', 'fuel', 1_000), []],
    [
      "each lot's issuer owes the redeemer",
      event('BURN', 'taxi', 700, { lots: lots(['fuel', 500], ['taxi', 200]) }),
      ['REIMBURSEMENT fuel>taxi 500 x 8000 = 4000000'],
    ],
    [
      "the pair's own terms price it",
      event('BURN', 'shop', 30, { lots: lots(['fuel', 10], ['taxi', 20]) }),
      ['REIMBURSEMENT fuel>shop 10 x 6000 = 60000', 'REIMBURSEMENT taxi>shop 20 x 7000 = 140000'],
    ],
    [
      'a reinstatement reverses what was owed, at the price of then',
      event('REINSTATEMENT', 'taxi', 150, { reverses: burned([['fuel', 7_500n]]), lots: lots(['fuel', 100], ['taxi', 50]) }),
      ['REINSTATEMENT taxi>fuel 100 x 7500 = 750000'],
    ],
    [
      "a clawback from another issuer's lot: that issuer owes the clawing brand",
      event('CLAWBACK', 'fuel', 90, { reverses: earned, lots: lots(['fuel', 60], ['taxi', 30]) }),
      ['FOREIGN_CLAWBACK taxi>fuel 30 x 8000 = 240000'],
    ],
    [
      "the filling lot's issuer owes the brand of the arrears",
      event('EARN', 'taxi', 40, { fills: [fill('taxi', 'fuel', 25)] }),
      ['ARREARS_FILL taxi>fuel 25 x 8000 = 200000'],
    ],
    ['a brand that fills its own arrears owes nothing', event('EARN', 'fuel', 40, { fills: [fill('fuel', 'fuel', 25)] }), []],
    [
      'points given back fill arrears too',
      event('REFUND', 'taxi', 40, { reverses: burned([['shop', 7_000n]]), lots: lots(['shop', 40]), fills: [fill('shop', 'fuel', 15)] }),
      ['REINSTATEMENT taxi>shop 40 x 7000 = 280000', 'ARREARS_FILL shop>fuel 15 x 6000 = 90000'],
    ],
    ['nothing when an old programme comes in', event('OPENING', 'fuel', 1_000), []],
    ['nothing when goodwill is given', event('GOODWILL', 'fuel', 1_000), []],
    [
      'the operator pays for its own goodwill when it is spent',
      event('BURN', 'taxi', 50, { lots: lots(['operator', 50]) }),
      ['REIMBURSEMENT operator>taxi 50 x 8000 = 400000'],
    ],
    [
      "each lot's issuer pays whoever takes its points over",
      conversion(700, 2, lots(['fuel', 500], ['taxi', 200])),
      ['CONVERSION fuel>air 500 x 4000 = 2000000', 'CONVERSION taxi>air 200 x 4000 = 800000'],
    ],
    ['an owner that takes its own points over pays nobody', conversion(700, 2, lots(['air', 700])), []],
    [
      'whatever way points come, those that fill arrears are paid for by their issuer',
      arrival('POOL_RETURN', 60, [fill('taxi', 'fuel', 25), fill('fuel', 'fuel', 10), fill('fuel', 'shop', 5)]),
      ['ARREARS_FILL taxi>fuel 25 x 8000 = 200000', 'ARREARS_FILL fuel>shop 5 x 6000 = 30000'],
    ],
    ["a conversion's points too", arrival('CONVERSION_IN', 60, [fill('operator', 'taxi', 25)]), ['ARREARS_FILL operator>taxi 25 x 8000 = 200000']],
  ])('%s', (_, points, expected) => expect(priced('ISSUER', points)).toEqual(expected));

  it('refuses to give back what was never owed', () => {
    expect(() => priced('ISSUER', event('REFUND', 'taxi', 40, { reverses: burned([]), lots: lots(['fuel', 40]) }))).toThrow('never made pay');
  });
});

describe('money', () => {
  it('is points x price / 10^scale, exactly where it is exact', () => {
    expect(priced('OPERATOR', event('EARN', 'fuel', 12_345), 2)).toEqual(['ISSUANCE fuel>operator 12345 x 10000 = 1234500']);
  });

  it('leaves less than a micro-unit to the debtor', () => {
    expect(priced('OPERATOR', event('BURN', 'taxi', 7, { termsId: 'odd-terms' }), 4)).toEqual(['REIMBURSEMENT operator>taxi 7 x 8333 = 5']);
  });

  it('becomes several transfers beyond 2^53-1 micro-units, of the same sum', () => {
    const parts = priceEvent(event('EARN', 'fuel', 2_000_000_000_000), agreement('OPERATOR'));
    expect(parts.length).toBe(3);
    expect(parts.every(({ amount }) => amount <= 9_007_199_254_740_991n)).toBe(true);
    expect(parts.reduce((sum, { amount }) => sum + amount, 0n)).toBe(20_000_000_000_000_000n);
    expect(parts.reduce((sum, { points }) => sum + points, 0n)).toBe(2_000_000_000_000n);
  });

  it('is refused loudly when even that is not enough', () => {
    expect(() => priceEvent(event('EARN', 'fuel', 9_007_199_254_740_991), agreement('OPERATOR'))).toThrow(RangeError);
  });
});

describe('the worked example', () => {
  const story = [
    event('EARN', 'fuel', 1_000),
    event('CAPTURE', 'taxi', 500, { lots: lots(['fuel', 500]) }),
    event('CLAWBACK', 'fuel', 200, { reverses: earned, lots: lots(['fuel', 200]) }),
  ];
  const nets = (model: 'OPERATOR' | 'ISSUER') => {
    const net = new Map<string, bigint>();
    for (const each of story.flatMap((points) => priceEvent(points, agreement(model)))) {
      net.set(each.debtorId, (net.get(each.debtorId) ?? 0n) + each.amount);
      net.set(each.creditorId, (net.get(each.creditorId) ?? 0n) - each.amount);
    }
    return Object.fromEntries(net);
  };

  it('OPERATOR: Fuel pays 8.00, Taxi receives 4.00, the operator receives 4.00', () => {
    expect(nets('OPERATOR')).toEqual({ fuel: 8_000_000n, taxi: -4_000_000n, operator: -4_000_000n });
  });

  it('ISSUER: Fuel pays Taxi 4.00', () => {
    expect(nets('ISSUER')).toEqual({ fuel: 4_000_000n, taxi: -4_000_000n });
  });
});
