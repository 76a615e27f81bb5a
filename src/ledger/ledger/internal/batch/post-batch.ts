import type { ClientBase } from 'pg';
import type { PostingRequest } from '../../posting';
import { type Decision, decide } from '../decide/decide';
import { type Known, loadState } from '../rows/load-state';
import type { WriteBuffers } from '../rows/statement';
import { writeBatch } from '../rows/write-batch';
import type { WalletCache } from './wallet-cache';

/** The statements rely on it: each sees what was committed before it began, whatever the database's default is. */
export const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/**
 * Posts one batch in a database transaction of its own: lock and read, decide, write, commit. All or nothing. The cache
 * keeps what was committed.
 */
export async function postBatch(
  client: ClientBase,
  requests: readonly PostingRequest[],
  known: Known,
  { cache, buffers, believe }: { readonly cache: WalletCache; readonly buffers: WriteBuffers; readonly believe: boolean },
  beforeCommit: (decided: readonly Decision[]) => void,
): Promise<Decision[]> {
  try {
    const state = await loadState(client, requests, known, { cache, believe, begin: BEGIN });
    const decisions = decide(state, requests);
    await writeBatch(client, state, buffers);
    beforeCommit(decisions);
    const committed = await client.query('COMMIT');
    // COMMIT of an aborted transaction answers ROLLBACK, without an error.
    if (committed.command !== 'COMMIT') throw new Error(`the batch was not committed: ${committed.command}`);
    cache.keep(state);
    return decisions;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** The same within a transaction that is under way. */
export async function postInTransaction(client: ClientBase, requests: readonly PostingRequest[], known: Known): Promise<Decision[]> {
  const state = await loadState(client, requests, known);
  const decisions = decide(state, requests);
  await writeBatch(client, state);
  return decisions;
}
