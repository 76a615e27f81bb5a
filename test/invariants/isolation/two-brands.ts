import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import { buildTesseraSchema } from '../../../src/api/server/build-schema';
import type { Principal } from '../../../src/coalition/access/principal';
import { createPointCurrency, createPointCurrencySchema } from '../../../src/coalition/coalition/create-point-currency';
import { setRule } from '../../../src/coalition/rules/set-rule';
import { dayFromIso } from '../../../src/ledger/points/calendar';
import { lockWallet } from '../../../src/members/members/lock-wallet';
import type { Uuid } from '../../../src/platform/ids';
import { storeConversionRate, storeConversionRateSchema } from '../../../src/programme/exchange/store-conversion-rate';
import { GIFT_RULE } from '../../../src/programme/sharing/gift-rule';
import { closePeriod } from '../../../src/settlement/months/close-period';
import { completeClose } from '../../../src/settlement/months/complete-close';
import { OPERATOR } from '../../support/api';
import { openPointsApi, type PointsApi } from '../../support/points-api';
import type { TestAppOptions } from '../../support/test-app';
import { furnishSide } from './furnish-side';
import { insertSetAside } from './seeded-rows';
import { type Actor, actorWith, type Side } from './side';
import { IN_JANUARY } from './side-tools';

export interface TwoBrands {
  readonly points: PointsApi;
  readonly schema: GraphQLSchema;
  readonly operator: Actor;
  /** The attacker. */
  readonly a: Side;
  /** Whose things are attacked. */
  readonly b: Side;
  close(): Promise<void>;
}

// What one request may ask for is not tested here: selections ask for everything.
const NO_LIMITS = {
  TESSERA_QUERY_DEPTH: '30',
  TESSERA_QUERY_ALIASES: '10000',
  TESSERA_QUERY_TOKENS: '100000',
  TESSERA_QUERY_COST: '10000000',
  TESSERA_RATE_COST: '1000000000',
  TESSERA_RATE_MEMBER_OPERATIONS: '100000000',
  TESSERA_RATE_MEMBER_COST: '1000000000',
  TESSERA_RATE_STRANGER_OPERATIONS: '100000000',
  TESSERA_RATE_STRANGER_COST: '1000000000',
  TESSERA_FAILED_LOOK_UPS: '100000000',
};
export const withoutLimits = (options: TestAppOptions): TestAppOptions => ({
  planOnce: true,
  ...options,
  variables: { ...NO_LIMITS, TESSERA_MODE: 'sandbox', ...options.variables },
});

/** FUEL attacks, TAXI is attacked. Both have earned, spent, held, captured, refunded, returned; January is closed. */
export async function openTwoBrands(options: TestAppOptions = {}): Promise<TwoBrands> {
  const points = await openPointsApi(withoutLimits(options));
  const { app } = points.test;
  const { operator: principal } = points.coalition;
  const operator = actorWith(app, 'the operator', principal, { as: 'login', subject: OPERATOR });
  // A side's things all have its word for a reference.
  await points.test.database.owner.query("UPDATE brand SET references_repeat = 'ANY'");
  await openExchange(points, principal);
  await setRule(app, principal, GIFT_RULE, GIFT_RULE.schema.parse({ idempotencyKey: 'gifts of FLP', currency: 'FLP', effectiveFrom: IN_JANUARY }));
  const sides = { b: await furnishSide(points, operator, 'TAXI', null), a: null as Side | null };
  sides.a = await furnishSide(points, operator, 'FUEL', sides.b.shared);
  const period = await closePeriod(app, principal, { currency: 'FLP', month: dayFromIso('2026-01-01') });
  while (await completeClose(app, period.id)) await sleep(20);
  await insertSetAside(points.test.database.owner);
  await lockWallet(app, sides.b.client.principal, { member: sides.b.shared.ref, reason: `${sides.b.word} suspects something` });
  const { rows } = await points.test.database.owner.query('SELECT id, brand_id FROM statement');
  const stated = (side: Side) => Object.assign(side, { statementId: rows.find((row) => row.brand_id === side.brandId).id as Uuid });
  return { points, schema: buildTesseraSchema(), operator, a: stated(sides.a), b: stated(sides.b), close: () => points.close() };
}

/** A second currency, AIR, that FLP can be converted into. */
async function openExchange({ test: { app } }: PointsApi, operator: Principal): Promise<void> {
  const currency = { code: 'AIR', name: 'air', scale: 0, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrency: 'EUR', expiry: { kind: 'NONE' } };
  await createPointCurrency(app, operator, { ...createPointCurrencySchema.parse({ idempotencyKey: 'AIR', ...currency }), ownerBrandId: null });
  const rate = { fromCurrency: 'FLP', toCurrency: 'AIR', numerator: 3n, denominator: 4n, minimum: 1n, increment: 1n, fee: 1n };
  await storeConversionRate(app, operator, storeConversionRateSchema.parse({ idempotencyKey: 'FLP in AIR', ...rate, effectiveFrom: app.clock.now() }));
}
