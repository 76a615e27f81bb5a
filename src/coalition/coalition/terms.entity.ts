import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../platform/database/bigint-column';
import type { Uuid } from '../../platform/ids';

export const ARREARS_CARRIERS = ['OPERATOR', 'ISSUER'] as const;
export const REFUND_ORDERS = ['POINTS_LAST', 'PRO_RATA', 'POINTS_FIRST'] as const;

/**
 * A version of a partnership's terms. One side proposes it, the other countersigns or declines it, once. It is never
 * edited.
 */
@Entity('terms_version')
export class TermsRecord {
  @PrimaryColumn('uuid')
  id!: Uuid;

  @Column('uuid', { name: 'partnership_id' })
  partnershipId!: Uuid;

  @Column('int')
  version!: number;

  @Column('text')
  status!: 'PROPOSED' | 'COUNTERSIGNED' | 'DECLINED';

  @Column('uuid', { name: 'proposed_by_brand_id' })
  proposedByBrandId!: Uuid;

  @Column('timestamptz', { name: 'proposed_at' })
  proposedAt!: Date;

  @Column('uuid', { name: 'decided_by_brand_id', nullable: true })
  decidedByBrandId!: Uuid | null;

  @Column('timestamptz', { name: 'decided_at', nullable: true })
  decidedAt!: Date | null;

  @Column('timestamptz', { name: 'effective_from' })
  effectiveFrom!: Date;

  @Column('boolean', { name: 'may_issue' })
  mayIssue!: boolean;

  @Column('boolean', { name: 'may_redeem' })
  mayRedeem!: boolean;

  /** Micro-units of the settlement currency per whole point. */
  @Column('bigint', { name: 'issuance_price', transformer: bigintColumn })
  issuancePrice!: bigint;

  /** Micro-units of the settlement currency per whole point. */
  @Column('bigint', { name: 'reimbursement_price', transformer: bigintColumn })
  reimbursementPrice!: bigint;

  /** Micro-units per whole point that comes in from the brand's old programme; null: openings are refused. */
  @Column('bigint', { name: 'opening_price', nullable: true, transformer: bigintColumn })
  openingPrice!: bigint | null;

  @Column('boolean', { name: 'prices_include_tax' })
  pricesIncludeTax!: boolean;

  @Column('text', { name: 'arrears_carrier' })
  arrearsCarrier!: (typeof ARREARS_CARRIERS)[number];

  @Column('text', { name: 'refund_order' })
  refundOrder!: (typeof REFUND_ORDERS)[number];

  @Column('int', { name: 'backdating_days' })
  backdatingDays!: number;

  @Column('int', { name: 'payment_days' })
  paymentDays!: number;

  @Column('int', { name: 'notice_days' })
  noticeDays!: number;

  /** Its countersigner agreed to a change of price with less notice than the terms before ask for. */
  @Column('boolean', { name: 'notice_waived' })
  noticeWaived!: boolean;

  @Column('text', { name: 'data_sharing_purposes', array: true })
  dataSharingPurposes!: string[];
}
