import type { PoolClient } from 'pg';
import { uuidArray } from '../../platform/database/array-arguments';
import { pipelineReads, type Reading } from '../../platform/database/pipeline';
import type { Uuid } from '../../platform/ids';
import { keyRefusals } from './ledger-refusals';
import type { PostingOutcome } from './posting';

export interface FoundPosting {
  readonly contentHash: Buffer;
  readonly outcome: PostingOutcome;
}

const FIND = `
  SELECT id, encode(content_hash, 'hex'), result, floor(extract(epoch FROM recorded_at) * 1000)::bigint FROM posting WHERE id = ANY($1::uuid[])`;

/** The stored postings of these ids that the transaction's principal may see; looked up before any rule is loaded. */
export async function findPostings(client: PoolClient, ids: readonly Uuid[]): Promise<Map<Uuid, FoundPosting>> {
  const [found] = await pipelineReads(client, [storedPostings(ids)]);
  return found;
}

/** As findPostings. */
export function storedPostings(ids: readonly Uuid[]): Reading<Map<Uuid, FoundPosting>> {
  return { text: FIND, values: [uuidArray(ids)], take: (rows: readonly PostingRow[]) => new Map(rows.map(toFoundPosting)) };
}

/** The columns of storedPostings. */
export type PostingRow = readonly [id: string, contentHash: string, result: string, recordedAt: string];

/** A stored posting and its id, of the columns of storedPostings. */
export function toFoundPosting([id, contentHash, result, recordedAt]: PostingRow): [Uuid, FoundPosting] {
  const stored = JSON.parse(result) as Omit<PostingOutcome, 'duplicate' | 'recordedAt'>;
  return [id, { contentHash: Buffer.from(contentHash, 'hex'), outcome: { duplicate: true, ...stored, recordedAt: Number(recordedAt) } }];
}

/** One of them, or null. */
export async function findPosting(client: PoolClient, id: Uuid): Promise<FoundPosting | null> {
  return (await findPostings(client, [id])).get(id) ?? null;
}

/** The stored outcome when the content is the same; throws IDEMPOTENCY_CONFLICT when it is not. */
export function sameOutcome(found: FoundPosting, contentHash: Buffer): PostingOutcome {
  if (!found.contentHash.equals(contentHash)) throw keyRefusals.refuse('IDEMPOTENCY_CONFLICT');
  return found.outcome;
}
