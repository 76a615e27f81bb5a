import { buildSchema, isInterfaceType, isObjectType } from 'graphql';
import { disclosureMap } from '../../../src/api/graphql/disclosure-map';
import { buildTesseraSchema } from '../../../src/api/server/build-schema';

it('knows of every field of every type who gets it', () => {
  const schema = buildTesseraSchema();
  const map = disclosureMap(schema);
  const types = Object.values(schema.getTypeMap()).filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'));
  const fields = types.flatMap((type) =>
    isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
  );
  expect(fields.length).toBeGreaterThan(1_000);
  expect([...map.keys()].sort()).toEqual(fields.sort());
});

it('has what classes, their parents, refusals, connections and rules declare', () => {
  const map = disclosureMap(buildTesseraSchema());
  const of = ['Balance.held', 'CurrencyBalance.held', 'CurrencyBalance.nextExpiries', 'Refund.balance', 'Wallet.expiring', 'InsufficientPoints.available'];
  expect(of.map((field) => map.get(field))).toEqual(['WALLET', 'WALLET', 'WALLET', 'PROGRAMME', 'WALLET', 'PROGRAMME']);
  const about = ['InsufficientPoints.message', 'RedemptionToRefund.points', 'MovementEdge.node', 'GiftRule.minimum', 'Query.expiryNotices', 'Mutation.redeem'];
  expect(about.map((field) => map.get(field))).toEqual(['PROGRAMME', 'OWN', 'NOBODY', 'NOBODY', 'WALLET', 'NOBODY']);
});

it('names each field that does not say who gets it, and each declaration of a field that there is not', () => {
  const undeclared = buildSchema('type Query { thing: Thing, pool: Thing, count: Int } type Thing { owner: String }');
  expect(() => disclosureMap(undeclared)).toThrow('Thing.owner does not say who gets it');
  expect(() => disclosureMap(undeclared)).toThrow('Query.count does not say who gets it');
  expect(() => disclosureMap(undeclared)).toThrow('Query has no field balanceAt');
});
