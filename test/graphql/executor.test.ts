import * as fc from 'fast-check';
import { buildSchema, execute, type GraphQLSchema, parse, validate } from 'graphql';
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
    { numRuns: 400 },
  );
  expect(good).toBeGreaterThan(10);
});
