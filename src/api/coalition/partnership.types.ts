import { InputType, ObjectType } from 'type-graphql';
import { changePartnershipRefusals } from '../../coalition/coalition/change-partnership';
import { countersignTermsRefusals, declineTermsRefusals } from '../../coalition/coalition/decide-terms';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { ChangeInput, CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Count, Flag, Id, Instant, Of, Text } from '../graphql/fields';
import { MoneyInput, MoneyType } from '../graphql/money.types';
import { answerUnion } from '../graphql/refusal.types';
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
@Discloses('NOBODY')
export class TermsType {
  @Id('Opaque id.') id!: string;

  @Count('Number within the partnership, from 1.') version!: number;

  @Of(() => TermsStatusEnum, 'Whether it is agreed.') status!: string;

  @Of(() => BrandType, 'The side that proposed it.') proposedBy?: BrandType;

  @Instant('When it was proposed.') proposedAt!: Date;

  @Of.orNull(() => BrandType, 'The side that countersigned or declined it.') decidedBy?: BrandType | null;

  @Instant.orNull('When it was decided.') decidedAt!: Date | null;

  @Instant('From when it is in force, once countersigned, until the next version starts.') effectiveFrom!: Date;

  @Flag('Whether the brand may issue points.') mayIssue!: boolean;

  @Flag('Whether points may be redeemed at the brand.') mayRedeem!: boolean;

  @Of(() => MoneyType, 'What an issuer pays per whole point issued.') issuancePrice!: MoneyType;

  @Of(() => MoneyType, 'What a redeemer receives per whole point redeemed.') reimbursementPrice!: MoneyType;

  @Of.orNull(() => MoneyType, 'What the issuer pays per whole point that comes in from its old programme; null: no opening balances are accepted.')
  openingPrice!: MoneyType | null;

  @Flag('Whether the prices include tax.') pricesIncludeTax!: boolean;

  @Of(() => ArrearsCarrierEnum, "Who carries members' arrears.") arrearsCarrier!: string;

  @Of(() => RefundOrderEnum, 'What is refunded first.') refundOrder!: string;

  @Count('How many days after it happened an event may still be recorded.') backdatingDays!: number;

  @Count('Days after a statement within which it is paid.') paymentDays!: number;

  @Count('Days of notice before the partnership ends, or a price of these terms changes.') noticeDays!: number;

  @Flag('Its countersigner agreed to a change of price with less notice than the terms before ask for.') noticeWaived!: boolean;

  @Of(() => [String], 'Purposes for which data may be shared, as far as members agree.') dataSharingPurposes!: string[];

  @Of(() => PartnershipType, 'The partnership.') partnership?: object;
}

@ObjectType({ description: "A change of a partnership's state." })
@Discloses('NOBODY')
export class PartnershipChange {
  @Of(() => PartnershipStateEnum, 'The state from then on.') state!: string;

  @Instant('From when it counts; an announced end lies ahead.') at!: Date;

  @Of(() => BrandType, 'The side that made it.') by?: BrandType;

  @Text.orNull('Why.') reason!: string | null;
}

@ObjectType('Partnership', {
  description: 'Joins a brand to the coalition, or two brands to each other, for one points currency. Visible to its sides and the operator.',
})
@Discloses('NOBODY')
export class PartnershipType {
  @Id('Opaque id.') id!: string;

  @Of(() => BrandType, 'One side.') brand?: BrandType;

  @Of(() => BrandType, 'The other side: the operator, where the partnership joins a brand to the coalition.') partner?: BrandType;

  @Of(() => PointCurrencyType, 'The points it is about.') currency?: PointCurrencyType;

  @Of(() => PartnershipStateEnum, 'Its state now.') state?: string;

  @Instant('When its first terms were proposed.') createdAt!: Date;

  @Of(() => [TermsType], 'All versions of its terms, oldest first.') terms?: TermsType[];

  @Of.orNull(() => TermsType, 'The terms in force at an instant; null when none are, or while it is suspended or ended.') termsInForce?: TermsType | null;

  @Of(() => [PartnershipChange], 'Its life so far, as it was written down.') history?: PartnershipChange[];
}
export const PartnershipConnection = connectionOf('Partnership', () => PartnershipType);

export const ProposeTermsResult = answerUnion('ProposeTermsResult', 'The proposed terms.', () => TermsType, keyRefusals);
export const CountersignTermsResult = answerUnion('CountersignTermsResult', 'The countersigned terms.', () => TermsType, countersignTermsRefusals);
export const DeclineTermsResult = answerUnion('DeclineTermsResult', 'The declined terms.', () => TermsType, declineTermsRefusals);
export const ChangePartnershipResult = answerUnion('ChangePartnershipResult', 'The partnership.', () => PartnershipType, changePartnershipRefusals);

@InputType()
export class ProposeTermsInput extends CreationInput {
  @Id.orNull('The other side; the operator when left out.') withBrandId?: string | null;

  @Text('Code of the points currency.') currency!: string;

  @Instant('From when they are to be in force. First terms may start in the past; later ones not before they are countersigned.') effectiveFrom!: Date;

  @Flag('Whether the brand may issue points.') mayIssue!: boolean;

  @Flag('Whether points may be redeemed at the brand.') mayRedeem!: boolean;

  @Of(() => MoneyInput, "What an issuer pays per whole point issued, in the currency's settlement currency; exact in micro-units for its smallest unit.")
  issuancePrice!: MoneyInput;

  @Of(() => MoneyInput, "What a redeemer receives per whole point redeemed, in the currency's settlement currency; exact in micro-units for its smallest unit.")
  reimbursementPrice!: MoneyInput;

  @Of.orNull(
    () => MoneyInput,
    'What the issuer pays per whole point that comes in from its old programme, in the same currency; left out: no opening balances are accepted.',
  )
  openingPrice?: MoneyInput | null;

  @Flag.orNull('Whether the prices include tax; no when left out.') pricesIncludeTax?: boolean | null;

  @Of.orNull(() => ArrearsCarrierEnum, "Who carries members' arrears; OPERATOR when left out.") arrearsCarrier?: string | null;

  @Of.orNull(() => RefundOrderEnum, 'What is refunded first; POINTS_LAST when left out.') refundOrder?: string | null;

  @Count.orNull('How many days after it happened an event may still be recorded: 0 to 36600; 90 when left out.') backdatingDays?: number | null;

  @Count.orNull('Days within which a statement is paid: 0 to 365; 30 when left out.') paymentDays?: number | null;

  @Count.orNull('Days of notice before the partnership ends, or a price changes: 0 to 3650; 30 when left out.') noticeDays?: number | null;

  @Of.orNull(() => [String], 'Purposes for which data may be shared; none when left out. At most 50.') dataSharingPurposes?: string[] | null;
}

@InputType()
export class DecideTermsInput extends ChangeInput {
  @Id('The proposed terms.') termsId!: string;

  @Flag.orNull('Only when countersigning: a change of price may start with less notice than the terms before ask for (NOTICE_TOO_SHORT otherwise).')
  waiveNotice?: boolean | null;
}

@InputType()
export class ChangePartnershipInput extends ChangeInput {
  @Id('The partnership.') partnershipId!: string;
}

@InputType()
export class EndPartnershipInput extends ChangePartnershipInput {
  @Instant.orNull('When it ends; as soon as the notice in its terms allows when left out.') endsAt?: Date | null;
}
