import { importConversionRates, importConversionRatesSchema } from '../../../src/programme/exchange/import-conversion-rates';
import { endConversionRate } from '../../../src/programme/exchange/store-conversion-rate';
import { untilItWaits, whileLocked } from '../../support/until-it-waits';
import { type ExchangeTown, openExchangeTown } from './exchange-town';
import { PUBLISHED_ROUTES, publishedRoutes } from './rates';

let town: ExchangeTown;
let keys = 0;
const NOW = new Date('2020-06-01T00:00:00Z');
const HEADING = 'from,to,ratio_num_to,ratio_den_from,increment_from';

beforeAll(async () => {
  town = await openExchangeTown({ now: NOW });
  for (const code of ['NECTAR', 'AVIOS', 'ONE', 'TWO', 'THREE']) await town.currency(code, { timeZone: 'Europe/London' });
  await town.currency('FINE', { scale: 2 });
});
afterAll(() => town?.close());

const load = (csv: string, more: Record<string, unknown> = {}) =>
  importConversionRates(town.shop.app, town.operator, importConversionRatesSchema.parse({ idempotencyKey: `import ${++keys}`, csv, ...more }));
const file = (...lines: string[]) => [HEADING, ...lines].join('\n');

/** Everything that is said about rates. */
async function stored() {
  const { rows } = await town.shop.database.owner.query(`
    SELECT f.code AS from, t.code AS to, r.numerator || ':' || r.denominator AS ratio, r.minimum::int, r.increment::int, r.fee::int, r.daily_maximum::int AS most, r.block_size::int AS block,
      r.block_bonus::int AS bonus, r.transfer_price::int AS price, lower(r.effective) AS from_at, upper(r.effective) AS until_at
    FROM conversion_rate r JOIN currency f ON f.id = r.from_currency_id JOIN currency t ON t.id = r.to_currency_id ORDER BY 1, 2, lower(r.effective)`);
  const { rows: others } = await town.shop.database.owner.query(
    "SELECT (SELECT count(*)::int FROM conversion_route) AS routes, (SELECT count(*)::int FROM audit_entry WHERE operation = 'importConversionRates') AS imports",
  );
  return { rates: rows, ...others[0] };
}

/** What the import is refused with, after making sure that it changed nothing. */
async function refused(csv: string, more: Record<string, unknown> = {}): Promise<object> {
  const before = await stored();
  const refusal = await load(csv, more).then(
    (accepted) => ({ accepted }),
    ({ code, fields, name }) => ({ code: code ?? name, ...fields }),
  );
  expect(await stored()).toEqual(before);
  return refusal;
}

describe('a file of routes', () => {
  it('with 46 published routes is taken as a whole, once', async () => {
    const names = [...new Set(publishedRoutes().flatMap(({ from, to }) => [from, to]))];
    const currencies = names.map((name, at) => ({ name, code: `P${at}` }));
    for (const { code } of currencies) await town.currency(code);
    expect(await load(PUBLISHED_ROUTES, { currencies, dryRun: true })).toEqual({ added: 46, replaced: 0, unchanged: 0, dryRun: true });
    expect((await stored()).rates).toEqual([]);
    const first = await load(PUBLISHED_ROUTES, { currencies, idempotencyKey: 'published' });
    expect(first).toEqual({ added: 46, replaced: 0, unchanged: 0, dryRun: false });
    const after = await stored();
    expect(after).toMatchObject({ routes: 46, imports: 1 });
    expect(after.rates).toHaveLength(46);
    expect(await load(PUBLISHED_ROUTES, { currencies, idempotencyKey: 'published' })).toEqual(first);
    town.shop.clock.advance(60_000);
    expect(await load(PUBLISHED_ROUTES, { currencies })).toEqual({ added: 0, replaced: 0, unchanged: 46, dryRun: false });
    expect((await stored()).rates).toEqual(after.rates);
    await expect(load(PUBLISHED_ROUTES, { currencies, effectiveFrom: new Date('2030-01-01T00:00:00Z'), idempotencyKey: 'published' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
    const hotel = after.rates.filter(({ block }: { block: number }) => block !== null);
    expect(hotel).toMatchObject([1, 2].map(() => ({ ratio: '1:3', minimum: 3_000, increment: 3_000, block: 60_000, bonus: 5_000 })));
  });

  it('broken in line 7 says line 7', async () => {
    const lines = PUBLISHED_ROUTES.split('\n');
    const broken = (at: number, text: string) => [...lines.slice(0, at - 1), text, ...lines.slice(at)].join('\n');
    const currencies = [...new Set(publishedRoutes().flatMap(({ from, to }) => [from, to]))].map((name, at) => ({ name, code: `P${at}` }));
    const ofLine7 = (text: string) => refused(broken(7, text), { currencies, effectiveFrom: new Date('2021-01-01T00:00:00Z') });
    const wrong = (column: string | null) => ({ code: 'RATE_FILE_WRONG', line: 7, column });
    expect(await ofLine7('chase-ur,singapore-krisflyer,1,one,1000,,,1,')).toEqual(wrong('ratio_den_from'));
    expect(await ofLine7('chase-ur,singapore-krisflyer,1,0,1000,,,1,')).toEqual(wrong('ratio_den_from'));
    expect(await ofLine7('chase-ur,singapore-krisflyer,1,1,1e3,,,1,')).toEqual(wrong('increment_from'));
    expect(await ofLine7('chase-ur,singapore-krisflyer,1,1,,,,1,')).toEqual(wrong('increment_from'));
    expect(await ofLine7('chase-ur,singapore-krisflyer,1,1,1000,5,,1,')).toEqual(wrong('bonus_to_per_block'));
    expect(await ofLine7('chase-ur,nowhere,1,1,1000,,,1,')).toEqual(wrong('to'));
    expect(await ofLine7('chase-ur,chase-ur,1,1,1000,,,1,')).toEqual(wrong('to'));
    expect(await ofLine7('chase-ur,singapore-krisflyer,1,1,1000')).toEqual(wrong(null));
    expect(await ofLine7('chase-ur,singapore-krisflyer,1,1,1000,,,1,a,b')).toEqual(wrong(null));
    expect(await ofLine7('chase-ur,"singapore" krisflyer,1,1,1000,,,1,')).toEqual(wrong(null));
    expect(await ofLine7('chase-ur,singapore-krisflyer,99999999999999999,1,1000,,,1,')).toEqual(wrong('ratio_num_to'));
  });

  it.each<[string, string, object]>([
    ['nothing', ' \n', { line: 1, column: null }],
    ['only the names', HEADING, { line: 1, column: null }],
    ['a column that is missing', 'from,to,ratio_num_to,ratio_den_from\nONE,TWO,1,1', { line: 1, column: 'increment_from' }],
    ['a column that is unknown', `${HEADING},colour\nONE,TWO,1,1,1,red`, { line: 1, column: 'colour' }],
    ['a column twice', `${HEADING},from\nONE,TWO,1,1,1,ONE`, { line: 1, column: 'from' }],
    ['a minimum that is no multiple', `${HEADING},minimum_from\nONE,TWO,1,1,10,25`, { line: 2, column: 'minimum_from' }],
    ['a daily maximum below the minimum', `${HEADING},daily_maximum_from\nONE,TWO,1,1,10,9`, { line: 2, column: 'daily_maximum_from' }],
    ['a day that there is not', `${HEADING},effective_from\nONE,TWO,1,1,10,2021-02-29`, { line: 2, column: 'effective_from' }],
    ['a beginning in the past', `${HEADING},effective_from\nONE,TWO,1,1,10,2020-05-31`, { line: 2, column: 'effective_from' }],
    ['an end before the beginning', `${HEADING},effective_from,effective_until\nONE,TWO,1,1,10,2021-01-02,2021-01-01`, { line: 2, column: 'effective_until' }],
    ['a price with too many decimals for the scale', `${HEADING},transfer_price\nFINE,TWO,1,1,10,0.00001`, { line: 2, column: 'transfer_price' }],
    ['the same direction twice', file('ONE,TWO,1,1,10', 'ONE,TWO,2,1,10'), { line: 3, column: 'effective_from' }],
  ])('is refused: %s', async (_what, csv, where) => {
    expect(await refused(csv)).toEqual({ code: 'RATE_FILE_WRONG', ...where });
  });

  it('in which points come back as more is refused', async () => {
    expect(await refused(file('ONE,TWO,1,1,1', 'TWO,THREE,1,2,1', 'THREE,ONE,21,10,1'))).toMatchObject({
      code: 'PROFITABLE_CYCLE',
      cycle: 'ONE > TWO > THREE > ONE',
      gain: '21/20',
    });
    expect(await load(file('ONE,TWO,1,1,1', 'TWO,THREE,1,2,1', 'THREE,ONE,2,1,1'))).toMatchObject({ added: 3 });
    // Judged as it will be: the line that makes room may stand after the one that needs it.
    expect(await load(file('THREE,ONE,4,1,1', 'TWO,THREE,1,4,1'), { effectiveFrom: new Date('2020-07-01T00:00:00Z') })).toMatchObject({
      added: 2,
      replaced: 2,
    });
  });

  it('says minimum, fee, maximum, price and dates', async () => {
    const csv = [
      `${HEADING},minimum_from,fee_from,daily_maximum_from,transfer_price,effective_from,note`,
      'NECTAR,AVIOS,250,400,400,800,10,40000,0.005,2021-01-25,there',
      'AVIOS,NECTAR,400,250,250,,,,,2021-01-25,',
      'AVIOS,NECTAR,400,300,300,,,,,2022-11-16,',
      '',
      '"AVIOS","NECTAR",400,400,400,,,,,2024-03-11T00:00:00Z,"from then on, one for one"',
    ].join('\r\n');
    expect(await load(csv)).toEqual({ added: 4, replaced: 0, unchanged: 0, dryRun: false });
    const { rates } = await stored();
    expect(rates.filter(({ from }: { from: string }) => from === 'NECTAR')).toMatchObject([
      { minimum: 800, increment: 400, fee: 10, most: 40_000, price: 5_000, until_at: null },
    ]);
    expect(rates.filter(({ from }: { from: string }) => from === 'AVIOS')).toMatchObject([
      { ratio: '400:250', from_at: new Date('2021-01-25T00:00:00Z'), until_at: new Date('2022-11-16T00:00:00Z') },
      { ratio: '400:300', from_at: new Date('2022-11-16T00:00:00Z'), until_at: new Date('2024-03-11T00:00:00Z') },
      { ratio: '400:400', from_at: new Date('2024-03-11T00:00:00Z'), until_at: null },
    ]);
    expect(await load(csv)).toEqual({ added: 0, replaced: 0, unchanged: 4, dryRun: false });
  });
});

it('a rate is not ended while a file is taken that has looked at it', async () => {
  const rate = await town.rate({ fromCurrency: 'NECTAR', toCurrency: 'FINE', effectiveFrom: new Date(town.shop.clock.now().getTime() + 1_000) });
  const endsAt = new Date(rate.effectiveFrom.getTime() + 1_000);
  await whileLocked(town.shop.database, "SELECT pg_advisory_xact_lock(hashtextextended('conversion rates', 0))", async (importIsOver) => {
    const { waiting } = await untilItWaits(town.shop.database, () => endConversionRate(town.shop.app, town.operator, { rateId: rate.id, endsAt }));
    await importIsOver();
    expect(await waiting).toMatchObject({ effectiveUntil: endsAt });
  });
});
