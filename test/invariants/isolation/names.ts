import type { Context } from '../../../src/api/graphql/context';
import { type IdKind, showId } from '../../../src/api/graphql/pairwise-ids';
import type { App } from '../../../src/app';
import type { Principal } from '../../../src/coalition/access/principal';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import type { Actor, Person } from './side';

/** In the arguments of a probe: the id of a thing. What is sent for it depends on who is tried. */
export class Id {
  constructor(
    readonly kind: IdKind,
    readonly uuid: Uuid,
  ) {}
}

/** In the arguments of a probe: a member, as a MemberRefInput. */
export class Who {
  constructor(readonly person: Person) {}
}

/** In the arguments of a probe: a name that its brand gave or that a member shows; `meaning` says which. */
export class Name {
  constructor(
    readonly meaning: 'customerId' | 'identifier',
    readonly value: string,
  ) {}
}

/** How a thing is named in a request. */
export type Naming = 'as its brand sees it' | 'by its uuid' | 'as the attacker would see it' | 'as the coalition sees it' | 'by customer id' | 'by identifier';

const hexOf = (uuid: Uuid) => uuid.replaceAll('-', '');

export function idAs(app: App, principal: Principal, { kind, uuid }: Id): string {
  return showId({ app, principal } as unknown as Context, kind, uuid);
}

/** The same prefix and the bare uuid. */
function bareId(app: App, principal: Principal, id: Id): string {
  return `${idAs(app, principal, id).slice(0, 4)}${hexOf(id.uuid)}`;
}

/** The plain arguments, with every name as `principal` sees it. */
export function asSeenBy(app: App, principal: Principal, value: unknown): unknown {
  if (value instanceof Id) return idAs(app, principal, value);
  if (value instanceof Who) return { id: idAs(app, principal, new Id('member', value.person.memberId)) };
  if (value instanceof Name) return value.meaning === 'identifier' ? { kind: 'CARD', value: value.value } : value.value;
  if (Array.isArray(value)) return value.map((each) => asSeenBy(app, principal, each));
  if (value !== null && typeof value === 'object' && !(value instanceof Date))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asSeenBy(app, principal, each)]));
  return value;
}

/** Where in the arguments something is named: paths with list places as ".0", as inputPlaces gives them. */
export function namesIn(value: unknown, path = ''): { path: string; name: Id | Who | Name }[] {
  if (value instanceof Id || value instanceof Who || value instanceof Name) return [{ path, name: value }];
  if (Array.isArray(value)) return value.flatMap((each) => namesIn(each, `${path}.0`));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, each]) => namesIn(each, path ? `${path}.${name}` : name));
}

/** The places of a schema's ids that such a name covers. */
export function placesCovered({ path, name }: { path: string; name: Id | Who | Name }): string[] {
  return name instanceof Who ? [`${path}.id`, `${path}.customerId`, `${path}.identifier`] : [path];
}

/** A copy of the arguments with something else at a path. */
export function replacedAt<T>(value: T, path: string, by: unknown): T {
  const [first, ...rest] = path.split('.');
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copy[first] = rest.length > 0 ? replacedAt(copy[first], rest.join('.'), by) : by;
  return copy as T;
}

/**
 * One thing of the other brand, in every way that an attacker may name it, and a thing that does not exist in the same
 * ways.
 */
export function namingsOf(
  app: App,
  attacker: Actor,
  owner: Actor,
  coalition: Actor,
  name: Id | Who | Name,
): { naming: Naming; theirs: unknown; madeUp: unknown }[] {
  if (name instanceof Name) {
    const shown = (value: string) => (name.meaning === 'identifier' ? { kind: 'CARD', value } : value);
    const naming = name.meaning === 'identifier' ? 'by identifier' : 'by customer id';
    return [{ naming, theirs: shown(name.value), madeUp: shown(`nobody ${newUuid()}`) }];
  }
  if (name instanceof Who) {
    const byId = namingsOf(app, attacker, owner, coalition, new Id('member', name.person.memberId));
    return [
      ...byId.map(({ naming, theirs, madeUp }) => ({ naming, theirs: { id: theirs }, madeUp: { id: madeUp } })),
      ...namingsOf(app, attacker, owner, coalition, new Name('customerId', name.person.customerId)).map((each) => ({
        ...each,
        theirs: { customerId: each.theirs },
        madeUp: { customerId: each.madeUp },
      })),
      ...namingsOf(app, attacker, owner, coalition, new Name('identifier', name.person.card)).map((each) => ({
        ...each,
        theirs: { identifier: each.theirs },
        madeUp: { identifier: each.madeUp },
      })),
    ];
  }
  // One for all four: the second and later of these questions would be the same.
  const madeUp = idAs(app, attacker.principal, new Id(name.kind, newUuid()));
  return [
    { naming: 'as its brand sees it', theirs: idAs(app, owner.principal, name), madeUp },
    { naming: 'by its uuid', theirs: bareId(app, owner.principal, name), madeUp },
    { naming: 'as the attacker would see it', theirs: idAs(app, attacker.principal, name), madeUp },
    { naming: 'as the coalition sees it', theirs: idAs(app, coalition.principal, name), madeUp },
  ];
}
