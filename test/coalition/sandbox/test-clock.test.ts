import { randomUUID } from 'node:crypto';
import type { Principal } from '../../../src/coalition/access/principal';
import { moveTestClock, moveTestClockSchema } from '../../../src/coalition/sandbox/move-test-clock';
import { SandboxClock } from '../../../src/platform/clock';
import { readConfig } from '../../../src/platform/config';
import { newUuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { foundTestCoalition, openApi } from '../../support/api';
import { createShopCoalition, purchaseOf, spendingOf } from '../../support/shop-coalition';
import { createTestApp } from '../../support/test-app';
import { until } from '../../support/until';

const SANDBOX = { TESSERA_MODE: 'sandbox', TESSERA_LOCAL_ISSUER: 'true' };
const move = (given: Record<string, unknown>) => moveTestClockSchema.parse({ idempotencyKey: randomUUID(), ...given });
const operatorOf = (brandId: string): Principal => ({ kind: 'staff', staffId: newUuid(), brandId, role: 'OPERATOR', ofOperator: true });

test('a deployment is a sandbox with an embedded database, outside production, unless it says otherwise', () => {
  const database = { DATABASE_URL: 'postgres://u@h/d' };
  expect(readConfig({}).mode).toBe('sandbox');
  expect(readConfig({ NODE_ENV: 'production' }).mode).toBe('production');
  expect(readConfig(database).mode).toBe('production');
  expect(readConfig({ ...database, TESSERA_MODE: 'sandbox' }).mode).toBe('sandbox');
  expect(readConfig({ TESSERA_MODE: 'production' }).mode).toBe('production');
});

test('the clock knows when, by the machine, it showed an instant', () => {
  const machine = { at: 0, now: () => new Date(machine.at), real: () => new Date(machine.at), realAt: (at: Date) => at, isAhead: () => false };
  const clock = new SandboxClock(machine);
  clock.follow([
    { aheadMs: 1_000, movedAt: new Date(100) },
    { aheadMs: 5_000, movedAt: new Date(300) },
  ]);
  const realAt = (at: number) => clock.realAt(new Date(at)).getTime();
  // It went 0..100, leapt to 1,100..1,300, leapt to 5,300.
  expect([50, 100, 700, 1_100, 1_250, 3_000, 5_300, 6_000].map(realAt)).toEqual([50, 100, 100, 100, 250, 300, 300, 1_000]);
  clock.follow([{ aheadMs: 1_000, movedAt: new Date(100) }]);
  expect(clock.now().getTime()).toBe(5_000);
});

test('it moves forward only, in bounded steps, once a key, with an entry in the audit trail', async () => {
  const shop = await createShopCoalition({ variables: SANDBOX });
  try {
    const { app } = shop;
    const operator = operatorOf(shop.operatorId);
    const before = app.clock.now();
    const once = move({ by: { days: 30, hours: 1 }, reason: 'to see a month end' });
    const after = new Date(before.getTime() + (30 * 24 + 1) * 3_600_000);
    expect(await moveTestClock(app, operator, once)).toEqual({ now: after });
    expect(await moveTestClock(app, operator, once)).toEqual({ now: after });
    expect(await moveTestClock(app, operator, move({ to: new Date('2026-12-24T18:00:00Z') }))).toEqual({ now: new Date('2026-12-24T18:00:00Z') });
    const refused = { code: 'CLOCK_CANNOT_MOVE', fields: { now: '2026-12-24T18:00:00.000Z' } };
    await expect(moveTestClock(app, operator, move({ to: before }))).rejects.toMatchObject(refused);
    await expect(moveTestClock(app, operator, move({ to: app.clock.now() }))).rejects.toMatchObject(refused);
    await expect(moveTestClock(app, operator, move({ to: new Date('2028-01-01T00:00:00Z') }))).rejects.toMatchObject(refused);
    await expect(moveTestClock(app, operator, move({ by: { days: 1 }, to: before }))).rejects.toThrow(/exactly one/);
    await expect(moveTestClock(app, operator, move({ by: { days: 0 } }))).rejects.toThrow(/longer than nothing/);
    await expect(moveTestClock(app, (await shop.brand('FUEL')).principal, move({ by: { days: 1 } }))).rejects.toThrow('These credentials may not do this.');
    const { rows } = await shop.database.owner.query(
      "SELECT reason, details->>'by' AS by FROM audit_entry WHERE operation = 'moveTestClock' AND reason IS NOT NULL",
    );
    expect(rows).toEqual([{ reason: 'to see a month end', by: String((30 * 24 + 1) * 3_600_000) }]);
    // Nobody can take a move back: not the role that made it, nor an owner of the table.
    await expect(shop.database.owner.query('DELETE FROM test_clock_move')).rejects.toMatchObject({ code: '23001' });
    await expect(shop.database.owner.query('UPDATE test_clock_move SET ahead_ms = 1')).rejects.toMatchObject({ code: '23001' });
  } finally {
    await shop.close();
  }
});

test('another process follows within a second and after a restart; production refuses the call, and to start on such a database', async () => {
  const shop = await createShopCoalition({ variables: SANDBOX });
  const { database } = shop;
  const repeated = jest.spyOn(globalThis, 'setInterval');
  const other = await createTestApp({ database, variables: SANDBOX });
  const [[, everyMs]] = repeated.mock.calls as [[unknown, number]];
  repeated.mockRestore();
  expect(everyMs).toBeLessThanOrEqual(1_000);
  const production = await createTestApp({ database });
  try {
    const operator = operatorOf(shop.operatorId);
    await expect(moveTestClock(production.app, operator, move({ by: { days: 1 } }))).rejects.toMatchObject({ code: 'NOT_A_SANDBOX' });
    expect((await database.owner.query('SELECT FROM test_clock_move')).rowCount).toBe(0);
    const { now } = await moveTestClock(shop.app, operator, move({ by: { days: 40 } }));
    await until('the other process has followed', () => other.app.clock.now() >= now);
    expect(other.app.clock.now()).toEqual(now);
    const restarted = await createTestApp({ database, variables: SANDBOX });
    expect(restarted.app.clock.now()).toEqual(now);
    await restarted.close();
    await expect(createTestApp({ database })).rejects.toThrow(/clock of this database was moved forward/);
    expect(production.app.clock.now()).toEqual(production.clock.now());
  } finally {
    await Promise.all([other.close(), production.close()]);
    await shop.close();
  }
});

test('holds end by the moved clock, and tokens live by the real one', async () => {
  const shop = await createShopCoalition({ variables: SANDBOX, expiry: { kind: 'ROLLING', months: 1, rounding: 'NONE' } });
  try {
    const fuel = await shop.brand('FUEL');
    const { ref } = await fuel.enrol();
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ref, '100'));
    const held = await holdPoints(shop.app, fuel.principal, spendingOf(ref, 10));
    await moveTestClock(shop.app, operatorOf(shop.operatorId), move({ by: { days: 8 } }));
    const capture = captureHoldSchema.parse({ idempotencyKey: 'c', redemptionId: held.redemptionId });
    await expect(captureHold(shop.app, fuel.principal, capture)).rejects.toMatchObject({ code: 'HOLD_EXPIRED' });
    await moveTestClock(shop.app, operatorOf(shop.operatorId), move({ by: { days: 30 } }));
    const spend = spendingOf(ref, 10);
    await expect(holdPoints(shop.app, fuel.principal, spend)).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS', fields: { available: 0 } });
  } finally {
    await shop.close();
  }
  const test = await createTestApp({ variables: SANDBOX });
  const api = await openApi(test);
  try {
    const { operatorToken, brands } = await foundTestCoalition(test, 'FUEL');
    const ask = (token: string) => api.ask(token, '{ viewer { kind mode now clockMoved } }');
    expect((await ask(brands.FUEL.token)).data.viewer).toEqual({ kind: 'CLIENT', mode: 'SANDBOX', now: '2026-03-15T12:00:00.000Z', clockMoved: false });
    const moving = 'mutation ($input: MoveTestClockInput!) { moveTestClock(input: $input) { ... on MovedTestClock { now } ... on Refusal { code } } }';
    const { data } = await api.ask(operatorToken, moving, { input: { idempotencyKey: 'year', by: { days: 365 } } });
    expect(data.moveTestClock).toEqual({ now: '2027-03-15T12:00:00.000Z' });
    // Tokens that were given out before go on, and those given out now are good for as long as ever.
    expect((await ask(brands.FUEL.token)).data.viewer).toMatchObject({ now: '2027-03-15T12:00:00.000Z', clockMoved: true });
    expect((await ask(await brands.FUEL.freshToken())).data.viewer).toMatchObject({ clockMoved: true });
    test.clock.advance(3 * 3_600_000);
    expect((await ask(brands.FUEL.token)).errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
  } finally {
    await api.close();
    await test.close();
  }
});
