import { randomFrom } from '../run-settings';

/** A request made to cost as much as it can for what it is. */
export interface WorstRequest {
  readonly name: string;
  /** A body that nobody has sent before, whose size is the same for each `nonce`. */
  readonly body: (nonce: string) => string;
}

type Random = ReturnType<typeof randomFrom>;
/** `size`: about how many bytes it is to have. */
type Make = (random: Random, size: number) => { query: string; variables?: object } | { raw: string };

const many = (count: number, one: (at: number) => string, between = ' ') =>
  Array.from({ length: Math.max(1, Math.floor(count)) }, (_, at) => one(at)).join(between);
/** Variables that no operation defines, of about so many bytes. */
const unused = (bytes: number) => Object.fromEntries(Array.from({ length: Math.max(1, Math.floor(bytes / 12)) }, (_, at) => [`u${at}`, 0]));
const input = (value: object) => ({
  idempotencyKey: 'k',
  currency: 'FLP',
  moneyCurrency: 'EUR',
  member: { identifier: { kind: 'CARD', value: '1' } },
  ...value,
});
const line = { sku: 'A', category: 'c', quantity: '1', unitPrice: '1.00' };

/**
 * Fragments of which each spreads the next `width` times under aliases: width to the power of levels, in a few hundred
 * bytes.
 */
function tower(random: Random, type: string, through: readonly string[], leaf: string, levels: number): string {
  const width = 2 + random.int(9);
  return many(levels, (at) => {
    const next = at + 1 < levels ? `...F${at + 1}` : leaf;
    return `fragment F${at} on ${type} { ${many(width, (n) => `a${at}_${n}: ${random.pick(through)} { ${next} }`)} }`;
  });
}

const KINDS: Readonly<Record<string, Make>> = {
  'introspection by a tower of fragments': (random) => ({
    query: `{ __schema { types { ...F0 } } } ${tower(random, '__Type', ['interfaces', 'possibleTypes', 'ofType'], 'name', 2 + random.int(5))}`,
  }),
  'interfaces of possible types of interfaces': (random) => {
    const width = 2 + random.int(9);
    return {
      query: `{ __schema { ${many(width, (n) => `a${n}: types { ...A }`)} } } fragment A on __Type { ${many(width, (n) => `b${n}: interfaces { ...B }`)} }
        fragment B on __Type { ${many(width, (n) => `c${n}: possibleTypes { name }`)} }`,
    };
  },
  'types by name, over and over': (random, size) => ({
    query: `{ ${many(Math.min(size / 60, 500), (n) => `a${n}: __type(name: "Query") { fields { args { name type { name } } } }`)} } #${random.int(9)}`,
  }),
  'fragments that double with no field': (_random, size) => ({
    query: `{ ...F0 } ${many(Math.min(60, size / 40), (at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`)} fragment F${Math.max(1, Math.floor(Math.min(60, size / 40)))} on Query { __typename }`,
  }),
  'a tower of fragments': (random) => ({
    query: `{ viewer { kind } ...T } fragment T on Query { partnerships { edges { node { ...F0 } } } } ${tower(random, 'Partnership', ['terms { partnership', 'brand { createdAt } partner'], 'id', 2)}`,
  }),
  'fragments side by side': (_random, size) => {
    const count = Math.min(size / 40, 400);
    return { query: `{ ${many(count, (at) => `...F${at}`)} } ${many(count, (at) => `fragment F${at} on Query { viewer { kind } }`)}` };
  },
  'fragments in a circle': (random, size) => {
    const count = Math.max(2, Math.floor(Math.min(size, 30_000) / 45));
    return { query: `{ ...F0 } ${many(count, (at) => `fragment F${at} on Query { ...F${(at + 1) % count} ...F${random.int(count)} }`)}` };
  },
  'operations that reach the same fragment': (_random, size) => {
    const count = Math.min(250, size / 160);
    return {
      query: `${many(count, (at) => `query Q${at}($v: Int) { ...F }`)} fragment F on Query { ${many(count * 2, () => 'brands(first: $v) { edges { cursor } }')} }`,
    };
  },
  'the same field again': (_random, size) => ({ query: `{ ${many(Math.min(size / 17, 3_900), () => 'viewer { kind }')} }` }),
  'the same field with other arguments': (_random, size) => ({
    query: `{ ${many(Math.min(size / 40, 300), (at) => `brands(first: ${at + 1}) { edges { node { code } } }`)} }`,
  }),
  'fields that overlap in depth': (random, size) => {
    const deep = (levels: number): string => (levels === 0 ? 'id' : many(2 + random.int(3), () => `terms { partnership { ${deep(levels - 1)} } }`));
    return { query: `{ partnerships { edges { node { ${many(Math.max(1, Math.min(8, size / 2_000)), () => deep(3))} } } } }` };
  },
  'pages in pages': () => ({
    query: '{ partnerships(first: 100) { edges { node { terms { partnership { brand { code name id } partner { code name id } } } } } } }',
  }),
  aliases: (_random, size) => ({
    query: `{ ${many(Math.min(size / 60, 600), (n) => `${'a'.repeat(30)}${n}: brands(first: 100) { edges { node { id } } }`)} }`,
  }),
  'one alias of great length': (_random, size) => ({ query: `{ brands(first: 100) { edges { ${'a'.repeat(Math.min(size, 90_000))}: cursor } } }` }),
  'unknown fields': (_random, size) => ({ query: `{ ${many(size / 12, (at) => `brandz${at}`)} }` }),
  'a few unknown types': () => ({ query: `{ ${many(9, (at) => `... on RecordedPurchas${at} { id }`)} }` }),
  'a few unknown fields': () => ({ query: `mutation { ${many(9, (at) => `setContributionShar${at}`)} }` }),
  'unknown types': (_random, size) => ({ query: `{ ${many(size / 40, (at) => `... on RecordedPurchas${at} { id }`)} }` }),
  'unknown arguments': (_random, size) => ({ query: `{ brands(${many(size / 12, (at) => `firzt${at}: 1`)}) { edges { cursor } } }` }),
  'unknown variables': (_random, size) => ({ query: `{ ${many(size / 60, (at) => `brands(first: $unknown${at}) { edges { cursor } }`)} }` }),
  'unused variables': (_random, size) => ({ query: `query (${many(size / 12, (at) => `$v${at}: Int`)}) { __typename }` }),
  'wrong literals': (_random, size) => ({ query: `mutation { recordPurchase(input: { ${many(size / 20, (at) => `currenzy${at}: 1.5`)} }) { __typename } }` }),
  'a literal of great length': (_random, size) => ({ query: `{ brand(id: "${'x'.repeat(Math.min(size, 90_000))}") { id } }` }),
  'a number of great length': (_random, size) => ({ query: `mutation { redeem(input: { points: ${'9'.repeat(Math.min(size, 90_000))} }) { __typename } }` }),
  'errors behind many lines': (_random, size) => ({ query: `{ ${'\n'.repeat(Math.min(size / 3, 90_000))} ${many(20, (at) => `nothing${at}`)} }` }),
  directives: (_random, size) => ({ query: `{ viewer ${many(size / 22, () => '@include(if: true)')} { kind } }` }),
  'unknown directives': (_random, size) => ({ query: `{ viewer ${many(size / 14, (at) => `@includez${at}`)} { kind } }` }),
  'directives on everything': (_random, size) => ({
    query: `query ($v: Boolean = true) { ${many(Math.min(size / 40, 500), () => 'viewer @skip(if: $v) { kind @include(if: $v) }')} }`,
  }),
  'nesting without a field': (_random, size) => ({
    query: `{ ${'... { '.repeat(Math.min(size / 8, 1_200))} __typename ${'}'.repeat(Math.min(size / 8, 1_200))} }`,
  }),
  'brackets in brackets': (_random, size) => ({
    query: `{ brands(first: ${'['.repeat(Math.min(size / 2, 1_900))}${']'.repeat(Math.min(size / 2, 1_900))}) { edges { cursor } } }`,
  }),
  'something else than a document': (random, size) => ({ query: many(size / 3, () => random.pick(['{', '}', '(', 'a', '"x"', '$', '...', '@', '!', '&'])) }),
  'a comment': (_random, size) => ({ query: `{ __typename } #${'x'.repeat(size)}` }),
  'rows of one purchase each': (_random, size) => ({
    query: 'mutation ($i: [RecordPurchaseInput!]!) { recordPurchases(input: $i) { __typename } }',
    variables: { i: Array.from({ length: Math.ceil(size / 250) }, () => input({ lines: [line] })) },
  }),
  'one basket': (_random, size) => ({
    query: 'mutation ($i: RecordPurchaseInput!) { recordPurchase(input: $i) { __typename } }',
    variables: { i: input({ lines: Array.from({ length: Math.ceil(size / 60) }, () => line) }) },
  }),
  'one variable in many mutations': (_random, size) => ({
    query: `mutation ($i: [RecordPurchaseInput!]!) { ${many(30, (n) => `a${n}: recordPurchases(input: $i) { __typename }`)} }`,
    variables: { i: Array.from({ length: Math.ceil(size / 250) }, () => input({ lines: [line] })) },
  }),
  'rows that are empty': (_random, size) => ({
    query: 'mutation ($i: ImportPurchasesInput!) { importPurchases(input: $i) { __typename } }',
    variables: { i: { importId: 'imp_1', rows: Array.from({ length: Math.ceil(size / 40) }, (_, at) => ({ line: at + 1, lines: [{}, {}, {}, {}] })) } },
  }),
  'rows of nothing that is known': (_random, size) => ({
    query: 'mutation ($i: [EnrolMemberInput!]!) { enrolMembers(input: $i) { __typename } }',
    variables: { i: Array.from({ length: Math.ceil(size / 12) }, (_, at) => ({ [`x${at}`]: 1 })) },
  }),
  'digits without an end': (_random, size) => ({
    query: 'mutation ($i: RecordPurchaseInput!) { recordPurchase(input: $i) { __typename } }',
    variables: { i: input({ lines: [{ ...line, quantity: '9'.repeat(size / 2), unitPrice: `0.${'0'.repeat(size / 2)}1` }] }) },
  }),
  'long text in every place': (_random, size) => ({
    query: 'mutation ($i: RecordPurchaseInput!) { recordPurchase(input: $i) { __typename ... on Refusal { message } } }',
    variables: {
      i: { ...input({ lines: [line] }), currency: 'x'.repeat(size / 3), idempotencyKey: 'y'.repeat(size / 3), moneyCurrency: 'z'.repeat(size / 3) },
    },
  }),
  'objects in objects': (_random, size) => ({
    raw: `{"query":"query ($v: Int) { __typename }","variables":{"v":${'{"a":'.repeat(size / 6)}1${'}'.repeat(size / 6)}}}`,
  }),
  'lists in lists': (_random, size) => ({ raw: `{"query":"{ __typename }","variables":{"v":${'['.repeat(size / 2)}${']'.repeat(size / 2)}}}` }),
  'no JSON': (_random, size) => ({ raw: `{"query": ${'"x",'.repeat(size / 4)}` }),
};

/** One part of it times another: these show how they grow when they are large. */
const PRODUCTS: Readonly<Record<string, Make>> = {
  'a fragment in pages of many sizes': (_random, size) => ({
    query: `{ ${many(Math.min(size / 60, 101), (n) => `brands(first: ${n}) { ...F }`)} } fragment F on BrandConnection { ${many(Math.min(size / 40, 500), () => 'edges { cursor }')} }`,
  }),
  'a fragment of literals, over and over': (_random, size) => ({
    query: `mutation { ${many(Math.min(size / 10, 900), () => '...F')} } fragment F on Mutation { ${many(Math.min(size / 100, 140), () => 'recordPurchase(input: { lines: [] })')} }`,
  }),
  'literals in many mutations': (_random, size) => ({
    query: `mutation { ${many(Math.min(size / 30, 390), () => 'redeemMany(input: [])')} }`,
    variables: unused(size / 2),
  }),
  'one variable in many literals': (_random, size) => ({
    query: `mutation ($i: [PurchaseLineInput!]!) { ${many(Math.min(size / 80, 250), () => 'recordPurchase(input: { lines: $i }) { __typename }')} }`,
    variables: { i: Array.from({ length: Math.ceil(size / 6) }, () => ({})) },
  }),
  'one variable over and over': (_random, size) => ({
    query: `mutation ($i: [RecordPurchaseInput!]!) { ${many(Math.min(size / 80, 300), () => 'recordPurchases(input: $i) { __typename }')} }`,
    variables: { i: Array.from({ length: Math.ceil(size / 6) }, () => ({})) },
  }),
};

/** How many kinds there are. */
export const KINDS_OF_REQUEST = Object.keys(KINDS).length + Object.keys(PRODUCTS).length;

/**
 * `count` of them, each kind in turn, of sizes from 300 bytes to the limit of a body; every other with variables that
 * nobody uses besides.
 */
export function worstRequests(count: number, seed: number, mostBytes: number): WorstRequest[] {
  const random = randomFrom(seed);
  const kinds = Object.entries({ ...KINDS, ...PRODUCTS });
  return Array.from({ length: count }, (_, at) => {
    const [kind, make] = kinds[at % kinds.length];
    const size = Math.floor(300 * (mostBytes / 400) ** (kind in PRODUCTS ? 1 - random.next() / 8 : random.next()));
    const made = make(random, size);
    const more = random.int(2) === 0 ? Math.min(size, mostBytes - 1_000 - JSON.stringify(made).length) : 0;
    const besides = more > 0 ? unused(more) : {};
    const body = (nonce: string) => {
      if ('raw' in made) return made.raw.replace('__typename', `a${nonce}: __typename`).slice(0, mostBytes - 200);
      return JSON.stringify({ query: `#${nonce}\n${made.query}`, variables: { ...made.variables, ...besides } });
    };
    if (body('0').length > mostBytes) throw new Error(`${kind}: larger than a body may be`);
    return { name: `${kind} (${body('0').length} bytes${more > 0 ? ', half of them variables that nobody uses' : ''})`, body };
  });
}
