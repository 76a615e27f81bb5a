import { randomUUID } from 'node:crypto';
import { listImportErrors } from '../../../src/api/ingest/find-imports';
import { importMembers } from '../../../src/api/ingest/import-members';
import { importPurchases } from '../../../src/api/ingest/import-purchases';
import { listLinesToSendAgain } from '../../../src/api/ingest/lines-to-send-again';
import { finishImport, startImport, startImportSchema } from '../../../src/api/ingest/start-import';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { createShopCoalition, purchaseOf, type ShopCoalition, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let hearth: Till;

beforeAll(async () => {
  shop = await createShopCoalition();
  hearth = await shop.brand('HEARTH');
  await hearth.enrol('ana');
});
afterAll(() => shop?.close());

const start = (more = {}, till = hearth) =>
  startImport(shop.app, till.principal, startImportSchema.parse({ idempotencyKey: randomUUID(), kind: 'PURCHASES', currency: 'FLP', ...more }));
const row = (line: number, customerId: string, cells: Record<string, string> = {}, money = 'GBP') => ({
  line,
  lastLine: line,
  cells: { customerId, moneyCurrency: money, ...cells },
  basket: [{ line, cells: { sku: 'S', quantity: '1', unitPrice: '10' } }],
  unreadable: null,
});
const send = (importId: string, rows: readonly ReturnType<typeof row>[], till = hearth) =>
  importPurchases(shop.app, till.principal, { importId, rows, bytesDone: null });
const toSendAgain = (id: string) => listLinesToSendAgain(shop.app, hearth.principal, id, { limit: 10, after: null });
const errors = async (id: string) =>
  (await listImportErrors(shop.app, hearth.principal, id, { limit: 10, after: null })).map(({ line, code, retrySafe }) => [line, code, retrySafe]);

const FILE = [
  row(2, 'ana', { reference: 'f1' }),
  row(3, 'bea', { reference: 'f2' }),
  row(4, 'cy', { reference: 'f3' }),
  row(5, 'ana', { occurredAt: 'never' }),
];

it('a finished import takes its lines that were refused for what may change, and no others', async () => {
  const { id } = await start();
  const first = await send(id, FILE);
  expect(first.made).toEqual([{ line: 2, repeated: false, purchaseId: expect.any(String), memberId: null }]);
  await finishImport(shop.app, hearth.principal, { importId: id });
  expect(await toSendAgain(id)).toEqual([3, 4]);
  expect(await errors(id)).toEqual([
    [3, 'UNKNOWN_MEMBER', true],
    [4, 'UNKNOWN_MEMBER', true],
    [5, 'BAD_VALUE', false],
  ]);
  const bea = await hearth.enrol('bea');
  const again = await send(id, FILE);
  expect(again.import).toMatchObject({ entries: 4, imported: 2, repeated: 0, rejected: 2, points: 20n });
  expect(again.made.map(({ line }) => line)).toEqual([3]);
  expect(await toSendAgain(id)).toEqual([4]);
  expect(await errors(id)).toEqual([
    [4, 'UNKNOWN_MEMBER', true],
    [5, 'BAD_VALUE', false],
  ]);
  // The answer was lost: what was sent again is done.
  expect((await send(id, FILE)).import).toMatchObject({ entries: 4, imported: 2, rejected: 2, points: 20n });
  // Meanwhile the till has sent it.
  await hearth.enrol('cy');
  await recordPurchase(shop.app, hearth.principal, purchaseOf({ by: 'customerId', customerId: 'cy' }, '10', { reference: 'f3' }));
  expect((await send(id, [FILE[2]])).import).toMatchObject({ imported: 2, repeated: 1, rejected: 1 });
  expect(await toSendAgain(id)).toEqual([]);
  await expect(send(id, [row(9, 'ana')])).rejects.toMatchObject({ code: 'IMPORT_FINISHED' });
  const { rows } = await shop.database.owner.query('SELECT count(*)::int AS n FROM purchase WHERE member_id = $1', [bea.memberId]);
  expect(rows).toEqual([{ n: 1 }]);
});

it('two senders send a line again at once: it is booked and counted once', async () => {
  const { id } = await start();
  await send(id, [row(2, 'dee', { reference: 'g1' })]);
  await finishImport(shop.app, hearth.principal, { importId: id });
  await hearth.enrol('dee');
  const answers = await Promise.all([1, 2, 3, 4].map(() => send(id, [row(2, 'dee', { reference: 'g1' })])));
  expect(answers.at(-1)?.import).toMatchObject({ entries: 1, rejected: 0 });
  const { rows } = await shop.database.owner.query("SELECT count(*)::int AS n FROM purchase WHERE reference = 'g1'");
  expect(rows).toEqual([{ n: 1 }]);
});

it('files that enrol the same customers at once lead to the same members: each is enrolled once, and no line is refused', async () => {
  const lines = Array.from({ length: 10 }, (_, at) => ({
    ...{ line: at + 2, unreadable: null },
    cells: { customerId: `shared ${at}`, identifierKind: 'CARD', identifier: `7000 ${at}` },
  }));
  const imported = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const { id } = await startImport(shop.app, hearth.principal, startImportSchema.parse({ idempotencyKey: randomUUID(), kind: 'MEMBERS' }));
      return importMembers(shop.app, hearth.principal, { importId: id, rows: lines, bytesDone: null });
    }),
  );
  expect(imported.flatMap(({ errors: refused }) => refused)).toEqual([]);
  expect(imported.reduce((sum, { import: { enrolled } }) => sum + enrolled, 0)).toBe(10);
});

it('a file sent again with a line more brings that line; a corrected line is not bound by what was refused', async () => {
  const [first, second] = [await start(), await start()];
  expect((await send(first.id, [row(2, 'ana', { reference: 'h1' }), row(3, 'ana', { reference: 'h2' }, 'EUR')])).import).toMatchObject({
    imported: 1,
    rejected: 1,
  });
  const more = [row(2, 'ana', { reference: 'h1' }), row(3, 'ana', { reference: 'h2' }), row(4, 'ana', { reference: 'h3' })];
  expect((await send(second.id, more)).import).toMatchObject({ imported: 2, repeated: 1, rejected: 0 });
});

describe.each(['DAILY', 'ANY'])('where references repeat: %s', (repeat) => {
  let till: Till;
  beforeAll(async () => {
    till = await shop.brand(repeat);
    await till.enrol('ana');
    await shop.database.owner.query('UPDATE brand SET references_repeat = $2 WHERE id = $1', [till.brandId, repeat]);
    await shop.database.owner.query('UPDATE coalition_version SET version = version + 1');
  });
  const counted = async (rows: readonly ReturnType<typeof row>[]) => {
    shop.clock.set(new Date(shop.clock.now().getTime() + 1_000));
    const { import: done, errors: wrong } = await send((await start({}, till)).id, rows, till);
    return [done.imported, done.repeated, ...wrong.map(({ code }) => code)];
  };

  it('a receipt counts whose number the version before booked on another day from a file; the very same does not', async () => {
    // As the version before booked a line of a file: under its reference as the key.
    const old = new Date('2026-03-10T10:00:00Z');
    const lines = [{ sku: 'S', quantity: '1', unitPrice: '10' }];
    const by = { by: 'customerId', customerId: 'ana' } as const;
    await recordPurchase(shop.app, till.principal, purchaseOf(by, '', { idempotencyKey: 'file R-9', reference: 'R-9', occurredAt: old, lines }));
    const line = (occurredAt: string) => row(2, 'ana', { reference: 'R-9', occurredAt });
    expect(await counted([line('2026-03-14T10:00:00Z')])).toEqual([1, 0]);
    expect(await counted([line(old.toISOString())])).toEqual([0, 1]);
  });

  it('a dry run finds the purchase of a return in the file', async () => {
    const bought = row(2, 'ana', { reference: 'B-1' });
    const back = { line: 3, lastLine: 3, cells: { returnOf: 'B-1' }, basket: [{ line: 3, cells: { sku: 'S', quantity: '1' } }], unreadable: null };
    const { id } = await start({ dryRun: true }, till);
    expect((await importPurchases(shop.app, till.principal, { importId: id, rows: [bought, back], bytesDone: null })).errors).toEqual([]);
  });

  it('lines that say no time are of the day on which their import began: the next week they are other purchases', async () => {
    const now = shop.clock.now();
    const line = row(2, 'ana', { reference: '1' });
    // As the version before booked such a line.
    const [sku] = line.basket;
    await recordPurchase(
      shop.app,
      till.principal,
      purchaseOf({ by: 'customerId', customerId: 'ana' }, '', { idempotencyKey: 'file 1', reference: '1', lines: [sku.cells] }),
    );
    expect(await counted([line])).toEqual([0, 1]);
    shop.clock.set(new Date(now.getTime() + 7 * 86_400_000));
    expect(await counted([line])).toEqual([1, 0]);
    expect(await counted([line])).toEqual([0, 1]);
    shop.clock.set(new Date(now.getTime() + 14 * 86_400_000));
    expect(await counted([line])).toEqual([1, 0]);
    shop.clock.set(now);
  });
});

it('a dry run finds wrong what is refused then: the return of a purchase that is wrong itself', async () => {
  const back = { line: 3, lastLine: 3, cells: { returnOf: 'w-1' }, basket: [{ line: 3, cells: { sku: 'S', quantity: '1' } }], unreadable: null };
  const found: (readonly [number, string])[][] = [];
  for (const dryRun of [true, false]) {
    const rows = [row(2, 'nobody', { reference: 'w-1' }), back];
    const { errors: wrong } = await importPurchases(shop.app, hearth.principal, { importId: (await start({ dryRun })).id, rows, bytesDone: null });
    found.push(wrong.map(({ line, code }) => [line, code] as const));
  }
  expect(found[0]).toEqual([
    [2, 'UNKNOWN_MEMBER'],
    [3, 'UNKNOWN_PURCHASE'],
  ]);
  expect(found[1]).toEqual(found[0]);
});

describe('one reference in a file', () => {
  it('names a purchase in each points currency, as it does for the API', async () => {
    await alsoInStar();
    const lines = [
      row(2, 'ana', { reference: 'two', currency: 'FLP', occurredAt: '2026-03-15T10:00:00Z' }),
      row(3, 'ana', { reference: 'two', currency: 'STAR', occurredAt: '2026-03-15T10:00:00Z' }),
      row(4, 'ana', { reference: 'two', currency: 'STAR', occurredAt: '2026-03-15T10:00:00Z' }),
    ];
    for (const dryRun of [true, false]) {
      const { import: done, errors: wrong } = await send((await start({ dryRun })).id, lines);
      expect([done.imported, ...wrong.map(({ line, code, message }) => [line, code, message.slice(0, 6)])]).toEqual([2, [4, 'DUPLICATE_REFERENCE', 'Line 3']]);
    }
  });

  it('is not held by a line that was refused, in the same batch or one before: a corrected line brings it', async () => {
    for (const dryRun of [true, false]) {
      const { id } = await start({ dryRun });
      const first = await send(id, [
        row(2, 'nobody', { reference: 'c1' }),
        row(3, 'ana', { reference: 'c1' }),
        row(4, 'ana', { reference: 'c1' }),
        row(5, 'nobody', { reference: 'c2' }),
      ]);
      expect(first.errors.map(({ line, code }) => [line, code])).toEqual([
        [2, 'UNKNOWN_MEMBER'],
        [4, 'DUPLICATE_REFERENCE'],
        [5, 'UNKNOWN_MEMBER'],
      ]);
      expect((await send(id, [row(6, 'ana', { reference: 'c2' })])).errors).toEqual([]);
      expect((await send(id, [row(7, 'ana', { reference: 'c2' })])).errors).toMatchObject([{ code: 'DUPLICATE_REFERENCE' }]);
    }
  });
});

/** STAR beside FLP, under the same terms and rule. */
async function alsoInStar(): Promise<void> {
  const { owner } = shop.database;
  const star = (await owner.query("INSERT INTO currency (code, kind, scale) VALUES ('STAR', 'POINTS', 0) RETURNING id")).rows[0].id;
  const copy = (table: string, given: Readonly<Record<string, string>>, columns: string) =>
    owner.query(`INSERT INTO ${table} (${Object.keys(given)}, ${columns}) SELECT ${Object.values(given)}, ${columns} FROM ${table}`);
  const own = { id: 'gen_random_uuid()', currency_id: star };
  await copy('point_currency', { id: star }, 'name, time_zone, clearing_model, settlement_currency_id, expiry_kind, created_at');
  await copy('partnership', own, 'brand_id, partner_brand_id, state, created_at');
  await owner.query(
    `INSERT INTO terms_version (id, partnership_id, version, status, proposed_by_brand_id, proposed_at, decided_by_brand_id, decided_at, effective_from,
       may_issue, may_redeem, issuance_price, reimbursement_price, backdating_days)
     SELECT gen_random_uuid(), n.id, version, status, proposed_by_brand_id, proposed_at, decided_by_brand_id, decided_at, effective_from, may_issue, may_redeem,
       issuance_price, reimbursement_price, backdating_days
     FROM terms_version t JOIN partnership p ON p.id = t.partnership_id JOIN partnership n ON n.brand_id = p.brand_id AND n.currency_id = $1 WHERE p.currency_id <> $1`,
    [star],
  );
  await copy('earning_rule', own, 'brand_id, version, money_currency, points_per_unit, multiplier_numerator, excluded_skus, effective_from, created_at');
  await owner.query('UPDATE coalition_version SET version = version + 1');
}
