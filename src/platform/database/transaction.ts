import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import type { DatabasePrincipal } from './database-principal';

/**
 * A transaction as tessera_app for one principal: TypeORM for configuration and lifecycle records, pg for hot roads.
 */
export interface Tx {
  readonly manager: EntityManager;
  readonly client: PoolClient;
}

const RETRYABLE = new Set(['40001', '40P01']);
const MAX_ATTEMPTS = 5;

/**
 * Runs work in one transaction as the principal. A deadlock or serialisation failure is retried, bounded, with jitter.
 */
export function inTransaction<T>(source: DataSource, principal: DatabasePrincipal, work: (tx: Tx) => Promise<T>): Promise<T> {
  return outlastConflicts(() => once(source, principal, work));
}

/** Tries again after a deadlock or serialisation failure. */
export async function outlastConflicts<T>(once: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once();
    } catch (error) {
      const code = (error as { code?: string; driverError?: { code?: string } }).driverError?.code ?? (error as { code?: string }).code;
      if (attempt >= MAX_ATTEMPTS || !code || !RETRYABLE.has(code)) throw error;
      await sleep(Math.random() * 20 * 2 ** attempt);
    }
  }
}

async function once<T>(source: DataSource, principal: DatabasePrincipal, work: (tx: Tx) => Promise<T>): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    const client: PoolClient = await runner.connect();
    await runner.startTransaction();
    try {
      await setPrincipal(client, principal);
      const result = await work({ manager: runner.manager, client });
      await runner.commitTransaction();
      return result;
    } catch (error) {
      // A connection that is gone cannot roll back; the server has done it.
      await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    }
  } finally {
    await runner.release();
  }
}

/**
 * Says for whom the transaction runs. The settings end with it (third argument true), so a pooled connection can never
 * carry one principal to another.
 */
export async function setPrincipal(client: PoolClient, principal: DatabasePrincipal): Promise<void> {
  await client.query({ name: 'set-principal', ...principalStatement(principal) });
}

/** What setPrincipal says. */
export function principalStatement(principal: DatabasePrincipal): { readonly text: string; readonly values: string[] } {
  return {
    text: "SELECT set_config('tessera.principal', $1, true), set_config('tessera.brand', $2, true), set_config('tessera.member', $3, true)",
    values: [principal.kind, ('brandId' in principal && principal.brandId) || '', principal.kind === 'member' ? principal.memberId : ''],
  };
}
