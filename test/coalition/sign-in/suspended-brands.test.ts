import { suspendBrand } from '../../../src/coalition/coalition/update-brand';
import { acceptStaffInvitation } from '../../../src/coalition/sign-in/accept-invitation';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { ownCall, type Prepared, type Reply, send } from '../../invariants/isolation/attack';
import { openKeptBrands } from '../../invariants/isolation/kept-brands';
import { inputPlaces, rootFields } from '../../invariants/isolation/schema-walk';
import type { Actor, Side } from '../../invariants/isolation/side';
import type { TwoBrands } from '../../invariants/isolation/two-brands';

// What the tokens of a suspended brand may still do: every query and mutation of the schema, asked as it would succeed
// otherwise.

const SETTLES = {
  'Mutation.captureHold': ['CapturedHold'],
  'Mutation.recordPurchase': ['RecordedPurchase'],
  'Mutation.recordPurchases': ['RecordedPurchase'],
  'Mutation.recordReturn': ['RecordedReturn'],
  'Mutation.refundRedemption': ['Refund'],
  'Mutation.voidHold': ['VoidedHold'],
};
const DAY_MS = 86_400_000;

let world: TwoBrands;
let prepared: Prepared[];
let since: Date;
let bought: Uuid;
let invited: { staffId: string; token: string };
beforeAll(async () => {
  ({ world, prepared } = await openKeptBrands());
  invited = await world.a.invite();
  bought = await world.a.purchase(world.a.own);
  // The earliest tokens were looked at before: they are forgotten by now.
  world.points.test.clock.advance(60_000);
  since = now();
  await suspend();
});
afterAll(() => world?.close());

const now = () => world.points.test.clock.now();
const suspend = (settlingDays?: number) => suspendBrand(world.points.test.app, world.operator.principal, { brandId: world.a.brandId, settlingDays });
/** Tokens of before are looked at anew. */
const later = (ms: number) => world.points.test.clock.advance(ms);
const operatorAsks = async (name: string, input: object) => {
  const { brandId } = world.a;
  const source = `mutation ($input: ChangeBrandStatusInput!) { ${name}(input: $input) { status } }`;
  return world.points.api.ask(world.operator.token, source, { input: { brandId: `brd_${brandId.replaceAll('-', '')}`, ...input } });
};
const earlier = () => new Date(since.getTime() - 1);
const stored = async () => (await world.points.test.database.owner.query('SELECT count(*)::int FROM posting')).rows[0].count;

/** The codes of what was refused for the suspension, or went wrong; the types of other answers. */
function codesOf({ errors, result }: Reply): string[] {
  if (errors.length > 0) return errors.map(({ extensions }) => String(extensions.code));
  return [result].flat().map((answer) => (answer?.__typename === 'BrandSuspended' ? 'BRAND_SUSPENDED' : answer?.__typename));
}

async function ask(each: Prepared, actor: Actor, side: Side = world.a): Promise<string[]> {
  const call = ownCall(world, each, side, actor, newUuid());
  // Whatever can be said to have happened before, is.
  const timed = inputPlaces(each.root.field).some(({ path }) => /^input(\.0)?\.occurredAt$/.test(path));
  const told = timed ? [call.input].flat().map((input) => ({ ...(input as object), occurredAt: earlier() })) : [];
  const variables = timed ? { ...call, input: Array.isArray(call.input) ? told : told[0] } : call;
  return codesOf(await send(world, await actor.token(), each.root, variables));
}

/** What is not refused for the suspension. */
async function doneFor(actor: Actor): Promise<Record<string, string[]>> {
  const done: Record<string, string[]> = {};
  for (const each of prepared) {
    const codes = await ask(each, actor);
    if (codes.some((code) => code !== 'BRAND_SUSPENDED')) done[each.root.name] = codes;
  }
  return done;
}

it('is nothing but what settles, for its API clients', async () => {
  expect(prepared.length).toBe(rootFields(world.schema).length);
  expect(await doneFor(world.a.client)).toEqual(SETTLES);
});

it('is nothing at all for its staff, for the sessions that it minted, and for whom it invited', async () => {
  const before = await stored();
  for (const actor of [...Object.values(world.a.staff), world.a.member, world.a.sharedMember]) expect(await doneFor(actor)).toEqual({});
  await expect(acceptStaffInvitation(world.points.test.app, invited)).rejects.toMatchObject({ code: 'BRAND_SUSPENDED', retrySafe: true });
  expect(await stored()).toBe(before);
});

describe('what settles', () => {
  const RETURN = 'mutation ($input: RecordReturnInput!) { recordReturn(input: $input) { __typename ... on BrandSuspended { retrySafe since message } } }';
  const idOf = (name: 'pur' | 'mem', uuid: Uuid) =>
    `${name}_${world.points.test.app.keys.toPairwise(name === 'pur' ? 'purchase' : 'member', world.a.brandId, uuid).replaceAll('-', '')}`;
  const takeBack = async (occurredAt: Date | null, idempotencyKey: string = newUuid()) => {
    const input = { idempotencyKey, purchaseId: idOf('pur', bought), occurredAt, lines: [{ lineNo: 1, quantity: '0.1' }] };
    const { data } = await world.points.api.ask(world.a.client.token, RETURN, { input });
    return data.recordReturn;
  };

  it('is what happened before, for 14 days; the key of what is refused is free', async () => {
    later(DAY_MS);
    const key = newUuid();
    const refused = { __typename: 'BrandSuspended', retrySafe: true, since: since.toISOString() };
    expect(await takeBack(null, key)).toMatchObject(refused);
    expect(await takeBack(since, key)).toMatchObject(refused);
    expect(await takeBack(earlier(), key)).toEqual({ __typename: 'RecordedReturn' });
    later(13 * DAY_MS - 61_000);
    expect(await takeBack(earlier())).toEqual({ __typename: 'RecordedReturn' });
    later(62_000);
    expect(await takeBack(earlier())).toMatchObject({ ...refused, message: expect.not.stringContaining('Until') });
    expect(await doneFor(world.a.client)).toEqual({});
  });

  it('ends or goes on as the operator says, from when it was suspended', async () => {
    expect((await operatorAsks('suspendBrand', { settlingDays: 20 })).data.suspendBrand.status).toBe('SUSPENDED');
    later(31_000);
    expect(await takeBack(earlier())).toEqual({ __typename: 'RecordedReturn' });
    // Said again without days it stays.
    await operatorAsks('suspendBrand', {});
    later(31_000);
    expect(await takeBack(earlier())).toEqual({ __typename: 'RecordedReturn' });
    await operatorAsks('suspendBrand', { settlingDays: 0 });
    later(31_000);
    expect(await takeBack(earlier())).toMatchObject({ __typename: 'BrandSuspended', since: since.toISOString() });
    for (const settlingDays of [-1, 366])
      expect((await operatorAsks('suspendBrand', { settlingDays })).errors?.[0].extensions).toMatchObject({ field: 'input.settlingDays' });
    expect((await operatorAsks('resumeBrand', { settlingDays: 3 })).errors?.[0].extensions).toMatchObject({ field: 'input.settlingDays' });
  });

  it('is no longer asked about once the brand is resumed', async () => {
    await operatorAsks('resumeBrand', {});
    later(31_000);
    for (const actor of [world.a.client, world.a.staff.SUPPORT, world.a.member])
      expect((await world.points.api.ask(actor.token, '{ viewer { kind } }')).errors).toBeUndefined();
    expect(await takeBack(null)).toEqual({ __typename: 'RecordedReturn' });
    const again = await world.a.invite();
    expect(await acceptStaffInvitation(world.points.test.app, again)).toMatchObject({ id: again.staffId });
    // Other brands never were.
    expect((await world.points.api.ask(world.b.client.token, '{ viewer { kind } }')).errors).toBeUndefined();
  });
});
