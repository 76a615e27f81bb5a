import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { AccountId, PostingOutcome } from '../../ledger/ledger/posting';
import { violatedConstraint } from '../../platform/database/constraint-refusal';
import { pipelineReads } from '../../platform/database/pipeline';
import { newUuid, type Uuid } from '../../platform/ids';
import { MemberLook } from './member-look';
import { type HashedRef, internationalHash } from './member-ref';
import { dialledAt, linkPresented, lookedAt } from './resolve-members';

/** What a member was named by, and what was booked for it. */
interface Presented {
  readonly ref: HashedRef;
  /** Of a repeated request: when it was booked, ms since 1970, and in which accounts; null: just now. */
  readonly repeats: { readonly bookedAt: number; readonly accounts: readonly AccountId[] } | null;
}

/** What was presented for a posting. */
export function presentedFor({ duplicate, recordedAt, balances }: PostingOutcome, ref: HashedRef): Presented {
  return { ref, repeats: duplicate ? { bookedAt: recordedAt, accounts: balances.map(({ account }) => account) } : null };
}

/**
 * Makes the members whose identifiers were presented known to the brand, once what they were presented for is booked. A
 * repeated request makes up for one that was cut off before this. It does not undo that the member was unlinked since,
 * nor tell of somebody else whose the identifier is by now.
 */
export async function knowPresented(app: App, brandId: Uuid, presented: readonly Presented[]): Promise<void> {
  // Whoever took a till code knows the member already.
  const shown = presented.filter(({ ref }) => ref.by === 'identifier');
  if (shown.length === 0) return;
  const know = app.database.transaction({ kind: 'brand', brandId }, async ({ client }) => {
    const refs = shown.map(({ ref }) => ref);
    const international = await dialledAt(app, client, brandId, refs);
    const look = new MemberLook(brandId, refs, international, lookedAt(app));
    await pipelineReads(client, look.readings);
    const now: Uuid[] = [];
    const repeated: Repeated[] = [];
    for (const [at, { repeats }] of shown.entries()) {
      const memberId = look.ids[at] ?? null;
      // What was a former member's when it was presented makes nobody known.
      if (memberId === null || !look.holder(at)?.inForce) continue;
      if (repeats) repeated.push({ memberId, ...repeats });
      else now.push(memberId);
    }
    await linkPresented(app, client, brandId, [...now, ...(await stillToKnow(app, client, brandId, repeated))], 'from now on');
    await addInternational(app, client, look);
  });
  await know.catch((error) => {
    // Closed since it was booked: there is nobody to know any more.
    if (violatedConstraint(error) !== 'member_identifier_of_active') throw error;
  });
}

/** What was found only as it was spelled long ago is found under its one form from now on, by every brand. */
async function addInternational(app: App, client: PoolClient, look: MemberLook): Promise<void> {
  const { brandId, refs, international } = look;
  for (const [at, ref] of refs.entries()) {
    const [holder, hash] = [look.holder(at), international(ref)];
    if (ref.by !== 'identifier' || !holder?.bySpelling || hash === null) continue;
    // Without its country code a number is of the country of whoever added it: no other brand says which.
    const anywhere = ref.number === null || internationalHash(app.keys, ref.number, null) !== null;
    // Where the brand has come to know the member, and nobody was quicker.
    await client.query({
      name: 'add-international',
      text: `INSERT INTO member_identifier (id, member_id, kind, hash, added_by_brand_id, added_at)
             SELECT $1, $2, $3, decode($4, 'hex'), $5, $6 WHERE EXISTS (SELECT FROM brand_link WHERE brand_id = $5 AND member_id = $2 AND unlinked_at IS NULL)
             AND ($7 OR EXISTS (SELECT FROM member_identifier WHERE added_by_brand_id = $5 AND kind = $3 AND hash = decode($8, 'hex') AND removed_at IS NULL))
             ON CONFLICT DO NOTHING`,
      values: [newUuid(), holder.memberId, ref.kind, hash, brandId, app.clock.now(), anywhere, ref.hash],
    });
  }
}

interface Repeated {
  readonly memberId: Uuid;
  readonly bookedAt: number;
  readonly accounts: readonly AccountId[];
}

/** Those for whom it was booked, and whom the brand has not unlinked since. */
async function stillToKnow(app: App, client: PoolClient, brandId: Uuid, repeated: readonly Repeated[]): Promise<Uuid[]> {
  if (repeated.length === 0) return [];
  const memberIds = repeated.map(({ memberId }) => memberId);
  // Whose the accounts are, the brand sees only of members that it knows.
  await client.query('SAVEPOINT look');
  await linkPresented(app, client, brandId, memberIds, 'for a look');
  const { rows } = await client.query<{ id: string; member_id: Uuid; unlinked_at: Date | null }>({
    name: 'booked-members',
    text: `SELECT a.id, w.member_id, (SELECT max(l.unlinked_at) FROM brand_link l WHERE l.brand_id = $1 AND l.member_id = w.member_id) AS unlinked_at
           FROM unnest($2::bigint[]) AS a (id) JOIN wallet w ON w.id = wallet_of_account(a.id)`,
    values: [brandId, repeated.flatMap(({ accounts }) => accounts)],
  });
  await client.query('ROLLBACK TO SAVEPOINT look');
  return repeated.flatMap(({ memberId, bookedAt, accounts }) =>
    rows.some((row) => row.member_id === memberId && accounts.includes(Number(row.id)) && (row.unlinked_at === null || row.unlinked_at.getTime() < bookedAt))
      ? memberId
      : [],
  );
}
