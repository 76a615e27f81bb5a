import type { TwoBrands } from '../isolation/two-brands';
import type { Victim } from './victim';

/** What only the victim, and who enrolled the victim, may change: it is the same before and after a walk. */
export async function standingOf({ a, b, points }: TwoBrands, { memberId }: Victim): Promise<Record<string, unknown>> {
  const { rows } = await points.test.database.owner.query(
    `SELECT (SELECT count(*)::int FROM member_identifier WHERE member_id = $1 AND kind = 'LOGIN') AS logins,
            (SELECT count(*)::int FROM login_claim WHERE member_id = $1) AS claims,
            (SELECT count(*)::int FROM till_code WHERE member_id = $1) AS "tillCodes",
            (SELECT count(*)::int FROM audit_entry WHERE member_id = $1 AND operation = 'createMemberSession') AS sessions,
            (SELECT count(*)::int FROM member_identifier WHERE member_id = $1 AND kind <> 'LOGIN' AND removed_at IS NULL) AS identifiers,
            (SELECT count(*)::int FROM member_identifier WHERE member_id = $1) AS "identifiersEver",
            (SELECT count(*)::int FROM member_identifier i JOIN member_identifier o ON o.kind = i.kind AND o.hash = i.hash AND o.member_id <> i.member_id
             WHERE i.member_id = $1 AND o.removed_at IS NULL AND NOT o.claim) AS captured,
            (SELECT count(*)::int FROM brand_link WHERE member_id = $1 AND brand_id = $2 AND unlinked_at IS NULL AND confirmed_at IS NOT NULL) AS "ownLinks",
            (SELECT count(*)::int FROM brand_link WHERE member_id = $1 AND brand_id = $3 AND confirmed_at IS NOT NULL) AS "confirmedLinks",
            (SELECT count(*)::int FROM household_member WHERE member_id = $1 AND joined_at IS NOT NULL) AS households,
            (SELECT md5(string_agg(v::text, ' ' ORDER BY category)) FROM vault_entry v WHERE member_id = $1) AS "personalData",
            (SELECT locked_at IS NOT NULL FROM wallet WHERE member_id = $1) AS locked,
            (SELECT status || coalesce(merged_into::text, '') FROM member WHERE id = $1) AS status,
            (SELECT md5(string_agg(t::text, ' ' ORDER BY t.id)) FROM purchase t WHERE member_id = $1 AND brand_id = $2) AS purchases`,
    [memberId, b.brandId, a.brandId],
  );
  return rows[0];
}

export const UNHARMED = {
  logins: 0,
  claims: 0,
  tillCodes: 0,
  sessions: 0,
  identifiers: 3,
  identifiersEver: 3,
  captured: 0,
  ownLinks: 1,
  confirmedLinks: 0,
  households: 0,
};

/** What went out of the victim's accounts. */
export interface Spent {
  /** By what, apart from clawbacks of what the attacker itself gave: codes of transfers. */
  readonly by: readonly string[];
  /** Burned and held at the attacker, by the day on which it was booked. */
  readonly days: readonly { readonly day: string; readonly points: number }[];
  /** In all that days say. */
  readonly points: number;
  /** What the wallet holds less than at first, as if nothing had been spent; below 0: the attacker gave something. */
  readonly missing: number;
}

export async function spentOf({ a, points }: TwoBrands, { memberId, walletId, points: first }: Victim): Promise<Spent> {
  const { owner } = points.test.database;
  const { rows: by } = await owner.query(
    `SELECT DISTINCT t.code FROM transfer t JOIN account a ON a.id = t.debit_account WHERE a.owner_id = $1 AND t.code <> 'CLAWBACK' ORDER BY 1`,
    [walletId],
  );
  const { rows } = await owner.query(
    `SELECT (recorded_at AT TIME ZONE 'UTC')::date::text AS day, sum(points)::int AS points FROM redemption WHERE member_id = $1 AND brand_id = $2 GROUP BY 1 ORDER BY 1`,
    [memberId, a.brandId],
  );
  const { rows: wallet } = await owner.query('SELECT sum(credits - debits)::bigint AS holds FROM account WHERE owner_id = $1', [walletId]);
  const { rows: elsewhere } = await owner.query('SELECT count(*)::int AS count FROM redemption WHERE member_id = $1 AND brand_id <> $2', [memberId, a.brandId]);
  const spent = rows.reduce((sum, { points: each }) => sum + each, 0);
  const codes = by.map(({ code }) => code as string);
  return { by: elsewhere[0].count > 0 ? [...codes, 'elsewhere'] : codes, days: rows, points: spent, missing: first - Number(wallet[0].holds) - spent };
}
