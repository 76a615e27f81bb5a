import { actorOf, attackAll, attacksOn, collect, ownCall, type Prepared, refusalOf, send, shapeOf } from './isolation/attack';
import { forbiddenIn, forbiddenTo } from './isolation/forbidden';
import { openKeptBrands } from './isolation/kept-brands';
import { asSeenBy, Id, idAs, namesIn, placesCovered, replacedAt, Who } from './isolation/names';
import { PROBES, UNTRIED } from './isolation/probes';
import { idPlaces, rootFields } from './isolation/schema-walk';
import type { Actor, Side } from './isolation/side';
import type { TwoBrands } from './isolation/two-brands';
import { belongingTo, fingerprint } from './isolation/visible-rows';
import { someOf } from './run-settings';

let world: TwoBrands;
let prepared: Prepared[];
let before: Record<string, string>;
let keys = 0;
const nextKey = () => `key ${++keys}`;

beforeAll(async () => {
  ({ world, prepared } = await openKeptBrands());
  before = await fingerprint(world.points.test.database.owner, belongingTo(world.b.brandId));
});
afterAll(() => world?.close());

describe('the probes', () => {
  it('are there for every query and mutation, and for nothing else', () => {
    expect(Object.keys(PROBES).sort()).toEqual(
      rootFields(world.schema)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('try every place that takes an id', async () => {
    const forgotten = prepared.flatMap(({ root, probe, ofA }) => {
      const tried = new Set(namesIn(probe.args(world.a, ofA, 'x')).flatMap(placesCovered));
      return idPlaces(root.field)
        .filter((place) => !tried.has(place) && !UNTRIED[`${root.name} ${place}`])
        .map((place) => `${root.name} ${place}`);
    });
    expect(forgotten).toEqual([]);
  });
});

describe('with the ids of another brand', () => {
  const people: [string, (w: TwoBrands) => Actor][] = [
    ['a programme manager', ({ a }) => a.staff.PROGRAMME_MANAGER],
    ['finance', ({ a }) => a.staff.FINANCE],
    ['a compliance officer', ({ a }) => a.staff.COMPLIANCE_OFFICER],
    ['support', ({ a }) => a.staff.SUPPORT],
    ["a brand's member", ({ a }) => a.member],
    ['a member of both brands', ({ a }) => a.sharedMember],
  ];
  it.each([['an API client with every scope', ({ a }) => a.client], ...someOf(people, 3)] as typeof people)(
    '%s is refused everything, as if there were no such thing',
    async (_who, find) => {
      const attacker = find(world);
      expect(await attackAll(world, prepared, attacker, nextKey, await forbiddenTo(world, attacker))).toEqual([]);
    },
  );

  it("a member's session is refused another member of the same brand", async () => {
    const { a } = world;
    const problems = await collect(prepared, async (each, problem) => {
      for (const attack of attacksOn(world, each, a.sharedMember, a, nextKey)) {
        if (!attack.what.endsWith('as the attacker would see it')) continue;
        if (each.probe.gives?.includes(attack.place) || each.probe.tells?.[attack.place]) continue;
        const [reply, nothing] = [
          await send(world, await a.sharedMember.token(), each.root, attack.theirs),
          await send(world, await a.sharedMember.token(), each.root, attack.madeUp),
        ];
        const refusal = refusalOf(world.schema, reply);
        // The directory is open to members too.
        if (refusal === null && each.root.name !== 'Query.brand') problem(`${attack.what} is answered: ${reply.body.slice(0, 300)}`);
        if (refusal !== null && shapeOf(nothing) !== shapeOf(reply)) problem(`${attack.what} tells that it exists`);
      }
    });
    expect(problems).toEqual([]);
  });

  it('a whole request of the other brand, word for word, is refused or answered with nothing of its', async () => {
    const { a, b } = world;
    const forbidden = await forbiddenTo(world, a.client);
    const problems = await collect(prepared, async (each, problem) => {
      if (namesIn(each.probe.args(b, each.ofB, 'x')).length === 0 || each.probe.gives) return;
      const reply = await send(world, await a.client.token(), each.root, ownCall(world, each, b, b.client, nextKey()));
      if (refusalOf(world.schema, reply) === null && each.root.name !== 'Query.brand' && each.root.name !== 'Mutation.proposeTerms')
        problem(`is answered: ${reply.body.slice(0, 300)}`);
      for (const found of forbiddenIn(reply.body, forbidden)) problem(`shows ${found}`);
    });
    expect(problems).toEqual([]);
  });
});

describe('without ids', () => {
  const people: [string, string][] = [
    ['a programme manager', 'PROGRAMME_MANAGER'],
    ['finance', 'FINANCE'],
    ['a compliance officer', 'COMPLIANCE_OFFICER'],
    ['support', 'SUPPORT'],
    ['a member', 'member'],
  ];
  it.each([['an API client', 'client'], ...someOf(people, 2)] as typeof people)(
    '%s is shown nothing of another brand by any field, and may do nothing that is for the operator',
    async (_who, name) => {
      const { a } = world;
      const actor = name === 'client' || name === 'member' ? a[name] : a.staff[name as keyof Side['staff']];
      const forbidden = await forbiddenTo(world, actor);
      const problems = await collect(prepared, async (each, problem) => {
        // What is asked here is what lists and unions show; changing the own things is for the brand's own controls.
        if (each.root.kind === 'mutation' && each.probe.by !== 'operator' && name !== 'client') return;
        if (['Mutation.unlinkMember', 'Mutation.linkLogin', 'Mutation.removeLogin', 'Mutation.useTillCode'].includes(each.root.name)) return;
        const reply = await send(world, await actor.token(), each.root, ownCall(world, each, a, actor, nextKey()));
        for (const found of forbiddenIn(reply.body, forbidden)) problem(`shows ${found}: ${reply.body.slice(0, 300)}`);
        const refusal = refusalOf(world.schema, reply);
        if (each.probe.by === 'operator' && refusal !== 'FORBIDDEN' && !(name === 'member' && refusal === 'NOT_FOUND'))
          problem(`is not for the operator only: ${refusal}`);
        if (refusal === 'INTERNAL_SERVER_ERROR') problem('is an unexpected error');
        if (name === 'client' && !each.probe.by && refusal !== null) problem(`its own call is refused: ${reply.body.slice(0, 300)}`);
      });
      expect(problems).toEqual([]);
    },
  );

  it('of a member of both, a brand is shown nothing that the other did', async () => {
    const { a } = world;
    const each = prepared.find(({ root }) => root.name === 'Query.member') as Prepared;
    for (const actor of [a.client, a.staff.SUPPORT]) {
      const ref = asSeenBy(world.points.test.app, actor.principal, new Who(a.shared));
      const reply = await send(world, await actor.token(), each.root, { ref });
      expect(refusalOf(world.schema, reply)).toBeNull();
      expect(forbiddenIn(reply.body, await forbiddenTo(world, actor))).toEqual([]);
    }
  });

  it.each([
    ['nobody', async () => null],
    ['an expired token', async () => expired],
    ['a token of another deployment', async () => `${(await world.b.client.token()).slice(0, -8)}AAAAAAAA`],
  ])('%s gets no answer from any field', async (_who, find) => {
    const token = await find();
    const problems = await collect(prepared, async (each, problem) => {
      // These take the login's own token as input, and ask for no other.
      if (token === null && ['Mutation.linkLogin', 'Mutation.acceptStaffInvitation'].includes(each.root.name)) return;
      const reply = await send(world, token, each.root, ownCall(world, each, world.b, world.b.client, nextKey()));
      const codes = reply.errors.map(({ extensions }) => extensions.code);
      if (codes.length !== 1 || codes[0] !== 'UNAUTHENTICATED' || reply.result !== null) problem(reply.body.slice(0, 300));
    });
    expect(problems).toEqual([]);
  });
});

let expired = '';
beforeAll(async () => {
  const { clock } = world.points.test;
  const now = clock.now();
  clock.advance(-3_600_000);
  expired = await world.b.client.token();
  clock.set(now);
});

it('nothing of the other brand has changed by all of that', async () => {
  expect(await fingerprint(world.points.test.database.owner, belongingTo(world.b.brandId))).toEqual(before);
});

it("a card of the other brand's member makes that member known here, and shows nothing of the other brand", async () => {
  const { a, b } = world;
  const forbidden = await forbiddenTo(world, a.client);
  const member = { identifier: { kind: 'CARD', value: b.visitor.card } };
  const seen = { ...forbidden, ids: new Map([...forbidden.ids].filter(([, what]) => !what.includes(`that ${a.brandId} sees`))) };
  const problems = await collect(prepared, async (each, problem) => {
    for (const place of each.probe.presents ?? []) {
      const variables = replacedAt(ownCall(world, each, a, a.client, nextKey()), place.replace(/\.identifier$/, ''), member);
      const reply = await send(world, await a.client.token(), each.root, variables);
      for (const found of forbiddenIn(reply.body, seen)) problem(`shows ${found}: ${reply.body.slice(0, 300)}`);
      const refusal = refusalOf(world.schema, reply);
      if (refusal !== null && refusal !== 'RedemptionMismatch' && refusal !== 'CustomerIdTaken') problem(reply.body.slice(0, 300));
    }
  });
  expect(problems).toEqual([]);
});

// Last: they change things. A probe that nobody could pass would prove nothing.
it('the brand itself, or whoever may, succeeds with each of these calls', async () => {
  const problems = await collect(prepared, async (each, problem) => {
    const { b } = world;
    const actor = actorOf(world, each, b);
    const reply = await send(world, await actor.token(), each.root, ownCall(world, each, b, actor, nextKey()));
    const refusal = refusalOf(world.schema, reply);
    if (refusal !== null) problem(`${refusal}: ${reply.body.slice(0, 300)}`);
    if (SHOWS_ITS_OWN.includes(each.root.name) && !reply.body.includes(b.word)) problem(`shows nothing that is its own: ${reply.body.slice(0, 300)}`);
    if (each.root.name === 'Mutation.suspendBrand') await resume(each);
  });
  expect(problems).toEqual([]);
  expect(await fingerprint(world.points.test.database.owner, belongingTo(world.b.brandId))).not.toEqual(before);
});

/** Fields whose answer holds texts of the brand: there, the other brand's texts would be seen if they were shown. */
const SHOWS_ITS_OWN = ['Query.apiClients', 'Query.staff', 'Query.auditEntries', 'Query.partnerships', 'Query.partnership', 'Query.terms'];

async function resume({ root }: Prepared): Promise<void> {
  const { operator, b } = world;
  const each = prepared.find((other) => other.root.name === 'Mutation.resumeBrand') as Prepared;
  await send(world, await operator.token(), each.root, ownCall(world, { ...each, root }, b, operator, nextKey()));
}

// A check that cannot fail is no check. row-security-alone.test.ts shows that whole walls are missed. Here is what each
// answer is searched for.
describe('the judges of answers', () => {
  it('find everything of the other brand, in every form', async () => {
    const { a, b, operator, points } = world;
    const forbidden = await forbiddenTo(world, a.client);
    const { app } = points.test;
    const [member, statement] = [new Id('member', b.own.memberId), new Id('statement', b.statementId)];
    for (const seen of [a.client, b.client, operator].map(({ principal }) => idAs(app, principal, member)))
      expect(forbiddenIn(`{"id":"${seen}"}`, forbidden)).toHaveLength(1);
    for (const text of [b.own.memberId, b.statementId, idAs(app, a.client.principal, statement), `member:${a.own.memberId}`, 'by zebulon', '"points":104739'])
      expect([text, forbiddenIn(`{"x":"${text}"}`, forbidden).length]).toEqual([text, 1]);
    for (const own of [
      idAs(app, a.client.principal, new Id('member', a.own.memberId)),
      idAs(app, a.client.principal, new Id('member', a.shared.memberId)),
      a.brandId,
      b.brandId,
      a.statementId,
    ])
      expect(forbiddenIn(`{"x":"${own}"}`, forbidden)).toEqual([]);
  });

  it('tell two answers apart unless only new ids differ', () => {
    const reply = (body: string, status = 200) => ({ status, body, errors: [], result: null });
    expect(shapeOf(reply('{"id":"mem_0123456789abcdef0123456789abcdef"}'))).toBe(shapeOf(reply('{"id":"mem_fedcba9876543210fedcba9876543210"}')));
    expect(shapeOf(reply('{"message":"Member not found."}'))).not.toBe(shapeOf(reply('{"message":"Wallet not found."}')));
    expect(shapeOf(reply('{}'))).not.toBe(shapeOf(reply('{}', 404)));
  });
});
