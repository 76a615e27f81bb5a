import { getNamedType, isUnionType } from 'graphql';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { Wire } from '../support/wire';
import { actorOf, ownCall, type Prepared, prepareProbes, type Reply, send } from './isolation/attack';
import { type RootField, refusalTypes, rootFields } from './isolation/schema-walk';
import { type Actor, openTwoBrands, type TwoBrands } from './isolation/two-brands';

/**
 * Every mutation and every query of the schema, asked as it would succeed, while the database is gone: each says so, in the form that a caller can act
 * on, and none blames itself.
 */
let database: TestDatabase;
let world: TwoBrands;
let prepared: Prepared[];
const wires: Wire[] = [];
const tokens = new Map<Actor, string>();

beforeAll(async () => {
  database = await createTestDatabase();
  for (const url of [database.urls.app, database.urls.kernel]) wires.push(await Wire.open(url));
  const [app, kernel] = wires.map(({ connectionString }) => connectionString);
  world = await openTwoBrands({ database: { ...database, urls: { ...database.urls, app, kernel } } });
  prepared = await prepareProbes(world);
  // Whoever was recognised a moment ago is recognised now.
  for (const each of prepared) {
    const actor = actorOf(world, each, world.a);
    if (!tokens.has(actor)) tokens.set(actor, await actor.token());
  }
  for (const token of tokens.values()) expect(await world.points.api.ask(token, '{ viewer { kind } }')).toMatchObject({ status: 200, errors: undefined });
  for (const wire of wires) await wire.close();
});
afterAll(async () => {
  await world?.close();
  await database.drop();
});

let keys = 0;
async function ask(each: Prepared, token = tokens.get(actorOf(world, each, world.a)) as string): Promise<Reply> {
  const actor = actorOf(world, each, world.a);
  return send(world, token, each.root, ownCall(world, each, world.a, actor, `key ${++keys}`));
}

const AWAY = 'error UNAVAILABLE (to be sent again): The database cannot be reached. Send the same request again.';

/** What an answer says: the codes of its refusals and errors, or what it is. */
function said({ errors, result }: Reply): string[] {
  if (errors.length > 0)
    return errors.map(({ message, extensions }) => `error ${extensions.code} ${extensions.retrySafe ? '(to be sent again)' : ''}: ${message}`);
  return [result].flat().map((answer) => `${refusalTypes(world.schema).has(answer.__typename) ? 'refusal' : 'answer'} ${answer.__typename}`);
}

async function sayings(kind: 'query' | 'mutation', token?: (actor: Actor) => Promise<string>): Promise<Record<string, string[]>> {
  const asked = prepared.filter(({ root }) => root.kind === kind);
  const replies = await Promise.all(asked.map(async (each) => ask(each, await token?.(actorOf(world, each, world.a)))));
  return Object.fromEntries(asked.map(({ root }, at) => [root.name, said(replies[at])]));
}

const all = (kind: 'query' | 'mutation', answer: (root: RootField) => string[]) =>
  Object.fromEntries(rootFields(world.schema).flatMap((root) => (root.kind === kind ? [[root.name, answer(root)]] : [])));

it('is what each mutation answers: as a refusal where its answer can be one', async () => {
  // A bulk is looked up entry by entry, or as a whole.
  const expected = all('mutation', ({ name, field }) =>
    isUnionType(getNamedType(field.type)) && name !== 'Mutation.enrolMembers' ? ['refusal Unavailable'] : [AWAY],
  );
  expect(Object.keys(expected).length).toBeGreaterThanOrEqual(71);
  expect(await sayings('mutation')).toEqual(expected);
});

it('is what each query answers but the one that needs no database', async () => {
  expect(await sayings('query')).toEqual(all('query', ({ name }) => (name === 'Query.viewer' ? ['answer Viewer'] : [AWAY])));
});

it('is what whoever has to be recognised anew is told, with a status that says so too', async () => {
  const fresh = (actor: Actor) => actor.token();
  expect(await sayings('query', fresh)).toEqual(all('query', () => [AWAY]));
  const { status, errors } = await world.points.api.ask(world.a.client.token, '{ viewer { kind } }');
  expect([status, errors?.[0].extensions.code]).toEqual([503, 'UNAVAILABLE']);
});

it('is what the token endpoint answers', async () => {
  const { clientId, secret } = world.points.coalition.brands.FUEL;
  const response = await world.points.api.server.inject({
    method: 'POST',
    url: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ grant_type: 'client_credentials', client_id: `cli_${clientId.replaceAll('-', '')}`, client_secret: secret }).toString(),
  });
  expect([response.statusCode, response.json().error]).toEqual([503, 'temporarily_unavailable']);
});
