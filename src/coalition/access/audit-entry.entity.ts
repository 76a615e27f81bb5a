import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Uuid } from '../../platform/ids';

/** Who changed what, when and why. Never updated. */
@Entity('audit_entry')
export class AuditEntry {
  @PrimaryColumn('uuid')
  id!: Uuid;

  @Column('timestamptz')
  at!: Date;

  /** Kind and id of the principal: "client:...", "staff:...", "member:...". */
  @Column('text')
  actor!: string;

  /** The brand that the principal acted for; null for members of no brand. */
  @Column('uuid', { name: 'brand_id', nullable: true })
  brandId!: Uuid | null;

  /** Name of the operation, e.g. "countersignTerms". */
  @Column('text')
  operation!: string;

  @Column('text', { name: 'target_id' })
  targetId!: string;

  /** The member whom it is about, who is shown it. */
  @Column('uuid', { name: 'member_id', nullable: true })
  memberId!: Uuid | null;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('json', { nullable: true })
  details!: Record<string, string | number | boolean | null> | null;
}
