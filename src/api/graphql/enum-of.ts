import { registerEnumType } from 'type-graphql';

const enums = new Map<string, object>();

/** Makes a GraphQL enum of names, each with its description; the names themselves are the values. */
export function enumOf<Name extends string>(name: string, description: string, values: Readonly<Record<Name, string>>): Readonly<Record<Name, Name>> {
  const names = Object.fromEntries(Object.keys(values).map((each) => [each, each])) as Record<Name, Name>;
  const valuesConfig = Object.fromEntries(Object.entries<string>(values).map(([each, meaning]) => [each, { description: meaning }]));
  registerEnumType(names, { name, description, valuesConfig: valuesConfig as Record<Name, { description: string }> });
  enums.set(name, names);
  return names;
}

/** The enum of that name. */
export function enumNamed(name: string): object {
  const known = enums.get(name);
  if (!known) throw new Error(`there is no enum ${name}`);
  return known;
}
