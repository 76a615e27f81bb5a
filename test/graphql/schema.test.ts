import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, isSpecifiedScalarType } from 'graphql';
import { buildTesseraSchema, printTesseraSchema } from '../../src/graphql/build-schema';

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
});
