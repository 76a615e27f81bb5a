import type { Principal } from '../../src/coalition/access/principal';
import { actorOf, attackAll, collect, ownCall, type Prepared, refusalOf, send } from './isolation/attack';
import { forbiddenIn, forbiddenTo } from './isolation/forbidden';
import { openKeptBrands } from './isolation/kept-brands';
import type { Actor } from './isolation/side';
import type { TwoBrands } from './isolation/two-brands';
import { belongingTo, fingerprint } from './isolation/visible-rows';
import { someOf } from './run-settings';

// The first wall is taken away: everybody may do everything, for whichever brand or member is asked.
jest.mock('../../src/coalition/access/permissions', () => ({
  ...jest.requireActual('../../src/coalition/access/permissions'),
  requireBrand: (principal: Principal) => principal.brandId,
  requireOperator: () => undefined,
  requireMemberLogin: (principal: Principal) => (principal.kind === 'member' ? principal.memberId : principal.brandId),
  requireNamedBrand: (principal: Principal, _permission: unknown, brandId: string | null) => brandId ?? principal.brandId,
  requireBrandOrOperator: (principal: Principal, _permission: unknown, brandId: string | null) => brandId ?? principal.brandId,
}));
// And the pairwise ids: what is sent is the uuid itself, so that another brand's id names its thing.
jest.mock('../../src/api/graphql/pairwise-ids', () => {
  const real = jest.requireActual('../../src/api/graphql/pairwise-ids');
  return {
    ...real,
    showId: (ctx: unknown, kind: string, uuid: string) => `${real.showId(ctx, kind, uuid).slice(0, 4)}${uuid.replaceAll('-', '')}`,
    readId: (_ctx: unknown, _kind: string, text: string) => text.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  };
});

let world: TwoBrands;
let prepared: Prepared[];
let before: Record<string, string>;
let keys = 0;
const nextKey = () => `key ${++keys}`;
const ofB = () => fingerprint(world.points.test.database.owner, belongingTo(world.b.brandId));

beforeAll(async () => {
  ({ world, prepared } = await openKeptBrands());
  // Whoever closes the own wallet opens, for each brand that may issue there, the account that its points would end in.
  // It is nobody's thing.
  const { app, database } = world.points.test;
  const { rows } = await database.owner.query('SELECT id FROM point_currency');
  await app.ledger.openAccounts(rows.map(({ id }) => ({ kind: 'EXPIRED', owner: world.b.brandId, currencyId: id })));
  before = await ofB();
});
afterAll(() => world?.close());

const people: [string, (w: TwoBrands) => Actor][] = [
  ['support', ({ a }) => a.staff.SUPPORT],
  ['a member', ({ a }) => a.member],
];
const attackers: typeof people = [['an API client', ({ a }) => a.client], ...someOf(people, 1)];

/** Queries and mutations that row-level security refuses, and whose tables' it is. */
const REFUSED: readonly [string, readonly string[]][] = [
  ['Query.purchase', ['purchase', 'purchase_line', 'purchase_return', 'purchase_return_line', 'purchase_redemption', 'redemption']],
  ['Query.redemption', ['redemption', 'transfer', 'hold']],
  ['Query.statement', ['statement']],
  ['Query.member', ['member', 'wallet']],
  ['Query.partnership', ['partnership']],
  ['Query.terms', ['partnership', 'terms_version']],
  ['Mutation.recordPurchase', ['member', 'wallet']],
  ['Mutation.lockWallet', ['member', 'wallet']],
  ['Mutation.addIdentifier', ['member', 'wallet', 'member_identifier']],
  ['Mutation.disableApiClient', ['api_client']],
  ['Mutation.removeStaff', ['staff']],
  ['Mutation.closePeriod', ['period']],
];

describe('row-level security alone', () => {
  it.each(attackers)("refuses %s another brand's things by their very uuids", async (_who, find) => {
    const attacker = find(world);
    const forbidden = await forbiddenTo(world, attacker, { pairwise: false });
    expect(await attackAll(world, prepared, attacker, nextKey, forbidden, true)).toEqual([]);
  });

  it.each(attackers)("shows %s nothing of another brand in any list, and leaves the operator's to the operator", async (_who, find) => {
    const attacker = find(world);
    const forbidden = await forbiddenTo(world, attacker, { pairwise: false });
    const problems = await collect(prepared, async (each, problem) => {
      if (['Mutation.unlinkMember', 'Mutation.linkLogin', 'Mutation.removeLogin', 'Mutation.useTillCode'].includes(each.root.name)) return;
      const reply = await send(world, await attacker.token(), each.root, ownCall(world, each, world.a, attacker, nextKey()));
      for (const found of forbiddenIn(reply.body, forbidden)) problem(`shows ${found}: ${reply.body.slice(0, 300)}`);
      if (each.probe.by === 'operator' && refusalOf(world.schema, reply) === null) problem(`is done: ${reply.body.slice(0, 300)}`);
    });
    expect(problems).toEqual([]);
  });

  it('lets nothing of the other brand change', async () => {
    expect(await ofB()).toEqual(before);
  });

  // A check that cannot fail is no check: it is the policies that refuse here, not something else that is still on.
  it.each(someOf(REFUSED, 4))('is what refuses: %s is answered without that of %p', async (name, tables) => {
    const { owner } = world.points.test.database;
    const only = prepared.filter(({ root }) => root.name === name);
    const { a } = world;
    for (const table of tables) await owner.query(`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`);
    try {
      const forbidden = await forbiddenTo(world, a.client, { pairwise: false });
      const through = await attackAll(world, only, a.client, nextKey, forbidden, true);
      const done =
        name === 'Mutation.closePeriod' &&
        refusalOf(world.schema, await send(world, await a.client.token(), only[0].root, ownCall(world, only[0], a, a.client, nextKey()))) === null;
      expect(through.length > 0 || done).toBe(true);
    } finally {
      for (const table of tables) await owner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
    }
  });

  it('lets the brand itself, or whoever may, do each of these', async () => {
    const problems = await collect(prepared, async (each, problem) => {
      if (['Mutation.closePeriod', 'Mutation.suspendBrand', 'Mutation.disableApiClient', 'Mutation.removeStaff'].includes(each.root.name)) return;
      const { b } = world;
      const actor = actorOf(world, each, b);
      const reply = await send(world, await actor.token(), each.root, ownCall(world, each, b, actor, nextKey()));
      const refusal = refusalOf(world.schema, reply);
      if (refusal !== null) problem(`${refusal}: ${reply.body.slice(0, 300)}`);
    });
    expect(problems).toEqual([]);
  });
});
