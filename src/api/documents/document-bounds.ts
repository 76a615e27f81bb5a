import { type DocumentNode, GraphQLError, Kind, visit } from 'graphql';

/** Characters a token, on the average of a document: names and comments of any sensible length have room. */
const CHARACTERS_A_TOKEN = 25;
/**
 * How much the operations of a document may come to, each with the fragments that it reaches: so many times the nodes
 * that a document may have as tokens.
 */
const OPERATIONS_TOGETHER = 4;

/** A longer text is not even parsed. Places of errors are looked for in the whole text, each anew. */
export function requireShort(text: string, tokens: number): void {
  const most = tokens * CHARACTERS_A_TOKEN;
  if (text.length > most)
    throw limitExceeded(`The document has ${text.length} characters; at most ${most} are allowed. Send values as variables, and leave comments out.`);
}

/**
 * Throws a GraphQLError for a document that would keep validation busy for longer than its size says: one with
 * fragments that spread themselves, or with operations that each reach the same fragments. Looks at each fragment once.
 */
export function requireBounded(document: DocumentNode, tokens: number): void {
  const fragments = new Map<string, Reach>();
  const operations: Reach[] = [];
  for (const definition of document.definitions) {
    const reach = reachOf(definition);
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, reach);
    else operations.push(reach);
  }
  requireNoCycle(fragments);
  let left = tokens * OPERATIONS_TOGETHER;
  for (const operation of operations) {
    const reached = new Set<Reach>([operation]);
    for (const each of reached) {
      left -= each.nodes;
      if (left < 0) throw limitExceeded('The operations of this document spread too many fragments. Send fewer of them in one document.');
      for (const name of each.spreads) {
        const fragment = fragments.get(name);
        if (fragment) reached.add(fragment);
      }
    }
  }
}

/** A definition without the fragments that it spreads. */
interface Reach {
  readonly nodes: number;
  readonly spreads: ReadonlySet<string>;
}

function reachOf(definition: DocumentNode['definitions'][number]): Reach {
  let nodes = 0;
  const spreads = new Set<string>();
  visit(definition, {
    enter(node) {
      nodes++;
      if (node.kind === Kind.FRAGMENT_SPREAD) spreads.add(node.name.value);
    },
  });
  return { nodes, spreads };
}

function requireNoCycle(fragments: ReadonlyMap<string, Reach>): void {
  const ended = new Set<string>();
  const open = new Set<string>();
  for (const from of fragments.keys()) {
    if (ended.has(from)) continue;
    const path = [{ name: from, spreads: [...(fragments.get(from)?.spreads ?? [])] }];
    open.add(from);
    for (let last = path.at(-1); last; last = path.at(-1)) {
      const next = last.spreads.pop();
      if (next === undefined) {
        path.pop();
        open.delete(last.name);
        ended.add(last.name);
      } else if (open.has(next)) throw cycle(next);
      else if (!ended.has(next)) {
        open.add(next);
        path.push({ name: next, spreads: [...(fragments.get(next)?.spreads ?? [])] });
      }
    }
  }
}

function cycle(name: string): GraphQLError {
  return new GraphQLError(`Cannot spread fragment "${name}" within itself.`, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', http: { status: 400 } } });
}

/** What a request has, asks or costs more of than it may. */
export function limitExceeded(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', http: { status: 400 } } });
}
