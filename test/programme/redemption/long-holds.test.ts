import * as activities from '../../../src/programme/expiry/activity';
import type { Journal } from '../../support/journal/run-journal';
import type { ShopCast } from '../../support/journal/shop-cast';
import { shopJournal } from '../../support/journal/shop-journal';
import { createShopCoalition, type ShopCoalition } from '../../support/shop-coalition';

// So that its functions can be replaced by wrong ones.
jest.mock('../../../src/programme/expiry/activity', () => ({ __esModule: true, ...jest.requireActual('../../../src/programme/expiry/activity') }));

let shop: ShopCoalition;
let journal: Journal<ShopCast>;
beforeAll(async () => {
  shop = await createShopCoalition({ now: new Date('2026-03-01T12:00:00Z'), expiry: { kind: 'SLIDING', months: 1 } });
  journal = shopJournal(shop, { FUEL: await shop.brand('FUEL') });
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => shop.close());

const heldBeyondItsMonth = () => journal`
  2026-03-01  earn  ana 100 FLP at FUEL
              hold  ana  40 FLP at FUEL until 2026-05-20 as ride
  2026-05-10  earn  ana  10 FLP at FUEL               says active 70, held 40
              void  ride                              says active 110, held 0
  // A month after the day until which they might have been held, all of it lapses.
  2026-06-19  hold  ana 110 FLP at FUEL as a dry run  says points 110
              hold  ana 111 FLP at FUEL as a dry run  refused INSUFFICIENT_POINTS
  2026-06-20  hold  ana   1 FLP at FUEL               refused INSUFFICIENT_POINTS`;

it('a wallet does not lapse while points of it are held', heldBeyondItsMonth);

it('a seeded fault turns it red: a hold is activity only of the day on which it is placed', async () => {
  const { activity } = jest.requireActual<typeof activities>('../../../src/programme/expiry/activity');
  jest.spyOn(activities, 'activity').mockImplementation((policy, account, day) => activity(policy, account, day));
  await expect(heldBeyondItsMonth()).rejects.toThrow(/expected: active 70, held 40\nactual: {3}active 10, held 40/);
});
