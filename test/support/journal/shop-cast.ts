import type { Uuid } from '../../../src/platform/ids';
import { householdsOf, type Person } from '../households';
import type { ShopCoalition, Till } from '../shop-coalition';
import type { Words } from './read-journal';

/** Something that was done, and can be asked again. */
export interface Done {
  readonly till: Till | null;
  /** `changed`: fields of the command that are other than the first time. */
  readonly send: (changed: object) => Promise<object>;
  /** Absent: it was refused. */
  answer?: object;
}

type Named = 'redemptionId' | 'purchaseId' | 'returnId';

/** Who takes part in a journal, and what was done in it by name. */
export class ShopCast {
  readonly people: ReturnType<typeof householdsOf>;
  private readonly persons = new Map<string, Promise<Person>>();
  private readonly names = new Map<Uuid, string>();
  private readonly done = new Map<string, Done>();
  private readonly pools = new Map<string, Uuid>();

  /** People are members of the first of the brands. */
  constructor(
    readonly shop: ShopCoalition,
    private readonly tills: Readonly<Record<string, Till>>,
  ) {
    this.people = householdsOf(shop, Object.values(tills)[0]);
  }

  /** Who is named for the first time is enrolled. */
  person(name = ''): Promise<Person> {
    const person = this.persons.get(name) ?? this.enrol(name);
    this.persons.set(name, person);
    return person;
  }

  private async enrol(name: string): Promise<Person> {
    const person = await this.people.person();
    this.names.set(person.memberId, name);
    return person;
  }

  nameOf(memberId: Uuid): string {
    return this.names.get(memberId) ?? 'somebody';
  }

  /** The household of somebody who is in it, or was. */
  poolOf(name = ''): Uuid {
    return found(this.pools, name, 'No household');
  }

  inPool(name = '', poolId: Uuid): void {
    this.pools.set(name, poolId);
  }

  till(code = ''): Till {
    return found(new Map(Object.entries(this.tills)), code, 'No brand');
  }

  did(name = ''): Done {
    return found(this.done, name, 'Nothing');
  }

  idOf(name: string | undefined, kind: Named): Uuid {
    const { [kind]: id } = (this.did(name).answer ?? {}) as Partial<Record<Named, Uuid>>;
    if (id === undefined) throw new Error(`${name} has no ${kind}.`);
    return id;
  }

  /** Does it, remembers it if it has a name, and returns its answer with the balance's fields among its own. */
  async ask({ name }: Words, till: Till | null, send: Done['send']): Promise<object> {
    const done: Done = { till, send };
    if (name !== undefined) this.done.set(name, done);
    done.answer = await send({});
    const { balance } = done.answer as { balance?: object | null };
    return { ...balance, ...done.answer };
  }
}

function found<Thing>(all: ReadonlyMap<string, Thing>, name: string, nothing: string): Thing {
  const thing = all.get(name);
  if (thing === undefined) throw new Error(`${nothing} is named ${name}: there is ${[...all.keys()].join(', ') || 'nothing so far'}.`);
  return thing;
}
