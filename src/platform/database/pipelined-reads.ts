import type { PoolClient } from 'pg';
import type { DatabasePrincipal } from './database-principal';
import { pipelineReads, type Reading, type ReadOf } from './pipeline';
import { principalStatement } from './transaction';

const nothing = () => undefined;
const BEGIN: Reading<void> = { text: 'BEGIN', take: nothing };
const COMMIT: Reading<void> = { text: 'COMMIT', take: nothing };

/**
 * The reads of a transaction for one principal. The first go out together with the transaction's beginning, the last
 * with its end. The server does everything in that order, and nothing after the first failure.
 */
export class PipelinedReads {
  private state: 'new' | 'begun' | 'ended' = 'new';

  constructor(
    private readonly connection: PoolClient,
    private readonly principal: DatabasePrincipal,
  ) {}

  /** For other statements, once something was read. */
  get client(): PoolClient {
    if (this.state !== 'begun') throw new Error('the transaction has not begun, or has ended');
    return this.connection;
  }

  /** One round trip for all of these. */
  read<const Readings extends readonly Reading<unknown>[]>(readings: Readings): Promise<ReadOf<Readings>> {
    return this.run(readings, []);
  }

  /** As read(); the transaction ends with it. */
  async readLast<const Readings extends readonly Reading<unknown>[]>(readings: Readings): Promise<ReadOf<Readings>> {
    const read = await this.run(readings, [COMMIT]);
    this.state = 'ended';
    return read;
  }

  /** Ends what has begun and not ended yet. */
  async end(): Promise<void> {
    if (this.state === 'begun') await this.readLast([]);
  }

  private async run<const Readings extends readonly Reading<unknown>[]>(readings: Readings, after: readonly Reading<unknown>[]): Promise<ReadOf<Readings>> {
    // Without the principal, which ends with the transaction, row-level security would show nothing. That would look
    // like an answer.
    if (this.state === 'ended') throw new Error('the transaction has ended');
    const before = this.state === 'new' ? [BEGIN, nameOf(this.principal)] : [];
    this.state = 'begun';
    const read = await pipelineReads(this.connection, [...before, ...readings, ...after]);
    return read.slice(before.length, before.length + readings.length) as ReadOf<Readings>;
  }
}

function nameOf(principal: DatabasePrincipal): Reading<void> {
  return { ...principalStatement(principal), take: nothing };
}
