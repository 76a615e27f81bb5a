import { buildSchema, getIntrospectionQuery, isInputObjectType, type OperationDefinitionNode, parse } from 'graphql';
import { OperationMeasurer } from '../../../src/api/documents/operation-cost';
import { costOfBytes } from '../../../src/api/documents/query-limits';
import { SEND } from '../../../src/api/ingest/client/send-file';
import { buildTesseraSchema } from '../../../src/api/server/build-schema';
import { readConfig } from '../../../src/platform/config';

const tessera = buildTesseraSchema();

describe('cost', () => {
  const schema = buildSchema(`
    type Query { a: A!, list: [A!]!, page(first: Int = 20): [A!]! }
    type A { a: A!, list: [A!]!, name: String! }
    type Mutation { one(input: Int!): A!, bulk(input: [Int!]!): [A!]! }
  `);
  const measure = (query: string, variables = {}) => {
    const document = parse(query);
    const operation = document.definitions.find((each) => each.kind === 'OperationDefinition');
    if (operation?.kind !== 'OperationDefinition') throw new Error('no operation');
    return new OperationMeasurer(schema, 4_000).measure(document, operation, variables);
  };

  it('counts fields, lists as five, and a bulk by what is sent', () => {
    expect(measure('{ a { name } }').cost).toBe(2);
    expect(measure('{ list { name a { name } } }').cost).toBe(1 + 5 * 3);
    expect(measure('mutation { one(input: 1) { name } }').cost).toBe(11);
    expect(measure('mutation ($i: [Int!]!) { bulk(input: $i) { name } }', { i: [1, 2, 3] }).cost).toBe(3 * 10 + 3);
    expect(measure('mutation { bulk(input: 1) { name } }').cost).toBe(10 + 5);
  });

  it('counts the entries of all lists that are sent, each time that they are used', () => {
    const lists = buildSchema(`
      type Query { a(of: Filter): Int! }
      type Mutation { one(input: Row!): Int!, bulk(input: [Row!]!): [Int!]! }
      input Filter { kinds: [Int!] }
      input Row { lines: [Line!], tags: [Int!] }
      input Line { codes: [Int!]!, line: Line }
    `);
    const measureIn = (query: string, variables = {}) => {
      const document = parse(query);
      const [operation] = document.definitions.flatMap((each) => (each.kind === 'OperationDefinition' ? [each] : []));
      return new OperationMeasurer(lists, 4_000).measure(document, operation, variables);
    };
    const row = { lines: [{ codes: [1, 2] }, { codes: [], line: { codes: [1] } }], tags: [1] };
    expect(measureIn('mutation ($r: Row!) { one(input: $r) }', { r: row })).toMatchObject({ cost: 10 + 6, sentOnce: 6 });
    expect(measureIn('mutation { one(input: { lines: [{ codes: [1, 2] }], tags: 1 }) }')).toMatchObject({ cost: 10 + 4, sentOnce: 4 });
    expect(measureIn('mutation ($r: [Row!]!) { bulk(input: $r) }', { r: [row, row] })).toMatchObject({ cost: 20 + 12, sentOnce: 12 });
    expect(measureIn('mutation ($r: Row!) { a: one(input: $r) b: one(input: $r) }', { r: row })).toMatchObject({ cost: 20 + 12, sentOnce: 6 });
    expect(measureIn('mutation ($t: [Int!]) { a: one(input: { tags: $t }) }', { t: [1, 2, 3] })).toMatchObject({ cost: 10 + 3, sentOnce: 3 });
  });

  describe('is found out in time that grows with what is sent, not with one part of it times another', () => {
    const lists = buildSchema(`
      type Query { page(first: Int = 20): Page! }
      type Page { edges: [Int!]! }
      type Mutation { one(input: Row!): Int!, bulk(input: [Row!]!): [Int!]! }
      input Row { lines: [Line!], tags: [Int!] }
      input Line { codes: [Int!]! }
    `);
    const measureIn = (query: string, variables: object = {}) => {
      const document = parse(query);
      const [operation] = document.definitions.flatMap((each) => (each.kind === 'OperationDefinition' ? [each] : []));
      return new OperationMeasurer(lists, 4_000).measure(document, operation, variables as Record<string, unknown>);
    };
    const fifty = (field: string) => Array.from({ length: 50 }, () => field).join(' ');

    it('without a look at variables that are not used', () => {
      let looks = 0;
      const variables = new Proxy({ t: [1, 2], u: 0 } as Record<string, unknown>, { ownKeys: (of) => Reflect.ownKeys(Object.assign(of, { u: ++looks })) });
      const query = `mutation ($t: [Int!]) { ${fifty('bulk(input: [{ tags: [1] }, { tags: $t }])')} }`;
      expect(measureIn(query, variables)).toMatchObject({ cost: 50 * (2 * 10 + 3), sentOnce: 50 + 2 });
      expect(looks).toBe(0);
    });

    it('with one look at what a variable holds, however often it is used', () => {
      let looks = 0;
      const line = Object.defineProperty({}, 'codes', { get: () => [++looks] });
      const uses = `${fifty('one(input: { lines: $l })')} ${fifty('one(input: { lines: [$m] })')} ${fifty('one(input: $r)')} ${fifty('bulk(input: $b)')}`;
      const row = { lines: [line] };
      const measured = measureIn(`mutation ($l: [Line!], $m: Line!, $r: Row!, $b: [Row!]!) { ${uses} }`, { l: [line], m: line, r: row, b: [row] });
      // Of the list in the literal itself, each of the fifty has one entry.
      expect(measured).toMatchObject({ cost: 50 * (4 * 10 + 2 + 2 + 2 + 2), sentOnce: 2 + (50 + 1) + 2 + 2 });
      expect(looks).toBeLessThan(20);
    });

    it('and beyond every bound for a short document that takes longer', () => {
      const pages = (fields: number) =>
        `{ ${Array.from({ length: 101 }, (_, n) => `page(first: ${n}) { ...F }`).join(' ')} } fragment F on Page { ${'edges '.repeat(fields)} }`;
      expect(measureIn(pages(20)).cost).toBe(101 + 101 * 20);
      expect(measureIn(pages(1_000)).cost).toBe(1e12);
      const literals = (spreads: number) => `mutation { ${'...F '.repeat(spreads)} } fragment F on Mutation { ${fifty('one(input: { tags: [1] })')} }`;
      expect(measureIn(literals(50)).cost).toBe(50 * 50 * 11);
      expect(measureIn(literals(1_000)).cost).toBe(1e12);
    });
  });

  it('counts each row of a batch as an operation, within an input too', () => {
    const costOf = (mutation: string, rows: object[]) => {
      const input = mutation.replace(/^i/, 'I');
      const document = parse(`mutation ($i: ${input}Input!) { ${mutation}(input: $i) { ... on ImportedBatch { errors { line message } } } }`);
      const [operation] = document.definitions.flatMap((each) => (each.kind === 'OperationDefinition' ? [each] : []));
      return new OperationMeasurer(tessera, 4_000).measure(document, operation, { i: { rows } });
    };
    const mutations = Object.keys(tessera.getMutationType()?.getFields() ?? {}).filter((name) => {
      const input = tessera.getType(`${name[0].toUpperCase()}${name.slice(1)}Input`);
      return isInputObjectType(input) && 'rows' in input.getFields();
    });
    expect(mutations).toEqual(expect.arrayContaining(['importMembers', 'importOpenings', 'importPurchases']));
    const rows = Array.from({ length: 500 }, () => ({}));
    // Each row, and the list of errors with one for each row.
    for (const mutation of mutations) expect(costOf(mutation, rows)).toMatchObject({ cost: 500 * 10 + 1 + 500 * 2, sentOnce: 0 });
    const baskets = Array.from({ length: 500 }, () => ({ lines: [{}, {}] }));
    expect(costOf('importPurchases', baskets)).toMatchObject({ cost: 500 * 10 + 500 * 2 + 1 + 500 * 2, sentOnce: 1_000 });
  });

  describe('of the schema itself', () => {
    const costOf = (query: string) => {
      const document = parse(query);
      const [operation] = document.definitions.flatMap((each) => (each.kind === 'OperationDefinition' ? [each] : []));
      return new OperationMeasurer(tessera, 4_000).measure(document, operation, {}).cost;
    };
    const types = Object.keys(tessera.getTypeMap()).length;

    it('is a tenth of a unit for each thing that is told', () => {
      expect(costOf('{ __schema { types { name } } }')).toBeCloseTo(0.1 + 0.1 + types * 0.1, 5);
    });

    it('grows with each level of a tower of aliases', () => {
      const tower = (width: number) => {
        const aliases = (of: string) => Array.from({ length: width }, (_, n) => `a${n}: ${of}`).join(' ');
        return `{ __schema { types { ...A } } } fragment A on __Type { ${aliases('interfaces { ...B }')} } fragment B on __Type { ${aliases('possibleTypes { ...C }')} }
          fragment C on __Type { ${aliases('name')} }`;
      };
      expect(costOf(tower(4))).toBeGreaterThan(10_000);
      expect(costOf(tower(10)) / costOf(tower(4))).toBeGreaterThan(10);
    });

    it('leaves room for what tools ask, at the costs and depth that are allowed by default', () => {
      expect(costOf(getIntrospectionQuery())).toBeLessThan(5_000);
    });
  });

  it('leaves room for a file that comes in as fast as the ledger takes it', () => {
    const { cost: most } = readConfig({}).limits.rates.brand;
    const row = {
      line: 2,
      cells: {
        reference: 'receipt 1234567',
        customerId: 'customer 1234567',
        sku: '85123A',
        quantity: '12',
        unitPrice: '2.55',
        occurredAt: '2026-03-10T09:00:00Z',
      },
    };
    const variables = { input: { importId: `imp_${'0'.repeat(32)}`, rows: Array.from({ length: 500 }, () => row) } };
    const document = parse(SEND.PURCHASES);
    const [operation] = document.definitions as OperationDefinitionNode[];
    const cost =
      costOfBytes(JSON.stringify({ query: SEND.PURCHASES, variables }).length) +
      new OperationMeasurer(tessera, 4_000).measure(document, operation, variables).cost;
    // More rows a second than the ledger books on the machines of docs/performance.md.
    expect((cost / 500) * 25_000 * 60).toBeLessThan(most);
    // So the limit is one that such a file could meet.
    expect((cost / 500) * 250_000 * 60).toBeGreaterThan(most);
  });

  it('is that of what is sent now, although an operation is measured once for the sizes of it', () => {
    const document = parse('query ($n: Int = 3, $i: [Int!] = [1]) { page(first: $n) { name } } mutation M($i: [Int!] = [1, 2]) { bulk(input: $i) { name } }');
    const [query, mutation] = document.definitions.flatMap((each) => (each.kind === 'OperationDefinition' ? [each] : []));
    const measurer = new OperationMeasurer(schema, 4_000);
    for (const variables of [
      {},
      { n: 2 },
      { n: 50 },
      { n: null },
      { n: 'x' },
      { n: -1 },
      { n: 2 },
      {},
      { i: [1, 2] },
      { i: [1] },
      { i: null },
      { i: 'x' },
      { i: [2] },
    ])
      for (const operation of [query, mutation])
        expect(measurer.measure(document, operation, variables)).toEqual(new OperationMeasurer(schema, 4_000).measure(document, operation, variables));
    expect(measurer.measure(document, mutation, {}).cost).toBe(2 * 10 + 2);
    expect(measurer.measure(document, mutation, { i: [1, 2, 3, 4] }).cost).toBe(4 * 10 + 4);
  });

  it('counts what is left out by its default, whatever the variable is called', () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      const document = parse(`mutation ($${name}: [Int!]! = [1, 2, 3]) { bulk(input: $${name}) { name } }`);
      const [operation] = document.definitions.flatMap((each) => (each.kind === 'OperationDefinition' ? [each] : []));
      const measurer = new OperationMeasurer(schema, 4_000);
      expect(measurer.measure(document, operation, JSON.parse(`{ "${name}": "x" }`)).cost).toBe(10 + 5);
      expect(measurer.measure(document, operation, {}).cost).toBe(3 * 10 + 3);
    }
  });

  it('of fragments that double at every level is counted at once', () => {
    const levels = Array.from({ length: 60 }, (_, n) => `fragment F${n} on A { x: a { ...F${n + 1} } y: a { ...F${n + 1} } }`).join(' ');
    const began = performance.now();
    expect(measure(`{ a { ...F0 } } ${levels} fragment F60 on A { name }`).cost).toBe(1e12);
    // One after the other they would be counted for years.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
