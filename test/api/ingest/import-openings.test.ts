import { randomUUID } from 'node:crypto';
import { listImportErrors } from '../../../src/api/ingest/find-imports';
import { importMembers } from '../../../src/api/ingest/import-members';
import { importOpenings } from '../../../src/api/ingest/import-openings';
import type { SentRow } from '../../../src/api/ingest/row-fields';
import { finishImport, type StartImport, startImport, startImportSchema } from '../../../src/api/ingest/start-import';
import type { App } from '../../../src/app';
import type { Principal } from '../../../src/coalition/access/principal';
import { addIdentifier } from '../../../src/members/identifiers/add-identifier';
import { removeIdentifier } from '../../../src/members/identifiers/remove-identifier';
import { unlinkMember } from '../../../src/members/links/unlink-member';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { findMember, readWalletBalances } from '../../../src/members/members/find-member';
import { readMovements } from '../../../src/members/members/read-movements';
import { notNow } from '../../../src/platform/not-now';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { createShopCoalition, purchaseOf, type ShopCoalition, type Till } from '../../support/shop-coalition';
import { createTestApp } from '../../support/test-app';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;

beforeAll(async () => {
  shop = await createShopCoalition({ expiry: { kind: 'ROLLING', months: 24, rounding: 'NONE' } });
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
  await agreeOnOpenings(fuel, 2_500);
});
afterAll(() => shop.close());

async function agreeOnOpenings({ brandId }: Till, price: number | null): Promise<void> {
  await shop.database.owner.query('UPDATE terms_version t SET opening_price = $2 FROM partnership p WHERE p.id = t.partnership_id AND p.brand_id = $1', [
    brandId,
    price,
  ]);
}

const start = (till: Till, more: Partial<StartImport> = {}) =>
  startImport(shop.app, till.principal, { ...startImportSchema.parse({ idempotencyKey: randomUUID(), kind: 'OPENINGS', currency: 'FLP' }), ...more });
const row = (line: number, cells: SentRow['cells'], unreadable: string | null = null): SentRow => ({ line, cells, unreadable });
const send = (importId: string, rows: readonly SentRow[], till = fuel) => importOpenings(shop.app, till.principal, { importId, rows, bytesDone: null });
const customer = (customerId: string) => ({ by: 'customerId', customerId }) as const;
const balanceOf = async (till: Till, customerId: string) => {
  const { memberId } = await findMember(shop.app, till.principal, customer(customerId));
  const [balance] = (await readWalletBalances(shop.app, till.principal, memberId)) ?? [];
  return balance;
};
/** The report of an import tells what was refused. */
const REPORT = ['file_import', 'file_import_error', 'file_import_reference', 'file_import_retry'];
const rows = async (text: string) => (await shop.database.owner.query(text)).rows;
const counts = ({ entries, imported, repeated, rejected, enrolled, points }: { [key: string]: unknown }) => ({
  entries,
  imported,
  repeated,
  rejected,
  enrolled,
  points,
});

test('a line enrols whom the brand does not know, and its points are lots of their own code, month and end', async () => {
  const { id } = await start(fuel);
  const { import: found, errors } = await send(id, [
    row(2, { customerId: 'O-1', identifierKind: 'CARD', identifier: '6000 0001', points: '1200', earnedOn: '2025-02-03', reference: 'old/1' }),
    row(3, { customerId: 'O-2', points: ' 50 ', expiresOn: '2026-12-31', reference: '' }),
  ]);
  expect(errors).toEqual([]);
  expect(counts({ ...found })).toEqual({ entries: 2, imported: 2, repeated: 0, rejected: 0, enrolled: 2, points: 1_250n });
  expect(await balanceOf(fuel, 'O-1')).toMatchObject({ active: 1_200, nextExpiries: [{ on: '2027-02-03', points: 1_200 }] });
  expect(await balanceOf(fuel, 'O-2')).toMatchObject({ active: 50, nextExpiries: [{ on: '2026-12-31', points: 50 }] });
  expect(
    await rows(
      "SELECT t.code, a.kind, a.owner_id, o.issuer_code, o.issue_month::text AS month, t.amount::int FROM transfer t JOIN account a ON a.id = t.debit_account JOIN lot_origin o ON o.id = t.origin_id WHERE t.code = 'OPENING' ORDER BY t.amount DESC",
    ),
  ).toEqual([
    { code: 'OPENING', kind: 'OPENING', owner_id: fuel.brandId, issuer_code: 'FUEL', month: '2025-02-01', amount: 1_200 },
    { code: 'OPENING', kind: 'OPENING', owner_id: fuel.brandId, issuer_code: 'FUEL', month: '2026-03-01', amount: 50 },
  ]);
  const { memberId } = await findMember(shop.app, fuel.principal, customer('O-1'));
  const self: Principal = { kind: 'member', memberId, brandId: null };
  expect(await readMovements(shop.app, self, memberId, { currency: 'FLP', limit: 5, before: null })).toMatchObject([
    { code: 'OPENING', points: 1_200, balanceAfter: 1_200 },
  ]);
  // The card works at any till.
  await recordPurchase(shop.app, taxi.principal, purchaseOf({ by: 'identifier', identifier: { kind: 'CARD', value: '60000001' } }, '5'));
  expect(await balanceOf(fuel, 'O-1')).toMatchObject({ active: 1_205 });
});

test('two senders that cut the file differently: every line is counted once, and its error kept', async () => {
  const { id } = await start(fuel);
  const batch = (...lines: number[]) =>
    send(
      id,
      lines.map((line) => row(line, { customerId: `S-${line}`, points: line === 4 ? '-5' : '10' })),
    );
  const post = shop.app.ledger.post.bind(shop.app.ledger);
  let first = true;
  // While the first sender's request is being booked, its client is gone, and a second one has begun.
  const spy = jest.spyOn(shop.app.ledger, 'post').mockImplementation(async (request) => {
    if (request.kind === 'IMPORT_OPENING' && first) {
      first = false;
      expect((await batch(2, 3)).import).toMatchObject({ lastLine: 3, entries: 2 });
    }
    return post(request);
  });
  const { import: counted } = await batch(2, 3, 4, 5);
  spy.mockRestore();
  expect(counted.lastLine).toBe(5);
  const { import: found } = await batch(4, 5, 6);
  expect(counts({ ...found })).toEqual({ entries: 5, imported: 4, repeated: 0, rejected: 1, enrolled: 4, points: 40n });
  expect((await listImportErrors(shop.app, fuel.principal, id, { after: 0, limit: 10 })).map(({ line }) => line)).toEqual([4]);
});

test('a batch that was cut off once it was booked makes its members known when it is sent again', async () => {
  const number = '6000 0777';
  const identifiers = [{ kind: 'CARD' as const, value: number }];
  const { memberId } = await enrolMember(shop.app, taxi.principal, enrolMemberSchema.parse({ idempotencyKey: randomUUID(), identifiers }));
  const { id } = await start(fuel);
  const batch = () => send(id, [row(2, { identifierKind: 'CARD', identifier: number, points: '10' })]);
  const post = shop.app.ledger.post.bind(shop.app.ledger);
  const gone = jest.spyOn(shop.app.database, 'transaction');
  const spy = jest.spyOn(shop.app.ledger, 'post').mockImplementationOnce(async (request) => {
    const outcome = await post(request);
    gone.mockRejectedValueOnce(notNow.refuse('UNAVAILABLE'));
    return outcome;
  });
  await expect(batch()).rejects.toThrow();
  gone.mockRestore();
  spy.mockRestore();
  const known = () => findMember(shop.app, fuel.principal, { by: 'id', memberId });
  await expect(known()).rejects.toMatchObject({ name: 'NotFound' });
  expect((await batch()).import).toMatchObject({ imported: 1, points: 10n });
  expect(await known()).toMatchObject({ memberId });
});

test('each bad line is told with its field and what to do, and harms no other', async () => {
  const { id } = await start(fuel);
  const before = await shop.written(...REPORT);
  const { import: found, errors } = await send(id, [
    row(2, { customerId: 'B-1', points: '0' }),
    row(3, { customerId: 'B-1', points: '-5' }),
    row(4, { customerId: 'B-1', points: '12.5' }),
    row(5, { customerId: 'B-1', points: '9007199254740992' }),
    row(6, { customerId: 'B-1', points: '9007199254740991' }),
    row(7, { customerId: 'B-1', points: '' }),
    row(8, { points: '5' }),
    row(9, { identifier: '77', points: '5' }),
    row(10, { customerId: 'B-1', points: '5', currency: 'NOPE' }),
    row(11, { customerId: 'B-1', points: '5', expiresOn: '2026-02-30' }),
    row(12, { customerId: 'B-1', points: '5', expiresOn: '2026-03-15' }),
    row(13, { customerId: 'B-1', points: '5', earnedOn: '2026-03-16' }),
    row(14, { customerId: 'B-1', points: '5', earnedOn: '2024-03-15' }),
    row(15, {}, 'The line has 3 columns, the heading 7.'),
    row(16, { customerId: 'B-\u00007', points: '5' }),
    row(17, { identifierKind: 'SHOE', identifier: '43', points: '5' }),
    row(18, { identifierKind: 'CARD', identifier: '- -', points: '5' }),
  ]);
  expect(errors.map(({ line, field, code }) => `${line} ${field} ${code}`)).toEqual([
    '2 points BAD_VALUE',
    '3 points BAD_VALUE',
    '4 points BAD_VALUE',
    '5 points BAD_VALUE',
    '6 points TOO_MANY_POINTS',
    '7 points BAD_VALUE',
    '8 customerId BAD_VALUE',
    '9 identifierKind BAD_VALUE',
    '10 currency UNKNOWN_CURRENCY',
    '11 expiresOn BAD_VALUE',
    '12 expiresOn EXPIRED',
    '13 earnedOn BAD_VALUE',
    '14 earnedOn EXPIRED',
    '15 null UNREADABLE',
    '16 customerId BAD_VALUE',
    '17 identifierKind BAD_VALUE',
    '18 identifier BAD_VALUE',
  ]);
  expect(errors.every(({ message }) => message.length > 10)).toBe(true);
  expect(counts({ ...found })).toEqual({ entries: 17, imported: 0, repeated: 0, rejected: 17, enrolled: 0, points: 0n });
  expect(await shop.written(...REPORT)).toEqual(before);
  expect(await listImportErrors(shop.app, fuel.principal, id, { limit: 2, after: 4 })).toEqual(errors.slice(3, 5));
  await expect(listImportErrors(shop.app, taxi.principal, id, { limit: 2, after: 4 })).resolves.toEqual([]);
});

test('a reference is imported once: in one file, in two files, and when a batch is sent again', async () => {
  const first = await start(fuel);
  const batch = [
    row(2, { customerId: 'R-1', points: '10', reference: 'r/1' }),
    row(3, { customerId: 'R-2', points: '20', reference: 'r/2' }),
    row(4, { customerId: 'R-3', points: '30', reference: 'r/1' }),
    row(5, { customerId: 'R-3', points: '40' }),
  ];
  const { import: once, errors } = await send(first.id, batch);
  expect(errors).toEqual([{ line: 4, field: 'reference', code: 'DUPLICATE_REFERENCE', message: expect.stringContaining('Line 2'), retrySafe: false }]);
  expect(counts({ ...once })).toMatchObject({ imported: 3, rejected: 1, points: 70n });
  // The answer was lost: nothing is booked or counted twice.
  const before = await shop.written(...REPORT, 'audit_entry');
  expect((await send(first.id, batch)).import).toMatchObject({ entries: 4, imported: 3, lastLine: 5 });
  // The gateway was killed between booking and counting.
  await shop.database.owner.query('UPDATE file_import SET last_line = 0, entries = 0, imported = 0, rejected = 0, points = 0 WHERE id = $1', [first.id]);
  await shop.database.owner.query('DELETE FROM file_import_error WHERE import_id = $1', [first.id]);
  expect(counts({ ...(await send(first.id, batch)).import })).toMatchObject({ entries: 4, imported: 3, repeated: 0, rejected: 1, points: 70n });
  const second = await start(fuel);
  const again = await send(second.id, [
    row(2, { customerId: 'R-1', points: '10', reference: 'r/1' }),
    row(3, { customerId: 'R-2', points: '21', reference: 'r/2' }),
  ]);
  expect(again.errors).toMatchObject([{ line: 3, field: 'reference', code: 'IDEMPOTENCY_CONFLICT' }]);
  expect(counts({ ...again.import })).toMatchObject({ imported: 0, repeated: 1, rejected: 1, points: 0n });
  expect(await shop.written(...REPORT, 'audit_entry')).toEqual(before);
});

test('one person in many lines is one member, however the lines name them', async () => {
  const card = (value: string) => ({ identifierKind: 'CARD', identifier: value });
  const { id } = await start(fuel);
  const { import: found, errors } = await send(id, [
    row(2, { customerId: 'P-1', points: '1' }),
    row(3, { customerId: 'P-1', ...card('P 77'), points: '2' }),
    row(4, { ...card('P77'), points: '4' }),
    row(5, { customerId: 'P-2', ...card('P 78'), points: '8' }),
    row(6, { customerId: 'P-2', ...card('P 77'), points: '16' }),
  ]);
  expect(errors).toMatchObject([{ line: 6, field: 'identifier', code: 'MEMBER_MISMATCH' }]);
  expect(found).toMatchObject({ enrolled: 2, imported: 4 });
  expect(await balanceOf(fuel, 'P-1')).toMatchObject({ active: 7 });
  // Known by a card of another brand: linked under this brand's customer id.
  const other = await start(fuel);
  const { memberId } = await taxi.enrol('T-9');
  await addIdentifier(shop.app, taxi.principal, { member: { by: 'id', memberId }, identifier: { kind: 'CARD', value: 'T99' } });
  await send(other.id, [row(1, { customerId: 'P-9', ...card('T99'), points: '5' })]);
  expect(await findMember(shop.app, fuel.principal, customer('P-9'))).toMatchObject({ memberId });
  expect(await balanceOf(taxi, 'T-9')).toMatchObject({ active: 5 });
  await unlinkMember(shop.app, fuel.principal, { member: customer('P-9'), reason: null });
});

test('a dry run reports the same and writes nothing but its report', async () => {
  const { id } = await start(fuel, { dryRun: true });
  const before = await shop.written(...REPORT);
  const { import: found, errors } = await send(id, [
    row(2, { customerId: 'D-1', points: '10', reference: 'd/1' }),
    row(3, { customerId: 'D-2', points: 'ten', reference: 'd/2' }),
    row(4, { customerId: 'D-3', points: '5', reference: 'd/1' }),
    row(5, { customerId: 'D-1', points: '5' }),
  ]);
  expect(errors.map(({ line, code }) => `${line} ${code}`)).toEqual(['3 BAD_VALUE', '4 DUPLICATE_REFERENCE']);
  expect(counts({ ...found })).toEqual({ entries: 4, imported: 2, repeated: 0, rejected: 2, enrolled: 1, points: 15n });
  expect(await shop.written(...REPORT)).toEqual(before);
});

test('without an agreed price nothing is started; a finished import takes no more; lines keep their order', async () => {
  await expect(start(taxi)).rejects.toMatchObject({ code: 'OPENINGS_NOT_AGREED', fields: { currency: 'FLP' } });
  const { id } = await start(fuel);
  await expect(send(id, [row(3, { customerId: 'X', points: '1' }), row(3, { customerId: 'X', points: '1' })])).rejects.toMatchObject({
    field: 'input.rows.1.line',
  });
  await expect(send(id, [row(3, { customerId: 'X', points: '1' })], taxi)).rejects.toMatchObject({ name: 'NotFound' });
  const tillOnly: Principal = { kind: 'client', clientId: randomUUID(), brandId: fuel.brandId, scopes: new Set(['purchases', 'members']) };
  await expect(importOpenings(shop.app, tillOnly, { importId: id, rows: [], bytesDone: null })).rejects.toMatchObject({ name: 'PermissionDenied' });
  await agreeOnOpenings(fuel, null);
  await shop.database.owner.query('UPDATE coalition_version SET version = version + 1');
  expect((await send(id, [row(3, { customerId: 'X-none', points: '1' })])).errors).toMatchObject([{ line: 3, code: 'OPENINGS_NOT_AGREED' }]);
  await expect(findMember(shop.app, fuel.principal, customer('X-none'))).rejects.toMatchObject({ name: 'NotFound' });
  await agreeOnOpenings(fuel, 2_500);
  await shop.database.owner.query('UPDATE coalition_version SET version = version + 1');
  expect(await finishImport(shop.app, fuel.principal, { importId: id })).toMatchObject({ finishedAt: expect.any(Date) });
  // What may be sent again keeps what it is known by.
  expect(await rows(`SELECT line::int FROM file_import_reference WHERE import_id = '${id}'`)).toEqual([{ line: 3 }]);
  await expect(send(id, [row(9, { customerId: 'X', points: '1' })])).rejects.toMatchObject({ code: 'IMPORT_FINISHED' });
});

test('a balance that came over on another day is of that day and its month', async () => {
  const { id } = await start(fuel);
  const { errors } = await send(id, [
    row(2, { customerId: 'D-1', points: '70', openedOn: '2026-01-31', earnedOn: '2025-11-03', reference: 'dated/1' }),
    row(3, { customerId: 'D-1', points: '5', openedOn: '2026-03-16' }),
    row(4, { customerId: 'D-1', points: '5', openedOn: '2026-01-31', earnedOn: '2026-02-01' }),
    row(5, { customerId: 'D-1', points: '5', openedOn: '1911-01-01' }),
  ]);
  expect(errors.map(({ line, field, code }) => `${line} ${field} ${code}`)).toEqual([
    '3 openedOn BAD_VALUE',
    '4 earnedOn BAD_VALUE',
    '5 null TERMS_NOT_ACTIVE',
  ]);
  expect(
    await rows(`SELECT t.occurred_at, t.amount::int, o.issue_month::text, l.expires_on::text FROM transfer t JOIN lot l ON l.account_id = t.credit_account
      JOIN lot_origin o ON o.id = l.origin_id WHERE t.code = 'OPENING' AND t.amount = 70`),
  ).toEqual([{ occurred_at: new Date('2026-01-31T00:00:00Z'), amount: 70, issue_month: '2025-11-01', expires_on: '2027-11-03' }]);
});

test('a balance that has lapsed by the day on which it comes in is refused, where wallets slide as where lots end', async () => {
  const sliding = await createShopCoalition({ expiry: { kind: 'SLIDING', months: 1 }, now: new Date('2026-03-15T12:00:00Z') });
  const till = await sliding.brand('FUEL');
  await sliding.database.owner.query('UPDATE terms_version SET opening_price = 2500');
  await sliding.database.owner.query('UPDATE coalition_version SET version = version + 1');
  const command = startImportSchema.parse({ idempotencyKey: randomUUID(), kind: 'OPENINGS', currency: 'FLP' });
  const rowsOfFile = [
    row(2, { customerId: 'S-1', points: '100', openedOn: '2026-02-15' }),
    row(3, { customerId: 'S-1', points: '100', openedOn: '2026-01-10', expiresOn: '2027-01-01' }),
    row(4, { customerId: 'S-1', points: '30', openedOn: '2026-02-16', earnedOn: '2024-02-01' }),
  ];
  for (const dryRun of [true, false]) {
    const { id } = await startImport(sliding.app, till.principal, { ...command, idempotencyKey: randomUUID(), dryRun });
    const { errors, import: found } = await importOpenings(sliding.app, till.principal, { importId: id, rows: rowsOfFile, bytesDone: null });
    expect(errors.map(({ line, field, code }) => `${line} ${field} ${code}`)).toEqual(['2 openedOn EXPIRED', '3 openedOn EXPIRED']);
    expect(found).toMatchObject({ imported: 1, points: 30n });
  }
  const { memberId } = await findMember(sliding.app, till.principal, customer('S-1'));
  expect(await readWalletBalances(sliding.app, till.principal, memberId)).toMatchObject([{ active: 30 }]);
  await sliding.close();
});

describe('cards of a file', () => {
  const cards = async (app: App, till: Till, values: readonly string[], dryRun = false) => {
    const { id } = await startImport(app, till.principal, startImportSchema.parse({ idempotencyKey: randomUUID(), kind: 'MEMBERS', dryRun }));
    const lines = values.map((identifier, at) => row(at + 2, { customerId: `file ${identifier}`, identifierKind: 'CARD', identifier }));
    return importMembers(app, till.principal, { importId: id, rows: lines, bytesDone: null });
  };
  const enrolled = (till: Till, value: string) =>
    enrolMember(shop.app, till.principal, enrolMemberSchema.parse({ idempotencyKey: randomUUID(), identifiers: [{ kind: 'CARD', value }] }));
  /** A member whose card was replaced so long ago that its number may be given out anew. */
  const replaced = async (value: string) => {
    const { memberId } = await enrolled(fuel, value);
    const member = { by: 'id', memberId } as const;
    await addIdentifier(shop.app, fuel.principal, { member, identifier: { kind: 'CARD', value: `${value}99` } });
    await removeIdentifier(shop.app, fuel.principal, { member, identifier: { kind: 'CARD', value } });
    shop.clock.advance(180 * 86_400_000);
    return memberId;
  };

  it('that are said to be of one member are looked up a few times together, not once for each line', async () => {
    const looks = jest.spyOn(shop.app.coalition, 'snapshot');
    const { id } = await startImport(shop.app, fuel.principal, startImportSchema.parse({ idempotencyKey: randomUUID(), kind: 'MEMBERS' }));
    const lines = Array.from({ length: 30 }, (_, at) => row(at + 2, { customerId: 'one', identifierKind: 'CARD', identifier: `5300 ${at}` }));
    await importMembers(shop.app, fuel.principal, { importId: id, rows: lines, bytesDone: null });
    expect(looks.mock.calls.length).toBeLessThan(10);
    looks.mockRestore();
    const { memberId } = await findMember(shop.app, fuel.principal, customer('one'));
    const { rowCount } = await shop.database.owner.query('SELECT FROM member_identifier WHERE member_id = $1', [memberId]);
    expect(rowCount).toBe(20);
  });

  it('that are given out anew are enrolled, as by enrolMember', async () => {
    await replaced('5100 1');
    const { errors, import: found } = await cards(shop.app, fuel, ['5100 1']);
    expect({ errors, enrolled: found.enrolled }).toEqual({ errors: [], enrolled: 1 });
  });

  it('bring points to nobody who had them before', async () => {
    const before = await replaced('5200 1');
    const { id } = await start(fuel);
    const { import: found } = await send(id, [row(2, { identifierKind: 'CARD', identifier: '5200 1', points: '1000', reference: 'anew' })]);
    expect(found).toMatchObject({ imported: 1, enrolled: 1 });
    expect(await readWalletBalances(shop.app, fuel.principal, before)).toEqual([]);
  });

  it('use up no look-ups of the tills, nor those of the files, whose members they make', async () => {
    const { database, app } = shop;
    const bounded = await createTestApp({ database, now: app.clock.now(), variables: { TESSERA_FAILED_LOOK_UPS: '20' } });
    try {
      await enrolled(fuel, '9000 1');
      await enrolled(fuel, '9000 2');
      const fresh = Array.from({ length: 25 }, (_, at) => `8000 ${at}`);
      expect((await cards(bounded.app, taxi, fresh, true)).import).toMatchObject({ rejected: 0, enrolled: 25 });
      expect((await cards(bounded.app, taxi, fresh)).import).toMatchObject({ imported: 25, rejected: 0 });
      expect((await cards(bounded.app, taxi, ['9000 1'])).errors).toEqual([]);
      const shown = { by: 'identifier', identifier: { kind: 'CARD', value: '9000 2' } } as const;
      await expect(recordPurchase(bounded.app, taxi.principal, purchaseOf(shown, '5'))).resolves.toBeDefined();
    } finally {
      await bounded.close();
    }
  });

  it("say so where too many of a trial are nobody's, instead of taking somebody for unknown", async () => {
    const { database, app } = shop;
    const bounded = await createTestApp({ database, now: app.clock.now(), variables: { TESSERA_FAILED_LOOK_UPS: '1' } });
    try {
      const { memberId } = await enrolled(fuel, '9100 1');
      const nobody = (at: number) => Array.from({ length: 50 }, (_, n) => `8100 ${at} ${n}`);
      for (const at of [0, 1]) expect((await cards(bounded.app, taxi, nobody(at), true)).errors).toEqual([]);
      const { errors } = await cards(bounded.app, taxi, ['9100 1', '8100 2 0'], true);
      expect(errors).toEqual([2, 3].map((line) => expect.objectContaining({ line, code: 'FAILED_LOOK_UPS_USED_UP' })));
      // The tills of the brand have their own.
      const shown = { by: 'identifier', identifier: { kind: 'CARD', value: '9100 1' } } as const;
      await recordPurchase(bounded.app, taxi.principal, purchaseOf(shown, '5'));
      expect(await readWalletBalances(shop.app, fuel.principal, memberId)).toHaveLength(1);
    } finally {
      await bounded.close();
    }
  });
});
