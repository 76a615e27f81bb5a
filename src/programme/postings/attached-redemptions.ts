import type { PoolClient } from 'pg';
import type { AccountId } from '../../ledger/ledger/posting';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';

/** A redemption as the brand that made it finds it again. */
export interface RedemptionFact {
  readonly id: Uuid;
  readonly kind: 'BURN' | 'HOLD';
  readonly brandId: Uuid;
  readonly walletId: Uuid;
  /** Whose it is; of a merged member, the survivor. */
  readonly memberId: Uuid;
  /** The household pool whose points these are; null: the member's own. */
  readonly poolId: Uuid | null;
  /** Of the wallet or the pool. */
  readonly account: AccountId;
  readonly currencyId: number;
  /** Burned, or held: not what was captured in the end. */
  readonly points: number;
  /** Micro-units of money that all the points pay. */
  readonly moneyValue: bigint;
  readonly moneyCurrency: string;
  readonly termsId: Uuid;
  /** 2: what a part of its points pays is floored to the minor unit of its money; 1: to micro-units. */
  readonly arithmetic: 1 | 2;
  /** The version of the redemption rule that it was made under. */
  readonly ruleId: Uuid;
  readonly occurredAt: Date;
  /** The transfer that spent the points; null for a hold that was not captured (yet). */
  readonly spentBy: Uuid | null;
}

/**
 * Of the wallet that the redemption was made from, under its lock: not 0 once a redemption has paid part of a purchase.
 */
export function usedCounter(redemptionId: Uuid): string {
  return `used:${redemptionId}`;
}

/** SQL: the transfer that spent the points of redemption `r`, whose hold, if it has one, was captured by `t`. */
export const SPENT_BY = "CASE WHEN r.kind = 'BURN' THEN r.id ELSE t.id END";

/** Redemptions of the brand whose transaction it is, by id; what it cannot see is not in the map. */
export async function readRedemptions(client: PoolClient, ids: readonly Uuid[]): Promise<Map<Uuid, RedemptionFact>> {
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<RedemptionRow>({
    name: 'read-redemptions',
    text: `SELECT r.id, r.kind, r.brand_id, r.wallet_id, surviving_member(r.member_id) AS member_id, r.pool_id, r.account_id, r.currency_id, r.points, r.money_value, r.money_currency, r.terms_id, r.arithmetic, r.rule_id, r.occurred_at,
             ${SPENT_BY} AS spent_by
           FROM redemption r LEFT JOIN transfer t ON t.hold_id = r.id WHERE r.id = ANY ($1::uuid[])`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.id, toFact(row)]));
}

type RedemptionRow = RowOf<Omit<RedemptionFact, 'account'>, 'points'> & { readonly account_id: string };

function toFact(row: RedemptionRow): RedemptionFact {
  return {
    id: row.id,
    kind: row.kind,
    brandId: row.brand_id,
    walletId: row.wallet_id,
    memberId: row.member_id,
    poolId: row.pool_id,
    account: Number(row.account_id),
    currencyId: row.currency_id,
    points: Number(row.points),
    moneyValue: BigInt(row.money_value),
    moneyCurrency: row.money_currency,
    termsId: row.terms_id,
    arithmetic: row.arithmetic,
    ruleId: row.rule_id,
    occurredAt: row.occurred_at,
    spentBy: row.spent_by,
  };
}
