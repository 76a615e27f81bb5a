import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { requireReader } from '../../members/identification/asking-member';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { SPENT_BY } from '../postings/attached-redemptions';
import { type FactFilter, type FactPage, pageOfFacts } from '../purchases/page-of-facts';

export const REDEMPTION_STATES = ['SPENT', 'HELD', 'VOIDED', 'EXPIRED'] as const;

export interface FoundRedemption {
  readonly id: Uuid;
  readonly memberId: Uuid;
  readonly brandId: Uuid;
  readonly currency: string;
  readonly state: (typeof REDEMPTION_STATES)[number];
  /** Points asked for; held ones may have been captured in part. */
  readonly points: number;
  /** Points spent: burned or captured. */
  readonly spent: number;
  /** Points of those that were given back since. */
  readonly refunded: number;
  /** Micro-units that all the points asked for pay. */
  readonly moneyValue: bigint;
  readonly moneyCurrency: string;
  /** null: the points were burned at once. */
  readonly expiresAt: Date | null;
  readonly channel: string | null;
  readonly instrument: string | null;
  readonly reference: string | null;
  readonly occurredAt: Date;
}

/** Who may look at redemptions: their brand, the operator, the member. */
export const LOOKS_AT_REDEMPTIONS = { scope: 'redemptions', roles: ['SUPPORT', 'PROGRAMME_MANAGER'] } as const;

/** A redemption as it stands now. Throws PermissionDenied, NotFound. */
export async function findRedemption(app: App, principal: Principal, id: Uuid): Promise<FoundRedemption> {
  requireReader(principal, LOOKS_AT_REDEMPTIONS);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const [found] = await foundRedemptions(app, client, [id]);
    if (!found) throw new NotFound('Redemption');
    return found;
  });
}

/** A page of redemptions; see pageOfFacts. */
export function listRedemptions(app: App, principal: Principal, filter: FactFilter, page: FactPage): Promise<FoundRedemption[]> {
  return pageOfFacts(app, principal, 'REDEMPTION', LOOKS_AT_REDEMPTIONS, { filter, page, read: ({ client }, ids) => foundRedemptions(app, client, ids) });
}

/** Redemptions that the transaction's principal may see, in the order of their ids. */
async function foundRedemptions(app: App, client: PoolClient, ids: readonly Uuid[]): Promise<FoundRedemption[]> {
  const { rows } = await client.query<RowOf<FoundRedemption, 'points' | 'spent' | 'refunded'>>({
    name: 'find-redemptions',
    text: FIND,
    values: [ids, app.clock.now()],
  });
  return rows.map((row) => ({
    id: row.id,
    memberId: row.member_id,
    brandId: row.brand_id,
    currency: row.currency,
    state: row.state,
    points: Number(row.points),
    spent: Number(row.spent),
    refunded: Number(row.refunded),
    moneyValue: BigInt(row.money_value),
    moneyCurrency: row.money_currency,
    expiresAt: row.expires_at,
    channel: row.channel,
    instrument: row.instrument,
    reference: row.reference,
    occurredAt: row.occurred_at,
  }));
}

// An open hold past its end counts as expired, whether or not that has been booked.
const FIND = `
  SELECT r.id, r.member_id, r.brand_id, c.code AS currency, r.points, r.money_value, r.money_currency, r.channel, r.instrument, r.reference, r.occurred_at, h.expires_at,
    CASE WHEN r.kind = 'BURN' OR h.state = 'CAPTURED' THEN 'SPENT' WHEN h.state = 'OPEN' AND h.expires_at > $2 THEN 'HELD' WHEN h.state = 'VOIDED' THEN 'VOIDED' ELSE 'EXPIRED' END AS state,
    CASE WHEN r.kind = 'BURN' THEN r.points ELSE coalesce(h.captured, 0) END AS spent,
    (SELECT coalesce(sum(b.amount - (SELECT coalesce(sum(c.amount), 0) FROM transfer c WHERE c.reverses = b.id)), 0) FROM transfer b WHERE b.reverses = ${SPENT_BY}) AS refunded
  FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, place) JOIN redemption r ON r.id = asked.id JOIN currency c ON c.id = r.currency_id LEFT JOIN hold h ON r.kind = 'HOLD' AND h.id = r.id LEFT JOIN transfer t ON t.hold_id = r.id
  ORDER BY asked.place`;
