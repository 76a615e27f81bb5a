import * as fc from 'fast-check';
import { buildSchema, execute, type GraphQLSchema, isUnionType, parse, validate } from 'graphql';
import type { Context } from '../../src/graphql/context';
import { createExecutor } from '../../src/graphql/executor';

const schema = buildSchema(`
  enum Colour { RED GREEN }
  input Leaf { text: String!, number: Int = 7, id: ID, colour: Colour = RED, flag: Boolean }
  input Tree { leaf: Leaf!, leaves: [Leaf!], grid: [[Int!]], below: Tree, other: Float }
  input Either @oneOf { a: Int, b: String }
  type Query {
    tree(input: Tree!): String
    trees(input: [Tree!]!): String
    leaf(input: Leaf = { text: "default", colour: GREEN }): String
    either(input: Either): String
  }
`);
const rootValue = Object.fromEntries(['tree', 'trees', 'leaf', 'either'].map((name) => [name, (args: unknown) => JSON.stringify(args)]));

const QUERIES = [
  'query ($input: Tree!) { tree(input: $input) }',
  'query ($input: [Tree!]!) { trees(input: $input) }',
  'query ($input: Tree!) { trees(input: [$input]) }',
  'query ($input: Leaf = { text: "variable", number: 1 }) { leaf(input: $input) }',
  'query ($input: Leaf) { leaf(input: $input) __type(name: "Leaf") { kind inputFields { name } } }',
  'query ($leaf: Leaf!, $input: Tree) { tree(input: { leaf: $leaf, below: $input }) }',
  'query ($input: Either) { either(input: $input) }',
];

/** With the field that graphql-js itself would find on a root value. */
function withResolvers(): GraphQLSchema {
  for (const [name, field] of Object.entries(schema.getQueryType()?.getFields() ?? {})) field.resolve = (_root, args) => rootValue[name](args);
  return schema;
}

const executor = createExecutor(withResolvers());
const context = {} as Context;

const scalar = fc.oneof(fc.constantFrom<unknown>(null, 'RED', 'BLUE', true, 1, 1.5, 2 ** 40, 'text', '', [], {}), fc.integer(), fc.string());
const leaf = fc.record({ text: scalar, number: scalar, id: scalar, colour: scalar, flag: scalar, unknown: scalar, toString: scalar }, { requiredKeys: [] });
const goodLeaf = fc.record(
  { text: fc.string(), number: fc.option(fc.nat(9)), id: fc.oneof(fc.string(), fc.nat()), colour: fc.constantFrom('RED', 'GREEN'), flag: fc.boolean() },
  { requiredKeys: ['text'] },
);
const goodTree = fc.record(
  {
    leaf: goodLeaf,
    leaves: fc.oneof(fc.array(goodLeaf), goodLeaf),
    grid: fc.array(fc.oneof(fc.array(fc.nat(9)), fc.nat(9), fc.constant(null))),
    other: fc.nat(),
  },
  { requiredKeys: ['leaf'] },
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.record(
    {
      leaf: fc.oneof({ weight: 4, arbitrary: goodLeaf }, leaf, scalar),
      leaves: fc.oneof(fc.array(goodLeaf, { maxLength: 3 }), goodLeaf, leaf, scalar),
      grid: fc.oneof(fc.array(fc.oneof(fc.array(fc.nat(9)), fc.nat(9), fc.constant(null))), scalar),
      below: fc.oneof({ maxDepth: 2 }, fc.constant(null), tie('tree')),
      other: fc.oneof(fc.double(), scalar),
      a: fc.nat(9),
    },
    { requiredKeys: ['leaf'] },
  ),
}));
const input = fc.oneof(
  tree,
  goodTree,
  fc.array(goodTree),
  goodLeaf,
  fc.array(tree, { maxLength: 3 }),
  leaf,
  scalar,
  fc.record({ a: scalar, b: scalar }, { requiredKeys: [] }),
  fc.constantFrom({ a: 1 }, { b: 'x' }),
);

it.each(QUERIES)('%s gives what graphql-js gives, whatever the variables', async (query) => {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  let good = 0;
  await fc.assert(
    fc.asyncProperty(fc.record({ input, leaf: fc.oneof(goodLeaf, leaf) }, { requiredKeys: [] }), async (variables) => {
      const plain = await execute({ schema, document, variableValues: variables });
      const ours = await executor({ document, operationName: undefined, variables, context });
      if (!plain.errors) good++;
      expect(JSON.parse(JSON.stringify(ours))).toEqual(JSON.parse(JSON.stringify(plain)));
    }),
    { numRuns: 200 },
  );
  expect(good).toBeGreaterThan(10);
});

describe('an operation that is one call', () => {
  const answers = buildSchema(`
    type Item { id: ID!, name: String, count: Int!, tags: [String!], child: Item }
    type Other { id: ID!, why: String!, worked(n: Int): Int }
    union Either = Item | Other
    type Query { one(input: Int!): Item, many(input: Int!): [Either!]!, some(input: Int!): [Either] }
  `);
  const either = answers.getType('Either');
  if (isUnionType(either)) either.resolveType = ({ kind }) => kind;
  let calls = 0;
  let current: () => unknown = () => null;
  const call = () => {
    calls++;
    return current();
  };
  for (const field of Object.values(answers.getQueryType()?.getFields() ?? {})) {
    field.extensions = { call };
    field.resolve = (_root, _args, ctx) => (ctx.outcome ? ctx.outcome() : call());
  }
  const executing = createExecutor(answers);

  const ITEM =
    '{ __typename id named: name count tags child { id count name } ...More ... on Item { name } } } fragment More on Item { tags child { id tags } }';
  const EITHER = '{ __typename ... on Item { id name count child { count } } ...Why } } fragment Why on Other { id why }';
  const asked = [
    `query ($n: Int!) { one(input: $n) ${ITEM}`,
    `query ($n: Int!) { renamed: many(input: $n) ${EITHER}`,
    `query ($n: Int!) { some(input: $n) ${EITHER}`,
    'query ($n: Int!) { many(input: $n) { ... on Item { id } ... on Other { worked(n: 1) } } }',
    'query ($n: Int!) { many(input: $n) { ... on Item { id name @skip(if: true) } ... on Other { why } } }',
    'query ($n: Int!) { one(input: $n) { id } two: one(input: 2) { id } }',
  ];
  const anything = fc.constantFrom<unknown>(null, undefined, 'text', 1, 1.5, NaN, true, [], {}, new Error('wrong'), () => 'function', Promise.resolve('later'));
  const item = fc.record({ kind: fc.constant('Item'), id: fc.oneof(fc.string(), fc.nat()), name: fc.option(fc.string()), count: fc.nat(9) });
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 2 },
      item,
      fc.record(
        { kind: fc.constant('Item'), id: fc.string(), count: fc.nat(9), tags: fc.array(fc.string()), child: tie('tree') },
        { requiredKeys: ['kind', 'id', 'count'] },
      ),
    ),
  }));
  const other = fc.record({ kind: fc.constant('Other'), id: fc.string(), why: fc.string() });
  const bad = fc.record({
    kind: fc.constantFrom<unknown>('Item', 'Other', 'Query', 'None', 1, undefined),
    id: anything,
    name: anything,
    count: anything,
    why: anything,
  });
  const entry = fc.oneof({ weight: 6, arbitrary: tree }, { weight: 6, arbitrary: other }, bad, anything);
  const answer = fc.oneof(tree, other, fc.array(fc.oneof(tree, other)), fc.array(entry, { maxLength: 4 }), entry);

  it.each(asked)('%s is called once, and shown as graphql-js shows it', async (query) => {
    const document = parse(query);
    expect(validate(answers, document)).toEqual([]);
    let good = 0;
    const property = fc.asyncProperty(
      answer,
      fc.constantFrom('value', 'promise', 'error', 'rejection'),
      fc.constantFrom<unknown>(1, 1, 1, 'x'),
      async (value, how, n) => {
        current = () => {
          if (how === 'error') throw new Error('thrown');
          if (how === 'rejection') return Promise.reject(new Error('rejected'));
          return how === 'promise' ? Promise.resolve(value) : value;
        };
        const plain = await execute({ schema: answers, document, variableValues: { n }, contextValue: {} });
        const expected = calls;
        calls = 0;
        const ours = await executing({ document, operationName: undefined, variables: { n }, context });
        expect(calls).toBe(expected);
        calls = 0;
        if (!plain.errors) good++;
        expect(JSON.parse(JSON.stringify(ours))).toEqual(JSON.parse(JSON.stringify(plain)));
      },
    );
    await fc.assert(property, { numRuns: 200 });
    expect(good).toBeGreaterThan(10);
  });
});
