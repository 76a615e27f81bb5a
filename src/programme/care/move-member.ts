import type { PoolClient } from 'pg';
import { newUuid, type Uuid } from '../../platform/ids';

/**
 * What is the duplicate's becomes the survivor's: cards and logins, links to brands that the survivor has none with,
 * customer ids, a spend lock. Rows are ended and made anew rather than changed: who had what, and until when, stays on
 * record. The transaction is the operator's.
 */
export async function moveMember(client: PoolClient, duplicate: Uuid, survivor: Uuid, now: Date): Promise<void> {
  // First: from here on nobody is given an identifier that would be left behind (guard_closing).
  await client.query("UPDATE member SET status = 'CLOSED', closed_at = $3, merged_into = $2 WHERE id = $1", [duplicate, survivor, now]);
  await moveIdentifiers(client, duplicate, survivor, now);
  await moveLinks(client, duplicate, survivor, now);
  await client.query(
    `UPDATE wallet s SET locked_at = d.locked_at, lock_reason = d.lock_reason FROM wallet d
     WHERE s.member_id = $2 AND d.member_id = $1 AND d.locked_at IS NOT NULL AND s.locked_at IS NULL`,
    [duplicate, survivor],
  );
  // Whoever was merged into the duplicate before is led straight to the survivor.
  await client.query('UPDATE member SET merged_into = $2 WHERE merged_into = $1', [duplicate, survivor]);
}

interface IdentifierRow {
  readonly kind: string;
  readonly hash: Buffer;
  readonly added_by_brand_id: Uuid | null;
  readonly second_login: boolean;
  readonly claim: boolean;
  readonly verified_at: Date | null;
}

async function moveIdentifiers(client: PoolClient, duplicate: Uuid, survivor: Uuid, now: Date): Promise<void> {
  const { rows } = await client.query<IdentifierRow>(
    `UPDATE member_identifier SET removed_at = $2 WHERE member_id = $1 AND removed_at IS NULL
     RETURNING kind, hash, added_by_brand_id, second_login, claim, verified_at`,
    [duplicate, now],
  );
  const { rowCount: bound } = await client.query("SELECT FROM member_identifier WHERE member_id = $1 AND kind = 'LOGIN' AND removed_at IS NULL", [survivor]);
  // The survivor's login stays: who holds the duplicate's has not shown to be the survivor.
  const moved = rows.filter(({ kind }) => kind !== 'LOGIN' || !bound);
  await client.query(
    `INSERT INTO member_identifier (id, member_id, kind, hash, added_by_brand_id, added_at, second_login, claim, verified_at, moved_from)
     SELECT id, $1, kind, hash, added_by, $2, second, claim, verified_at, $10
     FROM unnest($3::uuid[], $4::text[], $5::bytea[], $6::uuid[], $7::boolean[], $8::boolean[], $9::timestamptz[])
       AS new (id, kind, hash, added_by, second, claim, verified_at)
     ON CONFLICT (member_id, kind, hash) WHERE removed_at IS NULL AND claim DO NOTHING`,
    [
      survivor,
      now,
      moved.map(() => newUuid()),
      moved.map((row) => row.kind),
      moved.map((row) => row.hash),
      moved.map((row) => row.added_by_brand_id),
      moved.map((row) => row.second_login),
      moved.map((row) => row.claim),
      moved.map((row) => row.verified_at),
      duplicate,
    ],
  );
}

/** A link of the duplicate, and the survivor's own with that brand. */
interface LinkRow {
  readonly id: Uuid;
  readonly brand_id: Uuid;
  readonly customer_hash: Buffer | null;
  readonly source: string;
  readonly confirmed_at: Date | null;
  readonly confirmed_by: string | null;
  readonly own_id: Uuid | null;
  readonly own_hash: Buffer | null;
  readonly own_confirmed_at: Date | null;
}

/** A brand that knew both by customer ids of their own keeps its link to the duplicate: it leads to the survivor. */
async function moveLinks(client: PoolClient, duplicate: Uuid, survivor: Uuid, now: Date): Promise<void> {
  const { rows } = await client.query<LinkRow>(
    `SELECT d.id, d.brand_id, d.customer_hash, d.source, d.confirmed_at, d.confirmed_by,
       s.id AS own_id, s.customer_hash AS own_hash, s.confirmed_at AS own_confirmed_at
     FROM brand_link d LEFT JOIN brand_link s ON s.brand_id = d.brand_id AND s.member_id = $2 AND s.unlinked_at IS NULL
     WHERE d.member_id = $1 AND d.unlinked_at IS NULL ORDER BY d.id FOR NO KEY UPDATE OF d`,
    [duplicate, survivor],
  );
  for (const link of rows) {
    // One person: what confirmed either link confirms the brand's link with the survivor.
    if (link.own_id !== null && link.own_confirmed_at === null && link.confirmed_at !== null)
      await client.query('UPDATE brand_link SET confirmed_at = $2, confirmed_by = $3 WHERE id = $1', [link.own_id, link.confirmed_at, link.confirmed_by]);
    if (link.customer_hash !== null && link.own_hash !== null) continue;
    await client.query('UPDATE brand_link SET unlinked_at = $2 WHERE id = $1', [link.id, now]);
    if (link.own_id === null)
      await client.query(
        `INSERT INTO brand_link (id, brand_id, member_id, customer_hash, source, linked_at, confirmed_at, confirmed_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [newUuid(), link.brand_id, survivor, link.customer_hash, link.source, now, link.confirmed_at, link.confirmed_by],
      );
    else if (link.customer_hash !== null)
      await client.query("UPDATE brand_link SET customer_hash = $2, source = 'LINKED' WHERE id = $1", [link.own_id, link.customer_hash]);
  }
}
