import { Kind, type ValueNode, valueFromASTUntyped } from 'graphql';

export type Variables = Readonly<Record<string, unknown>>;

/** How many entries the lists within a value have, lists in lists and in objects counted. */
export type CountEntries = (value: unknown) => number;

/** A variable as it is sent. Wherever the document uses it, what it holds is gone through once. */
class SentVariable {
  private counts: Map<CountEntries, number> | undefined;
  /** The most of its entries that any use of it has. */
  most = 0;

  constructor(
    readonly value: unknown,
    private readonly values: SentValues,
  ) {}

  countBy(count: CountEntries): number {
    let entries = this.counts?.get(count);
    if (entries === undefined) {
      this.counts ??= new Map();
      this.counts.set(count, (entries = count(this.value)));
      this.most = Math.max(this.most, entries);
    }
    this.values.countedInVariables += entries;
    return entries;
  }
}

/**
 * The values of a request's arguments. The time that it takes grows with the document and with what is sent, not with
 * the product of the two. Each literal is read once. A variable in it is held without a look. What nobody uses is not
 * looked at.
 */
export class SentValues {
  private readonly variables = new Map<string, SentVariable>();
  private literals: Map<ValueNode, unknown> | undefined;
  /** Entries of variables in all that has been counted yet, each as often as it is used. */
  countedInVariables = 0;

  constructor(
    private readonly defaults: Variables | null,
    private readonly sent: Variables,
  ) {}

  /** For `plain`, and for counters that were made by `countOnce`. */
  of(node: ValueNode): unknown {
    if (node.kind === Kind.VARIABLE) return this.variableOf(node.name.value);
    if (node.kind !== Kind.LIST && node.kind !== Kind.OBJECT) return valueFromASTUntyped(node);
    this.literals ??= new Map();
    if (!this.literals.has(node)) this.literals.set(node, this.read(node));
    return this.literals.get(node);
  }

  /** Entries of the variables that were counted, each variable once. */
  ofVariablesOnce(): number {
    let entries = 0;
    for (const { most } of this.variables.values()) entries += most;
    return entries;
  }

  private read(node: ValueNode): unknown {
    if (node.kind === Kind.LIST) return node.values.map((each) => this.read(each));
    if (node.kind !== Kind.OBJECT) return node.kind === Kind.VARIABLE ? this.variableOf(node.name.value) : valueFromASTUntyped(node);
    const object = Object.create(null) as Record<string, unknown>;
    for (const { name, value } of node.fields) object[name.value] = this.read(value);
    return object;
  }

  private variableOf(name: string): SentVariable {
    let variable = this.variables.get(name);
    // Its own only: what is left out has its default or no value, whatever its name.
    if (!variable) this.variables.set(name, (variable = new SentVariable(Object.hasOwn(this.sent, name) ? this.sent[name] : this.defaults?.[name], this)));
    return variable;
  }
}

/** A value by itself, whether the document or a variable holds it. */
export function plain(value: unknown): unknown {
  return value instanceof SentVariable ? value.value : value;
}

/** A counter that goes through each variable once, however often it is used. */
export function countOnce(count: CountEntries): CountEntries {
  return (value) => (value instanceof SentVariable ? value.countBy(count) : count(value));
}
