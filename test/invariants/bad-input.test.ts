import { getNamedType, isUnionType } from 'graphql';
import { type BadValue, badValues, isNoInput } from './bad-input/bad-values';
import { ALTERED, LINE_BY_LINE, TOGETHER } from './bad-input/cases';
import { type Answer, answerOf, leaksOf, namesField } from './bad-input/well-formed';
import { actorOf as actorAt, ownCall, type Prepared } from './isolation/attack';
import { openKeptBrands } from './isolation/kept-brands';
import { replacedAt } from './isolation/names';
import { type InputPlace, inputPlaces, refusalTypes, rootFields } from './isolation/schema-walk';
import type { Actor } from './isolation/side';
import type { TwoBrands } from './isolation/two-brands';
import { everything, fingerprint } from './isolation/visible-rows';
import { CI, LONG, randomFrom, SEED } from './run-settings';

/** Of the bad values of each place, all in CI; while one works an eighth, and another one each time. */
const random = randomFrom(SEED);
const isTried = () => CI || LONG || random.int(8) === 0;

let world: TwoBrands;
let mutations: Prepared[];
let queries: Prepared[];
let keys = 0;
const nextKey = () => `key ${++keys}`;

beforeAll(async () => {
  const { prepared, ...kept } = await openKeptBrands();
  world = kept.world;
  mutations = prepared.filter(({ root }) => root.kind === 'mutation');
  queries = prepared.filter(({ root }) => root.kind === 'query');
});
afterAll(() => world?.close());

const actorOf = (each: Prepared): Actor => actorAt(world, each, world.a);
const goodCall = (each: Prepared, key = nextKey()) => ownCall(world, each, world.a, actorOf(each), key);

async function ask(each: Prepared, variables: Record<string, unknown>): Promise<Answer> {
  const { root } = each;
  const inner = isUnionType(getNamedType(root.field.type)) ? '{ __typename ... on Refusal { code message retrySafe } }' : '{ __typename }';
  const given = root.field.args.filter(({ name }) => name in variables);
  const declared = given.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const query = `${root.kind} ${declared && `(${declared})`} { result: ${root.field.name}${passed && `(${passed})`} ${inner} }`;
  const response = await world.points.api.server.inject({
    method: 'POST',
    url: '/graphql',
    headers: { authorization: `Bearer ${await actorOf(each).token()}` },
    payload: { query, variables },
  });
  return answerOf(response, refusalTypes(world.schema));
}

/** All rows but stored refusals, which is all that a refused request may leave. */
function writtenNow(): Promise<Record<string, string>> {
  return fingerprint(world.points.test.database.owner, { ...everything(), posting: "outcome <> 'REFUSED'" });
}

function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | null | undefined)?.[name], value);
}

function withBad(good: Record<string, unknown>, { path }: InputPlace, { value, absent }: BadValue): Record<string, unknown> {
  // What is optional in the good request may lack its surroundings.
  const parents = path.split('.').slice(0, -1);
  let filled = good;
  for (let depth = 1; depth <= parents.length; depth++) {
    const parent = parents.slice(0, depth).join('.');
    if (valueAt(filled, parent) == null) filled = replacedAt(filled, parent, parents[depth] === '0' || path.split('.')[depth] === '0' ? [] : {});
  }
  return replacedAt(filled, path, absent ? undefined : value);
}

describe('every mutation', () => {
  it('has good arguments to be spoilt', async () => {
    const known = rootFields(world.schema).filter(({ kind }) => kind === 'mutation');
    expect(mutations.map(({ root }) => root.name)).toEqual(known.map(({ name }) => name));
    const idempotent = mutations.filter(({ root }) => inputPlaces(root.field).some(({ path }) => path.endsWith('idempotencyKey'))).map(({ root }) => root.name);
    expect(Object.keys(ALTERED).sort()).toEqual(idempotent.sort());
  });

  it(`refuses what is bad in each place, names the field, and writes nothing (TESSERA_SEED=${SEED})`, async () => {
    const problems: string[] = [];
    let before = await writtenNow();
    for (const each of mutations) {
      const taken: string[] = [];
      for (const place of inputPlaces(each.root.field))
        for (const [value, answer] of await askAll(each, place, ({ mayBeTaken }) => !mayBeTaken)) {
          const isCell = LINE_BY_LINE[each.root.name]?.test(place.path) && place.type.name === 'String';
          const problem = problemOf(answer, each, place) ?? (answer.taken && !isCell ? 'is taken' : null);
          if (answer.taken) taken.push(place.path);
          if (problem) problems.push(`${each.root.name} ${place.path}, ${value.what}: ${problem}: ${answer.body.slice(0, 200)}`);
        }
      const after = await writtenNow();
      const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
      before = after;
      if (changed.length > 0 && taken.length === 0) problems.push(`${each.root.name}: something was written to ${changed}`);
    }
    expect(problems).toEqual([]);
  });

  it(`takes or refuses what is odd in each place, without an error (TESSERA_SEED=${SEED})`, async () => {
    const problems: string[] = [];
    const resume = mutations.find(({ root }) => root.name === 'Mutation.resumeBrand') as Prepared;
    for (const each of mutations) {
      for (const place of inputPlaces(each.root.field))
        for (const [value, answer] of await askAll(each, place, ({ mayBeTaken }) => mayBeTaken === true)) {
          const problem = problemOf(answer, each, place);
          if (problem) problems.push(`${each.root.name} ${place.path}, ${value.what}: ${problem}: ${answer.body.slice(0, 200)}`);
        }
      // Whichever values are tried of resumeBrand: else all that follows would be refused.
      if (each.root.name === 'Mutation.suspendBrand') await ask(resume, goodCall(resume));
    }
    expect(problems).toEqual([]);
  });

  it('so does every query, of its arguments', async () => {
    const problems: string[] = [];
    for (const each of queries)
      for (const place of inputPlaces(each.root.field).filter(({ path }) => path !== 'first'))
        for (const [value, answer] of await askAll(each, place, () => true)) {
          const problem = problemOf(answer, each, place);
          if (problem) problems.push(`${each.root.name} ${place.path}, ${value.what}: ${problem}: ${answer.body.slice(0, 200)}`);
        }
    for (const first of [0, -1, 101, 2 ** 31, 1.5, null, '1']) {
      const answer = await ask(queries.find(({ root }) => root.name === 'Query.brands') as Prepared, { first });
      if (answer.taken || answer.field !== 'first') problems.push(`first: ${first}: ${answer.body.slice(0, 200)}`);
    }
    expect(problems).toEqual([]);
  });

  it('leaves the process alive, and no promise unhandled', async () => {
    const { rows } = await world.points.test.database.owner.query(
      "SELECT count(*)::int AS stuck FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
    );
    expect(rows[0].stuck).toBe(0);
    for (const each of mutations.filter(({ root }) => ['Mutation.setEarningRule', 'Mutation.hold', 'Mutation.enrolMember'].includes(root.name)))
      expect((await ask(each, goodCall(each))).body).toMatch(/"__typename":"(EarningRule|Redemption|Member)"/);
    expect(unhandled).toEqual([]);
  });
});

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

/**
 * What GraphQL itself refuses is refused wherever that input type is used: it is asked once for each of the type's
 * fields.
 */
const refusedByType = new Set<string>();

/** Asks with each of the values of a place that are wanted, all at once. */
function askAll(each: Prepared, place: InputPlace, wanted: (value: BadValue) => boolean): Promise<[BadValue, Answer][]> {
  const values = badValues(place, valueAt(goodCall(each), place.path))
    .filter((value) => wanted(value) && isTried())
    .filter((value) => {
      const once = `${place.of.startsWith('input') ? each.root.name : ''} ${place.of} ${value.what}`;
      if (!isNoInput(place, value)) return true;
      return !refusedByType.has(once) && refusedByType.add(once);
    });
  return Promise.all(values.map(async (value): Promise<[BadValue, Answer]> => [value, await ask(each, withBad(goodCall(each), place, value))]));
}

/** What is wrong with the form of an answer; null: nothing. */
function problemOf(answer: Answer, each: Prepared, { path }: InputPlace): string | null {
  const { root } = each;
  const leak = leaksOf(answer);
  if (leak) return `shows ${leak}`;
  if (answer.code === 'INTERNAL_SERVER_ERROR') return 'is an unexpected error';
  const named = TOGETHER.some(([mutation, at, other]) => mutation === root.name && at === path && other === answer.field);
  // What the good call goes without was put there with the bad value and nothing else: that it lacks a field may be
  // said first.
  const around = answer.field?.split('.').slice(0, -1).join('.') ?? '';
  const lacking = path.startsWith(`${around}.`) && valueAt(goodCall(each), around) == null;
  if (answer.code === 'BAD_USER_INPUT' && !named && !lacking && !namesField(answer.field, path)) return `names the field ${answer.field}`;
  return null;
}

// A check that cannot fail is no check: what each of these should catch, it does.
describe('the judges of answers', () => {
  const refusals = new Set(['Refused']);
  const judged = (body: unknown) => answerOf({ statusCode: 200, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }, refusals);
  const failed = (message: string, extensions: object = { code: 'BAD_USER_INPUT', field: 'input.a' }) =>
    judged({ data: null, errors: [{ message, extensions }] });

  it('see what must not be shown', () => {
    expect(leaksOf(failed('invalid byte sequence for encoding "UTF8": 0x00'))).toBe('text of the database');
    expect(leaksOf(failed('new row for relation "brand" violates check constraint'))).toBe('text of the database');
    expect(leaksOf(failed('not found: 01a202dd-6288-7000-80f2-c9dc723b3376'))).toBe('a uuid');
    expect(leaksOf(failed('x at run (/srv/src/main.js:10:2)'))).toBe('a stack');
    expect(leaksOf(failed("Cannot read properties of null (reading 'id')"))).toBe('text of the language');
    expect(leaksOf(failed('A quantity is above zero.'))).toBeNull();
  });

  it('see an answer that is none, and a field that is another', () => {
    expect(() => judged({ data: null })).toThrow('no answer of GraphQL');
    expect(() => judged({ data: { result: { __typename: 'Done' } }, extra: 1 })).toThrow('no answer of GraphQL');
    expect(() => judged({ data: null, errors: [{ message: 'x' }] })).toThrow('no error of GraphQL');
    expect(() => judged({ data: null, errors: [{ message: 'x', extensions: { code: 'X' }, stack: [] }] })).toThrow('no error of GraphQL');
    expect(judged({ data: { result: [{ __typename: 'Done' }, { __typename: 'Refused', code: 'NO' }] } })).toMatchObject({ taken: false, code: 'NO' });
    expect(judged({ data: { result: { __typename: 'Done' } } }).taken).toBe(true);
    expect([namesField('input.a', 'input.a'), namesField('input', 'input.a'), namesField('input.lines.0.sku', 'input.lines')]).toEqual([true, true, true]);
    expect([namesField('input.ab', 'input.a'), namesField(null, 'input.a'), namesField('input.b', 'input.a')]).toEqual([false, false, false]);
  });
});
