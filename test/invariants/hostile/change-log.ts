import type { Uuid } from '../../../src/ids';
import type { TwoBrands } from '../isolation/two-brands';

/** What there is of a kind, and how many entries of the change log say so. */
export interface Logged {
  readonly kind: string;
  readonly made: number;
  readonly logged: number;
}

const INTO = (since: string) => `added_at > ${since} AND moved_from IS NULL`;

/** A wallet that is closed takes all of its member's with it, in one entry. */
const OPEN = "member_id IN (SELECT id FROM member WHERE status <> 'CLOSED')";

/** Links, logins, claim codes, identifiers and enrolments at the brand, or of its people, since an instant. */
export async function loggedSince({ points }: TwoBrands, brandId: Uuid, since: Date): Promise<Logged[]> {
  const enrolled = 'SELECT id FROM member WHERE enrolled_by_brand_id = $1 AND enrolled_at > $2';
  const of = (operations: string) => `SELECT count(*)::int FROM audit_entry WHERE at > $2 AND operation IN (${operations})`;
  const pairs: [string, string, string][] = [
    ['enrolments', `SELECT count(*)::int FROM (${enrolled}) AS e`, of("'enrolMember'")],
    [
      'links',
      // Of one that came with an enrolment, the enrolment says so.
      "SELECT count(*)::int FROM brand_link WHERE brand_id = $1 AND linked_at > $2 AND confirmed_by IS DISTINCT FROM 'ENROLMENT'",
      // A till code makes a link, or confirms one that there is: its entry says which.
      `${of("'meetMember', 'useTillCode'")} AND (operation = 'meetMember' OR target_id IN (SELECT id::text FROM brand_link WHERE linked_at = at))`,
    ],
    ['ended links', 'SELECT count(*)::int FROM brand_link WHERE brand_id = $1 AND unlinked_at > $2', of("'unlinkMember'")],
    [
      'customer ids',
      "SELECT count(*)::int FROM brand_link WHERE brand_id = $1 AND linked_at > $2 AND source <> 'ENROLLED' AND customer_hash IS NOT NULL",
      of("'linkMember'"),
    ],
    ["links that the member's login confirmed", "SELECT count(*)::int FROM brand_link WHERE confirmed_by = 'LOGIN' AND confirmed_at > $2", of("'confirmLink'")],
    ['logins', `SELECT count(*)::int FROM member_identifier WHERE kind = 'LOGIN' AND ${INTO('$2')}`, of("'linkLogin'")],
    [
      'removed logins',
      `SELECT count(*)::int FROM member_identifier WHERE kind = 'LOGIN' AND removed_at > $2 AND ${OPEN}`,
      `${of("'removeLogin'")} AND ${OPEN}`,
    ],
    ['closed wallets', 'SELECT count(*)::int FROM member WHERE closed_at > $2', of("'closeWallet'")],
    ['claim codes', 'SELECT count(*)::int FROM login_claim WHERE made_at > $2', of("'createClaimCode'")],
    [
      'identifiers',
      `SELECT count(*)::int FROM member_identifier WHERE kind <> 'LOGIN' AND ${INTO('$2')} AND member_id NOT IN (${enrolled})`,
      `${of("'addIdentifier', 'claimIdentifier'")} AND member_id NOT IN (${enrolled})`,
    ],
    [
      'removed identifiers',
      `SELECT count(*)::int FROM member_identifier WHERE kind <> 'LOGIN' AND removed_at > $2 AND ${OPEN}`,
      `${of("'removeIdentifier'")} AND ${OPEN}`,
    ],
  ];
  const { rows } = await points.test.database.owner.query(
    `SELECT $1::uuid, $2::timestamptz, ${pairs.map(([, made, logged], n) => `(${made}) AS m${n}, (${logged}) AS l${n}`).join(', ')}`,
    [brandId, since],
  );
  return pairs.map(([kind], n) => ({ kind, made: rows[0][`m${n}`], logged: rows[0][`l${n}`] }));
}

/** Those of which something is not in the change log. More may be there: a customer id that an earlier link is given, say. */
export function unlogged(all: readonly Logged[]): readonly Logged[] {
  return all.filter(({ made, logged }) => made > logged);
}
