import { getNamedType } from 'graphql';
import { actorOf, ownCall, type Prepared } from './isolation/attack';
import { openKeptBrands } from './isolation/kept-brands';
import { rootFields } from './isolation/schema-walk';
import type { Actor, Person } from './isolation/side';
import type { TwoBrands } from './isolation/two-brands';

/**
 * A cursor is a place of one list, of one thing, with its filters, as it was shown to one brand or member. Anywhere
 * else it is none. Else places could be compared there, and what lies between two of them is what others do.
 */
let world: TwoBrands;
let lists: Prepared[];

beforeAll(async () => {
  const { prepared, ...kept } = await openKeptBrands();
  world = kept.world;
  lists = prepared.filter(({ root }) => isList(root));
});
afterAll(() => world?.close());

const isList = ({ kind, field }: Prepared['root']) => kind === 'query' && /Connection$/.test(getNamedType(field.type).name);
const argsOf = (each: Prepared, actor: Actor, side = world.a) => ownCall(world, each, side, actor, 'key');

interface Shown {
  readonly cursor: string | null;
  readonly refused: unknown;
}

async function ask({ root: { field } }: Prepared, actor: Actor, args: Record<string, unknown>): Promise<Shown> {
  const given = field.args.filter(({ name }) => name in args);
  const declared = given.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const query = `query ${declared && `(${declared})`} { result: ${field.name}${passed && `(${passed})`} { edges { cursor } pageInfo { endCursor } } }`;
  const { data, errors } = await world.points.api.ask(actor.token, query, args);
  return { cursor: data?.result?.pageInfo.endCursor ?? null, refused: errors?.[0].extensions ?? null };
}

const NO_CURSOR = { code: 'BAD_USER_INPUT', field: 'after' };

it('there is a request for every list at the root', () => {
  expect(lists.map(({ root }) => root.name)).toEqual(
    rootFields(world.schema)
      .filter(isList)
      .map(({ name }) => name),
  );
});

it('a cursor of any list is taken there, and by no other, and from nobody else', async () => {
  const problems: string[] = [];
  const lengths = new Set<number>();
  for (const each of lists) {
    const actor = actorOf(world, each, world.a);
    const args = argsOf(each, actor);
    const { cursor } = await ask(each, actor, { ...args, first: 1 });
    if (cursor === null) problems.push(`${each.root.name} shows nothing`);
    if (cursor === null) continue;
    lengths.add(cursor.length);
    const tried = async (what: string, list: Prepared, by: Actor, given: Record<string, unknown>) => {
      const { refused } = await ask(list, by, { ...given, after: cursor });
      if (JSON.stringify(refused) !== JSON.stringify(NO_CURSOR)) problems.push(`${each.root.name}: ${what}: ${JSON.stringify(refused)}`);
    };
    if ((await ask(each, actor, { ...args, after: cursor })).refused) problems.push(`${each.root.name}: its own`);
    const others: Actor[] = [world.a.client, world.b.client, world.operator, world.a.member, world.a.staff.PROGRAMME_MANAGER, world.b.staff.PROGRAMME_MANAGER];
    for (const other of others) {
      if ((await ask(each, other, argsOf(each, other))).refused !== null) continue;
      if (holder(other) !== holder(actor)) await tried(`shown to ${other.name}`, each, other, argsOf(each, other));
    }
    for (const list of lists.filter((one) => one !== each && actorOf(world, one, world.a) === actor))
      await tried(list.root.name, list, actor, argsOf(list, actor));
  }
  expect(problems).toEqual([]);
  // However large the numbers in them are.
  expect(lengths.size).toBe(1);
});

const holder = ({ principal }: Actor) => (principal.kind === 'member' ? `${principal.memberId} ${principal.brandId}` : principal.brandId);

it('nor with other filters, or for another thing', async () => {
  const client = world.a.client;
  const movements = async ({ customerId }: Person, after: string | null, currency = 'FLP') => {
    const query =
      'query ($id: String!, $currency: String!, $after: String) { member(ref: { customerId: $id }) { wallet { movements(first: 1, currency: $currency, after: $after) { pageInfo { endCursor } } } } }';
    const { data, errors } = await world.points.api.ask(client.token, query, { id: customerId, after, currency });
    return errors?.[0].extensions ?? data.member.wallet.movements.pageInfo.endCursor;
  };
  const mine = await movements(world.a.own, null);
  expect(mine).toEqual(expect.any(String));
  expect(await movements(world.a.own, mine)).not.toEqual(NO_CURSOR);
  expect(await movements(world.a.shared, mine)).toEqual(NO_CURSOR);
  expect(await movements(world.a.own, mine, 'AIR')).toEqual(NO_CURSOR);
  const rates = async (filters: string, after: string | null) => {
    const { data, errors } = await world.points.api.ask(
      client.token,
      `query ($after: String) { conversionRates(first: 1, after: $after${filters}) { pageInfo { endCursor } } }`,
      {
        after,
      },
    );
    return errors?.[0].extensions ?? data.conversionRates.pageInfo.endCursor;
  };
  const all = await rates('', null);
  expect(await rates('', all)).not.toEqual(NO_CURSOR);
  expect(await rates(', from: null', all)).not.toEqual(NO_CURSOR);
  expect(await rates(', from: "FLP"', all)).toEqual(NO_CURSOR);
  // As an older version sealed them, or nobody at all.
  for (const other of [all.slice(0, -1), `${all}A`, all.slice(0, 30), '', 'x'.repeat(200), Buffer.from('[5]').toString('base64url')])
    expect(await rates('', other)).toEqual(NO_CURSOR);
});
