import { randomUUID } from 'node:crypto';
import { endConversionRate } from '../../../src/programme/exchange/store-conversion-rate';
import { type ExchangeTown, openExchangeTown } from './exchange-town';

/** From AIR back to FLP. */
const BACK = { from: 'AIR', to: 'FLP' };
let town: ExchangeTown;

beforeEach(async () => {
  town = await openExchangeTown();
  await town.currency('AIR');
});
afterEach(() => town.close());

const short = (available: number, requested: number) => ({ code: 'INSUFFICIENT_POINTS', fields: { available, requested } });

/** Two rates, of which neither gains, and how to replace both at once by those of 1:1. */
async function openRates(): Promise<() => Promise<void>> {
  const rates = [await town.rate({ numerator: 2n }), await town.rate({ fromCurrency: 'AIR', toCurrency: 'FLP', denominator: 2n })];
  return async () => {
    town.shop.clock.advance(60_000);
    for (const { id } of rates) await endConversionRate(town.shop.app, town.operator, { rateId: id, endsAt: town.shop.clock.now() });
    await town.rate();
    await town.rate({ fromCurrency: 'AIR', toCurrency: 'FLP' });
  };
}

describe('what is quoted of a wallet and not used', () => {
  it('is never more than it can spend', async () => {
    await town.rate({ fee: 5n });
    await town.rate({ fromCurrency: 'AIR', toCurrency: 'FLP' });
    const { self } = await town.memberWith(1_000);
    const quote = (points: number, more = {}) => town.quote(null, points, more, self);
    const convert = (points: number, more = {}) => town.convert(null, points, more, self);
    await expect(quote(996)).rejects.toMatchObject({
      ...short(1_000, 1_001),
      message: '996 points and a fee of 5 were asked for, 1000 can be spent.',
    });
    const first = await quote(595);
    await expect(quote(396)).rejects.toMatchObject({ ...short(400, 401), message: expect.stringContaining('apart from 600 that are quoted') });
    const second = await quote(395);
    await expect(quote(1)).rejects.toMatchObject(short(0, 6));
    await expect(quote(1, BACK)).rejects.toMatchObject(short(0, 1));
    await convert(395, { quoteId: second.id });
    await quote(395, BACK);
    await expect(quote(1)).rejects.toMatchObject(short(0, 6));
    // It sets nothing aside; what is spent otherwise leaves less for the next quote.
    await convert(95);
    await expect(quote(1)).rejects.toMatchObject(short(0, 6));
    await expect(convert(595, { quoteId: first.id })).rejects.toMatchObject(short(500, 600));
    town.shop.clock.set(first.expiresAt);
    expect(await quote(495)).toMatchObject({ amounts: { base: 495n } });
  });

  it('counts whoever asked for it', async () => {
    await town.rate();
    const { shop } = town;
    const ana = await town.memberWith(1_000);
    const taxi = await shop.brand('TAXI');
    await shop.database.owner.query(
      "INSERT INTO brand_link (id, brand_id, member_id, source, linked_at, confirmed_at, confirmed_by) VALUES (gen_random_uuid(), $1, $2, 'LINKED', now(), now(), 'LOGIN')",
      [taxi.brandId, ana.memberId],
    );
    await town.quote(ana.ref, 300);
    await town.quote(null, 300, {}, ana.self);
    await expect(town.quote(ana.ref, 401, {}, taxi.principal)).rejects.toMatchObject(short(400, 401));
    await town.quote(ana.ref, 400, {}, taxi.principal);
    for (const [ref, by] of [
      [ana.ref, town.fuel.principal],
      [null, ana.self],
    ] as const)
      await expect(town.quote(ref, 1, {}, by)).rejects.toMatchObject(short(0, 1));
  });

  it('is given ten times at once as often as there are points for', async () => {
    await town.rate();
    const ana = await town.memberWith(1_000);
    const asked = Array.from({ length: 10 }, (_, at) => (at % 2 ? town.quote(ana.ref, 300) : town.quote(null, 300, {}, ana.self)));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });
});

describe('when a rate is ended at once', () => {
  it('its quotes are honoured once over the points that the member had', async () => {
    const replace = await openRates();
    const ana = await town.memberWith(1_000);
    const quotes = [await town.quote(null, 600, {}, ana.self), await town.quote(null, 400, {}, ana.self)];
    // Nor does converting to and fro before make room for more.
    await town.convert(null, 1_000, {}, ana.self);
    await expect(town.quote(null, 1, {}, ana.self)).rejects.toMatchObject(short(0, 1));
    await town.convert(null, 2_000, BACK, ana.self);
    for (const points of [1_000, 1]) await expect(town.quote(null, points, {}, ana.self)).rejects.toMatchObject(short(0, points));
    await replace();
    await expect(town.quote(null, 1, {}, ana.self)).rejects.toMatchObject(short(0, 1));
    let points = 1_000;
    for (const { id, amounts } of quotes) {
      const out = await town.convert(null, Number(amounts.points), { quoteId: id }, ana.self);
      const home = await town.convert(null, out.received, BACK, ana.self);
      points += home.received - out.points;
    }
    expect(points).toBe(2_000);
    await expect(town.convert(null, 600, { quoteId: quotes[0].id }, ana.self)).rejects.toMatchObject({ code: 'QUOTE_USED' });
  });
});

it('one key for two members at once is a conflict', async () => {
  await town.rate();
  const [ana, ben] = [await town.memberWith(100), await town.memberWith(100)];
  for (let round = 0; round < 5; round++) {
    const idempotencyKey = randomUUID();
    const outcomes = await Promise.allSettled([ana, ben].map(({ ref }) => town.quote(ref, 1, { idempotencyKey })));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toEqual([expect.objectContaining({ code: 'IDEMPOTENCY_CONFLICT' })]);
  }
});
