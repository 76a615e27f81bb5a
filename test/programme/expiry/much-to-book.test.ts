import type { Principal } from '../../../src/coalition/access/principal';
import { newUuid } from '../../../src/platform/ids';
import { notNow } from '../../../src/platform/not-now';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { expirePoints } from '../../../src/programme/expiry/expire-points';
import { readWalletBalanceAt } from '../../../src/settlement/books/account-balances';
import { createShopCoalition, purchaseOf, type ShopCoalition, type Till } from '../../support/shop-coalition';
import { firstFault } from '../../support/verified-books';

let shop: ShopCoalition;
let fuel: Till;

afterEach(() => shop.close());

async function open(options: Parameters<typeof createShopCoalition>[0]): Promise<void> {
  shop = await createShopCoalition({ expiry: { kind: 'ROLLING', months: 1, rounding: 'NONE' }, ...options });
  fuel = await shop.brand('FUEL');
}

const rows = async (sql: string, values: unknown[] = []) => (await shop.database.owner.query(sql, values)).rows;
const booked = async () => (await rows("SELECT count(*)::int AS accounts FROM transfer WHERE code = 'EXPIRY'"))[0].accounts;

/** Wallets with 10 points each that end on 16 February, written as they would be found: returns their accounts. */
async function wallets(count: number, currencyId = shop.currencyId): Promise<number[]> {
  const [origin] = await rows(
    "INSERT INTO lot_origin (issuer_id, issuer_code, currency_id, issue_month, terms_id) VALUES ($1, 'FUEL', $2, '2026-01-01', $3) RETURNING id",
    [fuel.brandId, currencyId, newUuid()],
  );
  const made = await rows(
    `WITH a AS (INSERT INTO account (kind, owner_id, currency_id, guarded, credits, opened_at)
       SELECT 'WALLET', gen_random_uuid(), $1, true, 10, now() FROM generate_series(1, $2) RETURNING id)
     INSERT INTO lot (account_id, expires_on, issue_month, issuer_code, origin_id, available_on, remaining)
     SELECT id, '2026-02-16', '2026-01-01', 'FUEL', $3, '-infinity', 10 FROM a RETURNING account_id::int`,
    [currencyId, count, origin.id],
  );
  return made.map(({ account_id }) => account_id).sort((a, b) => a - b);
}

describe('expiry of more accounts than one batch', () => {
  it('books all that it can, whichever account is in the way', async () => {
    await open({ now: new Date('2026-02-16T12:00:00Z') });
    const [first] = await wallets(700);
    // Beside what is due the first has a lot of nobody, which no posting can load.
    await rows(
      `INSERT INTO lot (account_id, expires_on, issue_month, issuer_code, origin_id, available_on, remaining)
       VALUES ($1, 'infinity', '2026-01-01', 'FUEL', 99999, '-infinity', 1)`,
      [first],
    );
    const failure = `accounts whose expiry could not be booked: 1; first account ${first}: `;
    await expect(expirePoints(shop.app)).rejects.toThrow(failure);
    expect(await booked()).toBe(699);
    expect(await rows('SELECT DISTINCT account_id::int AS left FROM lot')).toEqual([{ left: first }]);
    await expect(expirePoints(shop.app)).rejects.toThrow(failure);
    await rows('DELETE FROM lot WHERE origin_id = 99999');
    expect(await expirePoints(shop.app)).toEqual({ accounts: 1, more: false });
    expect(await booked()).toBe(700);
  });

  it('stops where the ledger cannot be reached', async () => {
    await open({ now: new Date('2026-02-16T12:00:00Z') });
    await wallets(501);
    const away = jest.spyOn(shop.app.ledger, 'post').mockRejectedValue(notNow.refuse('UNAVAILABLE'));
    await expect(expirePoints(shop.app)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(away).toHaveBeenCalledTimes(500);
    away.mockRestore();
    expect(await expirePoints(shop.app)).toEqual({ accounts: 501, more: false });
  });

  it('passes over a whole page of points that have a day left', async () => {
    await open({ now: new Date('2026-02-15T12:30:00Z'), timeZone: 'America/Los_Angeles' });
    const [{ id: auckland }] = await rows("INSERT INTO currency (code, kind, scale) VALUES ('NZP', 'POINTS', 0) RETURNING id");
    await rows(
      `INSERT INTO point_currency (id, name, time_zone, clearing_model, settlement_currency_id, expiry_kind, expiry_months, expiry_rounding, created_at)
       SELECT $1, 'NZP', 'Pacific/Auckland', clearing_model, settlement_currency_id, expiry_kind, expiry_months, expiry_rounding, created_at
       FROM point_currency WHERE id = $2`,
      [auckland, shop.currencyId],
    );
    await wallets(500);
    await wallets(3, auckland);
    expect(await expirePoints(shop.app)).toEqual({ accounts: 3, more: false });
    expect(await expirePoints(shop.app)).toEqual({ accounts: 0, more: false });
  });
});

it('leaves balances of past instants as they were told', async () => {
  await open({ now: new Date('2026-01-10T12:00:00Z') });
  const ana = await fuel.enrol('ana');
  for (const day of [10, 11, 12]) {
    shop.clock.set(new Date(`2026-01-${day}T12:00:00Z`));
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '100'));
  }
  shop.clock.set(new Date('2026-03-01T12:00:00Z'));
  const self: Principal = { kind: 'member', memberId: ana.memberId, brandId: null };
  const told: bigint[] = [];
  const { post } = shop.app.ledger;
  const slow = jest.spyOn(shop.app.ledger, 'post').mockImplementation(async (request) => {
    const outcome = await post.call(shop.app.ledger, request);
    // Longer than what was recorded takes to be settled.
    shop.clock.advance(70_000);
    const { credits, debits } = await readWalletBalanceAt(shop.app, self, null, 'FLP', new Date('2026-03-01T12:00:01Z'));
    told.push(credits - debits);
    return outcome;
  });
  await expirePoints(shop.app);
  slow.mockRestore();
  expect(told).toEqual([200n, 200n, 200n]);
  expect(await firstFault(shop)).toBeUndefined();
});
