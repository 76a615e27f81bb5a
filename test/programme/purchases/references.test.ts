import { randomUUID } from 'node:crypto';
import { recordPurchase, recordPurchases } from '../../../src/programme/earning/record-purchases';
import { referenceName } from '../../../src/programme/postings/reference-turns';
import { LOOKS_AT_PURCHASES } from '../../../src/programme/purchases/find-purchase';
import { pageOfFacts } from '../../../src/programme/purchases/page-of-facts';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { voidHold, voidHoldSchema } from '../../../src/programme/redemption/void-hold';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';
import { createTestApp, type TestApp } from '../../support/test-app';
import { faults } from '../../support/verified-books';

let shop: ShopCoalition;
let elsewhere: TestApp;
let hearth: Till;
let ana: Awaited<ReturnType<Till['enrol']>>;
let ben: Awaited<ReturnType<Till['enrol']>>;

beforeAll(async () => {
  shop = await createShopCoalition();
  elsewhere = await createTestApp({ database: shop.database, now: shop.clock.now() });
  hearth = await shop.brand('HEARTH');
  ana = await hearth.enrol('ana');
  ben = await hearth.enrol('ben');
});
afterAll(async () => {
  await elsewhere?.close();
  await shop?.close();
});

const setRepeat = (brand: Till, repeat: string) => shop.database.owner.query('UPDATE brand SET references_repeat = $2 WHERE id = $1', [brand.brandId, repeat]);
const buy = (amount: string, more: Record<string, unknown>, { member = ana, brand = hearth, app = shop.app } = {}) =>
  recordPurchase(app, brand.principal, purchaseOf(member.ref, amount, more));
const purchases = async (reference: string) => (await shop.database.owner.query('SELECT id FROM purchase WHERE reference = $1', [reference])).rows;

describe('a receipt', () => {
  it('counts once, by whichever key it comes', async () => {
    const first = await buy('10', { reference: 'A-1' });
    expect(first.duplicate).toBe(false);
    const again = await buy('10', { reference: 'A-1', channel: 'another till' });
    expect(again).toEqual({ ...first, duplicate: true, byReference: true });
    expect(await purchases('A-1')).toHaveLength(1);
    expect(await buy('10', { reference: 'A-1', dryRun: true })).toMatchObject({ duplicate: true, dryRun: true });
  });

  it('of another member, money, day or total is refused', async () => {
    const first = await buy('10', { reference: 'A-2' });
    const before = await shop.written();
    const idempotencyKey = randomUUID();
    const refusal = { code: 'REFERENCE_TAKEN', retrySafe: true, fields: { kind: 'PURCHASE', first: first.purchaseId } };
    await expect(buy('11', { reference: 'A-2', idempotencyKey })).rejects.toMatchObject(refusal);
    await expect(buy('10', { reference: 'A-2' }, { member: ben })).rejects.toMatchObject(refusal);
    await expect(buy('10', { reference: 'A-2', moneyCurrency: 'EUR' })).rejects.toMatchObject(refusal);
    await expect(buy('10', { reference: 'A-2', occurredAt: new Date('2026-03-14T12:00:00Z') })).rejects.toMatchObject(refusal);
    await expect(buy('11', { reference: 'A-2', dryRun: true })).rejects.toMatchObject(refusal);
    expect(await shop.written()).toEqual(before);
    expect(await buy('12', { reference: 'A-3', idempotencyKey })).toMatchObject({ duplicate: false });
  });

  it.each([
    ['a line by its total', [{ sku: 'B', quantity: '1', amount: '25.00' }], {}],
    ['tax', [], { tax: '2.00' }],
  ])('is judged by all that its lines come to, also %s', async (reference, others, more) => {
    const line = { sku: 'A', quantity: '1', unitPrice: '10' };
    const first = await buy('', { reference, lines: [line] });
    const again = buy('', { reference, lines: [{ ...line, ...more }, ...others] });
    await expect(again).rejects.toMatchObject({ code: 'REFERENCE_TAKEN', fields: { first: first.purchaseId } });
  });

  it('that was recorded before lines rounded is known by what it came to then', async () => {
    const lines = [{ sku: 'A', quantity: '3', unitPrice: '0.335' }];
    const { purchaseId } = await buy('', { reference: 'A-5', lines });
    await shop.database.owner.query('UPDATE purchase SET amount = 1.005 WHERE id = $1', [purchaseId]);
    await expect(buy('', { reference: 'A-5', lines })).rejects.toMatchObject({ code: 'REFERENCE_TAKEN' });
    await shop.database.owner.query('UPDATE purchase SET arithmetic = 1 WHERE id = $1', [purchaseId]);
    expect(await buy('', { reference: 'A-5', lines })).toMatchObject({ duplicate: true, purchaseId });
    await expect(buy('', { reference: 'A-5', lines: [{ ...lines[0], tax: '0.10' }] })).rejects.toMatchObject({ code: 'REFERENCE_TAKEN' });
  });

  it('that was refused holds no reference', async () => {
    await expect(buy('10', { reference: 'A-4', moneyCurrency: 'EUR' })).rejects.toMatchObject({ code: 'MONEY_CURRENCY_MISMATCH' });
    expect(await buy('11', { reference: 'A-4' })).toMatchObject({ duplicate: false });
  });

  it('twice in a bulk counts once', async () => {
    const commands = [
      ['10', 'B-1'],
      ['10', 'B-1'],
      ['11', 'B-1'],
      ['10', 'B-2'],
    ].map(([amount, reference]) => purchaseOf(ana.ref, amount, { reference }));
    const results = await recordPurchases(shop.app, hearth.principal, commands);
    const said = results.map((result) => (result.status === 'fulfilled' ? result.value.duplicate : result.reason.code));
    expect(said).toEqual([false, true, 'REFERENCE_TAKEN', false]);
    expect(await purchases('B-1')).toHaveLength(1);
  });

  it('sent at once to two gateways counts once', async () => {
    const calls = Array.from({ length: 40 }, (_, n) => buy('10', { reference: 'C-1' }, { app: n % 2 ? shop.app : elsewhere.app }));
    const others = Array.from({ length: 40 }, (_, n) => buy('10', { reference: `C-1/${n}` }, { member: ben, app: n % 2 ? shop.app : elsewhere.app }));
    const answers = await Promise.all(calls);
    expect(new Set(answers.map(({ purchaseId }) => purchaseId)).size).toBe(1);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect((await Promise.all(others)).filter(({ duplicate }) => duplicate)).toEqual([]);
    expect(await purchases('C-1')).toHaveLength(1);
  });

  it('sent at once for two members counts for one of them', async () => {
    const calls = Array.from({ length: 40 }, (_, n) =>
      buy('10', { reference: 'C-2' }, { member: n % 4 < 2 ? ana : ben, app: n % 2 ? shop.app : elsewhere.app }),
    );
    const results = await Promise.allSettled(calls);
    const said = results.map((result) => (result.status === 'fulfilled' ? result.value.duplicate : result.reason.code));
    expect(said.filter((each) => each === false)).toHaveLength(1);
    expect(said.filter((each) => each === true)).toHaveLength(19);
    expect(said.filter((each) => each === 'REFERENCE_TAKEN')).toHaveLength(20);
    expect(await purchases('C-2')).toHaveLength(1);
  });

  it('is another at another brand, in another kind', async () => {
    const other = await shop.brand('OTHER');
    const eva = await other.enrol('eva');
    await buy('1000', { reference: 'D-1' });
    expect(await buy('7', { reference: 'D-1' }, { member: eva, brand: other })).toMatchObject({ duplicate: false });
    expect(await redeemPoints(shop.app, hearth.principal, spendingOf(ana.ref, 100, { reference: 'D-1' }))).toMatchObject({ duplicate: false });
  });
});

describe('a reference', () => {
  it.each([
    ['a blank after it', 'F-1 ', 'F-1'],
    ['a blank before it that no keyboard has', '\u00a0F-2', 'F-2'],
    ['an accent written as a character of its own', 'F-u\u0308', 'F-\u00fc'],
  ])('names what it names with %s', async (_what, padded, bare) => {
    const first = await buy('10', { reference: padded });
    expect(await buy('10', { reference: bare })).toEqual({ ...first, duplicate: true, byReference: true });
    expect(await buy('10', { reference: `  ${padded}` })).toEqual({ ...first, duplicate: true, byReference: true });
    expect(await purchases(padded)).toHaveLength(1);
    const page = { limit: 10, after: null };
    const filter = { reference: bare, member: null, from: null, to: null };
    const look = (principal = hearth.principal) =>
      pageOfFacts(shop.app, principal, 'PURCHASE', LOOKS_AT_PURCHASES, { filter, page, read: async (_tx, ids) => ids });
    expect([await look(), await look({ kind: 'member', memberId: ana.memberId, brandId: null })]).toEqual([[first.purchaseId], [first.purchaseId]]);
    // The database works the same name out.
    const { rows } = await shop.database.owner.query("SELECT reference_name($1, 'PURCHASE', 'FLP', $2) AS name", [hearth.brandId, padded]);
    expect(rows[0].name).toBe(referenceName(hearth.brandId, 'PURCHASE', 'FLP', bare));
  });

  it('of nothing but blanks is none', async () => {
    await buy('10', { reference: '   ' });
    expect(await buy('10', { reference: '   ' })).toMatchObject({ duplicate: false });
  });

  it('of a redemption or a return counts once, whatever blanks are around it', async () => {
    const { purchaseId } = await buy('500', {});
    const spent = await redeemPoints(shop.app, hearth.principal, spendingOf(ana.ref, 10, { reference: 'F-3  ' }));
    expect(await redeemPoints(shop.app, hearth.principal, spendingOf(ana.ref, 10, { reference: 'F-3' }))).toEqual({ ...spent, duplicate: true });
    const back = (reference: string) => recordReturn(shop.app, hearth.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '1' }], { reference }));
    const returned = await back(' F-4');
    expect(await back('F-4')).toEqual({ ...returned, duplicate: true });
  });
});

describe('a redemption', () => {
  it('counts once by its reference as a burn, and once as a hold', async () => {
    await buy('5000', {});
    const spent = await redeemPoints(shop.app, hearth.principal, spendingOf(ana.ref, 100, { reference: 'R-1' }));
    expect(await redeemPoints(shop.app, hearth.principal, spendingOf(ana.ref, 100, { reference: 'R-1' }))).toEqual({ ...spent, duplicate: true });
    const refusal = { code: 'REFERENCE_TAKEN', fields: { kind: 'REDEMPTION', first: spent.redemptionId } };
    await expect(redeemPoints(shop.app, hearth.principal, spendingOf(ana.ref, 200, { reference: 'R-1' }))).rejects.toMatchObject(refusal);
    await expect(holdPoints(shop.app, hearth.principal, spendingOf(ana.ref, 100, { reference: 'R-1' }))).rejects.toMatchObject(refusal);
  });

  it('that came to nothing leaves its reference free', async () => {
    const hold = (points: number) => holdPoints(shop.app, hearth.principal, spendingOf(ana.ref, points, { reference: 'R-2' }));
    const first = await hold(100);
    await expect(hold(200)).rejects.toMatchObject({ code: 'REFERENCE_TAKEN' });
    await voidHold(shop.app, hearth.principal, voidHoldSchema.parse({ idempotencyKey: randomUUID(), redemptionId: first.redemptionId }));
    const second = await hold(200);
    expect(second).toMatchObject({ duplicate: false, points: 200 });
    expect(await hold(200)).toEqual({ ...second, duplicate: true });
    const atOnce = await Promise.all(Array.from({ length: 8 }, () => hold(200)));
    expect(atOnce.every(({ redemptionId }) => redemptionId === second.redemptionId)).toBe(true);
  });
});

describe('a brand whose references repeat', () => {
  it('daily, uses each once a local day', async () => {
    const kiosk = await shop.brand('KIOSK');
    const member = await kiosk.enrol('kim');
    await setRepeat(kiosk, 'DAILY');
    const on = (day: number, amount: string) => buy(amount, { reference: '17', occurredAt: new Date(Date.UTC(2026, 2, day, 9)) }, { member, brand: kiosk });
    const first = await on(10, '10');
    expect(await on(11, '11')).toMatchObject({ duplicate: false });
    expect(await on(10, '10')).toEqual({ ...first, duplicate: true, byReference: true });
    await expect(on(11, '12')).rejects.toMatchObject({ code: 'REFERENCE_TAKEN' });
    // Then never: what it used is used.
    await setRepeat(kiosk, 'NEVER');
    await expect(on(12, '12')).rejects.toMatchObject({ code: 'REFERENCE_TAKEN', fields: { first: first.purchaseId } });
  });

  it('daily, uses each once a day of before 2000, too', async () => {
    const archive = await shop.brand('ARCHIVE');
    const member = await archive.enrol('abe');
    const { owner } = shop.database;
    await setRepeat(archive, 'DAILY');
    for (const [table, column] of [
      ['terms_version', 'effective_from'],
      ['earning_rule', 'effective_from'],
      ['partnership_event', 'at'],
    ])
      await owner.query(`ALTER TABLE ${table} DISABLE TRIGGER USER; UPDATE ${table} SET ${column} = '1990-01-01'; ALTER TABLE ${table} ENABLE TRIGGER USER`);
    await owner.query('UPDATE coalition_version SET version = version + 1');
    const on = (occurredAt: string, amount: string) => buy(amount, { reference: '18', occurredAt: new Date(occurredAt) }, { member, brand: archive });
    const first = await on('1995-05-05T09:00:00Z', '10');
    expect(await on('1999-12-31T09:00:00Z', '11')).toMatchObject({ duplicate: false });
    expect(await on('1995-05-05T09:00:00Z', '10')).toEqual({ ...first, duplicate: true, byReference: true });
    await expect(on('1995-05-05T09:00:00Z', '12')).rejects.toMatchObject({ code: 'REFERENCE_TAKEN' });
  });

  it('as it likes, tells nothing apart by them', async () => {
    const market = await shop.brand('MARKET');
    const member = await market.enrol('mia');
    await setRepeat(market, 'ANY');
    const first = await buy('10', { reference: 'till 3' }, { member, brand: market });
    expect(await buy('10', { reference: 'till 3' }, { member, brand: market })).toMatchObject({ duplicate: false });
    await setRepeat(market, 'NEVER');
    expect(await buy('10', { reference: 'till 3' }, { member, brand: market })).toEqual({ ...first, duplicate: true, byReference: true });
  });
});

describe('a return', () => {
  const goods = (quantity: string) => [{ lineNo: 1, quantity }];
  const takeBack = (purchaseId: string, quantity: string, reference: string) =>
    recordReturn(shop.app, hearth.principal, returnOf(purchaseId, goods(quantity), { reference }));

  it('counts once by its reference', async () => {
    const lines = [{ sku: 'THING', category: 'goods', quantity: '5', unitPrice: '10' }];
    const [{ purchaseId }, other] = [await buy('', { lines, reference: 'S-1' }), await buy('', { lines, reference: 'S-2' })];
    const first = await takeBack(purchaseId, '2', 'T-1');
    expect(first).toMatchObject({ clawedBack: 20, duplicate: false });
    expect(await takeBack(purchaseId, '2', 'T-1')).toEqual({ ...first, duplicate: true });
    expect(await recordReturn(shop.app, hearth.principal, returnOf(purchaseId, [{ sku: 'THING', quantity: '2' }], { reference: 'T-1' }))).toEqual({
      ...first,
      duplicate: true,
    });
    const refusal = { code: 'REFERENCE_TAKEN', fields: { kind: 'RETURN', first: first.returnId } };
    await expect(takeBack(purchaseId, '1', 'T-1')).rejects.toMatchObject(refusal);
    await expect(takeBack(other.purchaseId, '2', 'T-1')).rejects.toMatchObject(refusal);
    const atOnce = await Promise.all(Array.from({ length: 8 }, () => takeBack(purchaseId, '1', 'T-2')));
    expect(atOnce.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
  });
});

describe('the books', () => {
  it('have a name for each reference, and a posting for each name', async () => {
    const { owner } = shop.database;
    const found = async () => (await faults(shop)).filter(({ check }) => check.startsWith('references')).map(({ first }) => first?.what);
    expect(await found()).toEqual([]);
    await owner.query('ALTER TABLE claim DISABLE TRIGGER claim_append_only');
    // What no longer keeps a receipt from counting again: another name, another turn.
    const altered = async (sql: string) => {
      const { rows: before } = await owner.query("SELECT * FROM claim WHERE made_id = (SELECT id FROM purchase WHERE reference = 'B-2')");
      await owner.query(`UPDATE claim SET ${sql} WHERE name = '${before[0].name}'`);
      const told = await found();
      await owner.query('UPDATE claim SET name = $1, turn = $2 WHERE made_id = $3', [before[0].name, before[0].turn, before[0].made_id]);
      return told.map((what) => what === `name of the reference of purchase ${before[0].made_id}`);
    };
    expect(await altered('name = gen_random_uuid()')).toEqual([true]);
    expect(await altered('turn = turn + 1000000000')).toEqual([true]);
    expect(await found()).toEqual([]);
    const { rows } = await owner.query("DELETE FROM claim WHERE made_id IN (SELECT id FROM purchase WHERE reference = 'A-1') RETURNING made_id");
    expect(await found()).toEqual([`name of the reference of purchase ${rows[0].made_id}`]);
  });
});
