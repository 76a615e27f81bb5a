import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { requireReader, seesHousehold } from '../../members/identification/asking-member';
import { LOOKS_AT_MEMBERS } from '../../members/members/find-member';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';

/** A member was told, once, that points are about to expire. */
export interface ExpiryNotice {
  readonly id: Uuid;
  readonly memberId: Uuid;
  readonly currency: string;
  /** That were left of the lot then, in the currency's smallest unit. */
  readonly points: number;
  /** 'YYYY-MM-DD': first local day on which they can no longer be spent, as it was then. */
  readonly on: string;
  /** The threshold: so many days before that day, or fewer where it was told late. */
  readonly days: number;
  readonly toldAt: Date;
}

export interface NoticePage {
  /** null: of everyone that whoever asks may see. */
  readonly memberId: Uuid | null;
  readonly limit: number;
  readonly before: { readonly toldAt: string; readonly id: Uuid } | null;
}

/**
 * Notices, newest first. A member sees their own and those of who was merged into them, a brand those about wallets of
 * members linked with it, the operator all of them; row-level security decides.
 */
export async function listExpiryNotices(app: App, principal: Principal, { memberId: named, limit, before }: NoticePage): Promise<ExpiryNotice[]> {
  requireReader(principal, LOOKS_AT_MEMBERS);
  const memberId = named ?? (principal.kind === 'member' ? principal.memberId : null);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const values = [before?.toldAt ?? 'infinity', before?.id ?? '00000000-0000-0000-0000-000000000000', limit, ...(memberId === null ? [] : [memberId])];
    const { rows } = await client.query<RowOf<Omit<ExpiryNotice, 'currency'>, 'points'> & { code: string }>(
      LIST(memberId === null ? OF_ALL : OF_ONE, seesHousehold(principal) ? '' : 'AND n.contributor_id = 0'),
      values,
    );
    return rows.map((row) => ({
      id: row.id,
      memberId: row.member_id,
      currency: row.code,
      points: Number(row.points),
      on: row.on,
      days: row.days,
      toldAt: row.told_at,
    }));
  });
}

const OF_ALL = { member: 'w.member_id', wallets: 'JOIN wallet w ON w.id = n.wallet_id' };
const OF_ONE = { member: '$4::uuid', wallets: 'JOIN wallets_of_member($4) AS w (id) ON w.id = n.wallet_id' };

const LIST = ({ member, wallets }: typeof OF_ALL, filter: string) => `
  SELECT n.id, ${member} AS member_id, c.code, n.points, n.ends_on::text AS on, n.days, n.told_at
  FROM expiry_notice n ${wallets} JOIN currency c ON c.id = n.currency_id
  WHERE (n.told_at, n.id) < ($1::timestamptz, $2::uuid) ${filter} ORDER BY n.told_at DESC, n.id DESC LIMIT $3`;
