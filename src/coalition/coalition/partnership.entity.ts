import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Uuid } from '../../platform/ids';

export const PARTNERSHIP_STATES = ['PROPOSED', 'ACTIVE', 'SUSPENDED', 'ENDING', 'ENDED'] as const;
export type PartnershipStateName = (typeof PARTNERSHIP_STATES)[number];

/** Joins a brand to the coalition (its partner is the operator) or to another brand, for one points currency. */
@Entity('partnership')
export class PartnershipRecord {
  @PrimaryColumn('uuid')
  id!: Uuid;

  @Column('uuid', { name: 'brand_id' })
  brandId!: Uuid;

  @Column('uuid', { name: 'partner_brand_id' })
  partnerBrandId!: Uuid;

  @Column('smallint', { name: 'currency_id' })
  currencyId!: number;

  /** As last changed; an end that was announced takes effect by itself: see stateAt. */
  @Column('text')
  state!: PartnershipStateName;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
