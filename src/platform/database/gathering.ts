import type { Database } from './database';
import type { DatabasePrincipal } from './database-principal';
import { kindOfFailure } from './failure-kind';
import type { PipelinedReads } from './pipelined-reads';

/** Reads what is asked for, in the transaction of the principal that asks; answers in the order of `asks`. */
export type GatheredRead<Ask, Found> = (reads: PipelinedReads, principal: DatabasePrincipal, asks: readonly Ask[]) => Promise<readonly Found[]>;

export interface GatheringBounds {
  /** Asks that go together in one transaction. */
  readonly most: number;
  /** Asks that may wait, of all principals; beyond it callers get `full`. */
  readonly mostWaiting: number;
  readonly full: () => Error;
}

interface Waiting<Ask, Found> {
  readonly asks: readonly Ask[];
  readonly resolve: (found: readonly Found[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Many callers, one transaction: what is asked for one principal while a transaction of that principal reads goes together in the next.
 * Never for two principals in one, so row-level security decides for each alone. No timer: a lone caller goes at once.
 */
export class Gathering<Ask, Found> {
  /** Of the principals for whom a transaction is under way. */
  private readonly waiting = new Map<string, Waiting<Ask, Found>[]>();
  private asksWaiting = 0;

  constructor(
    private readonly database: Database,
    private readonly read: GatheredRead<Ask, Found>,
    private readonly bounds: GatheringBounds,
  ) {}

  ask(principal: DatabasePrincipal, asks: readonly Ask[]): Promise<readonly Found[]> {
    if (asks.length === 0) return Promise.resolve([]);
    if (this.asksWaiting + asks.length > this.bounds.mostWaiting) return Promise.reject(this.bounds.full());
    this.asksWaiting += asks.length;
    return new Promise((resolve, reject) => {
      const key = keyOf(principal);
      const queue = this.waiting.get(key);
      if (queue) queue.push({ asks, resolve, reject });
      else {
        const started = [{ asks, resolve, reject }];
        this.waiting.set(key, started);
        void this.run(key, principal, started);
      }
    });
  }

  private async run(key: string, principal: DatabasePrincipal, queue: Waiting<Ask, Found>[]): Promise<void> {
    // Callers of this turn of the event loop go together.
    await new Promise(setImmediate);
    while (queue.length > 0) {
      const batch = this.take(queue);
      await this.readTogether(principal, batch);
    }
    this.waiting.delete(key);
  }

  private take(queue: Waiting<Ask, Found>[]): Waiting<Ask, Found>[] {
    let [count, asks] = [1, queue[0].asks.length];
    while (count < queue.length && asks + queue[count].asks.length <= this.bounds.most) asks += queue[count++].asks.length;
    this.asksWaiting -= asks;
    return queue.splice(0, count);
  }

  private async readTogether(principal: DatabasePrincipal, batch: readonly Waiting<Ask, Found>[]): Promise<void> {
    try {
      const found = await this.database.pipelined(principal, (reads) =>
        this.read(
          reads,
          principal,
          batch.flatMap(({ asks }) => asks),
        ),
      );
      let at = 0;
      for (const { asks, resolve } of batch) resolve(found.slice(at, (at += asks.length)));
    } catch (error) {
      // Something of one caller's that cannot be read: nobody else is to pay for it.
      if (batch.length > 1 && kindOfFailure(error) === 'defect') for (const each of batch) await this.readTogether(principal, [each]);
      else for (const { reject } of batch) reject(error);
    }
  }
}

function keyOf(principal: DatabasePrincipal): string {
  if (principal.kind === 'brand') return `brand ${principal.brandId}`;
  return principal.kind === 'member' ? `member ${principal.memberId} at ${principal.brandId ?? 'none'}` : principal.kind;
}
