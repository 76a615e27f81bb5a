import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Uuid } from '../../platform/ids';
import type { PartnershipStateName } from './partnership.entity';

/** One change of a partnership's state: when it takes effect, who made it and why. */
@Entity('partnership_event')
export class PartnershipEvent {
  @PrimaryColumn('uuid', { name: 'partnership_id' })
  partnershipId!: Uuid;

  @PrimaryColumn('int')
  seq!: number;

  @Column('text')
  state!: PartnershipStateName;

  /** From when it counts: the announced end of a partnership lies ahead. */
  @Column('timestamptz')
  at!: Date;

  @Column('uuid', { name: 'by_brand_id' })
  byBrandId!: Uuid;

  @Column('text', { name: 'by_actor' })
  byActor!: string;

  @Column('text', { nullable: true })
  reason!: string | null;
}
