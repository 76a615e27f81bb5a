import { randomUUID } from 'node:crypto';
import { importPurchases } from '../../../src/api/ingest/import-purchases';
import { importRedemptions } from '../../../src/api/ingest/import-redemptions';
import { finishImport, startImport, startImportSchema } from '../../../src/api/ingest/start-import';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { createShopCoalition, purchaseOf, type ShopCoalition, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let till: Till;

beforeAll(async () => {
  shop = await createShopCoalition();
});
afterAll(() => shop?.close());
beforeEach(async () => {
  till = await shop.brand(`T${randomUUID().slice(0, 6).toUpperCase()}`);
});

/** An import of its own, begun a second after what was before. */
async function begin(kind: string, dryRun = false): Promise<string> {
  shop.clock.set(new Date(shop.clock.now().getTime() + 1_000));
  const asked = startImportSchema.parse({ idempotencyKey: randomUUID(), kind, currency: 'FLP', dryRun });
  return (await startImport(shop.app, till.principal, asked)).id;
}
const row = (line: number, cells: Record<string, string>, basket: Record<string, string> = {}) => ({
  line,
  lastLine: line,
  unreadable: null,
  cells,
  basket: [{ line, cells: { sku: 'COFFEE', quantity: '1', ...basket } }],
});
const bought = (line: number, more = {}) =>
  row(line, { customerId: 'ana', moneyCurrency: 'GBP', occurredAt: '2026-03-14T10:00:00Z', ...more }, { unitPrice: '2' });
const purchases = async (importId: string, rows: readonly ReturnType<typeof row>[]) => {
  const { import: sent, errors } = await importPurchases(shop.app, till.principal, { importId, bytesDone: null, rows });
  return [sent.imported, sent.repeated, ...errors.map(({ code }) => code)];
};
const stored = async () => (await shop.database.owner.query('SELECT count(*)::int AS n FROM purchase WHERE brand_id = $1', [till.brandId])).rows[0].n;

it.each(['NEVER', 'DAILY', 'ANY'])('lines alike count as often as they stand in a file, and once in however many files: %s', async (repeat) => {
  await till.enrol('ana');
  await shop.database.owner.query('UPDATE brand SET references_repeat = $2 WHERE id = $1', [till.brandId, repeat]);
  await shop.database.owner.query('UPDATE coalition_version SET version = version + 1');
  const more = repeat === 'ANY' ? { reference: '1' } : {};
  const first = await begin('PURCHASES');
  expect(await purchases(first, [bought(2, more), bought(3, more)])).toEqual([2, 0]);
  // The answer was lost: the same batch again, and the rest of the file after it.
  expect(await purchases(first, [bought(2, more), bought(3, more)])).toEqual([2, 0]);
  expect(await purchases(first, [bought(5, more)])).toEqual([3, 0]);
  await finishImport(shop.app, till.principal, { importId: first });
  expect(await stored()).toBe(3);
  const rows = [2, 3, 4, 5].map((line) => bought(line, more));
  expect(await purchases(await begin('PURCHASES', true), rows)).toEqual([1, 3]);
  expect(await purchases(await begin('PURCHASES'), rows)).toEqual([1, 3]);
  expect(await stored()).toBe(4);
});

it('a line that is sent again after the end of its file is what it was of its like', async () => {
  const id = await begin('PURCHASES');
  expect(await purchases(id, [bought(2), bought(3)])).toEqual([0, 0, 'UNKNOWN_MEMBER', 'UNKNOWN_MEMBER']);
  await finishImport(shop.app, till.principal, { importId: id });
  await till.enrol('ana');
  expect(await purchases(id, [bought(3)])).toEqual([1, 0]);
  expect(await purchases(id, [bought(2)])).toEqual([2, 0]);
  expect(await stored()).toBe(2);
});

it('redemptions and returns without a reference are booked once in however many files', async () => {
  const ana = await till.enrol('ana');
  await recordPurchase(shop.app, till.principal, purchaseOf(ana.ref, '100'));
  const burn = { ...row(2, { customerId: 'ana', points: '10' }), basket: undefined };
  const redemptions = async (dryRun = false) => {
    const importId = await begin('REDEMPTIONS', dryRun);
    const { import: sent, errors } = await importRedemptions(shop.app, till.principal, { importId, bytesDone: null, rows: [burn, { ...burn, line: 3 }] });
    return [sent.imported, sent.repeated, ...errors.map(({ code }) => code)];
  };
  expect(await redemptions()).toEqual([2, 0]);
  expect(await redemptions(true)).toEqual([0, 2]);
  expect(await redemptions()).toEqual([0, 2]);
  await recordPurchase(shop.app, till.principal, purchaseOf(ana.ref, '', { reference: 'B-1', lines: [{ sku: 'COFFEE', quantity: '3', unitPrice: '2' }] }));
  const back = row(2, { returnOf: 'B-1' });
  expect(await purchases(await begin('PURCHASES'), [back])).toEqual([1, 0]);
  expect(await purchases(await begin('PURCHASES', true), [back])).toEqual([0, 1]);
  expect(await purchases(await begin('PURCHASES'), [back])).toEqual([0, 1]);
  expect(await purchases(await begin('PURCHASES'), [back, { ...back, line: 3, lastLine: 3 }])).toEqual([1, 1]);
});

it('a line that was booked under its own key by a version before is found by it, and a refusal binds no other file', async () => {
  const ana = await till.enrol('ana');
  const id = await begin('PURCHASES');
  const lines = [{ sku: 'COFFEE', quantity: '1', unitPrice: '2' }];
  const by = { by: 'customerId', customerId: 'ana' } as const;
  const occurredAt = new Date('2026-03-14T10:00:00Z');
  await recordPurchase(shop.app, till.principal, purchaseOf(by, '', { idempotencyKey: `line ${id} 2`, lines, occurredAt }));
  expect(await purchases(id, [bought(2)])).toEqual([1, 0]);
  expect(await stored()).toBe(1);
  const burn = async () => {
    const importId = await begin('REDEMPTIONS');
    const spent = { ...row(2, { customerId: 'ana', points: '50', occurredAt: '2026-03-15T10:00:00Z' }), basket: undefined };
    const { import: sent, errors } = await importRedemptions(shop.app, till.principal, { importId, bytesDone: null, rows: [spent] });
    return [sent.imported, ...errors.map(({ code }) => code)];
  };
  expect(await burn()).toEqual([0, 'INSUFFICIENT_POINTS']);
  await recordPurchase(shop.app, till.principal, purchaseOf(ana.ref, '100', { occurredAt }));
  expect(await burn()).toEqual([1]);
});

it.each([
  ['NEVER', ['3 DUPLICATE_REFERENCE', '4 DUPLICATE_REFERENCE']],
  ['DAILY', ['3 DUPLICATE_REFERENCE']],
  ['ANY', []],
])('a reference of redemptions stands in a file as often as the brand uses it: %s', async (repeat, expected) => {
  const ana = await till.enrol('ana');
  await recordPurchase(shop.app, till.principal, purchaseOf(ana.ref, '100', { occurredAt: new Date('2026-03-10T10:00:00Z') }));
  await shop.database.owner.query('UPDATE brand SET references_repeat = $2 WHERE id = $1', [till.brandId, repeat]);
  await shop.database.owner.query('UPDATE coalition_version SET version = version + 1');
  const burn = (line: number, occurredAt: string) => ({
    line,
    unreadable: null,
    cells: { customerId: 'ana', points: String(line), reference: 'V-1', occurredAt },
  });
  const rows = [burn(2, '2026-03-14T10:00:00Z'), burn(3, '2026-03-14T11:00:00Z'), burn(4, '2026-03-15T10:00:00Z')];
  for (const dryRun of [true, false]) {
    const { errors } = await importRedemptions(shop.app, till.principal, { importId: await begin('REDEMPTIONS', dryRun), bytesDone: null, rows });
    expect(errors.map(({ line, code }) => `${line} ${code}`)).toEqual(expected);
  }
});
