import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Uuid } from '../../platform/ids';
import type { StaffRole } from './principal';

/** A login of an identity provider that acts for a brand in one role. Who the person is, only the provider knows. */
@Entity('staff')
export class StaffMember {
  @PrimaryColumn('uuid')
  id!: Uuid;

  /** `iss` of the provider's tokens. */
  @Column('text')
  issuer!: string;

  /** `sub` of the provider's tokens. */
  @Column('text')
  subject!: string;

  @Column('uuid', { name: 'brand_id' })
  brandId!: Uuid;

  @Column('text')
  role!: StaffRole;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  /** When the login accepted the invitation; null: not yet, and it may do nothing. */
  @Column('timestamptz', { name: 'accepted_at', nullable: true })
  acceptedAt!: Date | null;

  /**
   * Who invited it: the id of somebody on the staff or of an API client; null: the founding, or before this was kept.
   */
  @Column('uuid', { name: 'invited_by', nullable: true })
  invitedBy!: Uuid | null;

  @Column('timestamptz', { name: 'removed_at', nullable: true })
  removedAt!: Date | null;
}
