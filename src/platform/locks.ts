import type { ClientBase } from 'pg';
import { only } from './one-of';

/**
 * The advisory locks, every one that is taken. PostgreSQL knows a lock by a number alone: the hash of a name and of
 * what it is taken for. Processes of two releases may run side by side, so never reuse or rename one. A new one gets a
 * line of its own.
 */
export const LOCKS = {
  /** Of a step of the sandbox's clock. */
  TEST_CLOCK: 'tessera test clock',
  /** Of a consumer's turn to hand out the journal. */
  RELAY: 'tessera relay',
  /** Of the members of a pool and what is counted in it. */
  HOUSEHOLD: 'household',
  /** Of a member's identifiers: taken by triggers. */
  IDENTIFIERS: 'identifiers',
  /** Of two brands, in the order of their ids, and a currency. */
  PARTNERSHIP: 'partnership',
  /** Of the next version of a brand's rule for a currency, or of the coalition's. */
  EARNING_RULE: 'earning_rule',
  REDEMPTION_RULE: 'redemption_rule',
  GIFT_RULE: 'gift_rule',
  /** Of the limits that one setter has for a currency. */
  VELOCITY_LIMIT: 'velocity-limit',
  /** Of all conversion rates. */
  CONVERSION_RATES: 'conversion rates',
  /** Of one quote, and of how many a wallet has. */
  CONVERSION_QUOTE: 'conversion quote',
  CONVERSION_QUOTES_OF_WALLET: 'conversion quotes',
  /** Of a currency's months. */
  CLOSE_PERIOD: 'close',
} as const;

export type Lock = (typeof LOCKS)[keyof typeof LOCKS];

/** Of the session that migrates. The only one with a number of its own. */
export const MIGRATION_LOCK = 7_365_700;

/** Waits for the lock of what `of` names, and holds it until the transaction ends. */
export async function takeLock(client: ClientBase, lock: Lock, ...of: readonly (string | number | null)[]): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [nameOf(lock, of)]);
}

/** As takeLock, without waiting: whether it is ours now. */
export async function tryLock(client: ClientBase, lock: Lock, ...of: readonly (string | number | null)[]): Promise<boolean> {
  const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS mine', [nameOf(lock, of)]);
  return only(rows).mine;
}

function nameOf(lock: Lock, of: readonly (string | number | null)[]): string {
  return [lock, ...of].map(String).join(' ');
}

/** Does work while a session, which must be one connection, holds a lock. */
export async function whileLocked<T>(session: { query(text: string, values: unknown[]): Promise<unknown> }, lock: number, work: () => Promise<T>): Promise<T> {
  await session.query('SELECT pg_advisory_lock($1)', [lock]);
  try {
    return await work();
  } finally {
    await session.query('SELECT pg_advisory_unlock($1)', [lock]);
  }
}
