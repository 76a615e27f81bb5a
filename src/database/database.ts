import type { DataSource } from 'typeorm';
import type { DatabasePrincipal } from './database-principal';
import { inTransaction, type Tx } from './transaction';

/** The application's way to the database: one pool as tessera_app. */
export class Database {
  constructor(readonly source: DataSource) {}

  transaction<T>(principal: DatabasePrincipal, work: (tx: Tx) => Promise<T>): Promise<T> {
    return inTransaction(this.source, principal, work);
  }

  async close(): Promise<void> {
    await this.source.destroy();
  }
}
