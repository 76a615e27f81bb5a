import { StateMoved } from '../../../src/ledger/ledger/state-moved';
import { createTillCode } from '../../../src/members/identification/till-code';
import { unlinkMember } from '../../../src/members/links/unlink-member';
import { lockWallet, unlockWallet } from '../../../src/members/members/lock-wallet';
import { verifyBooks } from '../../../src/process/verify/verify-books';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { endConversionRate } from '../../../src/programme/exchange/store-conversion-rate';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { purchaseOf, spendingOf } from '../../support/shop-coalition';
import { type ExchangeTown, openExchangeTown } from './exchange-town';

let town: ExchangeTown;

beforeAll(async () => {
  town = await openExchangeTown({ expiry: { kind: 'ROLLING', months: 12, rounding: 'NONE' } });
  await town.currency('AIR');
  await town.rate({ numerator: 5n, denominator: 8n, minimum: 100n, fee: 7n });
  // 3:1 with 5,000 for each full 60,000.
  await town.currency('SKY');
  await town.rate({ toCurrency: 'SKY', numerator: 1n, denominator: 3n, minimum: 3_000n, increment: 3_000n, blockSize: 60_000n, blockBonus: 5_000n });
  await town.currency('BAR');
  await town.rate({ toCurrency: 'BAR', minimum: 10n, increment: 10n, dailyMaximum: 1_000n });
  await town.currency('SEA');
  await town.rate({ toCurrency: 'SEA' });
  await town.currency('LONE');
  await town.currency('DUST');
  await town.rate({ toCurrency: 'DUST', denominator: 500n });
});
afterAll(() => town?.close());

/** The refusal of what is asked, after making sure that nothing was written. */
async function refused(asked: () => Promise<unknown>): Promise<object> {
  const before = await town.written();
  const refusal = await asked().then(
    (answer) => ({ accepted: answer }),
    ({ code, fields }) => ({ code, ...fields }),
  );
  expect(await town.written()).toEqual(before);
  return refusal;
}

describe('a conversion', () => {
  it('gives the floor, fee and remainder apart', async () => {
    const ana = await town.memberWith(1_000);
    const before = await town.summed();
    const converted = await town.convert(ana.ref, 403);
    expect(converted).toMatchObject({ from: 'FLP', to: 'AIR', points: 403, fee: 7, remainder: 1, base: 251, bonus: 0, received: 251, duplicate: false });
    expect(converted.balances).toMatchObject({ from: { active: 590, spendable: 590 }, to: null });
    const after = await town.summed();
    const change = Object.fromEntries(Object.keys(after).flatMap((name) => (after[name] === before[name] ? [] : [[name, after[name] - (before[name] ?? 0)]])));
    expect(change).toEqual({ 'CONVERSION FLP': 402, 'CONVERSION AIR': -251, 'FEE FLP': 7, 'REMAINDER FLP': 1 });
  });

  it.each([
    [57_000, 19_000],
    [60_000, 25_000],
    [63_000, 26_000],
    [120_000, 50_000],
  ])('of %d at 3:1 with a block bonus gives %d', async (points, received) => {
    const ana = await town.memberWith(points);
    expect(await town.convert(ana.ref, points, { to: 'SKY' })).toMatchObject({ received, remainder: 0 });
  });

  it('by the member asks for no terms', async () => {
    const ana = await town.memberWith(500);
    const command = { idempotencyKey: 'mine' };
    const first = await town.convert(null, 100, command, ana.self);
    expect(first).toMatchObject({ received: 62, remainder: 0 });
    expect(await town.convert(null, 100, command, ana.self)).toEqual({ ...first, duplicate: true });
    expect(await refused(() => town.convert(null, 101, command, ana.self))).toEqual({ code: 'IDEMPOTENCY_CONFLICT' });
    const session = { kind: 'member', memberId: ana.memberId, brandId: town.fuel.brandId } as const;
    await expect(town.convert(null, 100, {}, session)).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(town.convert(null, 100, { occurredAt: new Date('2026-03-14T12:00:00Z') }, ana.self)).rejects.toMatchObject({ field: 'input.occurredAt' });
  });

  it('by a brand asks for terms and a link', async () => {
    const { shop } = town;
    const taxi = await shop.brand('TAXI');
    const ana = await town.memberWith(500);
    await expect(town.convert(ana.ref, 100, {}, taxi.principal)).rejects.toMatchObject({
      name: 'NotFound',
      message: expect.stringContaining('whose link is confirmed'),
    });
    await shop.database.owner.query(`UPDATE terms_version SET may_redeem = false FROM partnership p WHERE p.id = partnership_id AND p.brand_id = $1`, [
      taxi.brandId,
    ]);
    const ben = await taxi.enrol();
    expect(await refused(() => town.convert(ben.ref, 100, {}, taxi.principal))).toEqual({ code: 'TERMS_NOT_ACTIVE' });
    // Known no longer: the first answer again, without the balance.
    const first = await town.convert(ana.ref, 100, { idempotencyKey: 'unlinked' });
    await unlinkMember(shop.app, town.fuel.principal, { member: ana.ref });
    expect(await town.convert(ana.ref, 100, { idempotencyKey: 'unlinked' })).toEqual({ ...first, balances: { from: null, to: null }, duplicate: true });
  });

  it('takes points of a hold that has ended', async () => {
    const ana = await town.memberWith(500, '2026-01-10T12:00:00Z');
    const expiresAt = new Date(town.shop.clock.now().getTime() + 60_000);
    await holdPoints(town.shop.app, town.fuel.principal, spendingOf(ana.ref, 500, { expiresAt }));
    town.shop.clock.advance(60_000);
    expect(await town.convert(ana.ref, 100)).toMatchObject({ points: 100, balances: { from: { active: 393 } } });
  });

  it.each<[string, number, Record<string, unknown>, object]>([
    ['fewer points than the minimum', 99, {}, { code: 'BELOW_MINIMUM', minimum: 100, nextIncrement: 100 }],
    ['no multiple of the increment', 4_000, { to: 'SKY' }, { code: 'NOT_A_STEP', step: 3_000, nextIncrement: 6_000 }],
    ['one increment below the minimum', 0.1, { to: 'SKY', points: 2_999n }, { code: 'BELOW_MINIMUM', minimum: 3_000, nextIncrement: 3_000 }],
    ['too little to buy anything', 499, { to: 'DUST' }, { code: 'CONVERTS_TO_NOTHING', minimum: 500 }],
    ['less than was agreed to', 400, { minimumReceived: 251n }, { code: 'RECEIVED_BELOW_MINIMUM', received: 250 }],
    ['points enough, but not for the fee too', 994, {}, { code: 'INSUFFICIENT_POINTS', available: 1_000, requested: 1_001 }],
    ['no rate in that direction', 400, { to: 'LONE' }, { code: 'NO_CONVERSION_RATE' }],
    ['no rate yet at that moment', 400, { occurredAt: new Date('2026-03-15T11:59:59Z') }, { code: 'NO_CONVERSION_RATE' }],
    ['in the future', 400, { occurredAt: new Date('2026-03-16T12:00:00Z') }, { code: 'OCCURRED_AT_OUT_OF_RANGE' }],
    ['more than a day allows, which waiting does not change', 1_010, { to: 'BAR' }, { code: 'ABOVE_MAXIMUM', maximum: 1_000 }],
    ['more than can be counted', 9_007_199_254_740_991, {}, { code: 'ABOVE_MAXIMUM', maximum: 9_007_199_254_740_984 }],
  ])('is refused and leaves nothing: %s', async (_why, points, more, refusal) => {
    const ana = await town.memberWith(1_000);
    expect(await refused(() => town.convert(ana.ref, Math.ceil(points), more))).toEqual(refusal);
  });

  it('is refused while the wallet is locked', async () => {
    const ana = await town.memberWith(500);
    await lockWallet(town.shop.app, ana.self, { member: null });
    expect(await refused(() => town.convert(ana.ref, 100))).toEqual({ code: 'WALLET_LOCKED' });
    await unlockWallet(town.shop.app, ana.self, { member: null });
    expect(await town.convert(ana.ref, 100)).toMatchObject({ received: 62 });
  });

  it('is told beforehand without a trace', async () => {
    const ana = await town.memberWith(1_000);
    const before = await town.written();
    expect(await town.convert(ana.ref, 403, { dryRun: true })).toMatchObject({
      fee: 7,
      remainder: 1,
      received: 251,
      dryRun: true,
      balances: { from: { active: 590 }, to: null },
    });
    expect(await refused(() => town.convert(ana.ref, 5_000, { dryRun: true }))).toMatchObject({ code: 'INSUFFICIENT_POINTS' });
    expect(await town.written()).toEqual(before);
    // Nor is a till code used up by it, at a brand that has never met the member.
    const hail = await town.shop.brand('HAIL');
    const shown = { by: 'tillCode', tillCode: (await createTillCode(town.shop.app, ana.self)).code } as const;
    for (const dryRun of [true, true, false]) expect(await town.convert(shown, 403, { dryRun }, hail.principal)).toMatchObject({ dryRun, received: 251 });
  });

  it("counts towards the member's maximum of the local day", async () => {
    const ana = await town.memberWith(5_000);
    const ben = await town.memberWith(5_000);
    await town.convert(ana.ref, 900, { to: 'BAR' });
    expect(await refused(() => town.convert(ana.ref, 110, { to: 'BAR' }))).toEqual({ code: 'CAP_REACHED', capLeft: 100, resetsAt: '2026-03-16T00:00:00.000Z' });
    await town.convert(ana.ref, 100, { to: 'BAR' });
    expect(await refused(() => town.convert(ana.ref, 10, { to: 'BAR' }))).toMatchObject({ code: 'CAP_REACHED', capLeft: 0 });
    expect(await town.convert(ben.ref, 1_000, { to: 'BAR' })).toMatchObject({ received: 1_000 });
    town.shop.clock.set(new Date('2026-03-16T00:00:00Z'));
    expect(await town.convert(ana.ref, 1_000, { to: 'BAR' })).toMatchObject({ received: 1_000 });
  });

  it('is taken ten times at once as often as there is room', async () => {
    const ana = await town.memberWith(5_000);
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => town.convert(ana.ref, 300, { to: 'BAR' })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });
});

describe('when rates change', () => {
  it('what is told late, or ahead, is converted at the rate that holds now', async () => {
    const own = await openExchangeTown({ now: new Date('2026-01-10T12:00:00Z') });
    const { app, clock } = own.shop;
    await own.currency('AIR');
    const there = await own.rate({ numerator: 2n });
    const back = await own.rate({ fromCurrency: 'AIR', toCurrency: 'FLP', denominator: 2n });
    const change = new Date('2026-01-20T12:00:00Z');
    for (const { id } of [there, back]) await endConversionRate(app, own.operator, { rateId: id, endsAt: change });
    await own.rate({ effectiveFrom: change });
    await own.rate({ fromCurrency: 'AIR', toCurrency: 'FLP', effectiveFrom: change });
    const ana = await own.memberWith(100);
    // Told late, while it holds.
    clock.set(new Date(change.getTime() - 1_000));
    expect(await own.convert(ana.ref, 10, { occurredAt: new Date('2026-01-15T12:00:00Z') })).toMatchObject({ received: 20 });
    // Told by a clock that is ahead: of the rate that holds, not of the one to come.
    expect(await own.convert(ana.ref, 1, { occurredAt: new Date(change.getTime() - 1) })).toMatchObject({ received: 2 });
    await expect(own.convert(ana.ref, 10, { occurredAt: change })).rejects.toMatchObject({ code: 'OCCURRED_AT_OUT_OF_RANGE' });
    // Nor does a quote outlive what is known to end.
    expect((await own.quote(null, 89, {}, ana.self)).expiresAt).toEqual(change);
    clock.set(change);
    await expect(own.convert(ana.ref, 89, { occurredAt: new Date('2026-01-15T12:00:00Z') })).rejects.toMatchObject({ code: 'OCCURRED_AT_OUT_OF_RANGE' });
    expect(await own.convert(ana.ref, 89)).toMatchObject({ received: 89 });
    await own.close();
  });
});

describe('a quote', () => {
  it('promises rate and amounts until it ends', async () => {
    const { app, clock } = town.shop;
    const ana = await town.memberWith(2_000);
    await town.currency('GOLD');
    const rate = await town.rate({ toCurrency: 'GOLD', numerator: 2n });
    const quote = await town.quote(ana.ref, 100, { to: 'GOLD' });
    expect(quote).toMatchObject({ amounts: { points: 100n, fee: 0n, base: 200n }, expiresAt: new Date(clock.now().getTime() + 15 * 60_000) });
    await endConversionRate(app, town.operator, { rateId: rate.id, endsAt: new Date(clock.now().getTime() + 1_000) });
    clock.set(new Date(clock.now().getTime() + 1_000));
    await town.rate({ toCurrency: 'GOLD' });
    expect(await town.convert(ana.ref, 100, { to: 'GOLD', quoteId: quote.id })).toMatchObject({ received: 200, rateId: rate.id, quoteId: quote.id });
    expect(await town.convert(ana.ref, 100, { to: 'GOLD' })).toMatchObject({ received: 100 });
  });

  it('is used once, by whom and for what it was given', async () => {
    const { clock } = town.shop;
    const ana = await town.memberWith(2_000);
    const ben = await town.memberWith(2_000);
    const quote = await town.quote(ana.ref, 100);
    const quoteId = quote.id;
    expect(await refused(() => town.convert(ana.ref, 101, { quoteId }))).toEqual({ code: 'QUOTE_MISMATCH', field: 'points' });
    expect(await refused(() => town.convert(ana.ref, 100, { quoteId, to: 'BAR' }))).toEqual({ code: 'QUOTE_MISMATCH', field: 'to' });
    expect(await refused(() => town.convert(ben.ref, 100, { quoteId }))).toEqual({ code: 'QUOTE_MISMATCH', field: 'member' });
    await expect(town.convert(null, 100, { quoteId }, ana.self)).rejects.toMatchObject({ name: 'NotFound' });
    const outcomes = await Promise.allSettled([1, 2].map(() => town.convert(ana.ref, 100, { quoteId })));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await refused(() => town.convert(ana.ref, 100, { quoteId }))).toEqual({ code: 'QUOTE_USED' });
    await expect(town.quote(ana.ref, 1_010, { to: 'BAR' })).rejects.toMatchObject({ code: 'ABOVE_MAXIMUM', fields: { maximum: 1_000 } });
    const late = await town.quote(ana.ref, 100);
    clock.set(late.expiresAt);
    expect(await refused(() => town.convert(ana.ref, 100, { quoteId: late.id }))).toEqual({ code: 'QUOTE_EXPIRED', expiredAt: late.expiresAt.toISOString() });
  });

  it('is the same again for its key', async () => {
    const ana = await town.memberWith(5_000);
    const first = await town.quote(ana.ref, 100, { idempotencyKey: 'once' });
    expect(await town.quote(ana.ref, 100, { idempotencyKey: 'once' })).toEqual(first);
    await expect(town.quote(ana.ref, 200, { idempotencyKey: 'once' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    const others = await Promise.allSettled(Array.from({ length: 24 }, () => town.quote(ana.ref, 100)));
    expect(others.filter(({ status }) => status === 'fulfilled')).toHaveLength(19);
    await expect(town.quote(ana.ref, 100)).rejects.toMatchObject({ code: 'TOO_MANY_QUOTES', fields: { live: 20, resetsAt: first.expiresAt.toISOString() } });
    expect(await town.quote(null, 100, {}, ana.self)).toMatchObject({ amounts: { base: 62n } });
    town.shop.clock.set(first.expiresAt);
    expect(await town.quote(ana.ref, 100)).toMatchObject({ amounts: { base: 62n } });
  });
});

describe('converted points', () => {
  it('keep month and expiry of their source', async () => {
    const ana = await town.memberWith(1_000, '2026-01-20T12:00:00Z');
    await town.convert(ana.ref, 200);
    expect(await town.lots(ana.walletId, 'AIR')).toEqual([{ issuer: 'OPERATOR', month: '2026-01-01', expires: '2027-01-20', points: 125 }]);
    await town.currency('OWN', { ownerBrandId: town.fuel.brandId });
    await town.rate({ toCurrency: 'OWN' });
    await town.convert(ana.ref, 10, { to: 'OWN' });
    expect(await town.lots(ana.walletId, 'OWN')).toMatchObject([{ issuer: 'FUEL', month: '2026-01-01', expires: '2027-01-20' }]);
  });

  it("never live longer than the target's policy from the conversion on", async () => {
    const ana = await town.memberWith(1_000, '2026-01-20T12:00:00Z');
    await town.currency('SHORT', { expiry: { kind: 'ROLLING', months: 1, rounding: 'NONE' } });
    await town.currency('FRESH', { expiry: { kind: 'ROLLING', months: 36, rounding: 'NONE' }, conversionExpiry: 'OWN' });
    await town.rate({ toCurrency: 'SHORT' });
    await town.rate({ toCurrency: 'FRESH' });
    const today = town.shop.clock.now().toISOString().slice(0, 10);
    for (const to of ['SHORT', 'FRESH']) await town.convert(ana.ref, 10, { to });
    expect(await town.lots(ana.walletId, 'SHORT')).toMatchObject([{ month: '2026-01-01', expires: today.replace('-03-', '-04-') }]);
    expect(await town.lots(ana.walletId, 'FRESH')).toMatchObject([{ month: '2026-01-01', expires: today.replace('2026', '2029') }]);
  });

  it('of a month that came in meanwhile find their origin', async () => {
    const { ledger } = town.shop.app;
    const ana = await town.memberWith(100, '2026-02-20T12:00:00Z');
    const lotOrigin = ledger.lotOrigin.bind(ledger);
    const spy = jest.spyOn(ledger, 'lotOrigin').mockImplementationOnce(async (origin) => {
      await recordPurchase(town.shop.app, town.fuel.principal, purchaseOf(ana.ref, '50', { occurredAt: new Date('2026-01-10T12:00:00Z') }));
      return lotOrigin(origin);
    });
    expect(await town.convert(ana.ref, 120, { to: 'SEA' })).toMatchObject({ received: 120 });
    spy.mockRestore();
    expect(await town.lots(ana.walletId, 'SEA')).toMatchObject([
      { month: '2026-01-01', expires: '2027-01-10', points: 50 },
      { month: '2026-02-01', expires: '2027-02-20', points: 70 },
    ]);
    const post = jest.spyOn(ledger, 'post').mockRejectedValue(new StateMoved());
    await expect(town.convert(ana.ref, 10, { to: 'SEA' })).rejects.toMatchObject({ code: 'OVERLOADED', retrySafe: true });
    expect(post).toHaveBeenCalledTimes(5);
    post.mockRestore();
  });

  it("cost their source's side the transfer price", async () => {
    const ana = await town.memberWith(500);
    const cafe = await town.shop.brand('CAFE');
    await town.currency('BEANS', { ownerBrandId: cafe.brandId });
    await town.rate({ toCurrency: 'BEANS', denominator: 3n, transferPrice: 4_000n });
    await town.convert(ana.ref, 100, { to: 'BEANS' });
    await town.clear();
    const { rows } = await town.shop.database.owner.query(
      'SELECT debtor_brand_id AS debtor, points::int, amount::int FROM obligation WHERE creditor_brand_id = $1',
      [cafe.brandId],
    );
    // 99 bought 33 BEANS; 1 bought nothing and is nobody's debt.
    expect(rows).toEqual([{ debtor: town.shop.operatorId, points: 99, amount: 396_000 }]);
  });

  it('a conversion that gave too much shows in the books', async () => {
    const client = await town.shop.database.owner.connect();
    try {
      await client.query('SET ROLE tessera_app');
      const findings = await verifyBooks(client);
      expect(findings.filter(({ wrong }) => wrong > 0)).toEqual([]);
      expect(findings.find(({ of }) => of === 'conversions')?.checked).toBeGreaterThan(10);
      await client.query('RESET ROLE');
      await client.query(
        'SET session_replication_role = replica; UPDATE conversion SET base = base + 1 WHERE id = (SELECT max(id::text)::uuid FROM conversion)',
      );
      await client.query('SET session_replication_role = DEFAULT; SET ROLE tessera_app');
      expect((await verifyBooks(client)).filter(({ wrong }) => wrong > 0)).toMatchObject([
        { check: 'conversions against transfers' },
        { check: 'conversions against their rates' },
      ]);
    } finally {
      await client.query('RESET ROLE');
      client.release();
    }
  });
});
