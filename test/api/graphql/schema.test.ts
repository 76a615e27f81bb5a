import { type GraphQLUnionType, isEnumType, isInputObjectType, isInterfaceType, isObjectType, isSpecifiedScalarType, isUnionType } from 'graphql';
import type { Context } from '../../../src/api/graphql/context';
import { toRefusalAnswer } from '../../../src/api/graphql/refusal.types';
import { buildTesseraSchema, printTesseraSchema } from '../../../src/api/server/build-schema';
import { fundsRefusals, keyRefusals } from '../../../src/ledger/ledger/ledger-refusals';
import type { Refusal } from '../../../src/platform/refusal';

describe('the schema', () => {
  it('describes every type, field, argument and value', () => {
    const missing: string[] = [];
    const expectDescribed = (place: string, { description }: { description?: string | null }) => {
      if (!description) missing.push(place);
    };
    for (const type of Object.values(buildTesseraSchema().getTypeMap())) {
      if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
      // An input is described by its mutation.
      if (!isInputObjectType(type)) expectDescribed(type.name, type);
      if (isEnumType(type)) for (const value of type.getValues()) expectDescribed(`${type.name}.${value.name}`, value);
      if (isInputObjectType(type)) for (const field of Object.values(type.getFields())) expectDescribed(`${type.name}.${field.name}`, field);
      if (!isObjectType(type) && !isInterfaceType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        expectDescribed(`${type.name}.${field.name}`, field);
        for (const argument of field.args) expectDescribed(`${type.name}.${field.name}(${argument.name})`, argument);
      }
    }
    expect(missing).toEqual([]);
  });

  it('is printed in an order of its own', () => {
    const names = [...printTesseraSchema().matchAll(/^(?:type|input|interface|union|enum|scalar) (\w+)/gm)].map(([, name]) => name);
    expect(names).toEqual([...names].sort());
  });

  it.each(['Unavailable', 'BrandSuspended'])('has %s in every answer that can be a refusal', (refusal) => {
    const without = Object.values(buildTesseraSchema().getTypeMap())
      .filter(isUnionType)
      .filter((union) => !union.getTypes().some(({ name }) => name === refusal));
    expect(without).toEqual([]);
  });

  it('makes a refusal that an answer does not list a fault of ours', async () => {
    const union = buildTesseraSchema().getType('CreateBrandResult') as GraphQLUnionType;
    const resolve = async (refusal: Refusal) => union.resolveType?.(toRefusalAnswer({} as Context, refusal), {}, undefined as never, union);
    expect(await resolve(keyRefusals.refuse('IDEMPOTENCY_CONFLICT'))).toBe('IdempotencyConflict');
    const unlisted = fundsRefusals.refuse('INSUFFICIENT_POINTS', { available: 3, requested: 4 });
    await expect(resolve(unlisted)).rejects.toThrow('CreateBrandResult does not list the refusal INSUFFICIENT_POINTS');
    // Nor is it remembered as one of them.
    await expect(resolve(unlisted)).rejects.toThrow('CreateBrandResult does not list the refusal INSUFFICIENT_POINTS');
  });
});
