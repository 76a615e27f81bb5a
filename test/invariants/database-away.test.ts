import { getNamedType, isUnionType } from 'graphql';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { Wire } from '../support/wire';
import { actorOf, ownCall, type Prepared, prepareProbes, type Reply, refusalOf, send } from './isolation/attack';
import { type RootField, refusalTypes, rootFields } from './isolation/schema-walk';
import type { Actor } from './isolation/side';
import { openTwoBrands, type TwoBrands } from './isolation/two-brands';

/**
 * Every mutation and every query of the schema, asked as it would succeed, while the database is gone, or goes before
 * it answers: each says so, in the form that a caller can act on, none blames itself, and the same request again is
 * right.
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
  prepared = await prepareProbes(world, [world.a]);
});
afterAll(async () => {
  await world?.close();
  await database.drop();
});

describe('the answer to a mutation that was lost after its writing was committed', () => {
  /** A suspended brand does nothing more: last, and then it is resumed. */
  const isLast = ({ root }: Prepared) => /\.(suspend|resume)Brand$/.test(root.name);

  /** Loses the answer to the next COMMIT of a transaction that has written something; says whether there was one. */
  async function losingAnswer(work: () => Promise<Reply>): Promise<{ reply: Reply; lost: boolean }> {
    let lost = false;
    const loses = async (port: number) => {
      if (lost) return false;
      const { rows } = await database.owner.query('SELECT backend_xid IS NOT NULL AS writes FROM pg_stat_activity WHERE client_port = $1', [port]);
      // Two may have asked at once: one is lost.
      const now = !lost && rows[0]?.writes === true;
      lost ||= now;
      return now;
    };
    for (const wire of wires) wire.loses = loses;
    const reply = await work();
    for (const wire of wires) wire.loses = null;
    return { reply, lost };
  }

  /** Codes and tokens that are shown once, or are another each time; that it is a repetition. */
  const ANEW: Readonly<Record<string, RegExp>> = {
    'Mutation.createMemberSession': /"[^"]*_token":"[^"]*"/g,
    'Mutation.createTillCode': /"[^"]*_code":"[^"]*"/g,
    'Mutation.createClaimCode': /"[^"]*_code":"[^"]*"/g,
  };
  const bodyOf = ({ root }: Prepared, { body }: Reply) => body.replace(ANEW[root.name] ?? /^$/, '');

  const MOST_LOST = 3;
  /** No wallet is locked here. */
  const WRITE_NOTHING = ['Mutation.unlockWallet'];

  it('is given by the same request again, which is never told of itself', async () => {
    const mutations = prepared.filter(({ root }) => root.kind === 'mutation').sort((a, b) => Number(isLast(a)) - Number(isLast(b)));
    const problems: string[] = [];
    const unwritten: string[] = [];
    for (const [at, each] of mutations.entries()) {
      const actor = actorOf(world, each, world.a);
      const token = await actor.token();
      const variables = ownCall(world, each, world.a, actor, `lost ${at}`);
      const ask = () => send(world, token, each.root, variables);
      const problem = (what: string, reply: Reply) => problems.push(`${each.root.name} ${what}: ${reply.body.slice(0, 300)}`);
      // One commit after the other is lost, as far as the request has come.
      let lost = 0;
      let reply: Reply | null = null;
      while (lost < MOST_LOST) {
        const tried = await losingAnswer(ask);
        const refusal = refusalOf(world.schema, tried.reply);
        // The ledger looks itself whether what it wrote is there.
        if (refusal === null) reply = tried.reply;
        else if (!tried.lost || !/^(Unavailable|UNAVAILABLE)$/.test(refusal)) {
          problem(`says after ${lost} lost answers`, tried.reply);
          break;
        }
        if (!tried.lost) break;
        lost++;
      }
      if (lost === 0) unwritten.push(each.root.name);
      const again = await ask();
      if (refusalOf(world.schema, again) !== null) problem('is refused at last', again);
      else if (reply && bodyOf(each, again) !== bodyOf(each, reply)) problem(`answered otherwise before: ${reply.body.slice(0, 300)}`, again);
    }
    expect(problems).toEqual([]);
    expect(unwritten).toEqual(WRITE_NOTHING);
    expect(mutations.map(({ root }) => root.name).sort()).toEqual(
      rootFields(world.schema)
        .filter(({ kind }) => kind === 'mutation')
        .map(({ name }) => name)
        .sort(),
    );
  });
});

describe('while the database is gone', () => {
  beforeAll(async () => {
    // Whoever was recognised a moment ago is recognised now.
    for (const each of prepared) {
      const actor = actorOf(world, each, world.a);
      if (!tokens.has(actor)) tokens.set(actor, await actor.token());
    }
    for (const token of tokens.values()) expect(await world.points.api.ask(token, '{ viewer { kind } }')).toMatchObject({ status: 200, errors: undefined });
    for (const wire of wires) await wire.close();
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
});
