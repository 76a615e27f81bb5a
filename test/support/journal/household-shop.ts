import { verifyBooks } from '../../../src/process/verify/verify-books';
import { householdsOf } from '../households';
import { createShopCoalition, type ShopCoalition } from '../shop-coalition';
import { shopJournal } from './shop-journal';

/** Two brands, and people who may give each other points and share them in households. */
export async function openHouseholdShop(now: Date) {
  const shop = await createShopCoalition({ now, expiry: { kind: 'ROLLING', months: 12, rounding: 'NONE' } });
  const fuel = await shop.brand('FUEL');
  const taxi = await shop.brand('TAXI');
  const people = householdsOf(shop, fuel);
  await people.allowGifts();
  return { shop, fuel, taxi, people, journal: shopJournal(shop, { FUEL: fuel, TAXI: taxi }) };
}

export type HouseholdShop = Awaited<ReturnType<typeof openHouseholdShop>>;

/**
 * Closes it, and sees that all that happened there agrees with itself: lots, movements, and whose points are in which
 * pool.
 */
export async function closeVerified(shop: ShopCoalition): Promise<void> {
  const client = await shop.database.owner.connect();
  await client.query('SET ROLE tessera_app');
  const findings = await verifyBooks(client);
  client.release(true);
  await shop.close();
  expect(findings.filter(({ wrong }) => wrong > 0)).toEqual([]);
}
