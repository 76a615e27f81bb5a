import type { ClientBase } from 'pg';

/** The first thing that a check found wrong. Points are in the currency's smallest unit, money in micro-units. */
export interface Fault {
  readonly accountKind: string;
  /** Uuid of the brand or wallet that owns the account. */
  readonly owner: string;
  readonly account: string;
  /** What of the account is wrong, e.g. "balance" or "lot of ATTIC 2010-12, remaining". */
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
  const { rows } = await client.query(`
    WITH compared AS MATERIALIZED (${check.sql}),
      totals AS (SELECT count(*) AS checked, count(*) FILTER (WHERE wrong) AS wrong FROM compared),
      first AS (SELECT * FROM compared WHERE wrong ORDER BY account_id, ordinal LIMIT 1)
    SELECT t.checked, t.wrong AS wrongs, f.account_id, f.what, f.expected, f.found, a.kind, a.owner_id
    FROM totals t LEFT JOIN first f ON true LEFT JOIN account a ON a.id = f.account_id`);
  const [row] = rows;
  const wrong = Number(row.wrongs);
  const first =
    wrong === 0
      ? null
      : { accountKind: row.kind ?? 'no', owner: row.owner_id ?? 'nobody', account: String(row.account_id), what: row.what, expected: row.expected, found: row.found };
  return { check: check.name, checked: Number(row.checked), of: check.of, wrong, first };
}
