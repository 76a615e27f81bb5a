import { randomUUID } from 'node:crypto';
import { actorOf, type Prepared, type Reply, send } from '../isolation/attack';
import { openKeptBrands } from '../isolation/kept-brands';
import { asSeenBy, Who } from '../isolation/names';
import type { TwoBrands } from '../isolation/two-brands';
import { everything, fingerprint } from '../isolation/visible-rows';

export const key = () => randomUUID();
export const eur = (amount: string, currency = 'EUR') => ({ amount, currency });
export const lines = (...prices: string[]) => prices.map((unitPrice) => ({ sku: 'thing', quantity: '1', unitPrice }));

/** The answer of a field without what tells a repetition from a first answer. */
export function settled(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result, (name, value) => (/_(duplicate|secret)$/.test(name) ? undefined : value)));
}

/** Requests of one of two brands, and a look at all that they write. */
export class Desk {
  private constructor(
    readonly world: TwoBrands,
    readonly prepared: readonly Prepared[],
  ) {}

  static async open(): Promise<Desk> {
    const { world, prepared } = await openKeptBrands();
    return new Desk(world, prepared);
  }

  find(mutation: string): Prepared {
    return this.prepared.find(({ root }) => root.name === `Mutation.${mutation}`) as Prepared;
  }

  /** Calls a mutation as the brand, with names of things as it sees them. */
  async call(mutation: string, input: unknown): Promise<Reply> {
    const each = this.find(mutation);
    const actor = actorOf(this.world, each, this.world.a);
    const variables = asSeenBy(this.world.points.test.app, actor.principal, { input }) as Record<string, unknown>;
    return send(this.world, await actor.token(), each.root, variables);
  }

  /** All rows by table; stored refusals only when asked. */
  writtenNow(all = false): Promise<Record<string, string>> {
    const conditions = all ? everything() : { ...everything(), posting: "outcome <> 'REFUSED'" };
    return fingerprint(this.world.points.test.database.owner, conditions);
  }

  async refusedPostings(): Promise<number> {
    return (await this.world.points.test.database.owner.query("SELECT count(*)::int AS n FROM posting WHERE outcome = 'REFUSED'")).rows[0].n;
  }

  /** A purchase of 10 euros by the brand's own member. */
  purchase(more: object = {}) {
    return { idempotencyKey: key(), member: new Who(this.world.a.own), currency: 'FLP', lines: lines('10'), moneyCurrency: 'EUR', ...more };
  }

  /** 20 points of theirs for a purchase of 100 euros. */
  spending(more: object = {}) {
    return { idempotencyKey: key(), member: new Who(this.world.a.own), currency: 'FLP', points: 20, purchaseAmount: eur('100'), ...more };
  }
}
