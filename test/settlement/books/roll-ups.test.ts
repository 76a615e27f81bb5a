import { Client } from 'pg';
import type { Principal } from '../../../src/coalition/access/principal';
import { newUuid } from '../../../src/platform/ids';
import { verifyBooks } from '../../../src/process/verify/verify-books';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption } from '../../../src/programme/redemption/refund-redemption';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { readAccountBalances } from '../../../src/settlement/books/account-balances';
import { readConservation } from '../../../src/settlement/books/conservation';
import { ROLL_UPS, rebuildRollUps, recoverRollUps, rollUpJournal } from '../../../src/settlement/books/roll-up-journal';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';
import { until } from '../../support/until';

const MINUTE = 60_000;
const ALL = { from: 0n, to: 2n ** 63n };

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let operator: Principal;
/** Instants between the events, and what the summed accounts had come to then, worked out from the journal. */
const instants: Date[] = [];

beforeAll(async () => {
  shop = await createShopCoalition({ now: new Date('2026-03-15T22:00:00Z') });
  [fuel, taxi] = [await shop.brand('FUEL'), await shop.brand('TAXI')];
  operator = { kind: 'staff', staffId: newUuid(), brandId: shop.operatorId, role: 'OPERATOR', ofOperator: true };
});
afterAll(() => shop.close());

const totalsOf = async (principal: Principal, at: Date | null) =>
  (await readAccountBalances(shop.app, principal, 'FLP', at, { limit: 100, after: null })).map(({ account, debits, credits }) => [account, debits, credits]);

async function fromTheJournal(at: Date | null): Promise<unknown[]> {
  const { rows } = await shop.database.owner.query(
    `SELECT a.id, (SELECT coalesce(sum(amount), 0) FROM transfer WHERE debit_account = a.id AND recorded_at <= $1)::text AS debits,
       (SELECT coalesce(sum(amount), 0) FROM transfer WHERE credit_account = a.id AND recorded_at <= $1)::text AS credits
     FROM account a WHERE NOT guarded AND currency_id = $2 ORDER BY a.id`,
    [at ?? 'infinity', shop.currencyId],
  );
  return rows.map((row) => [Number(row.id), BigInt(row.debits), BigInt(row.credits)]);
}

/**
 * What other tests of this server are writing holds the journal of every database back. Only what lies behind all of it
 * is rolled up.
 */
async function untilSettled(): Promise<void> {
  const settled =
    'SELECT coalesce(max(xid::text::bigint), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS settled FROM transfer WHERE xid < pg_snapshot_xmax(pg_current_snapshot())';
  await until('nothing older is being written', async () => (await shop.database.owner.query(settled)).rows[0].settled);
}

async function rollUp() {
  await untilSettled();
  return rollUpJournal(shop.app, ALL);
}

/**
 * A day's trade: earns at both, arrears, a burn, a hold, a refund. Every few hours the roll-up runs, as a worker would.
 */
async function trade(rollUpEvery: number): Promise<void> {
  const { app, clock } = shop;
  const { ref, memberId } = await fuel.enrol();
  await shop.database.owner.query(
    "INSERT INTO brand_link (id, brand_id, member_id, source, linked_at, confirmed_at, confirmed_by) VALUES ($1, $2, $3, 'LINKED', now(), now(), 'LOGIN')",
    [newUuid(), taxi.brandId, memberId],
  );
  const spend = (till: Till, points: number) => {
    const { expiresAt: _, ...command } = spendingOf(ref, points);
    return redeemPoints(app, till.principal, command);
  };
  const bought: { purchaseId: string }[] = [];
  const steps = [
    async () => bought.push(await recordPurchase(app, fuel.principal, purchaseOf(ref, '500'))),
    async () => bought.push(await recordPurchase(app, taxi.principal, purchaseOf(ref, '70'))),
    async () => {
      const { redemptionId } = await spend(taxi, 520);
      await refundRedemption(app, taxi.principal, { idempotencyKey: newUuid(), redemptionId, points: 20, occurredAt: null });
    },
    () => spend(fuel, 30),
    () => recordReturn(app, fuel.principal, returnOf(bought[0].purchaseId, [{ lineNo: 1, quantity: '1' }])),
    () => recordPurchase(app, taxi.principal, purchaseOf(ref, '600')),
    () => holdPoints(app, taxi.principal, spendingOf(ref, 40)),
  ];
  for (const [at, step] of steps.entries()) {
    await step();
    if (at % rollUpEvery === 0) await rollUp();
    clock.advance(20 * MINUTE);
    instants.push(clock.now());
    clock.advance(20 * MINUTE);
  }
}

test('totals at every instant are those of the journal, whether rolled up before, in the middle of a stretch, or not yet', async () => {
  await trade(1);
  await trade(3);
  await trade(100);
  shop.clock.advance(MINUTE);
  expect((await shop.database.owner.query('SELECT FROM roll_up_bucket')).rowCount).toBeGreaterThan(1);
  for (const at of instants) expect(await totalsOf(operator, at)).toEqual(await fromTheJournal(at));
  expect(await totalsOf(operator, null)).toEqual(await fromTheJournal(null));
  expect((await totalsOf(operator, new Date('2026-01-01'))).every(([, debits, credits]) => debits === 0n && credits === 0n)).toBe(true);
  const { transfers } = await rollUp();
  expect(transfers).toBeGreaterThan(0);
  expect(await rollUp()).toMatchObject({ transfers: 0 });
  for (const at of instants) expect(await totalsOf(operator, at)).toEqual(await fromTheJournal(at));
});

test('a brand sees its own accounts and no other; a member and a stranger none', async () => {
  const own = await readAccountBalances(shop.app, fuel.principal, 'FLP', null, { limit: 100, after: null });
  expect(own.map(({ kind, owner }) => [kind, owner]).sort()).toEqual([
    ['EXPIRED', fuel.brandId],
    ['ISSUED', fuel.brandId],
    ['REDEEMED', fuel.brandId],
  ]);
  const member: Principal = { kind: 'member', memberId: newUuid(), brandId: null };
  await expect(readAccountBalances(shop.app, member, 'FLP', null, { limit: 100, after: null })).rejects.toThrow('These credentials may not do this.');
});

test('an instant whose postings may still be on their way is refused, and it is said when to ask again', async () => {
  const now = shop.clock.now();
  const refused = (askAgainAt: Date) => ({ code: 'NOT_SETTLED_YET', retrySafe: true, fields: { askAgainAt: askAgainAt.toISOString() } });
  await expect(totalsOf(operator, now)).rejects.toMatchObject(refused(new Date(now.getTime() + MINUTE)));
  await expect(totalsOf(operator, new Date(now.getTime() + MINUTE))).rejects.toMatchObject({ code: 'NOT_SETTLED_YET' });
  shop.clock.advance(MINUTE);
  await expect(totalsOf(operator, now)).resolves.toBeDefined();
});

test('the whole currency and each issuer’s points are accounted for, in terms that anybody can add', async () => {
  const sumOf = ({ terms }: { terms: readonly { side: string; sign: number; points: bigint }[] }) =>
    terms.reduce((sum, { side, sign, points }) => sum + BigInt(sign) * points * (side === 'PUT_OUT' ? 1n : -1n), 0n);
  const whole = await readConservation(shop.app, operator, 'FLP', null);
  expect(whole).toMatchObject({ difference: 0n, brandId: null });
  expect(sumOf(whole)).toBe(0n);
  const points = (proof: typeof whole) =>
    Object.fromEntries(proof.terms.filter((each) => each.points !== 0n).map(({ term, points }) => [term, Number(points)]));
  // Three days of trade: 3 x 1,170 issued. FUEL's 500 were clawed back, of which some were spent and became arrears
  // that TAXI's 600 filled.
  expect(points(whole)).toEqual({ ISSUED: 3_510, CLAWED_BACK: 1_500, ACTIVE: 300, HELD: 120, REDEEMED: 1_650, REFUNDED: 60 });
  const [ofFuel, ofTaxi] = [await readConservation(shop.app, fuel.principal, 'FLP', null), await readConservation(shop.app, taxi.principal, 'FLP', null)];
  for (const each of [ofFuel, ofTaxi]) {
    expect(each.difference).toBe(0n);
    expect(sumOf(each)).toBe(0n);
    expect(each.accounts.every(({ owner }) => owner === each.brandId)).toBe(true);
  }
  const [f, t] = [points(ofFuel), points(ofTaxi)];
  expect(f.ISSUED).toBe(1_500);
  expect(t.ISSUED).toBe(2_010);
  // Whatever one issuer's points became, all issuers' together are the whole's.
  for (const term of ['ACTIVE', 'HELD']) expect((f[term] ?? 0) + (t[term] ?? 0)).toBe(points(whole)[term]);
  const redeemed = (p: Record<string, number>) => (p.REDEEMED_AT_ISSUER ?? 0) + (p.REDEEMED_ELSEWHERE ?? 0);
  expect(redeemed(f) + redeemed(t)).toBe(1_650);
  // A brand cannot ask for another's; the operator can.
  await expect(readConservation(shop.app, fuel.principal, 'FLP', taxi.brandId)).rejects.toThrow('Brand not found.');
  expect(points(await readConservation(shop.app, operator, 'FLP', taxi.brandId))).toEqual(t);
});

test('a balance is found by indexes: the journal is never read as a whole', async () => {
  const client = await shop.database.owner.connect();
  try {
    await client.query('ANALYZE transfer; BEGIN');
    await client.query("SELECT set_config('tessera.principal', 'operator', true)");
    const readAsAWhole = async () => Number((await client.query("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'transfer'")).rows[0].seq_scan);
    const before = await readAsAWhole();
    for (const at of [null, instants[3]]) await client.query('SELECT * FROM account_totals(ARRAY(SELECT id FROM account), $1)', [at]);
    expect(await readAsAWhole()).toBe(before);
    await client.query('SELECT count(*) FROM transfer');
    expect(await readAsAWhole()).toBe(before + 1);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});

describe('verify', () => {
  let checker: Client;
  beforeAll(async () => {
    checker = new Client({ connectionString: shop.database.urls.app });
    await checker.connect();
  });
  afterAll(() => checker.end());
  const faults = async () => (await verifyBooks(checker)).filter(({ wrong }) => wrong > 0).map(({ check, first }) => [check, first?.what]);

  test('finds a total of an account, of an issuer and of a stretch that is not the journal’s, and rebuilding mends it', async () => {
    expect(await faults()).toEqual([]);
    const { owner } = shop.database;
    const spoil = [
      'UPDATE account_roll_up SET debits = debits + 5 WHERE (account_id, bucket_id) IN (SELECT account_id, bucket_id FROM account_roll_up LIMIT 1)',
      "UPDATE issuer_roll_up SET left_lots = left_lots + 5 WHERE code = 'BURN' AND at_issuer",
      'UPDATE roll_up_bucket SET transfers = transfers + 1 WHERE id = (SELECT min(id) FROM roll_up_bucket)',
      "UPDATE roll_up_bucket SET last_recorded_at = last_recorded_at - interval '1 hour', first_recorded_at = first_recorded_at - interval '1 hour' WHERE id = (SELECT min(id) FROM roll_up_bucket)",
    ];
    for (const sql of spoil) {
      await owner.query(sql);
      expect(await faults()).not.toEqual([]);
      await untilSettled();
      await rebuildRollUps(shop.app);
      expect(await faults()).toEqual([]);
    }
    for (const at of instants) expect(await totalsOf(operator, at)).toEqual(await fromTheJournal(at));
  });

  test('after a restore into another cluster the totals are the same, and go on', async () => {
    const { owner } = shop.database;
    expect(await recoverRollUps(shop.app)).toBeNull();
    // As pg_restore leaves it: rows of a journal whose transaction ids are beyond this cluster's.
    await owner.query(
      "SET session_replication_role = 'replica'; UPDATE transfer SET xid = (xid::text::bigint + 1000000000)::text::xid8; SET session_replication_role = 'origin'",
    );
    await owner.query("UPDATE journal_cursor SET position = '2000000000' WHERE consumer = $1", [ROLL_UPS]);
    expect(await recoverRollUps(shop.app)).toBe(2);
    expect(await totalsOf(operator, null)).toEqual(await fromTheJournal(null));
    await trade(2);
    shop.clock.advance(MINUTE);
    for (const at of instants) expect(await totalsOf(operator, at)).toEqual(await fromTheJournal(at));
    expect(await readConservation(shop.app, fuel.principal, 'FLP', null)).toMatchObject({ difference: 0n });
    expect(await faults()).toEqual([]);
  });
});
