import type { Uuid } from '../../../src/platform/ids';
import type { TwoBrands } from '../isolation/two-brands';

/** An instant, and what the rows of after it do not say: the links that had a customer id then. */
export interface LogStart {
  readonly at: Date;
  readonly withCustomer: readonly Uuid[];
}

/** A change that no entry of the change log is about, or an entry that no change was made for. */
export interface Unmatched {
  readonly kind: string;
  readonly missing: 'entry' | 'change';
  /** Whom it is about, and when. */
  readonly whom: string;
}

/** The change log is compared from now on. */
export async function logStart({ points: { test } }: TwoBrands): Promise<LogStart> {
  const { rows } = await test.database.owner.query('SELECT id FROM brand_link WHERE customer_hash IS NOT NULL');
  return { at: test.clock.now(), withCustomer: rows.map(({ id }) => id) };
}

/**
 * What was changed and the entries about it: two queries, of which each row of one has its like in the other. $1: since
 * when.
 */
interface Pair {
  readonly kind: string;
  readonly made: string;
  readonly logged: string;
}

const entries = (key: string, operations: string, and = '') => `SELECT ${key} FROM audit_entry a WHERE at > $1 AND operation IN (${operations}) ${and}`;

/** A wallet that is closed, or merged into another, takes all of its member's with it, in one entry. */
const BY_ITSELF = 'NOT EXISTS (SELECT FROM member m WHERE m.id = i.member_id AND m.closed_at = i.removed_at)';

/** By the brand itself, or by who says which brand. */
const BRAND = '(CASE WHEN target_id IN (SELECT id::text FROM brand) THEN target_id ELSE brand_id::text END)';

/** Of claim and proof one ends with the other: each time that there is something to remove is a change. */
const REMOVED = `
  SELECT member_id || kind || removed_at FROM (
    SELECT member_id, kind, removed_at, greatest(count(*) FILTER (WHERE claim), count(*) FILTER (WHERE NOT claim)) AS times FROM member_identifier i
    WHERE kind <> 'LOGIN' AND removed_at > $1 AND ${BY_ITSELF}
      -- What was proved since takes the place of what was not: that it was added says so.
      AND NOT EXISTS (SELECT FROM member_identifier n
        WHERE n.member_id = i.member_id AND n.kind = i.kind AND n.hash = i.hash AND n.added_at = i.removed_at AND n.verified_at IS NOT NULL)
    GROUP BY member_id, kind, hash, removed_at) r CROSS JOIN generate_series(1, times)`;

const PAIRS: readonly Pair[] = [
  {
    kind: 'enrolments',
    made: 'SELECT enrolled_by_brand_id::text || id || enrolled_at FROM member WHERE enrolled_at > $1',
    logged: entries('brand_id::text || member_id || at', "'enrolMember'"),
  },
  {
    kind: 'links',
    // Of one that came with an enrolment, the enrolment says so.
    made: "SELECT brand_id::text || member_id || linked_at FROM brand_link WHERE linked_at > $1 AND confirmed_by IS DISTINCT FROM 'ENROLMENT'",
    // A till code makes a link, or confirms one that there is: its entry says which.
    logged: entries(
      'brand_id::text || member_id || at',
      "'meetMember', 'useTillCode'",
      "AND (operation = 'meetMember' OR target_id IN (SELECT id::text FROM brand_link WHERE linked_at = a.at))",
    ),
  },
  {
    kind: "links that a member's code confirmed",
    made: "SELECT id::text || confirmed_at FROM brand_link WHERE confirmed_by = 'TILL_CODE' AND confirmed_at > $1",
    logged: entries('target_id || at', "'useTillCode'"),
  },
  {
    kind: "links that a member's login confirmed",
    made: "SELECT brand_id::text || member_id || confirmed_at FROM brand_link WHERE confirmed_by = 'LOGIN' AND confirmed_at > $1",
    logged: entries('target_id || member_id || at', "'confirmLink'"),
  },
  {
    kind: 'ended links',
    made: 'SELECT brand_id::text || member_id || unlinked_at FROM brand_link WHERE unlinked_at > $1',
    logged: entries(`${BRAND} || member_id || at`, "'unlinkMember'"),
  },
  {
    kind: 'customer ids',
    // Also an earlier link is given one. What was enrolled with one, the enrolment says.
    made: "SELECT id::text FROM brand_link WHERE customer_hash IS NOT NULL AND source <> 'ENROLLED' AND id <> ALL ($2::uuid[])",
    // Which link it was given to: the one that there was then.
    logged: entries(
      `coalesce((SELECT l.id::text FROM brand_link l WHERE l.brand_id = a.brand_id AND l.member_id = a.member_id
         AND l.linked_at <= a.at AND (l.unlinked_at IS NULL OR l.unlinked_at > a.at)), 'none of ' || member_id)`,
      "'linkMember'",
    ),
  },
  {
    kind: 'logins',
    made: "SELECT id::text || member_id || added_at FROM member_identifier WHERE kind = 'LOGIN' AND added_at > $1 AND moved_from IS NULL",
    logged: entries('target_id || member_id || at', "'linkLogin'"),
  },
  {
    kind: 'removed logins',
    made: `SELECT id::text || member_id || removed_at FROM member_identifier i WHERE kind = 'LOGIN' AND removed_at > $1 AND ${BY_ITSELF}`,
    logged: entries('target_id || member_id || at', "'removeLogin'"),
  },
  {
    kind: 'closed wallets',
    made: 'SELECT id::text || closed_at FROM member WHERE closed_at > $1 AND merged_into IS NULL',
    logged: entries('member_id::text || at', "'closeWallet'"),
  },
  {
    kind: 'claim codes',
    made: 'SELECT member_id::text || made_at FROM login_claim WHERE made_at > $1',
    logged: entries('member_id::text || at', "'createClaimCode'"),
  },
  {
    kind: 'identifiers',
    made: `SELECT member_id || kind || added_at FROM member_identifier i WHERE kind <> 'LOGIN' AND added_at > $1 AND moved_from IS NULL
           AND NOT EXISTS (SELECT FROM member m WHERE m.id = i.member_id AND m.enrolled_at = i.added_at)`,
    logged: entries("member_id || (details->>'kind') || at", "'addIdentifier', 'claimIdentifier'"),
  },
  {
    kind: 'removed identifiers',
    made: REMOVED,
    logged: entries("member_id || coalesce(details->>'kind', target_id) || at", "'removeIdentifier', 'takeIdentifierOver'"),
  },
];

/**
 * Links, logins, claim codes, identifiers and enrolments, one by one with the entries of the change log: what of the
 * one has not its like in the other. Each call has an instant of its own, or two at one would be taken for each
 * other's.
 */
export async function unmatched({ points: { test } }: TwoBrands, { at, withCustomer }: LogStart): Promise<Unmatched[]> {
  const found: Unmatched[] = [];
  for (const { kind, made, logged } of PAIRS)
    for (const [missing, one, other] of [['entry', made, logged] as const, ['change', logged, made] as const]) {
      // Both parameters in each, whichever it names.
      const { rows } = await test.database.owner.query(
        `WITH given AS (SELECT $1::timestamptz, $2::uuid[]) SELECT whom FROM ((${one}) EXCEPT ALL (${other})) AS alone (whom) ORDER BY whom`,
        [at, withCustomer],
      );
      found.push(...rows.map(({ whom }) => ({ kind, missing, whom })));
    }
  return found;
}
