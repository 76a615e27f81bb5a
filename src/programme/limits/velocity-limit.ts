import { cachedByVersion } from '../../coalition/rules/versioned-cache';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';

/**
 * EARN: a purchase's award. REDEEM: a burn, or a hold when it is placed. CONVERT: what leaves the source currency.
 * GIFT: what the giver gives.
 */
export const ACTS = ['EARN', 'REDEEM', 'CONVERT', 'GIFT'] as const;
export type Act = (typeof ACTS)[number];

export const MEASURES = ['POINTS', 'COUNT'] as const;
export type Measure = (typeof MEASURES)[number];

/** Windows of the calendar in the currency's time zone; weeks begin on Monday. */
export const WINDOWS = ['DAY', 'WEEK', 'MONTH', 'YEAR'] as const;
export type LimitWindow = (typeof WINDOWS)[number];

/** How much one member may do within a window: one version, in force from effectiveFrom until it is ended. */
export interface VelocityLimit {
  readonly id: Uuid;
  /** The brand that set it for itself, or the operator's for the coalition. */
  readonly ownerBrandId: Uuid;
  readonly currencyId: number;
  readonly act: Act;
  readonly measure: Measure;
  readonly window: LimitWindow;
  /** null: what happens at all brands counts together. */
  readonly brandId: Uuid | null;
  /** null: whatever rule it was earned by. */
  readonly earningRuleId: Uuid | null;
  /** Points in the currency's smallest unit, or how many times. */
  readonly maximum: number;
  /** REDUCE: only what is left is awarded. */
  readonly whenExceeded: 'REFUSE' | 'REDUCE';
  readonly effectiveFrom: Date;
  /** First instant at which it no longer holds; null while nobody has ended it. */
  readonly endsAt: Date | null;
}

/** All limits: few, read whole. */
export interface VelocityLimits {
  of(currencyId: number, act: Act): readonly VelocityLimit[];
}

export const velocityLimits = cachedByVersion<VelocityLimits>(async (client) => {
  const { rows } = await client.query('SELECT * FROM velocity_limit ORDER BY id');
  const limits = new Map<string, VelocityLimit[]>();
  for (const limit of rows.map(toVelocityLimit)) {
    const key = `${limit.currencyId} ${limit.act}`;
    limits.set(key, [...(limits.get(key) ?? []), limit]);
  }
  return { of: (currencyId, act) => limits.get(`${currencyId} ${act}`) ?? [] };
});

/** Of a row of velocity_limit. */
export function toVelocityLimit(row: RowOf<Omit<VelocityLimit, 'window'>, 'maximum'> & { readonly time_window: LimitWindow }): VelocityLimit {
  return {
    id: row.id,
    ownerBrandId: row.owner_brand_id,
    currencyId: row.currency_id,
    act: row.act,
    measure: row.measure,
    window: row.time_window,
    brandId: row.brand_id,
    earningRuleId: row.earning_rule_id,
    maximum: Number(row.maximum),
    whenExceeded: row.when_exceeded,
    effectiveFrom: row.effective_from,
    endsAt: row.ends_at,
  };
}
