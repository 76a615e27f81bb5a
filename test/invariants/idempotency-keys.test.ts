import { ALTERED } from './bad-input/cases';
import { Desk, eur, key, lines, settled } from './bad-input/desk';
import { actorOf, ownCall, refusalOf, send } from './isolation/attack';
import { asSeenBy, Id, replacedAt, Who } from './isolation/names';
import type { TwoBrands } from './isolation/two-brands';

let desk: Desk;
let world: TwoBrands;

beforeAll(async () => {
  desk = await Desk.open();
  world = desk.world;
});
afterAll(() => world?.close());

/** The first answer, without what a member has: that is told only as it may be told today. */
function withoutBalance(answer: unknown): unknown {
  const fields = answer as Readonly<Record<string, unknown>>;
  const saysIt = (name: string) => name === 'Refusal_message' && fields.__typename === 'InsufficientPoints';
  const told = (name: string, value: unknown) => (/_(balance|available)$/.test(name) ? null : saysIt(name) ? expect.any(String) : value);
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, told(name, value)]));
}

describe('an idempotency key', () => {
  it('used again gets the first answer, and is refused with other content: in each mutation that has one', async () => {
    const problems: string[] = [];
    for (const [name, [path, value]] of Object.entries(ALTERED)) {
      const each = desk.find(name.replace('Mutation.', ''));
      const actor = actorOf(world, each, world.a);
      const token = await actor.token();
      const good = ownCall(world, each, world.a, actor, `once ${name}`);
      const first = await send(world, token, each.root, good);
      if (refusalOf(world.schema, first) !== null) problems.push(`${name}: ${first.body.slice(0, 300)}`);
      const before = await desk.writtenNow(true);
      const [again, other] = [await send(world, token, each.root, good), await send(world, token, each.root, replacedAt(good, path, value))];
      expect({ name, ...{ answer: settled(again.result) } }).toEqual({ name, ...{ answer: settled(first.result) } });
      if (refusalOf(world.schema, other) !== 'IdempotencyConflict') problems.push(`${name} with another ${path}: ${other.body.slice(0, 300)}`);
      const after = await desk.writtenNow(true);
      const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
      if (changed.length > 0) problems.push(`${name} wrote again: ${changed}`);
    }
    expect(problems).toEqual([]);
  });

  it('gets the first answer after everything that it was decided by has changed, and no balance of a member who is no longer known', async () => {
    const { a, operator } = world;
    const [buyer, input] = [await a.enrol(), { idempotencyKey: key(), lines: lines('1000') }];
    const bought = { ...desk.purchase(input), member: new Who(buyer) };
    const first = await desk.call('recordPurchase', bought);
    const burnt = { ...desk.spending({ points: 100 }), member: new Who(buyer) };
    const spent = await desk.call('redeem', burnt);
    const tooMuch = { ...desk.spending({ points: 3_000, purchaseAmount: eur('10000') }), member: new Who(buyer) };
    const refused = await desk.call('redeem', tooMuch);
    expect(refusalOf(world.schema, refused)).toBe('InsufficientPoints');
    // New rules for the same moments, a brand that is suspended, a member that is no longer known, points that are
    // there now.
    const rule = { currency: 'FLP', moneyCurrency: 'EUR', effectiveFrom: '2025-02-01T00:00:00Z' };
    await desk.call('setEarningRule', { ...rule, idempotencyKey: key(), pointsPerUnit: 7 });
    await desk.call('setRedemptionRule', { ...rule, idempotencyKey: key(), pointsPerUnit: 1, minimum: 5_000 });
    await desk.call('recordPurchase', { ...desk.purchase({ lines: lines('100000') }), member: new Who(buyer) });
    await desk.call('unlinkMember', { member: new Who(buyer), reason: null });
    const brand = { input: { brandId: asSeenBy(world.points.test.app, operator.principal, new Id('brand', a.brandId)) } };
    await send(world, await operator.token(), desk.find('suspendBrand').root, brand);
    expect(refusalOf(world.schema, await desk.call('recordPurchase', desk.purchase()))).toBe('BrandSuspended');
    const again = async (...[name, sent, answer]: ['recordPurchase' | 'redeem', object, typeof first]) =>
      expect(settled((await desk.call(name, sent)).result)).toEqual(withoutBalance(settled(answer.result)));
    await again('recordPurchase', bought, first);
    // A suspended brand burns nothing, again either; the key is still good.
    expect(refusalOf(world.schema, await desk.call('redeem', burnt))).toBe('BrandSuspended');
    await send(world, await operator.token(), desk.find('resumeBrand').root, brand);
    await again('redeem', burnt, spent);
    await again('redeem', tooMuch, refused);
    const back = { currency: 'FLP', moneyCurrency: 'EUR', effectiveFrom: '2025-03-01T00:00:00Z' };
    await desk.call('setEarningRule', { ...back, idempotencyKey: key(), pointsPerUnit: 1 });
    await desk.call('setRedemptionRule', {
      ...back,
      idempotencyKey: key(),
      pointsPerUnit: 100,
      minimum: 10,
      step: 10,
      maximum: 5_000,
      share: { numerator: 1, denominator: 2 },
    });
  });
});
