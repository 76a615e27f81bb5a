import type { ClientBase } from 'pg';
import { only } from '../../platform/one-of';

/** The first thing that a check found wrong. Points are in the currency's smallest unit, money in micro-units. */
export interface Fault {
  /** Null where the fault is of no one account. */
  readonly account: { readonly kind: string; readonly id: string /** Uuid of the brand or wallet. */; readonly owner: string } | null;
  /** What is wrong (of the account), e.g. "balance" or "lot of ATTIC 2010-12, remaining and held". */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** What one check looked at and what it found. */
export interface Finding {
  readonly check: string;
  /** How many things were compared, and what they are: "12 wallets". */
  readonly checked: number;
  readonly of: string;
  readonly wrong: number;
  readonly first: Fault | null;
}

/**
 * One comparison of recorded facts with each other. Its SQL has one row a thing compared, with the columns
 * account_id, ordinal (which fault to name first), wrong (boolean), what, expected, found; the last three are text.
 */
export interface Check {
  readonly name: string;
  readonly of: string;
  readonly sql: string;
}

/** Runs one check in the caller's transaction, whose snapshot all checks share. */
export async function runCheck(client: ClientBase, check: Check): Promise<Finding> {
  // Counting alone leaves out the texts that describe a fault: most of what a row would cost.
  const { rows } = await client.query<{ checked: string; wrong: string }>(
    `SELECT count(*) AS checked, count(*) FILTER (WHERE wrong) AS wrong FROM (${check.sql}) AS compared`,
  );
  const counted = only(rows);
  const wrong = Number(counted.wrong);
  const first = wrong === 0 ? null : await firstFault(client, check);
  return { check: check.name, checked: Number(counted.checked), of: check.of, wrong, first };
}

/** Without a kind where the fault is of no one account. */
type FaultRow = Omit<Fault, 'account'> & { readonly account_id: string } & (
    | { readonly kind: string; readonly owner_id: string }
    | { readonly kind: null; readonly owner_id: null }
  );

async function firstFault(client: ClientBase, check: Check): Promise<Fault> {
  const { rows } = await client.query<FaultRow>(`
    WITH first AS MATERIALIZED (SELECT account_id, what, expected, found FROM (${check.sql}) AS compared WHERE wrong ORDER BY account_id, ordinal LIMIT 1)
    SELECT f.*, a.kind, a.owner_id FROM first f LEFT JOIN account a ON a.id = f.account_id`);
  const { account_id: id, kind, owner_id: owner, what, expected, found } = only(rows);
  return { account: kind === null ? null : { kind, id, owner }, what, expected, found };
}
