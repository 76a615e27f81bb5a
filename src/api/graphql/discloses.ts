import type { Declaration, Disclosure } from '../../platform/disclosure';

const declarations = new Map<object, Declaration>();

/**
 * The fields that a class has beyond those of its parent. `of` is what resolvers start from, and never shown.
 * Fields that only a resolver has are named beside them: the build says which are missing, and which there are not.
 */
type EachField<Type, Parent> = Readonly<Record<Exclude<keyof Type, keyof Parent | 'of'>, Disclosure>> & Readonly<Record<string, Disclosure>>;

/**
 * Says who gets each field of an output type, beside it:
 *
 *     @ObjectType('Arrears', { description: '...' })
 *     @Discloses<ArrearsType>({ currency: 'OWN', points: 'OWN', ... })
 *     export class ArrearsType {
 */
export function Discloses<Type = never, Parent = object>(fields: 'NOBODY' | EachField<Type, Parent>): (type: object) => void {
  return (type) => declareDisclosure(type, fields);
}

/** The same of a class that is made, not written. */
export function declareDisclosure(type: object, declaration: Declaration): void {
  declarations.set(type, declaration);
}

/** What a class and its parents declare: who gets a field, and the fields that are named. */
export function declaredOf(type: object): { readonly named: ReadonlyMap<string, Disclosure>; readonly rest: Disclosure | null } {
  const named = new Map<string, Disclosure>();
  let rest: Disclosure | null = null;
  for (let each: object | null = type; each; each = Object.getPrototypeOf(each) as object | null) {
    const declaration = declarations.get(each);
    if (declaration === 'NOBODY') rest = declaration;
    else for (const [field, disclosure] of Object.entries(declaration ?? {})) if (disclosure && !named.has(field)) named.set(field, disclosure);
  }
  return { named, rest };
}
