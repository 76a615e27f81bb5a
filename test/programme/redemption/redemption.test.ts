import { unlockWallet } from '../../../src/members/members/lock-wallet';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { releaseExpiredHolds } from '../../../src/programme/redemption/release-expired-holds';
import { householdsOf } from '../../support/households';
import type { Journal } from '../../support/journal/run-journal';
import type { ShopCast } from '../../support/journal/shop-cast';
import { shopJournal } from '../../support/journal/shop-journal';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

const NOW = new Date('2026-03-15T12:00:00Z');

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let journal: Journal<ShopCast>;

beforeAll(async () => {
  shop = await createShopCoalition({ now: NOW });
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
  journal = shopJournal(shop, { FUEL: fuel, TAXI: taxi, CAFE: await shop.brand('CAFE', { mayIssue: false }) });
});
afterEach(() => shop.clock.set(NOW));
afterAll(() => shop.close());

const sql = async (text: string, ...values: unknown[]) => (await shop.database.owner.query(text, values)).rows;
const memberWith = (points: number) => householdsOf(shop, fuel).person(points);

describe('redeem', () => {
  test('what was earned at one brand is spent at another', async () => {
    const { cast } = await journal`
      earn    ana 500 FLP at FUEL
      redeem  ana 120 FLP at TAXI as ride  says points 120, moneyValue 1.200000, moneyCurrency GBP, expiresAt null, active 380, spendable 380`;
    expect(await sql('SELECT kind, points, brand_id FROM redemption WHERE id = $1', cast.idOf('ride', 'redemptionId'))).toEqual([
      { kind: 'BURN', points: '120', brand_id: taxi.brandId },
    ]);
  });

  test('more than there is, or than the rule takes, is refused', () => journal`
    earn    ana     100 FLP at FUEL
    redeem  ana     101 FLP at TAXI                       refused INSUFFICIENT_POINTS, available 100
    redeem  ana 1000001 FLP at TAXI                       refused ABOVE_MAXIMUM
    redeem  ana       1 FLP at TAXI on 2010-11-30T23:59:59 refused TERMS_NOT_ACTIVE
    redeem  ana       1 XYZ at TAXI                       refused InvalidInput, field input.currency`);

  test('a refusal of the ledger is the outcome that a repetition gets', () => journal`
    earn    ana 100 FLP at FUEL
    redeem  ana 101 FLP at TAXI as ride  refused INSUFFICIENT_POINTS, available 100
    earn    ana  50 FLP at FUEL
    again   ride                         refused INSUFFICIENT_POINTS, available null
    again   ride with 1 FLP              refused IDEMPOTENCY_CONFLICT`);

  test('a dry run tells a brand nothing of what somebody has, and writes nothing', async () => {
    const { goOn } = await journal`earn ana 100 FLP at FUEL`;
    const written = await shop.written();
    await goOn`redeem ana 60 FLP at TAXI as a dry run  says dryRun true, balance null`;
    expect(await shop.written()).toEqual(written);
  });

  test('the first answer is given again after the rule has changed', async () => {
    const { goOn } = await journal`
      earn    ana 1000 FLP at FUEL
      redeem  ana  150 FLP at TAXI as ride`;
    const [{ id }] = await sql(
      `INSERT INTO redemption_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, minimum, step, effective_from, created_at)
       SELECT gen_random_uuid(), brand_id, currency_id, 2, 'GBP', 50, 200, 100, '2026-03-01', now() FROM redemption_rule WHERE brand_id = $1 AND version = 1 RETURNING id`,
      taxi.brandId,
    );
    await goOn`
      again   ride
      redeem  ana 150 FLP at TAXI  refused BELOW_MINIMUM`;
    await sql('DELETE FROM redemption_rule WHERE id = $1', id);
  });

  test('books one of 100 identical requests at once, and answers all alike', async () => {
    const ana = await memberWith(100);
    const command = spendingOf(ana.card, 30);
    const answers = await Promise.all(Array.from({ length: 100 }, () => redeemPoints(shop.app, taxi.principal, command)));
    expect(new Set(answers.map(({ duplicate: _, ...answer }) => JSON.stringify(answer))).size).toBe(1);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(answers[0].balance?.active).toBe(70);
    expect(await sql("SELECT count(*)::int AS burns FROM transfer WHERE code = 'BURN' AND id = $1", answers[0].redemptionId)).toEqual([{ burns: 1 }]);
  });

  test('books 30 of 100 requests at once against points for 30', async () => {
    const ana = await memberWith(300);
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => redeemPoints(shop.app, taxi.principal, spendingOf(ana.card, 10))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(30);
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(refused.map((each) => each.code)).toEqual(Array(70).fill('INSUFFICIENT_POINTS'));
    expect(await sql('SELECT credits - debits AS balance FROM account WHERE owner_id = $1', ana.walletId)).toEqual([{ balance: '0' }]);
    expect(await sql('SELECT count(*)::int AS redemptions FROM redemption WHERE wallet_id = $1', ana.walletId)).toEqual([{ redemptions: 30 }]);
  });

  test('a card makes its holder known by what is booked, not by what is refused', async () => {
    const ana = await memberWith(100);
    const linksOfTaxi = () => sql('SELECT source FROM brand_link WHERE brand_id = $1 AND member_id = $2 AND unlinked_at IS NULL', taxi.brandId, ana.memberId);
    await expect(redeemPoints(shop.app, taxi.principal, spendingOf(ana.card, 110))).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS' });
    await expect(recordPurchase(shop.app, taxi.principal, purchaseOf(ana.card, '5', { occurredAt: new Date('1999-01-01') }))).rejects.toMatchObject({
      code: expect.stringMatching(/TERMS_NOT_ACTIVE|OCCURRED_AT_OUT_OF_RANGE/),
    });
    expect(await linksOfTaxi()).toEqual([]);
    await redeemPoints(shop.app, taxi.principal, spendingOf(ana.card, 10));
    expect(await linksOfTaxi()).toEqual([{ source: 'PRESENTED' }]);
  });
});

test('terms without issuing refuse purchases, not redemptions', () => journal`
  earn    ana 50 FLP at FUEL
  earn    ana 10 FLP at CAFE  refused TERMS_NOT_ACTIVE
  redeem  ana 50 FLP at CAFE  says active 0`);

describe('a locked wallet', () => {
  test('earns and does not spend', () => journal`
    earn    ana 100 FLP at FUEL
    lock    ana at FUEL
    redeem  ana  10 FLP at TAXI  refused WALLET_LOCKED
    hold    ana  10 FLP at TAXI  refused WALLET_LOCKED
    earn    ana   5 FLP at FUEL  says active 105
    unlock  ana
    redeem  ana  10 FLP at TAXI  says active 95`);

  test('is unlocked by no brand', async () => {
    const { cast } = await journal`
      earn    ana 100 FLP at FUEL
      lock    ana at FUEL
      unlock  ana at FUEL  refused PermissionDenied`;
    const minted = { ...(await cast.person('ana')).self, brandId: fuel.brandId };
    const written = await shop.written();
    await expect(unlockWallet(shop.app, minted, { member: null, reason: null })).rejects.toMatchObject({ name: 'PermissionDenied' });
    expect(await shop.written()).toEqual(written);
  });
});

describe('hold', () => {
  test('is captured in part, and what was captured is refunded in part', () => journal`
    earn     ana 1000 FLP at FUEL
    link     ana at TAXI
    hold     ana  600 FLP at TAXI as ride  says expiresAt 2026-03-22T12:00:00.000Z, active 400, held 600
    capture  ride 500 FLP  says points 500, released 100, moneyValue 5.000000, active 500, held 0
    refund   ride 200 FLP  says points 200, moneyValue 2.000000, active 700
    refund   ride 301 FLP  refused REFUND_EXCEEDS_REDEMPTION, refundable 300
    refund   ride          says points 300, active 1000
    refund   ride          refused REFUND_EXCEEDS_REDEMPTION, refundable 0`);

  test('is settled once, by the brand that placed it', () => journal`
    earn     ana 1000 FLP at FUEL
    link     ana at TAXI
    hold     ana  100 FLP at TAXI as open
    hold     ana  100 FLP at TAXI as voided
    void     voided                says released 100, active 900, held 100
    redeem   ana   10 FLP at TAXI as burned
    capture  open 101 FLP          refused CAPTURE_EXCEEDS_HOLD, held 100
    capture  voided                refused HOLD_NOT_OPEN, state VOIDED
    void     voided                refused HOLD_NOT_OPEN
    capture  burned                refused HOLD_NOT_OPEN, state BURNED
    refund   open                  refused REDEMPTION_NOT_CAPTURED
    capture  open at FUEL          refused NotFound`);

  test('begins before it ends', () => journal`
    earn  ana 100 FLP at FUEL
    hold  ana   1 FLP at TAXI until 2026-03-15T12:00  refused InvalidInput, field input.expiresAt`);

  test('ends by itself, and is released once', async () => {
    const { goOn } = await journal`
      earn     ana 100 FLP at FUEL
      hold     ana  80 FLP at TAXI until 2026-03-15T13:00 as ride
      holds end                       says 0 released
      2026-03-15T14:00  capture ride  refused HOLD_EXPIRED, expiredAt 2026-03-15T13:00:00.000Z`;
    expect((await Promise.all([releaseExpiredHolds(shop.app, 100), releaseExpiredHolds(shop.app, 100)])).reduce((sum, each) => sum + each, 0)).toBe(1);
    await goOn`
      holds end                    says 0 released
      void    ride                 refused HOLD_EXPIRED
      redeem  ana 100 FLP at TAXI  says active 0, held 0`;
  });

  test('lives from now on by default where it is told late', () => journal`
    earn     ana 100 FLP at FUEL
    hold     ana 100 FLP at TAXI on 2026-02-12T18:00 as ride  says expiresAt 2026-03-22T12:00:00.000Z
    holds end                                                 says 0 released
    capture  ride                                             says points 100`);

  test('is captured by nothing that is told after its end', () => journal`
    earn     ana 100 FLP at FUEL
    hold     ana 100 FLP at TAXI until 2026-03-15T12:01 as ride
    2026-03-15T12:02  capture  ride on 2026-03-15T12:00:30 as late  refused HOLD_EXPIRED, expiredAt 2026-03-15T12:01:00.000Z
    holds end         says 1 released
    again    late     refused HOLD_EXPIRED, expiredAt 2026-03-15T12:01:00.000Z
    capture  ride on 2026-03-15T12:00:30  refused HOLD_EXPIRED, expiredAt 2026-03-15T12:01:00.000Z`);

  test('that has ended leaves its points to be spent before the worker comes', () => journal`
    earn    ana 100 FLP at FUEL
    hold    ana 100 FLP at TAXI until 2026-03-15T12:01
    redeem  ana   1 FLP at TAXI                    refused INSUFFICIENT_POINTS
    2026-03-15T12:02  redeem ana 100 FLP at TAXI   says active 0, held 0
    holds end                                      says 0 released`);

  test('that has ended leaves its points to what is told late, before the worker comes as after', () => journal`
    earn       ana 100 FLP at FUEL
    hold       ana 100 FLP at TAXI until 2026-03-15T12:01
    earn       ben 100 FLP at FUEL
    hold       ben 100 FLP at TAXI until 2026-03-15T12:01
    2026-03-15T12:02  redeem  ana 100 FLP at TAXI on 2026-03-15T12:00:30  says active 0, held 0
    holds end                                                             says 1 released
    redeem     ben 100 FLP at TAXI on 2026-03-15T12:00:30                 says active 0, held 0`);
});

describe('refund', () => {
  test('gives back all of a burn by default', () => journal`
    earn    ana 100 FLP at FUEL
    link    ana at TAXI
    redeem  ana  60 FLP at TAXI as ride
    refund  ride                         says points 60, active 100`);
});
