import type { PairwiseKind } from '../../../src/coalition/access/keys';
import type { Uuid } from '../../../src/platform/ids';
import type { Actor } from './side';
import type { TwoBrands } from './two-brands';
import { belongingTo } from './visible-rows';

/** What must not be in any answer to somebody. */
export interface Forbidden {
  /** Hexadecimal digits of ids, and what each is. */
  readonly ids: ReadonlyMap<string, string>;
  readonly texts: readonly string[];
}

const PAIRWISE: Readonly<Record<string, PairwiseKind>> = {
  member: 'member',
  wallet: 'wallet',
  purchase: 'purchase',
  redemption: 'redemption',
  purchase_return: 'return',
};

/**
 * Everything of the second brand: ids of its rows in every form that exists, its words, its amounts. For everybody also
 * the bare ids of what has pairwise ones, and pairwise ids that somebody else sees. Without `pairwise`, ids are shown
 * bare: only the other brand's count.
 */
export async function forbiddenTo(world: TwoBrands, actor: Actor, { pairwise = true } = {}): Promise<Forbidden> {
  const { a, b, points } = world;
  const { keys } = points.test.app;
  const ids = new Map<string, string>();
  const forbid = (uuid: Uuid, what: string) => ids.set(uuid.replaceAll('-', ''), what);
  const theirs = await uuidsOf(world, belongingTo(b.brandId));
  const known = await uuidsOf(world, { ...belongingTo(a.brandId), brand: 'true', period: 'true', conversion_rate: 'true' });
  for (const [uuid, what] of theirs) if (!known.has(uuid)) forbid(uuid, `the uuid of ${what}`);

  const seenAs = actor.principal.brandId ?? 'coalition';
  for (const [table, kind] of pairwise ? Object.entries(PAIRWISE) : []) {
    const { rows } = await points.test.database.owner.query(`SELECT id FROM ${table}`);
    for (const { id } of rows) {
      forbid(id, `the bare uuid of a ${table}`);
      for (const audience of [a.brandId, b.brandId, 'coalition'])
        if (audience !== seenAs || (theirs.has(id) && !known.has(id)))
          forbid(keys.toPairwise(kind, audience, id), `the id of a ${table} that ${audience} sees`);
    }
  }
  const amounts = await points.test.database.owner.query(
    'SELECT points::text AS amount FROM purchase WHERE brand_id = $1 AND points > 9999 UNION SELECT trim_scale(amount / 1000000000)::text FROM purchase WHERE brand_id = $1 AND points > 9999',
    [b.brandId],
  );
  return { ids, texts: [b.word, ...amounts.rows.map(({ amount }) => String(amount))] };
}

async function uuidsOf({ points }: TwoBrands, conditions: Readonly<Record<string, string>>): Promise<Map<Uuid, string>> {
  const found = new Map<Uuid, string>();
  for (const [table, condition] of Object.entries(conditions)) {
    const { rows, fields } = await points.test.database.owner.query(`SELECT * FROM ${table} t WHERE ${condition}`);
    const UUID = 2950;
    for (const { name, dataTypeID } of fields) if (dataTypeID === UUID) for (const row of rows) if (row[name]) found.set(row[name], `${table}.${name}`);
  }
  return found;
}

/** What of it is in a text. */
export function forbiddenIn(body: string, { ids, texts }: Forbidden): string[] {
  const hex = body.matchAll(/[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g);
  const found = [...hex].flatMap(([digits]) => ids.get(digits.replaceAll('-', '')) ?? []);
  for (const text of texts) if (new RegExp(`(?<![0-9a-f.])${text.replaceAll('.', '\\.')}(?![0-9a-f])`).test(body)) found.push(`"${text}"`);
  return found;
}
