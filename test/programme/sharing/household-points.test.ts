import type { QueryRunner } from 'typeorm';
import { HoldsAwaitRelease1790000000062 } from '../../../migrations/0062-holds-await-release';
import { readMovements } from '../../../src/members/members/read-movements';
import { releaseExpiredHolds } from '../../../src/programme/redemption/release-expired-holds';
import { closeVerified, type HouseholdShop, openHouseholdShop } from '../../support/journal/household-shop';

const NOW = new Date('2026-03-15T12:00:00Z');

let shop: HouseholdShop['shop'];
let fuel: HouseholdShop['fuel'];
let journal: HouseholdShop['journal'];

beforeAll(async () => {
  ({ shop, fuel, journal } = await openHouseholdShop(NOW));
});
afterEach(() => shop.clock.set(NOW));
afterAll(() => closeVerified(shop));

describe('a share of what is earned', () => {
  test('goes in at once, rounded down', () => journal`
    pool    ana
    join    ana ben as a child sharing 1/3
    earn    ben 100 FLP at FUEL  says active 67
    pooled  ana 33 FLP
    contributors ana             says ben 33`);

  test('is never what fills arrears', () => journal`
    pool    ana
    join    ana ben as a child sharing 1/3
    earn    ben 100 FLP at FUEL as goods
    // All goods come back: 67 are there, 33 are owed; the pool keeps what it has.
    return  goods                says clawedBack 100, active 0, arrears 33
    earn    ben 30 FLP at FUEL   says active 0, arrears 3
    earn    ben 33 FLP at FUEL   says active 20, arrears 0
    pooled  ana 43 FLP`);

  test('does not leave a locked wallet', () => journal`
    pool    ana
    join    ana ben as a child sharing 1/3
    lock    ben
    earn    ben 30 FLP at FUEL  says active 30
    pooled  ana 0 FLP
    share   ana 1/1
    earn    ana 7 FLP at FUEL   says points 7, active 0
    pooled  ana 7 FLP`);

  test('is not seen by the brand at which it was earned', async () => {
    const { cast } = await journal`
      pool       ana
      join       ana ben sharing 1/2
      earn       ben 10 FLP at FUEL
      movements  ben at FUEL  says EARN 10
      movements  ben          says POOL_CONTRIBUTION -5, EARN 10`;
    // Nor by a session that it minted, whose token it holds.
    const { self, memberId } = await cast.person('ben');
    const seen = await readMovements(shop.app, { ...self, brandId: fuel.brandId }, memberId, { currency: 'FLP', limit: 10, before: null });
    expect(seen.map(({ code, points }) => `${code} ${points}`)).toEqual(['EARN 10']);
  });
});

describe('points of a household', () => {
  test('are held, captured, refunded and spent like a wallet’s', async () => {
    const { cast } = await journal`
      earn        ana 300 FLP at FUEL
      pool        ana with ben
      contribute  ana 300 FLP
      link        ben at TAXI
      hold        ben 200 FLP at TAXI out of the pool as ride  says source POOL, active 100, held 200
      pooled      ana 100 FLP          says held 200
      contributors ana                 says ana 300
      capture     ride 150 FLP         says points 150, released 50, active 150, held 0
      refund      ride  50 FLP         says points 50, active 200
      redeem      ben 100 FLP at TAXI out of the pool as paying
      buy         ben  10 GBP at TAXI paid with paying as goods  says paidWithPoints 1.000000000, points 9, active 9
      return      goods                says clawedBack 9, reinstated 100, active 0
      pooled      ana 200 FLP
      contributors ana                 says ana 200
      // The household sees how much, when and who; not where, nor for what.
      pool movements ana               says REINSTATEMENT 100 of ben leaves 200, BURN -100 of ben leaves 100, REFUND 50 of ben leaves 200, CAPTURE -150 of ben leaves 150, POOL_CONTRIBUTION 300 of ana leaves 300`;
    const { rows } = await shop.database.owner.query('SELECT member_id, pool_id FROM redemption WHERE id = $1', [cast.idOf('paying', 'redemptionId')]);
    expect(rows).toEqual([{ member_id: (await cast.person('ben')).memberId, pool_id: cast.poolOf('ana') }]);
  });

  test('come free for contributors who have left', () => journal`
    earn        ana 100 FLP at FUEL
    earn        ben  60 FLP at FUEL
    pool        ana with ben
    join        ana cem
    contribute  ben  60 FLP
    redeem      cem  20 FLP at TAXI out of the pool as paying
    buy         cem  10 GBP at TAXI paid with paying as goods
    hold        cem  30 FLP at TAXI out of the pool until 2026-03-15T12:01
    contribute  ana 100 FLP
    redeem      cem 110 FLP at TAXI out of the pool as mixed
    leave       ben           says returned nothing
    refund      paying        refused REDEMPTION_USED
    return      goods         says reinstated 20
    balance     ben  20 FLP
    2026-03-15T12:02  holds end
    2026-03-15T12:00  balance ben 50 FLP
    // Who is still in it has the points in the pool.
    refund      mixed
    balance     ana   0 FLP
    balance     ben  60 FLP
    pooled      ana 100 FLP   says held 0
    contributors ana          says ana 100`);

  // The clock has ended the hold, and a posting of somebody else's was there before the worker.
  test('come free for contributors who have left, whoever ends the hold', async () => {
    const { goOn } = await journal`
      earn        ben  60 FLP at FUEL
      pool        ana with ben
      join        ana cem
      contribute  ben  60 FLP
      hold        cem  30 FLP at TAXI out of the pool until 2026-03-15T12:01
      leave       ben             says returned 30
      2026-03-15T12:02  redeem cem 10 FLP at TAXI out of the pool
      pooled      ana  20 FLP     says held 0`;
    const ended = await Promise.all([releaseExpiredHolds(shop.app, 100), releaseExpiredHolds(shop.app, 100)]);
    expect(ended.reduce((sum, each) => sum + each, 0)).toBe(1);
    await goOn`
      holds end                   says 0 released
      balance     ben  50 FLP
      pooled      ana   0 FLP`;
  });

  test('come free for contributors who have left, where the hold ended before its release was awaited', async () => {
    const { goOn } = await journal`
      earn        ben  60 FLP at FUEL
      pool        ana with ben
      join        ana cem
      contribute  ben  60 FLP
      hold        cem   5 FLP at TAXI out of the pool until 2026-03-15T12:01
      2026-03-15T12:01  holds end  says 1 released
      hold        cem  30 FLP at TAXI out of the pool until 2026-03-15T12:02
      leave       ben              says returned 30
      2026-03-15T12:03  redeem cem 10 FLP at TAXI out of the pool`;
    const migration = new HoldsAwaitRelease1790000000062();
    const runner = { query: (text: string) => shop.database.owner.query(text) } as unknown as QueryRunner;
    await migration.down(runner);
    await migration.up(runner);
    await goOn`
      holds end                    says 1 released
      balance     ben  50 FLP`;
  });

  test('grow neither more nor younger through pools and gifts in a circle, nor past expired holds', async () => {
    const { cast, goOn } = await journal`
      earn  ana 90 FLP at FUEL on 2025-04-01
      pool  ana with ben`;
    const { walletId } = await cast.person('ana');
    const before = await cast.people.lots(walletId);
    for (let round = 0; round < 3; round++) {
      const [until, later] = [1, 2].map((minute) => `2026-03-15T12:0${round * 2 + minute}`) as [string, string];
      await goOn`
        contribute  ana 90 FLP
        hold        ben 40 FLP at TAXI out of the pool until ${until}
        ${later}    holds end
        remove      ana ben
        join        ana ben
        role        ana ben OWNER
        leave       ana  says returned 90
        gift        ana ben 90 FLP
        gift        ben ana 90 FLP
        join        ben ana
        role        ben ana OWNER`;
    }
    expect(await cast.people.lots(walletId)).toEqual(before);
  });
});
