import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Uuid } from '../../platform/ids';
import type { ReferencesRepeat } from './references-repeat';

/** A brand of the coalition; the operator is one too. */
@Entity('brand')
export class BrandRecord {
  @PrimaryColumn('uuid')
  id!: Uuid;

  /** Immutable: lots are consumed in order of their issuer's code. */
  @Column('text')
  code!: string;

  @Column('text')
  name!: string;

  @Column('boolean', { name: 'is_operator' })
  isOperator!: boolean;

  /** ISO 3166-1 alpha-2. */
  @Column('char', { length: 2, nullable: true })
  country!: string | null;

  @Column('text')
  status!: 'ACTIVE' | 'SUSPENDED';

  @Column('text', { name: 'references_repeat' })
  referencesRepeat!: ReferencesRepeat;

  /** Whole points of a member that a card alone burns there in a day, of each currency; null: no limit. */
  @Column('int', { name: 'card_only_per_day', nullable: true })
  cardOnlyPerDay!: number | null;

  /** For so many days after it is suspended its API clients may tell what happened before. */
  @Column('int', { name: 'settling_days' })
  settlingDays!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
