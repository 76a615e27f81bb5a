import type { PairwiseAudience, PairwiseKind } from '../../coalition/access/keys';
import type { Uuid } from '../../platform/ids';
import { InvalidInput } from '../../platform/refusal';
import { type Context, requirePrincipal } from './context';

/** Ids that everybody sees alike. */
const PLAIN = {
  brand: 'brd',
  client: 'cli',
  secret: 'sec',
  staff: 'stf',
  login: 'lgn',
  partnership: 'ptn',
  terms: 'trm',
  rate: 'rat',
  rule: 'rul',
  limit: 'lim',
  statement: 'stm',
  period: 'per',
  change: 'chg',
  import: 'imp',
  proposal: 'prp',
  gift: 'gft',
  pool: 'pol',
  invitation: 'inv',
} as const;
/** Ids that each brand sees differently. */
const PAIRWISE = { member: 'mem', wallet: 'wal', purchase: 'pur', redemption: 'red', return: 'ret', conversion: 'cnv', quote: 'quo' } as const satisfies Record<
  PairwiseKind,
  string
>;
const PREFIXES: Record<IdKind, string> = { ...PLAIN, ...PAIRWISE };

export type IdKind = keyof typeof PLAIN | PairwiseKind;

function isPairwise(kind: IdKind): kind is PairwiseKind {
  return kind in PAIRWISE;
}

/**
 * Whose ids the asking principal sees. Staff and clients of a brand see the brand's. So does a member's session that a
 * brand minted: the brand holds it, and could compare notes with another. Members with a login of an identity provider,
 * and the operator, see the coalition's.
 */
export function audienceOf(ctx: Context): PairwiseAudience {
  const principal = requirePrincipal(ctx);
  if (principal.kind === 'client') return principal.brandId;
  if (principal.kind === 'staff' && !principal.ofOperator) return principal.brandId;
  if (principal.kind === 'member' && principal.brandId !== null) return principal.brandId;
  return 'coalition';
}

/** The id as the asking principal sees it: prefix and 32 hexadecimal digits. */
export function showId(ctx: Context, kind: IdKind, id: Uuid): string {
  const shown = isPairwise(kind) ? ctx.app.keys.toPairwise(kind, audienceOf(ctx), id) : id;
  return `${PREFIXES[kind]}_${shown.replaceAll('-', '')}`;
}

/**
 * The uuid behind an id that the asking principal was shown; throws InvalidInput. Another brand's id gives a uuid that
 * nothing has.
 */
export function readId(ctx: Context, kind: IdKind, text: string, field: string): Uuid {
  const prefix = PREFIXES[kind];
  if (text.length !== prefix.length + 33 || !text.startsWith(`${prefix}_`) || !/^[0-9a-f]{32}$/.test(text.slice(-32)))
    throw new InvalidInput(field, `This is no ${kind} id: it is written "${prefix}_" and 32 hexadecimal digits.`);
  const hex = text.slice(-32);
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return isPairwise(kind) ? ctx.app.keys.fromPairwise(kind, audienceOf(ctx), id) : id;
}
