import { ArgsType, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { addIdentifierRefusals } from '../../members/identifiers/add-identifier';
import { linkMemberRefusals } from '../../members/links/link-member';
import { enrolMemberRefusals } from '../../members/members/enrol-members';
import { refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { wrongEntryRefusals } from '../graphql/bulk-answers';
import { connectionOf, PageArgs } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { Day, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';
import { BalanceType } from './balance.types';
import { MemberIdentifierType } from './identifier.types';
import { IdentifierInput, MemberRefInput } from './member-ref.types';

const MOVEMENTS = {
  EARN: 'Earned by a purchase.',
  BONUS: 'A bonus.',
  OPENING: "Carried over from a brand's old programme.",
  GOODWILL: 'Given out of kindness.',
  BURN: 'Spent at once.',
  CAPTURE: 'Spent out of a hold.',
  REFUND: 'Spent points given back.',
  REINSTATEMENT: 'Spent points given back because what they paid for came back.',
  CLAWBACK: 'Earned points taken back because what earned them came back.',
  GIFT: 'Given by one member to another.',
  POOL_CONTRIBUTION: 'Put into a household pool.',
  CLAWBACK_CANCELLATION: 'Given back, because the return that took them back was cancelled.',
  REINSTATEMENT_CANCELLATION: 'Taken again, because the return that gave them back was cancelled.',
  EXPIRED_CLAWBACK: 'Expired points of a purchase that came back, to where they were issued: no wallet is moved by it.',
  ARREARS_FILL: 'Points of the wallet that filled its arrears, once a hold gave them back or they were confirmed: out, and in again.',
  POOL_RETURN: 'Come back out of a household pool to who put them in.',
  MERGE: 'Taken along when two members became one.',
  CONVERSION_OUT: 'Converted into another currency.',
  CONVERSION_IN: 'Come from another currency.',
  FEE: 'The fee of a conversion.',
  REMAINDER: 'What of a conversion was too little to give anything.',
  EXPIRY: 'Expired.',
  EXPIRY_CANCELLATION: 'Expired points given back, because something that happened before their end was told after it was booked.',
  CLOSURE: 'Ended with the wallet.',
};
export const MovementKindEnum = Object.fromEntries(Object.keys(MOVEMENTS).map((kind) => [kind, kind]));
registerEnumType(MovementKindEnum, {
  name: 'MovementKind',
  description: 'Why points moved.',
  valuesConfig: Object.fromEntries(Object.entries(MOVEMENTS).map(([kind, description]) => [kind, { description }])),
});

@ObjectType('PersonalData', {
  description: 'What a member told about themselves. Shown to the member and to the operator; what a brand may see is for consent to decide.',
})
@Discloses<PersonalDataType>({
  givenName: 'NAME',
  familyName: 'NAME',
  email: 'CONTACT',
  phone: 'CONTACT',
  birthDate: 'BIRTH_DATE',
  language: 'LANGUAGE',
})
export class PersonalDataType {
  @Text.orNull('Given name.') givenName!: string | null;

  @Text.orNull('Family name.') familyName!: string | null;

  @Text.orNull('E-mail address.') email!: string | null;

  @Text.orNull('Phone number.') phone!: string | null;

  @Day.orNull('Date of birth.') birthDate!: string | null;

  @Text.orNull('Language, as a BCP 47 tag.') language!: string | null;
}

@ObjectType('Expiry', { description: 'Points that can no longer be spent from a day on.' })
@Discloses<ExpiryType>({ on: 'WALLET', points: 'WALLET' })
export class ExpiryType {
  @Day("That day, in the currency's time zone.") on!: string;

  @Points("How many, in the currency's smallest unit.") points!: number;
}

@ObjectType('PendingPoints', { description: 'Points earned that cannot be spent yet.' })
@Discloses<PendingPointsType>({ points: 'WALLET', availableOn: 'WALLET', confirmBy: 'WALLET' })
export class PendingPointsType {
  @Points("How many, in the currency's smallest unit.") points!: number;

  @Day.orNull("First day, in the currency's time zone, on which they can be spent; null: once their brand confirms them.") availableOn!: string | null;

  @Day.orNull('The last day on which their brand can confirm them: what it has not is taken back. Null: it need not.') confirmBy!: string | null;
}

@ObjectType('CurrencyBalance', { description: 'What a wallet holds now of one points currency, what becomes available and what expires next.' })
@Discloses<CurrencyBalanceType, BalanceType>({ nextExpiries: 'WALLET', pendingPoints: 'WALLET' })
export class CurrencyBalanceType extends BalanceType {
  @Of(() => [ExpiryType], 'The next days on which points expire, soonest first, at most 10. Held points are not in it. Empty for a brand.')
  nextExpiries!: readonly ExpiryType[];

  @Of(
    () => [PendingPointsType],
    'Pending points by the day on which they can be spent, soonest first, those to be confirmed last; at most 100 days. Empty for a brand.',
  )
  pendingPoints!: readonly PendingPointsType[];
}

@ObjectType('Movement', { description: 'Points that came into a wallet or left it.' })
@Discloses<MovementType>({ kind: 'OWN', points: 'OWN', brandId: 'OWN', balanceAfter: 'WALLET', occurredAt: 'OWN', recordedAt: 'OWN' })
export class MovementType {
  @Of(() => MovementKindEnum, 'Why.') kind!: string;

  @Points("In the currency's smallest unit: above zero into the wallet, below zero out of it.") points!: number;

  @Id.orNull('The brand at which it happened; null when a member asked for it.') brandId!: string | null;

  @Points.orNull("The wallet's balance after it, open holds not taken off. Null for a brand, which sees only its own movements.") balanceAfter!: number | null;

  @Instant('When it happened.') occurredAt!: Date;

  @Instant('When it was booked.') recordedAt!: Date;
}

export const MovementConnection = connectionOf('Movement', () => MovementType);

@ObjectType('OpenHold', { description: 'Points set aside at a brand.' })
@Discloses<OpenHoldType>({ redemptionId: 'OWN', currency: 'OWN', points: 'OWN', brandId: 'OWN', occurredAt: 'OWN', expiresAt: 'OWN' })
export class OpenHoldType {
  @Id('The redemption that holds them.') redemptionId!: string;

  @Text('Code of the points currency.') currency!: string;

  @Points("How many, in the currency's smallest unit.") points!: number;

  @Id('The brand that holds them.') brandId!: string;

  @Instant('Since when.') occurredAt!: Date;

  @Instant('When the hold ends by itself.') expiresAt!: Date;
}

/** What the resolvers of a member's fields start from; never shown. */
export interface OfMember {
  readonly memberId: Uuid;
  /** The member was found by a phone number or e-mail address alone: nothing is told. */
  readonly byNumber: boolean;
}

@ObjectType('Wallet', { description: "A member's points, all currencies together." })
@Discloses<WalletType>({
  id: 'PROGRAMME',
  lockedAt: 'PROGRAMME',
  lockReason: 'MEMBER',
  balances: 'PROGRAMME',
  holds: 'OWN',
  arrears: 'OWN',
  conversionQuotes: 'OWN',
  conversions: 'OWN',
  expiring: 'WALLET',
  movements: 'OWN',
})
export class WalletType {
  readonly of!: OfMember;

  @Id('Opaque id; another one at each brand.') id!: string;

  @Instant.orNull('Since when it is locked against spending; null: it is not, or you are a brand whose link with the member is not confirmed.')
  lockedAt?: Date | null;

  @Text.orNull('Why it is locked, if that was said; for the member and the operator, null for a brand.') lockReason?: string | null;

  @Of.orNull(
    () => [CurrencyBalanceType],
    'One for each points currency that it ever held, by code; for a brand, of those that it has terms for. Null for a brand whose link with the member is not confirmed.',
  )
  balances?: CurrencyBalanceType[] | null;

  @Of(() => [OpenHoldType], 'Open holds, soonest to end first, at most 100. A brand sees its own.') holds?: OpenHoldType[];
}

@ObjectType('Member', { description: 'A member of the coalition.' })
@Discloses<MemberType>({
  id: 'PROGRAMME',
  enrolledAt: 'OWN',
  jurisdiction: 'JURISDICTION',
  personalData: 'MEMBER',
  identifiers: 'OWN',
  wallet: 'PROGRAMME',
  links: 'MEMBER',
  logins: 'MEMBER',
})
export class MemberType {
  readonly of!: OfMember;

  @Id('Opaque id; another one at each brand.') id!: string;

  @Instant.orNull('When the member was enrolled; null for a brand that did not do it, or whose link with the member is not confirmed.')
  enrolledAt?: Date | null;

  @Text.orNull("Whose law protects the member's data, if known: ISO 3166-1 (AT) or 3166-2 (US-CA). Null for a brand.")
  jurisdiction?: string | null;

  @Of.orNull(() => PersonalDataType, 'Personal data; null when there are none or when you may not read them.') personalData?: PersonalDataType | null;

  @Of(
    () => [MemberIdentifierType],
    'What the member is found by, oldest first, at most 100: all of it for the member and the operator, for a brand what it added itself.',
  )
  identifiers?: MemberIdentifierType[];

  @Of(() => WalletType, 'The wallet.') wallet!: WalletType;
}

@ArgsType()
export class MovementsArgs extends PageArgs {
  @Text('Code of the points currency.') currency!: string;
}

@InputType('PersonalDataInput', { description: 'What the member told the brand at enrolment. Kept in one place, and never given back to the brand.' })
export class PersonalDataInput {
  @Text.orNull('Given name: at most 200 characters.') givenName?: string | null;

  @Text.orNull('Family name: at most 200 characters.') familyName?: string | null;

  @Text.orNull('E-mail address: at most 320 characters.') email?: string | null;

  @Text.orNull('Phone number: at most 50 characters.') phone?: string | null;

  @Day.orNull('Date of birth.') birthDate?: string | null;

  @Text.orNull('Language, as a BCP 47 tag such as "de-AT".') language?: string | null;
}

@InputType('EnrolMemberInput', { description: 'A new member.' })
export class EnrolMemberInput {
  @Text('Names this request for ever, within the brand: at most 255 characters. Send it again and get the first answer.') idempotencyKey!: string;

  @Text.orNull("The brand's own id for its customer, to refer to the member by: at most 200 characters. Kept as a keyed hash.") customerId?: string | null;

  @Of.orNull(() => [IdentifierInput], 'What the member can show at any till of the coalition: at most 20.') identifiers?: IdentifierInput[] | null;

  @Of.orNull(() => PersonalDataInput, 'Personal data, if any are needed.') personalData?: PersonalDataInput | null;

  @Text.orNull("Whose law protects the member's data: an ISO 3166-1 country (AT) or an ISO 3166-2 part of one (US-CA). Left out: not known.")
  jurisdiction?: string | null;
}

@InputType('IdentifierChangeInput', { description: 'An identifier of a member.' })
export class IdentifierChangeInput {
  @Of.orNull(() => MemberRefInput, 'The member; leave it out when you are the member.') member?: MemberRefInput | null;

  @Of(() => IdentifierInput, 'The identifier.') identifier!: IdentifierInput;

  @Text.orNull(
    'Of a member who adds its own: a token of its login with email_verified or phone_number_verified of this very value. Without one it is a claim, which finds nobody.',
  )
  token?: string | null;
}

@InputType('LinkMemberInput', { description: "A brand's customer and a member who are the same person." })
export class LinkMemberInput {
  @Of(() => MemberRefInput, 'The member, by an identifier presented to the brand, or by id when the brand knows the member already.') member!: MemberRefInput;

  @Text("The brand's own id for its customer: at most 200 characters. Kept as a keyed hash.") customerId!: string;
}

@InputType('UnlinkMemberInput', { description: 'A member that a brand is to know no longer.' })
export class UnlinkMemberInput {
  @Of.orNull(() => MemberRefInput, 'The member; leave it out when you are the member.') member?: MemberRefInput | null;

  @Id.orNull("Which brand: for the member and the operator's support, see Member.links. Left out: your own.") brandId?: string | null;

  @Text.orNull('Why, for the audit trail: at most 500 characters. No personal data.') reason?: string | null;
}

@ObjectType('UnlinkedMember', { description: 'A member that the brand knows no longer.' })
@Discloses<UnlinkedMemberType>({ memberId: 'PROGRAMME' })
export class UnlinkedMemberType {
  @Id('The id that you know the member by.') memberId!: string;
}

@InputType('WalletLockInput', { description: "A member's wallet." })
export class WalletLockInput {
  @Of.orNull(() => MemberRefInput, 'The member; leave it out when you are the member.') member?: MemberRefInput | null;

  @Text.orNull('Why: at most 500 characters. No personal data.') reason?: string | null;
}

export const EnrolMemberResult = answerUnion('EnrolMemberResult', 'The member, or why nobody was enrolled.', () => MemberType, enrolMemberRefusals);
export const EnrolMembersResult = answerUnion(
  'EnrolMembersResult',
  'One member of a bulk, or why nobody was enrolled.',
  () => MemberType,
  refusals(enrolMemberRefusals, wrongEntryRefusals),
);
export const AddIdentifierResult = answerUnion(
  'AddIdentifierResult',
  'The member, or why the identifier was not added.',
  () => MemberType,
  addIdentifierRefusals,
);
export const LinkMemberResult = answerUnion('LinkMemberResult', 'The member, or why it was not linked.', () => MemberType, linkMemberRefusals);
