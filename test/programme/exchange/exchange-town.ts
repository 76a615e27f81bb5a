import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal } from '../../../src/coalition/access/principal';
import type { PointCurrency } from '../../../src/coalition/coalition/coalition-snapshot';
import { createPointCurrency, createPointCurrencySchema } from '../../../src/coalition/coalition/create-point-currency';
import { readCursor } from '../../../src/ledger/outbox/journal-cursor';
import { nextRanges, settledPosition } from '../../../src/ledger/outbox/next-ranges';
import type { MemberRef } from '../../../src/members/identification/member-ref';
import type { Uuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { type ConvertedPoints, convertPoints, convertPointsSchema } from '../../../src/programme/exchange/convert-points';
import { quoteConversion, quoteConversionSchema } from '../../../src/programme/exchange/quote-conversion';
import { storeConversionRate, storeConversionRateSchema } from '../../../src/programme/exchange/store-conversion-rate';
import { CLEARING, clearRange } from '../../../src/settlement/clearing/clear-events';
import { createShopCoalition, purchaseOf, type ShopCoalition, type ShopOptions, type Till } from '../../support/shop-coalition';

/** FUEL issues FLP; other currencies are made and converted into. */
export interface ExchangeTown {
  readonly shop: ShopCoalition;
  readonly fuel: Till;
  readonly operator: Principal;
  currency(code: string, more?: Record<string, unknown>): Promise<PointCurrency>;
  /** A rate from FLP to AIR at 1:1 from now on, unless told otherwise. */
  rate(more?: Record<string, unknown>): ReturnType<typeof storeConversionRate>;
  /** A member of FUEL who has earned so much there. */
  memberWith(points: number, at?: string): Promise<{ memberId: Uuid; walletId: Uuid; ref: MemberRef; self: Principal }>;
  convert(member: MemberRef | null, points: number, more?: Record<string, unknown>, by?: Principal): Promise<ConvertedPoints>;
  quote(member: MemberRef | null, points: number, more?: Record<string, unknown>, by?: Principal): ReturnType<typeof quoteConversion>;
  /** Points of summed accounts, by kind and currency: what was put in less what came out. */
  summed(): Promise<Record<string, number>>;
  /** A wallet's lots of a currency that hold something, in order. */
  lots(walletId: Uuid, code: string): Promise<{ issuer: string; month: string; expires: string; points: number }[]>;
  written(): Promise<Record<string, number>>;
  /** Clears all that has been posted by now. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function openExchangeTown(options: ShopOptions = {}): Promise<ExchangeTown> {
  const shop = await createShopCoalition(options);
  const { app, database } = shop;
  const fuel = await shop.brand('FUEL');
  const operator: Principal = { kind: 'staff', staffId: randomUUID(), brandId: shop.operatorId, role: 'OPERATOR', ofOperator: true };
  return {
    shop,
    fuel,
    operator,
    currency(code, { ownerBrandId = null, ...more } = {}) {
      const common = { scale: 0, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrency: 'GBP', expiry: { kind: 'NONE' } };
      const command = createPointCurrencySchema.parse({ idempotencyKey: `currency ${code}`, code, name: code, ...common, ...more });
      return createPointCurrency(app, operator, { ...command, ownerBrandId: ownerBrandId as Uuid | null });
    },
    rate(more = {}) {
      const common = { fromCurrency: 'FLP', toCurrency: 'AIR', numerator: 1n, denominator: 1n, minimum: 1n, increment: 1n, effectiveFrom: app.clock.now() };
      return storeConversionRate(app, operator, storeConversionRateSchema.parse({ idempotencyKey: randomUUID(), ...common, ...more }));
    },
    async memberWith(points, at) {
      const member = await fuel.enrol();
      const occurredAt = at === undefined ? undefined : new Date(at);
      if (points > 0) await recordPurchase(app, fuel.principal, purchaseOf(member.ref, String(points), { occurredAt }));
      return { ...member, self: { kind: 'member', memberId: member.memberId, brandId: null } };
    },
    convert(member, points, more = {}, by = fuel.principal) {
      const command = { idempotencyKey: randomUUID(), member, from: 'FLP', to: 'AIR', points: BigInt(points), ...more };
      return convertPoints(app, by, convertPointsSchema.parse(command));
    },
    quote(member, points, more = {}, by = fuel.principal) {
      const command = { idempotencyKey: randomUUID(), member, from: 'FLP', to: 'AIR', points: BigInt(points), ...more };
      return quoteConversion(app, by, quoteConversionSchema.parse(command));
    },
    async summed() {
      const { rows } = await database.owner.query(`
        SELECT a.kind || ' ' || c.code AS name, sum(CASE WHEN t.credit_account = a.id THEN t.amount ELSE -t.amount END)::int AS points
        FROM account a JOIN currency c ON c.id = a.currency_id JOIN transfer t ON a.id IN (t.debit_account, t.credit_account)
        WHERE NOT a.guarded GROUP BY 1 ORDER BY 1`);
      return Object.fromEntries(rows.map((row) => [row.name, row.points]));
    },
    async lots(walletId, code) {
      const { rows } = await database.owner.query(
        `SELECT l.issuer_code AS issuer, l.issue_month::text AS month, l.expires_on::text AS expires, l.remaining::int AS points
         FROM lot l JOIN account a ON a.id = l.account_id JOIN currency c ON c.id = a.currency_id
         WHERE a.owner_id = $1 AND c.code = $2 AND l.remaining > 0 ORDER BY l.expires_on, l.issue_month`,
        [walletId, code],
      );
      return rows;
    },
    async written() {
      const { rows } = await database.owner.query('SELECT count(*)::int AS conversions FROM conversion');
      return { ...(await shop.written()), ...rows[0] };
    },
    async clear() {
      const { rows } = await database.owner.query('SELECT pg_current_xact_id()::text AS now');
      for (;;) {
        const { settled, range } = await app.database.transaction({ kind: 'worker' }, async ({ client }) => ({
          settled: await settledPosition(client),
          range: (await nextRanges(client, (await readCursor(client, CLEARING)).position))[0],
        }));
        if (range) await clearRange(app, range);
        else if (settled > BigInt(rows[0].now)) return;
        else await sleep(20);
      }
    },
    close: () => shop.close(),
  };
}
