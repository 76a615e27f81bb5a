import { mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { actorOf, type Prepared, type Reply, refusalOf, send } from '../isolation/attack';
import { Id, idAs, namesIn } from '../isolation/names';
import type { Actor } from '../isolation/side';
import type { TwoBrands } from '../isolation/two-brands';
import { randomFrom } from '../run-settings';
import { type Arms, aimed } from './aim';
import { Learned } from './learned';
import type { Victim } from './victim';

/** A call of the walk and what came back. */
export interface Call {
  readonly each: Prepared;
  readonly actor: Actor;
  readonly variables: Record<string, unknown>;
  readonly reply: Reply;
  /** How it was refused; null: it was not. */
  readonly refusal: string | null;
}

/** How often a query or mutation was sent, and how often it was not refused. */
export interface Tally {
  readonly sent: Map<string, number>;
  readonly successful: Map<string, number>;
}

/** A brand that goes over the whole API with what it knows of a victim, and with what earlier calls gave it. */
export class HostileBrand {
  readonly tally: Tally = { sent: new Map(), successful: new Map() };
  readonly learned: Learned;
  private readonly random;
  /** Every query and mutation is sent before chance has its way. */
  private readonly unsent: Prepared[];
  /** Calls that name a member, or give a name to one. */
  private readonly aboutMembers: Prepared[];
  private readonly burns: Prepared[];
  private readonly recent: Pick<Call, 'each' | 'actor' | 'variables'>[] = [];
  private tokens = { at: 0, of: new Map<Actor, string>() };

  private constructor(
    private readonly world: TwoBrands,
    private readonly prepared: readonly Prepared[],
    private readonly victim: Victim,
    /** People of its own who are members, by their own logins. */
    readonly people: readonly Actor[],
    private readonly logins: readonly string[],
    seed: number,
    untouched: ReadonlySet<string>,
  ) {
    this.random = randomFrom(seed);
    this.learned = new Learned(this.random, untouched);
    this.unsent = [...prepared];
    this.burns = prepared.filter(({ root }) => /^Mutation\.(redeem|redeemMany|hold)$/.test(root.name));
    this.aboutMembers = prepared.filter(({ probe, ofA }) =>
      namesIn(probe.args(world.a, ofA, '')).some(({ name }) => !(name instanceof Id) || name.kind === 'member'),
    );
  }

  static async open(world: TwoBrands, prepared: readonly Prepared[], victim: Victim, seed: number): Promise<HostileBrand> {
    const { app } = world.points.test;
    const people = [(await world.a.householder()).actor, (await world.a.householder()).actor];
    const logins = await Promise.all([1, 2, 3].map((n) => mintLocalLogin(app, `mallory ${n} ${victim.customerId}`)));
    return new HostileBrand(world, prepared, victim, people, logins, seed, await whatItNeeds(world));
  }

  /** So many calls, one after another; `seen` gets each. */
  async walk(calls: number, seen: (call: Call) => Promise<void> | void): Promise<void> {
    for (let n = 0; n < calls; n++) {
      const { each, actor, variables } = this.next();
      // What a change answers with is what queries do, which ask for all of it each time.
      const depth = each.root.kind === 'mutation' && this.tally.sent.has(each.root.name) ? SHALLOW : undefined;
      const reply = await send(this.world, await this.tokenOf(actor), each.root, variables, depth);
      const refusal = refusalOf(this.world.schema, reply);
      count(this.tally.sent, each.root.name);
      if (refusal === null) {
        count(this.tally.successful, each.root.name);
        this.learned.takeFrom(reply.body);
      }
      await seen({ each, actor, variables, reply, refusal });
    }
  }

  private next(): Pick<Call, 'each' | 'actor' | 'variables'> {
    const { random, recent } = this;
    if (this.unsent.length === 0 && random.next() < 0.05) return random.pick(recent);
    const each = this.unsent.pop() ?? random.pick(this.some());
    const actor = this.actorFor(each);
    const arms: Arms = {
      app: this.world.points.test.app,
      side: this.world.a,
      victim: this.victim,
      learned: this.learned,
      random,
      logins: this.logins,
    };
    const call = { each, actor, variables: aimed(arms, each, actor.principal) };
    recent.push(call);
    if (recent.length > MOST_RECENT) recent.shift();
    return call;
  }

  /** Half of the calls are about members; of who knows a card, some more burn points. */
  private some(): readonly Prepared[] {
    const chance = this.random.next();
    if (chance < 0.15 && this.victim.known.some(({ kind }) => kind === 'CARD')) return this.burns;
    return chance < 0.55 ? this.aboutMembers : this.prepared;
  }

  /** Most often who may make such a call; its people, its staff, or a session that it was given else. */
  private actorFor(each: Prepared): Actor {
    const { random, world } = this;
    const { a } = world;
    if (random.next() < 0.6) return each.probe.by === 'operator' ? a.client : actorOf(world, each, a);
    const session = this.learned.one('MemberSessionType_token');
    const minted: Actor[] = session ? [{ name: 'a minted session', principal: a.member.principal, token: async () => session }] : [];
    return random.pick([a.client, a.client, ...Object.values(a.staff), a.member, a.sharedMember, ...minted, ...minted, ...this.people, ...this.people]);
  }

  /** A token that is good now; the same one for some seconds. */
  private async tokenOf(actor: Actor): Promise<string> {
    const at = this.world.points.test.clock.now().getTime();
    if (at - this.tokens.at >= TOKEN_KEPT) this.tokens = { at, of: new Map() };
    const token = this.tokens.of.get(actor) ?? (await actor.token());
    this.tokens.of.set(actor, token);
    return token;
  }
}

const MOST_RECENT = 50;
/** Milliseconds. */
const TOKEN_KEPT = 10_000;
/** A member with its wallet and what is in it. */
const SHALLOW = 3;

/** What it would end its own walk with: its API client, its staff, and its partnership for the points. */
async function whatItNeeds({ a, points }: TwoBrands): Promise<Set<string>> {
  const { app, database } = points.test;
  const { rows } = await database.owner.query(
    `SELECT 'client' AS kind, id FROM api_client WHERE brand_id = $1 UNION ALL SELECT 'staff', id FROM staff WHERE brand_id = $1
     UNION ALL SELECT 'partnership', p.id FROM partnership p JOIN currency c ON c.id = p.currency_id WHERE p.brand_id = $1 AND c.code IN ('FLP', 'AIR')`,
    [a.brandId],
  );
  return new Set(rows.map(({ kind, id }) => idAs(app, a.client.principal, new Id(kind, id))));
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
