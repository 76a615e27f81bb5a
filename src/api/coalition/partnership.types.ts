import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { changePartnershipRefusals } from '../../coalition/coalition/change-partnership';
import { countersignTermsRefusals, declineTermsRefusals } from '../../coalition/coalition/decide-terms';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { ChangeInput, CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import { enumOf } from '../graphql/enum-of';
import { answerUnion } from '../graphql/refusal.types';
import { DateTimeScalar, MoneyInput, MoneyType } from '../graphql/scalars';
import { BrandType, PointCurrencyType } from './coalition.types';

export const PartnershipStateEnum = enumOf('PartnershipState', 'Life of a partnership.', {
  PROPOSED: 'No terms are countersigned yet.',
  ACTIVE: 'It holds.',
  SUSPENDED: 'Nothing is issued or redeemed under it for now.',
  ENDING: 'Its end is announced; until then it holds.',
  ENDED: 'It holds no more.',
});

export const ArrearsCarrierEnum = enumOf('ArrearsCarrier', "Who carries a member's arrears after a clawback.", {
  OPERATOR: 'The operator: the clawing brand is credited at once.',
  ISSUER: 'The issuer: credited as they are recovered.',
});

export const RefundOrderEnum = enumOf('RefundOrder', 'What is refunded first when goods paid partly with points come back.', {
  POINTS_LAST: 'Money, then points: what points still pay is never more than what is left of the purchase costs.',
  PRO_RATA: 'Both, in proportion.',
  POINTS_FIRST: 'Points, then money.',
});

export const TermsStatusEnum = enumOf('TermsStatus', 'Whether a version of terms is agreed.', {
  PROPOSED: 'The other side has not decided.',
  COUNTERSIGNED: 'Agreed.',
  DECLINED: 'Not agreed.',
});

@ObjectType('Terms', { description: 'A version of the terms of a partnership. Never edited: a change is a new version.' })
export class TermsType {
  @Field(() => ID, { description: 'Opaque id.' })
  id!: string;

  @Field(() => Int, { description: 'Number within the partnership, from 1.' })
  version!: number;

  @Field(() => TermsStatusEnum, { description: 'Whether it is agreed.' })
  status!: string;

  @Field(() => BrandType, { description: 'The side that proposed it.' })
  proposedBy?: BrandType;

  @Field(() => DateTimeScalar, { description: 'When it was proposed.' })
  proposedAt!: Date;

  @Field(() => BrandType, { nullable: true, description: 'The side that countersigned or declined it.' })
  decidedBy?: BrandType | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was decided.' })
  decidedAt!: Date | null;

  @Field(() => DateTimeScalar, { description: 'From when it is in force, once countersigned, until the next version starts.' })
  effectiveFrom!: Date;

  @Field(() => Boolean, { description: 'Whether the brand may issue points.' })
  mayIssue!: boolean;

  @Field(() => Boolean, { description: 'Whether points may be redeemed at the brand.' })
  mayRedeem!: boolean;

  @Field(() => MoneyType, { description: 'What an issuer pays per whole point issued.' })
  issuancePrice!: MoneyType;

  @Field(() => MoneyType, { description: 'What a redeemer receives per whole point redeemed.' })
  reimbursementPrice!: MoneyType;

  @Field(() => MoneyType, {
    nullable: true,
    description: 'What the issuer pays per whole point that comes in from its old programme; null: no opening balances are accepted.',
  })
  openingPrice!: MoneyType | null;

  @Field(() => Boolean, { description: 'Whether the prices include tax.' })
  pricesIncludeTax!: boolean;

  @Field(() => ArrearsCarrierEnum, { description: "Who carries members' arrears." })
  arrearsCarrier!: string;

  @Field(() => RefundOrderEnum, { description: 'What is refunded first.' })
  refundOrder!: string;

  @Field(() => Int, { description: 'How many days after it happened an event may still be recorded.' })
  backdatingDays!: number;

  @Field(() => Int, { description: 'Days after a statement within which it is paid.' })
  paymentDays!: number;

  @Field(() => Int, { description: 'Days of notice before the partnership ends, or a price of these terms changes.' })
  noticeDays!: number;

  @Field(() => Boolean, { description: 'Its countersigner agreed to a change of price with less notice than the terms before ask for.' })
  noticeWaived!: boolean;

  @Field(() => [String], { description: 'Purposes for which data may be shared, as far as members agree.' })
  dataSharingPurposes!: string[];

  @Field(() => PartnershipType, { description: 'The partnership.' })
  partnership?: object;
}

@ObjectType({ description: "A change of a partnership's state." })
export class PartnershipChange {
  @Field(() => PartnershipStateEnum, { description: 'The state from then on.' })
  state!: string;

  @Field(() => DateTimeScalar, { description: 'From when it counts; an announced end lies ahead.' })
  at!: Date;

  @Field(() => BrandType, { description: 'The side that made it.' })
  by?: BrandType;

  @Field(() => String, { nullable: true, description: 'Why.' })
  reason!: string | null;
}

@ObjectType('Partnership', {
  description: 'Joins a brand to the coalition, or two brands to each other, for one points currency. Visible to its sides and the operator.',
})
export class PartnershipType {
  @Field(() => ID, { description: 'Opaque id.' })
  id!: string;

  @Field(() => BrandType, { description: 'One side.' })
  brand?: BrandType;

  @Field(() => BrandType, { description: 'The other side: the operator, where the partnership joins a brand to the coalition.' })
  partner?: BrandType;

  @Field(() => PointCurrencyType, { description: 'The points it is about.' })
  currency?: PointCurrencyType;

  @Field(() => PartnershipStateEnum, { description: 'Its state now.' })
  state?: string;

  @Field(() => DateTimeScalar, { description: 'When its first terms were proposed.' })
  createdAt!: Date;

  @Field(() => [TermsType], { description: 'All versions of its terms, oldest first.' })
  terms?: TermsType[];

  @Field(() => TermsType, { nullable: true, description: 'The terms in force at an instant; null when none are, or while it is suspended or ended.' })
  termsInForce?: TermsType | null;

  @Field(() => [PartnershipChange], { description: 'Its life so far, as it was written down.' })
  history?: PartnershipChange[];
}
export const PartnershipConnection = connectionOf('Partnership', () => PartnershipType);

export const ProposeTermsResult = answerUnion('ProposeTermsResult', 'The proposed terms.', () => TermsType, keyRefusals);
export const CountersignTermsResult = answerUnion('CountersignTermsResult', 'The countersigned terms.', () => TermsType, countersignTermsRefusals);
export const DeclineTermsResult = answerUnion('DeclineTermsResult', 'The declined terms.', () => TermsType, declineTermsRefusals);
export const ChangePartnershipResult = answerUnion('ChangePartnershipResult', 'The partnership.', () => PartnershipType, changePartnershipRefusals);

@InputType()
export class ProposeTermsInput extends CreationInput {
  @Field(() => ID, { nullable: true, description: 'The other side; the operator when left out.' })
  withBrandId?: string | null;

  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => DateTimeScalar, {
    description: 'From when they are to be in force. First terms may start in the past; later ones not before they are countersigned.',
  })
  effectiveFrom!: Date;

  @Field(() => Boolean, { description: 'Whether the brand may issue points.' })
  mayIssue!: boolean;

  @Field(() => Boolean, { description: 'Whether points may be redeemed at the brand.' })
  mayRedeem!: boolean;

  @Field(() => MoneyInput, {
    description: "What an issuer pays per whole point issued, in the currency's settlement currency; exact in micro-units for its smallest unit.",
  })
  issuancePrice!: MoneyInput;

  @Field(() => MoneyInput, {
    description: "What a redeemer receives per whole point redeemed, in the currency's settlement currency; exact in micro-units for its smallest unit.",
  })
  reimbursementPrice!: MoneyInput;

  @Field(() => MoneyInput, {
    nullable: true,
    description: 'What the issuer pays per whole point that comes in from its old programme, in the same currency; left out: no opening balances are accepted.',
  })
  openingPrice?: MoneyInput | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the prices include tax; no when left out.' })
  pricesIncludeTax?: boolean | null;

  @Field(() => ArrearsCarrierEnum, { nullable: true, description: "Who carries members' arrears; OPERATOR when left out." })
  arrearsCarrier?: string | null;

  @Field(() => RefundOrderEnum, { nullable: true, description: 'What is refunded first; POINTS_LAST when left out.' })
  refundOrder?: string | null;

  @Field(() => Int, { nullable: true, description: 'How many days after it happened an event may still be recorded: 0 to 36600; 90 when left out.' })
  backdatingDays?: number | null;

  @Field(() => Int, { nullable: true, description: 'Days within which a statement is paid: 0 to 365; 30 when left out.' })
  paymentDays?: number | null;

  @Field(() => Int, { nullable: true, description: 'Days of notice before the partnership ends, or a price changes: 0 to 3650; 30 when left out.' })
  noticeDays?: number | null;

  @Field(() => [String], { nullable: true, description: 'Purposes for which data may be shared; none when left out. At most 50.' })
  dataSharingPurposes?: string[] | null;
}

@InputType()
export class DecideTermsInput extends ChangeInput {
  @Field(() => ID, { description: 'The proposed terms.' })
  termsId!: string;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Only when countersigning: a change of price may start with less notice than the terms before ask for (NOTICE_TOO_SHORT otherwise).',
  })
  waiveNotice?: boolean | null;
}

@InputType()
export class ChangePartnershipInput extends ChangeInput {
  @Field(() => ID, { description: 'The partnership.' })
  partnershipId!: string;
}

@InputType()
export class EndPartnershipInput extends ChangePartnershipInput {
  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ends; as soon as the notice in its terms allows when left out.' })
  endsAt?: Date | null;
}
