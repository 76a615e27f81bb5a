import type { PoolClient } from 'pg';
import type { Uuid } from '../ids';
import type { PostingOutcome } from './posting';
import { IdempotencyConflict } from './posting-ledger';

export interface FoundPosting {
  readonly contentHash: Buffer;
  readonly outcome: PostingOutcome;
}

const FIND = 'SELECT id, content_hash, result, recorded_at FROM posting WHERE id = ANY($1::uuid[])';

/** The stored postings of these ids that the transaction's principal may see; looked up before any rule is loaded. */
export async function findPostings(client: PoolClient, ids: readonly Uuid[]): Promise<Map<Uuid, FoundPosting>> {
  const { rows } = await client.query({ name: 'find-postings', text: FIND, values: [ids] });
  return new Map(
    rows.map((row) => [
      row.id,
      {
        contentHash: row.content_hash,
        outcome: { duplicate: true, ...(row.result as Omit<PostingOutcome, 'duplicate' | 'recordedAt'>), recordedAt: row.recorded_at.getTime() },
      },
    ]),
  );
}

/** One of them, or null. */
export async function findPosting(client: PoolClient, id: Uuid): Promise<FoundPosting | null> {
  return (await findPostings(client, [id])).get(id) ?? null;
}

/** The stored outcome when the content is the same; throws IdempotencyConflict when it is not. */
export function sameOutcome(found: FoundPosting, contentHash: Buffer): PostingOutcome {
  if (!found.contentHash.equals(contentHash)) throw new IdempotencyConflict();
  return found.outcome;
}
