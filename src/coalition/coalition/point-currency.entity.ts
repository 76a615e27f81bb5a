import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Uuid } from '../../platform/ids';
import type { ClearingModel } from './coalition-snapshot';

export const EXPIRY_KINDS = ['NONE', 'ROLLING', 'FIXED_DATE', 'SLIDING'] as const;
export const EXPIRY_ROUNDINGS = ['NONE', 'MONTH', 'QUARTER', 'YEAR'] as const;

/** What makes a currency one of points; its code and scale are the ledger's. */
@Entity('point_currency')
export class PointCurrencyRecord {
  /** The ledger's currency id. */
  @PrimaryColumn('smallint')
  id!: number;

  @Column('text')
  name!: string;

  /** Null: shared by the coalition. */
  @Column('uuid', { name: 'owner_brand_id', nullable: true })
  ownerBrandId!: Uuid | null;

  /** IANA name: decides on which day something happened. */
  @Column('text', { name: 'time_zone' })
  timeZone!: string;

  @Column('text', { name: 'clearing_model' })
  clearingModel!: ClearingModel;

  @Column('smallint', { name: 'settlement_currency_id' })
  settlementCurrencyId!: number;

  @Column('text', { name: 'expiry_kind' })
  expiryKind!: (typeof EXPIRY_KINDS)[number];

  @Column('smallint', { name: 'expiry_months', nullable: true })
  expiryMonths!: number | null;

  @Column('text', { name: 'expiry_rounding', nullable: true })
  expiryRounding!: (typeof EXPIRY_ROUNDINGS)[number] | null;

  /** 'MM-DD' of each year. */
  @Column('text', { name: 'expiry_month_day', nullable: true })
  expiryMonthDay!: string | null;

  @Column('smallint', { name: 'grace_days' })
  graceDays!: number;

  /** Whether points that come from another currency keep their source's expiry. */
  @Column('text', { name: 'conversion_expiry' })
  conversionExpiry!: 'KEEP' | 'OWN';

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
