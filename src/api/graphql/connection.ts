import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import type { z } from 'zod';
import { InvalidInput } from '../../platform/refusal';
import type { Context } from './context';
import { type CursorKey, type CursorScope, cursorScope, openCursor, sealCursor } from './cursor';
import { Discloses } from './discloses';
import { Flag, Of, Text } from './fields';

export const MAX_PAGE_SIZE = 100;
export const DEFAULT_PAGE_SIZE = 20;

/** Arguments of every connection; extend it for filters. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, { description: `Page size: 1 to ${MAX_PAGE_SIZE}.`, defaultValue: DEFAULT_PAGE_SIZE })
  first!: number;

  @Text.orNull('A cursor: the page starts after it.') after?: string | null;
}

@ObjectType({ description: 'Where a page ends.' })
@Discloses('NOBODY')
export class PageInfo {
  @Flag('Whether more follow after this page.') hasNextPage!: boolean;

  @Flag('Whether this page was asked for after a cursor.') hasPreviousPage!: boolean;

  @Text.orNull("The first edge's cursor; null on an empty page.") startCursor!: string | null;

  @Text.orNull("The last edge's cursor: send it as `after` for the next page; null on an empty page.") endCursor!: string | null;
}

export interface Edge<Node> {
  readonly node: Node;
  readonly cursor: string;
}

export interface Connection<Node> {
  readonly edges: readonly Edge<Node>[];
  readonly pageInfo: PageInfo;
}

/** A page of nothing. */
export const EMPTY_PAGE: Connection<never> = { edges: [], pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null } };

/** The Relay connection type of a node: `const BrandConnection = connectionOf('Brand', () => BrandType)`. */
export function connectionOf<Node extends object>(name: string, node: () => abstract new (...args: never[]) => Node) {
  @ObjectType(`${name}Edge`, { description: `A ${name} and its place in a list.` })
  @Discloses('NOBODY')
  class EdgeType implements Edge<Node> {
    @Field(node as never, { description: `The ${name}.` })
    node!: Node;

    @Text('Opaque: its place in the list, for `after`.')
    cursor!: string;
  }
  @ObjectType(`${name}Connection`, { description: `One page of a list of ${name}.` })
  @Discloses('NOBODY')
  class ConnectionType implements Connection<Node> {
    @Of(() => [EdgeType], 'The page, in order.')
    edges!: EdgeType[];

    @Of(() => PageInfo, 'Where the page ends.')
    pageInfo!: PageInfo;
  }
  return ConnectionType;
}

/** What to read for a page: one row more than `first`, to know whether more follow. */
export interface Page<Key> {
  readonly first: number;
  readonly limit: number;
  readonly after: Key | null;
  readonly scope: CursorScope;
}

/**
 * Reads page arguments. Throws InvalidInput for a page size out of range. Also for a cursor that was not given to
 * whoever asks, for this list, of this thing (null: a list at the root) and with these filters.
 */
export function readPage<Key extends z.ZodType>(ctx: Context, args: PageArgs, list: string, of: string | null, key: Key): Page<z.output<Key>> {
  if (args.first < 1 || args.first > MAX_PAGE_SIZE) throw new InvalidInput('first', `A page has 1 to ${MAX_PAGE_SIZE} entries.`);
  const scope = cursorScope(ctx, list, of, args);
  let after: z.output<Key> | null = null;
  if (args.after != null) {
    const parsed = key.safeParse(openCursor(ctx.app.keys, scope, args.after));
    if (!parsed.success) throw new InvalidInput('after', 'This is no cursor of this list with these filters, or an older one. Begin anew, without a cursor.');
    after = parsed.data;
  }
  return { first: args.first, limit: args.first + 1, after, scope };
}

/**
 * The connection over `rows` (up to `first` + 1 of them, in order), each shown as a node. `key`: its place in the list.
 */
export function toConnection<Row, Node>(
  ctx: Context,
  page: Page<unknown>,
  rows: readonly Row[],
  { key, node }: { readonly key: (row: Row) => CursorKey; readonly node: (row: Row) => Node },
): Connection<Node> {
  const edges = rows.slice(0, page.first).map((row) => ({ node: node(row), cursor: sealCursor(ctx.app.keys, page.scope, key(row)) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > page.first,
      hasPreviousPage: page.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
