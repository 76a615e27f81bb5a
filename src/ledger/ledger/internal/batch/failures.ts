import { setTimeout as sleep } from 'node:timers/promises';
import { kindOfFailure } from '../../../../platform/database/failure-kind';
import { notNow } from '../../../../platform/not-now';
import type { Refusal } from '../../../../platform/refusal';

/** How long the ledger waits, in milliseconds, before callers get a retry-safe refusal. */
export interface Patience {
  /** For a wallet that another transaction has locked. */
  readonly lockMs: number;
  /** For a statement; the server breaks it off then. */
  readonly statementMs: number;
  /** For the server's answer to a statement. Then the connection is given up: its other end may be gone. */
  readonly answerMs: number;
  /**
   * For the next statement of a posting's transaction, as the server waits for it. Then the locks of a silent process
   * are free again.
   */
  readonly idleMs: number;
  /** For a new connection. */
  readonly connectMs: number;
  /** While the database fails or cannot be reached. */
  readonly outageMs: number;
}

export const PATIENCE: Patience = { lockMs: 10_000, statementMs: 30_000, answerMs: 35_000, idleMs: 5_000, connectMs: 5_000, outageMs: 15_000 };

/**
 * The database could not be used long enough. Whether this posting was written may not be known. Repeating it is safe.
 */
export function ledgerUnavailable(): Refusal {
  return notNow.refuse('UNAVAILABLE', { message: 'The ledger cannot be reached. Send the same request again: it counts once.' });
}

const MAX_CONFLICTS = 20;

/**
 * Since when the database has been failing, over all tries. Whoever comes late into an outage waits no longer than for
 * one try.
 */
export class Outage {
  private since: number | null = null;

  constructor(private readonly toleratedMs: number) {}

  private lastsTooLong(): boolean {
    this.since ??= performance.now();
    return performance.now() - this.since > this.toleratedMs;
  }

  /**
   * Tries until it succeeds, with jitter. Throws UNAVAILABLE when the outage or the conflicts go on, and defects
   * as they are.
   */
  async outlast<T>(attempt: () => Promise<T>, onFailure: (kind: 'conflict' | 'connection' | 'busy', error: unknown) => void | Promise<void>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        const result = await attempt();
        this.since = null;
        return result;
      } catch (error) {
        const kind = kindOfFailure(error);
        // It has answered.
        if (kind === 'defect' || kind === 'conflict') this.since = null;
        if (kind === 'defect') throw error;
        await onFailure(kind, error);
        if (kind === 'conflict' ? failures >= MAX_CONFLICTS : this.lastsTooLong()) throw ledgerUnavailable();
        await sleep(Math.random() * Math.min(500, 5 * 2 ** failures));
      }
    }
  }
}
