import type { GraphQLSchema } from 'graphql';
import type { Answer } from '../../support/api';
import { type Forbidden, forbiddenIn } from './forbidden';
import { asSeenBy, Id, type Name, namesIn, namingsOf, replacedAt, Who } from './names';
import { NESTED, PROBES } from './probes';
import type { Probe } from './probes/probe';
import { operationFor, type RootField, refusalTypes, rootFields } from './schema-walk';
import type { Actor, Side } from './side';
import type { TwoBrands } from './two-brands';

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly errors: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
  readonly result: Answer;
}

/** A probe with what it needs at both brands. */
export interface Prepared {
  readonly root: RootField;
  readonly probe: Probe;
  readonly ofA: unknown;
  readonly ofB: unknown;
}

/** All probes, with what they need at the brands that calls are to be about. */
export async function prepareProbes(world: TwoBrands, sides: readonly Side[] = [world.a, world.b]): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  for (const root of rootFields(world.schema)) {
    const probe = PROBES[root.name];
    const needs = async (side: Side) => (sides.includes(side) ? probe?.prepare?.(side, world) : undefined);
    if (probe) prepared.push({ root, probe, ofA: await needs(world.a), ofB: await needs(world.b) });
  }
  return prepared;
}

const sources = new Map<string, string>();
function sourceOf(schema: GraphQLSchema, root: RootField, given: readonly string[], depth?: number): string {
  const key = `${root.name} ${given.join(' ')} ${depth}`;
  let source = sources.get(key);
  if (!source) sources.set(key, (source = operationFor(schema, root, given, NESTED, depth)));
  return source;
}

/** Sends it as the bearer of a token, or without one; asks for everything back, or for what is not below `depth`. */
export async function send(world: TwoBrands, token: string | null, root: RootField, variables: Record<string, unknown>, depth?: number): Promise<Reply> {
  const response = await world.points.api.server.inject({
    method: 'POST',
    url: '/graphql',
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    payload: { query: sourceOf(world.schema, root, Object.keys(variables), depth), variables },
  });
  const { data, errors = [] } = response.json();
  return { status: response.statusCode, body: response.body, errors, result: data?.result ?? null };
}

/** Who may make the call, at that brand. */
export function actorOf({ operator, a }: TwoBrands, { probe, ofA, ofB }: Prepared, side: Side): Actor {
  if (probe.by === 'operator') return operator;
  if (probe.by === 'prepared') return ((side === a ? ofA : ofB) as { readonly actor: Actor }).actor;
  return side[probe.by ?? 'client'];
}

/** The call as its own brand makes it. */
export function ownCall(world: TwoBrands, { probe, ofA, ofB }: Prepared, side: Side, actor: Actor, key: string): Record<string, unknown> {
  return asSeenBy(world.points.test.app, actor.principal, probe.args(side, side === world.a ? ofA : ofB, key)) as Record<string, unknown>;
}

/**
 * A call as the attacker makes it about its own things, but for one place: there, another brand's thing; and there,
 * nothing's.
 */
export interface Attack {
  readonly what: string;
  readonly place: string;
  readonly name: Id | Name | Who;
  readonly theirs: Record<string, unknown>;
  readonly madeUp: Record<string, unknown>;
}

/** Every place of a call that names something, in every way to name it. */
export function attacksOn(world: TwoBrands, prepared: Prepared, attacker: Actor, victim: Side, key: () => string): Attack[] {
  const { probe, ofA, ofB } = prepared;
  const { app } = world.points.test;
  const own = (k: string) => asSeenBy(app, attacker.principal, probe.args(world.a, ofA, k)) as Record<string, unknown>;
  const theirs = namesIn(probe.args(victim, victim === world.a ? ofA : ofB, 'x'));
  return theirs.flatMap(({ path, name }) => {
    // A made-up thing is asked for once in each form: who compares does not ask again.
    const asked = new Map<string, Record<string, unknown>>();
    return namingsOf(app, attacker, victim.client, world.operator, name).map((each) => {
      const form = name instanceof Who ? Object.keys(each.theirs as object)[0] : '';
      const place = form ? `${path}.${form}` : path;
      let madeUp = asked.get(form);
      if (!madeUp) asked.set(form, (madeUp = replacedAt(own(key()), path, each.madeUp)));
      return { what: `${path} ${each.naming}`, place, name, theirs: replacedAt(own(key()), path, each.theirs), madeUp };
    });
  });
}

/** How it was refused: a code; null when it was not. An empty list is refused: it shows nothing. */
export function refusalOf(schema: GraphQLSchema, { errors, result }: Reply): string | null {
  if (errors.length > 0) return String(errors[0].extensions.code);
  if (result === null) return 'NULL';
  const answers = Array.isArray(result) ? result : [result];
  const refused = answers.find((answer) => refusalTypes(schema).has(answer.__typename));
  if (refused) return refused.__typename;
  if (answers.some((answer) => /Connection$/.test(answer.__typename) && answer[`${answer.__typename}_edges`].length === 0)) return 'EMPTY';
  return null;
}

/** What can be compared of two replies: ids are new each time, an error's id too. */
export function shapeOf({ status, body }: Reply): string {
  return `${status} ${body}`
    .replaceAll(/\b([a-z]{3})_[0-9a-f]{32}\b/g, '$1_*')
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '*');
}

/** Runs them all and gives what went wrong with each, so that one failure does not hide the others. */
export async function collect(of: readonly Prepared[], tryOne: (each: Prepared, problem: (text: string) => void) => Promise<void>): Promise<string[]> {
  const problems: string[] = [];
  for (const each of of) await tryOne(each, (text) => problems.push(`${each.root.name}: ${text}`));
  return problems;
}

/** What an attack must come to. */
export interface Expected {
  readonly forbidden: Forbidden;
  /** Whether an unexpected error will do: without the permission layer it is the database that refuses. */
  readonly byDatabase?: boolean;
}

/** Attacks on everything of the second brand by somebody of the first: gives what was shown, done or told. */
export async function attackAll(
  world: TwoBrands,
  prepared: readonly Prepared[],
  attacker: Actor,
  key: () => string,
  forbidden: Forbidden,
  byDatabase = false,
): Promise<string[]> {
  const token = await attacker.token();
  return collect(prepared, async (each, problem) => {
    const nothings = new Map<unknown, Promise<Reply>>();
    const attacks = attacksOn(world, each, attacker, world.b, key).filter(
      ({ what, place }) =>
        // A backend tries every form; for its people two forms are enough: their ids are read by the same function.
        (attacker === world.a.client || !/ as (its brand|the coalition) sees it$/.test(what)) &&
        !each.probe.presents?.includes(place) &&
        !(each.probe.gives?.includes(place) && !each.probe.tells),
    );
    await Promise.all(attacks.map((attack) => attackOnce(world, token, each, attack, { forbidden, byDatabase }, nothings, problem)));
  });
}

async function attackOnce(
  world: TwoBrands,
  token: string,
  { root, probe }: Prepared,
  attack: Attack,
  { forbidden, byDatabase }: Expected,
  nothings: Map<unknown, Promise<Reply>>,
  problem: (text: string) => void,
): Promise<void> {
  const reply = await send(world, token, root, attack.theirs);
  for (const found of forbiddenIn(reply.body, forbidden)) problem(`${attack.what} shows ${found}: ${reply.body.slice(0, 300)}`);
  if (probe.gives?.includes(attack.place) || probe.tells?.[attack.place]) return;
  const refusal = refusalOf(world.schema, reply);
  if (refusal === null) return problem(`${attack.what} is answered: ${reply.body.slice(0, 300)}`);
  if (refusal === 'INTERNAL_SERVER_ERROR' && !byDatabase) return problem(`${attack.what} is an unexpected error`);
  // Brands and rates are in the directory: that they exist is known. The permission layer tells nothing of them either.
  if (byDatabase && attack.name instanceof Id && ['brand', 'rate'].includes(attack.name.kind)) return;
  let nothing = nothings.get(attack.madeUp);
  if (!nothing) nothings.set(attack.madeUp, (nothing = send(world, token, root, attack.madeUp)));
  const [theirs, none] = [shapeOf(reply), shapeOf(await nothing)];
  if (theirs !== none) problem(`${attack.what} tells that it exists:\n  ${theirs}\n  ${none}`);
}
