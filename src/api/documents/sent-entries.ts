import { type GraphQLInputType, getNullableType, isInputObjectType, isListType } from 'graphql';
import { isRecord } from './sent-operation';
import { type CountEntries, countOnce, plain } from './sent-values';

/** What an input calls the list whose entries are operations of their own. */
const ROWS = 'rows';

/** What of an argument is counted one by one. */
export interface SentLists {
  /**
   * Finds the list whose entries are operations of their own: the argument itself, or its field `rows`, as every batch
   * of a file has it. null: it has none.
   */
  readonly rowsOf: ((value: unknown) => unknown) | null;
  /** Counts the entries of all other lists; null: there are none. */
  readonly count: CountEntries | null;
}

/** Counters of the argument types of one schema, each made once. */
export class SentEntries {
  private readonly counters = new Map<GraphQLInputType, CountEntries | null>();
  private readonly lists = new Map<GraphQLInputType, SentLists>();

  of(type: GraphQLInputType): SentLists {
    let lists = this.lists.get(type);
    if (!lists) this.lists.set(type, (lists = this.listsOf(type)));
    return lists;
  }

  private listsOf(type: GraphQLInputType): SentLists {
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      const within = this.withinEntries(this.counterOf(nullable.ofType));
      return { rowsOf: plain, count: within && countOnce(within) };
    }
    const rows = isInputObjectType(nullable) ? nullable.getFields()[ROWS] : undefined;
    const all = this.counterOf(nullable);
    if (!rows) return { rowsOf: null, count: all };
    const rowsOf = (value: unknown) => {
      const batch = plain(value);
      return isRecord(batch) ? plain(batch[rows.name]) : undefined;
    };
    // The rows are counted as operations, what is in them as entries.
    return { rowsOf, count: all && countOnce((value) => all(value) - lengthOf(rowsOf(value))) };
  }

  private counterOf(type: GraphQLInputType): CountEntries | null {
    const known = this.counters.get(type);
    if (known !== undefined) return known;
    const nullable = getNullableType(type);
    // A type that holds itself asks for its counter before it has one.
    if (isInputObjectType(nullable)) this.counters.set(type, (value) => this.counters.get(type)?.(value) ?? 0);
    const made = this.makeCounter(nullable);
    const counter = made && countOnce(made);
    this.counters.set(type, counter);
    return counter;
  }

  private makeCounter(type: GraphQLInputType): CountEntries | null {
    if (isListType(type)) {
      const within = this.withinEntries(this.counterOf(type.ofType));
      return (value) => lengthOf(value) + (within?.(value) ?? 0);
    }
    if (!isInputObjectType(type)) return null;
    const fields: (readonly [string, CountEntries])[] = [];
    for (const field of Object.values(type.getFields())) {
      const counter = this.counterOf(field.type);
      if (counter) fields.push([field.name, counter]);
    }
    if (fields.length === 0) return null;
    return (value) => {
      if (!isRecord(value)) return 0;
      let total = 0;
      for (const [name, count] of fields) if (value[name] != null) total += count(value[name]);
      return total;
    };
  }

  private withinEntries(count: CountEntries | null): CountEntries | null {
    if (!count) return null;
    return (value) => {
      if (!Array.isArray(value)) return value == null ? 0 : count(value);
      let total = 0;
      for (const entry of value) total += count(entry);
      return total;
    };
  }
}

/** GraphQL takes a single value for a list of one. */
export function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : value == null ? 0 : 1;
}
