import type { ClientBase } from 'pg';
import { only } from '../one-of';

const MAY_ASK_SYSTEM = "SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS may";
const SYSTEM = 'SELECT system_identifier::text AS system FROM pg_control_system()';
/** A promotion begins a new timeline, which its write-ahead log's names begin with; a standby writes none. */
const HISTORY = `
  SELECT CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END AS timeline,
    (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database`;

/**
 * Which server a process knows things from. After a failover it talks to another one, which may have missed the last
 * transactions of the former. Rows that were read may never have been, and their numbers may be others' by now. Whoever
 * keeps what was read compares the generation that it was read in.
 */
export class KnownServer {
  private identity: string | null = null;
  private met = 0;

  /** Raised by one whenever another server is met. */
  get generation(): number {
    return this.met;
  }

  /**
   * To be called with each new connection that something is kept from, before its first use. Throws what its queries
   * do.
   */
  async meet(client: ClientBase): Promise<void> {
    const { timeline, database } = only((await client.query<{ timeline: string | null; database: string }>(HISTORY)).rows);
    if (timeline === null) return;
    // Not every hosted PostgreSQL lets everybody ask.
    const { may } = only((await client.query<{ may: boolean }>(MAY_ASK_SYSTEM)).rows);
    const system = may ? only((await client.query<{ system: string }>(SYSTEM)).rows).system : '';
    const identity = `${system} ${timeline} ${database}`;
    if (this.identity !== null && identity !== this.identity) this.met++;
    this.identity = identity;
  }
}
