import { InputType, Int, ObjectType } from 'type-graphql';
import { codeRefusals } from '../../coalition/coalition/create-brand';
import { DEFAULT_GRACE_DAYS } from '../../coalition/coalition/create-point-currency';
import { ChangeInput, CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Count, Flag, Id, Of, Points, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';

export const BrandStatusEnum = enumOf('BrandStatus', 'Whether a brand takes part.', {
  ACTIVE: 'It does.',
  SUSPENDED: 'Nothing is issued or redeemed there for now; members keep their points. Its tokens do nothing but tell, for a while, what happened before.',
});

export const ReferencesRepeatEnum = enumOf('ReferencesRepeat', 'How often a brand uses a reference for purchases, redemptions or returns, of each apart.', {
  NEVER: 'Once: a receipt counts once, by whichever way it comes.',
  DAILY: 'Once a local day, for tills that count anew each morning.',
  ANY: 'As often as it likes: references tell nothing apart, and only the idempotency key says what is a repetition.',
});

export const ClearingModelEnum = enumOf('ClearingModel', 'Who owes whom for points.', {
  OPERATOR: 'The issuer pays the operator when points are issued; the operator pays the redeemer when they are redeemed.',
  ISSUER: "Nothing at issue; at redemption each consumed lot's issuer pays the redeemer.",
});

export const ExpiryKindEnum = enumOf('ExpiryKind', 'When points expire.', {
  NONE: 'Never.',
  ROLLING: 'A number of months after they were earned.',
  FIXED_DATE: 'On one day of each year.',
  SLIDING: 'All of a wallet together, a number of months after it was last active: points were earned, spent or set aside, or came in from outside.',
});

export const ConversionExpiryEnum = enumOf('ConversionExpiry', 'How long points live that come from another currency.', {
  KEEP: 'No longer than the points that they were, nor than this currency lets points live from the day of the conversion on.',
  OWN: 'As long as this currency lets points live from the day of the conversion on.',
});

export const ExpiryRoundingEnum = enumOf('ExpiryRounding', 'To the end of what a rolling expiry is put off.', {
  NONE: 'To the day itself.',
  MONTH: 'The month.',
  QUARTER: 'The quarter of the calendar year.',
  YEAR: 'The calendar year.',
});

@ObjectType('Brand', { description: "A brand, as the coalition's directory shows it." })
@Discloses('NOBODY')
export class BrandType {
  @Id('Opaque id.') id!: string;

  @Text('Short code; never changed.') code!: string;

  @Text('Name, for people.') name!: string;

  @Flag("Whether it is the operator's own brand.") isOperator!: boolean;

  @Text.orNull('ISO 3166-1 alpha-2 code: phone numbers without a country code are dialled there.') country!: string | null;

  @Of(() => BrandStatusEnum, 'Whether it takes part.') status!: string;

  @Of.orNull(() => ReferencesRepeatEnum, 'How often it uses a reference; null for whom it does not concern.') referencesRepeat!: string | null;

  @Points.orNull(
    'Whole points of a member that a card, code or pass alone burns there in a day, of each points currency. Null: no limit, or for whom it does not concern.',
  )
  cardOnlyPerDay!: number | null;
}
export const BrandConnection = connectionOf('Brand', () => BrandType);

@ObjectType('ExpiryPolicy', { description: 'When points of a currency expire.' })
@Discloses('NOBODY')
export class ExpiryPolicyType {
  @Of(() => ExpiryKindEnum, 'In which way.') kind!: string;

  @Count.orNull('ROLLING: months after the day on which they were earned. SLIDING: months after the wallet was last active.') months!: number | null;

  @Of.orNull(() => ExpiryRoundingEnum, 'ROLLING: to the end of what it is put off.') rounding!: string | null;

  @Text.orNull('FIXED_DATE: month and day, "12-31".') monthDay!: string | null;
}

@ObjectType('PointCurrency', { description: 'A currency of points.' })
@Discloses('NOBODY')
export class PointCurrencyType {
  @Text('Its code, which is its id.') code!: string;

  @Text('Name, for people.') name!: string;

  @Count('Decimals of a point: amounts of Points are counted in 10^-scale of a point.') scale!: number;

  @Of.orNull(() => BrandType, 'The brand whose own currency it is; null for one shared by the coalition.') owner?: BrandType | null;

  @Text('IANA time zone: decides on which day something happened.') timeZone!: string;

  @Of(() => ClearingModelEnum, 'Who owes whom for its points.') clearingModel!: string;

  @Text('ISO 4217 code of the money that it is settled in.') settlementCurrency!: string;

  @Of(() => ExpiryPolicyType, 'When its points expire.') expiry!: ExpiryPolicyType;

  @Count('Days of grace: points that come back, by a refund or a return, are good until the later of their own end and so many days from then.')
  graceDays!: number;

  @Of(() => ConversionExpiryEnum, 'How long points live that come from another currency.') conversionExpiry!: keyof typeof ConversionExpiryEnum;

  @Of(() => [Int], 'How many days before points expire their member is told, most days first.') noticeDays!: readonly number[];
}
export const PointCurrencyConnection = connectionOf('PointCurrency', () => PointCurrencyType);

export const CreateBrandResult = answerUnion('CreateBrandResult', 'The brand.', () => BrandType, codeRefusals);
export const CreatePointCurrencyResult = answerUnion('CreatePointCurrencyResult', 'The currency.', () => PointCurrencyType, codeRefusals);
@InputType()
export class CreateBrandInput extends CreationInput {
  @Text('Short code: 2 to 32 of A-Z, 0-9, _ and -, beginning with a letter. Never changed.') code!: string;

  @Text('Name, for people; at most 200 characters.') name!: string;

  @Text.orNull('ISO 3166-1 alpha-2 code: phone numbers without a country code are dialled there.') country?: string | null;

  @Of.orNull(() => ReferencesRepeatEnum, 'How often it uses a reference: NEVER by default.') referencesRepeat?: 'NEVER' | 'DAILY' | 'ANY' | null;

  @Points.orNull(
    'Whole points of a member that a card, code or pass alone burns there in a day, of each points currency: 1,000 when left out; null for no limit.',
  )
  cardOnlyPerDay?: bigint | null;
}

@InputType({ description: 'What is left out stays as it is.' })
export class UpdateBrandInput extends ChangeInput {
  @Id('The brand.') brandId!: string;

  @Text.orNull('New name; at most 200 characters.') name?: string | null;

  @Text.orNull('New ISO 3166-1 alpha-2 code.') country?: string | null;

  @Of.orNull(() => ReferencesRepeatEnum, 'How often it uses a reference from now on.') referencesRepeat?: 'NEVER' | 'DAILY' | 'ANY' | null;

  @Points.orNull('Whole points of a member that a card alone burns there in a day from now on; null for no limit.') cardOnlyPerDay?: bigint | null;
}

@InputType()
export class ChangeBrandStatusInput extends ChangeInput {
  @Id('The brand.') brandId!: string;

  @Count.orNull(
    'Of suspendBrand: for so many days the brand may still record purchases, captures, voids, refunds and returns of before. 0 to 365, 0 stops all; 14 when left out, or as it stands for a brand that is suspended.',
  )
  settlingDays?: number | null;
}

@InputType()
export class ExpiryPolicyInput {
  @Of(() => ExpiryKindEnum, 'In which way.') kind!: string;

  @Count.orNull('ROLLING: 1 to 120 months after the day on which points were earned. SLIDING: after the wallet was last active.') months?: number | null;

  @Of.orNull(() => ExpiryRoundingEnum, 'ROLLING: to the end of what it is put off; NONE when left out.') rounding?: string | null;

  @Text.orNull('FIXED_DATE: month and day of each year, "12-31".') monthDay?: string | null;
}

@InputType()
export class CreatePointCurrencyInput extends CreationInput {
  @Text('Its code: 2 to 16 of A-Z, 0-9, _ and -, beginning with a letter; no ISO 4217 code. Never changed.') code!: string;

  @Text('Name, for people; at most 200 characters.') name!: string;

  @Count('Decimals of a point: 0 to 4. Never changed.') scale!: number;

  @Id.orNull('The brand whose own currency it is; left out for one shared by the coalition.') ownerBrandId?: string | null;

  @Text('IANA time zone, such as "Europe/Berlin".') timeZone!: string;

  @Of(() => ClearingModelEnum, 'Who owes whom for its points.') clearingModel!: string;

  @Text('ISO 4217 code of the money that it is settled in.') settlementCurrency!: string;

  @Of(() => ExpiryPolicyInput, 'When its points expire.') expiry!: ExpiryPolicyInput;

  @Count.orNull(`Days for which points that come back, by a refund or a return, are good at least: 0 to 3650; ${DEFAULT_GRACE_DAYS} when left out.`)
  graceDays?: number | null;

  @Of.orNull(() => ConversionExpiryEnum, 'How long points live that come from another currency; KEEP when left out.')
  conversionExpiry?: keyof typeof ConversionExpiryEnum | null;
}
