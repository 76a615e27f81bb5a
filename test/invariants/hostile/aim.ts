import { type GraphQLInputType, getNamedType, isEnumType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import type { App } from '../../../src/app';
import type { Principal } from '../../../src/coalition/access/principal';
import { newUuid } from '../../../src/platform/ids';
import type { Prepared } from '../isolation/attack';
import { asSeenBy, Id, idAs, Name, namesIn, replacedAt, Who } from '../isolation/names';
import type { Side } from '../isolation/side';
import type { randomFrom } from '../run-settings';
import type { Learned } from './learned';
import type { Victim } from './victim';

/** What the attacker has to make calls of. */
export interface Arms {
  readonly app: App;
  readonly side: Side;
  readonly victim: Victim;
  readonly learned: Learned;
  readonly random: ReturnType<typeof randomFrom>;
  /** Tokens of logins of the attacker's own. */
  readonly logins: readonly string[];
}

/** A call that would be good about the attacker's own things, with the victim or what answers gave in their places. */
export function aimed(arms: Arms, { root, probe, ofA }: Prepared, asker: Principal): Record<string, unknown> {
  const { app, side, random } = arms;
  let args = probe.args(side, ofA, newUuid());
  for (const { path, name } of namesIn(args)) {
    const by = inPlaceOf(arms, name, asker);
    if (by !== null) args = replacedAt(args, path, by);
  }
  const plain = asSeenBy(app, asker, args) as Record<string, unknown>;
  return Object.fromEntries(
    root.field.args.flatMap(({ name, type }) => {
      const value = name in plain ? turned(arms, type, name, plain[name], asker) : random.next() < 0.15 ? madeUp(arms, type, name, asker) : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** null: it stays as it is. */
function inPlaceOf(arms: Arms, name: Id | Who | Name, asker: Principal): unknown {
  const { random, victim, learned } = arms;
  if (name instanceof Who) return random.next() < 0.25 ? null : member(arms, asker);
  if (name instanceof Name) {
    if (random.next() < 0.3) return null;
    return name.meaning === 'customerId' ? customerId(arms) : shown(arms);
  }
  const chance = random.next();
  if (name.kind === 'member' && chance < 0.5) return idAs(arms.app, asker, new Id('member', victim.memberId));
  if (chance < 0.4) return null;
  return learned.one(idAs(arms.app, asker, name).slice(0, 3));
}

/** Somebody, most often the victim, in one of the ways in which a member is named. */
function member(arms: Arms, asker: Principal): Record<string, unknown> {
  const { app, victim, learned, random } = arms;
  const chance = random.next();
  if (chance < 0.6) return { identifier: shown(arms) };
  if (chance < 0.75) return { id: idAs(app, asker, new Id('member', victim.memberId)) };
  if (chance < 0.85) return { customerId: customerId(arms) };
  const [id, tillCode] = [learned.one('mem'), learned.one('TillCode_code')];
  return chance < 0.95 && id !== null ? { id } : { tillCode: tillCode ?? 'ABCD-EFGH-JKLM' };
}

/** What the victim is found by: the card as often as the others together. */
function shown({ random, victim: { known } }: Arms): Victim['known'][number] {
  const card = known.find(({ kind }) => kind === 'CARD');
  return card && random.next() < 0.5 ? card : random.pick(known);
}

/** What the attacker calls the victim, once it is let: one of many, for some are somebody else's by then. */
function customerId({ random, victim }: Arms): string {
  return `${victim.customerId} ${random.int(20)}`;
}

/** The value with some of what its fields leave out put in, and some of its points and tokens changed. */
function turned(arms: Arms, wrapped: GraphQLInputType, name: string, value: unknown, asker: Principal): unknown {
  const type = isNonNullType(wrapped) ? wrapped.ofType : wrapped;
  if (isListType(type)) return Array.isArray(value) ? value.map((each) => turned(arms, type.ofType, name, each, asker)) : value;
  const { random } = arms;
  if (!isInputObjectType(type)) {
    const other = CHANGED.has(type.name) || /^(token|claimCode|code)$/.test(name) ? madeUp(arms, type, name, asker) : undefined;
    return other !== undefined && random.next() < 0.5 ? other : value;
  }
  // Of a reference to a member only one field may be given.
  if (type.name === 'MemberRefInput' || value === null || typeof value !== 'object') return value;
  const given = value as Readonly<Record<string, unknown>>;
  const fields = Object.values(type.getFields()).flatMap((field) => {
    if (!isNonNullType(field.type) && random.next() < 0.25) return [];
    const left = !(field.name in given) && random.next() < 0.08 ? madeUp(arms, field.type, field.name, asker) : undefined;
    const put = field.name in given ? turned(arms, field.type, field.name, given[field.name], asker) : left;
    return put === undefined ? [] : [[field.name, put]];
  });
  return Object.fromEntries(fields);
}

const CHANGED: ReadonlySet<string> = new Set(['Points']);

/** Which ids a field of this name takes. */
const PREFIXES: Readonly<Record<string, string>> = { memberId: 'mem', brandId: 'brd', withBrandId: 'brd', redemptionIds: 'red', quoteId: 'quo' };

/** A value for a place that nothing was given for; undefined: none. */
function madeUp(arms: Arms, wrapped: GraphQLInputType, name: string, asker: Principal): unknown {
  const type = getNamedType(wrapped);
  const { random, learned } = arms;
  const one = (): unknown => {
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    switch (type.name) {
      case 'Boolean':
        return random.next() < 0.5;
      case 'Points':
        return random.pick([10, 50, 100, 200, 300, 500, 1_000, 2_000, 9_999_990]);
      case 'MemberRefInput':
        return member(arms, asker);
      case 'IdentifierInput':
        return shown(arms);
      case 'ID':
        return learned.one(PREFIXES[name] ?? 'pur') ?? undefined;
      case 'DateTime':
        return new Date(arms.app.clock.now().getTime() - random.int(3 * 86_400_000)).toISOString();
      default:
        return type.name === 'String' ? text(arms, name) : undefined;
    }
  };
  const value = one();
  return value !== undefined && isListType(isNonNullType(wrapped) ? wrapped.ofType : wrapped) ? [value] : value;
}

function text(arms: Arms, name: string): string | undefined {
  const { learned, random, logins } = arms;
  switch (name) {
    case 'after':
      return learned.one('cursor') ?? undefined;
    case 'token':
      return random.pick(logins);
    case 'claimCode':
      return learned.one('ClaimCode_code') ?? undefined;
    case 'code':
      return learned.one('TillCode_code') ?? undefined;
    case 'customerId':
      return customerId(arms);
    case 'reference':
      return `receipt ${random.int(50)}`;
    case 'reason':
    case 'channel':
    case 'instrument':
      return 'web';
    default:
      return undefined;
  }
}
