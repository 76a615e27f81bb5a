import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { codeRefusals } from '../../coalition/coalition/create-brand';
import { ChangeInput, CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import { enumOf } from '../graphql/enum-of';
import { answerUnion } from '../graphql/refusal.types';
import { PointsScalar } from '../graphql/scalars';

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
export class BrandType {
  @Field(() => ID, { description: 'Opaque id.' })
  id!: string;

  @Field(() => String, { description: 'Short code; never changed.' })
  code!: string;

  @Field(() => String, { description: 'Name, for people.' })
  name!: string;

  @Field(() => Boolean, { description: "Whether it is the operator's own brand." })
  isOperator!: boolean;

  @Field(() => String, { nullable: true, description: 'ISO 3166-1 alpha-2 code: phone numbers without a country code are dialled there.' })
  country!: string | null;

  @Field(() => BrandStatusEnum, { description: 'Whether it takes part.' })
  status!: string;

  @Field(() => ReferencesRepeatEnum, { nullable: true, description: 'How often it uses a reference; null for whom it does not concern.' })
  referencesRepeat!: string | null;

  @Field(() => PointsScalar, {
    nullable: true,
    description:
      'Whole points of a member that a card, code or pass alone burns there in a day, of each points currency. Null: no limit, or for whom it does not concern.',
  })
  cardOnlyPerDay!: number | null;
}
export const BrandConnection = connectionOf('Brand', () => BrandType);

@ObjectType('ExpiryPolicy', { description: 'When points of a currency expire.' })
export class ExpiryPolicyType {
  @Field(() => ExpiryKindEnum, { description: 'In which way.' })
  kind!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'ROLLING: months after the day on which they were earned. SLIDING: months after the wallet was last active.',
  })
  months!: number | null;

  @Field(() => ExpiryRoundingEnum, { nullable: true, description: 'ROLLING: to the end of what it is put off.' })
  rounding!: string | null;

  @Field(() => String, { nullable: true, description: 'FIXED_DATE: month and day, "12-31".' })
  monthDay!: string | null;
}

@ObjectType('PointCurrency', { description: 'A currency of points.' })
export class PointCurrencyType {
  @Field(() => String, { description: 'Its code, which is its id.' })
  code!: string;

  @Field(() => String, { description: 'Name, for people.' })
  name!: string;

  @Field(() => Int, { description: 'Decimals of a point: amounts of Points are counted in 10^-scale of a point.' })
  scale!: number;

  @Field(() => BrandType, { nullable: true, description: 'The brand whose own currency it is; null for one shared by the coalition.' })
  owner?: BrandType | null;

  @Field(() => String, { description: 'IANA time zone: decides on which day something happened.' })
  timeZone!: string;

  @Field(() => ClearingModelEnum, { description: 'Who owes whom for its points.' })
  clearingModel!: string;

  @Field(() => String, { description: 'ISO 4217 code of the money that it is settled in.' })
  settlementCurrency!: string;

  @Field(() => ExpiryPolicyType, { description: 'When its points expire.' })
  expiry!: ExpiryPolicyType;

  @Field(() => Int, {
    description: 'Days of grace: points that come back, by a refund or a return, are good until the later of their own end and so many days from then.',
  })
  graceDays!: number;

  @Field(() => ConversionExpiryEnum, { description: 'How long points live that come from another currency.' })
  conversionExpiry!: keyof typeof ConversionExpiryEnum;

  @Field(() => [Int], { description: 'How many days before points expire their member is told, most days first.' })
  noticeDays!: readonly number[];
}
export const PointCurrencyConnection = connectionOf('PointCurrency', () => PointCurrencyType);

export const CreateBrandResult = answerUnion('CreateBrandResult', 'The brand.', () => BrandType, codeRefusals);
export const CreatePointCurrencyResult = answerUnion('CreatePointCurrencyResult', 'The currency.', () => PointCurrencyType, codeRefusals);
@InputType()
export class CreateBrandInput extends CreationInput {
  @Field(() => String, { description: 'Short code: 2 to 32 of A-Z, 0-9, _ and -, beginning with a letter. Never changed.' })
  code!: string;

  @Field(() => String, { description: 'Name, for people; at most 200 characters.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'ISO 3166-1 alpha-2 code: phone numbers without a country code are dialled there.' })
  country?: string | null;

  @Field(() => ReferencesRepeatEnum, { nullable: true, description: 'How often it uses a reference: NEVER by default.' })
  referencesRepeat?: 'NEVER' | 'DAILY' | 'ANY' | null;

  @Field(() => PointsScalar, {
    nullable: true,
    description:
      'Whole points of a member that a card, code or pass alone burns there in a day, of each points currency: 1,000 when left out; null for no limit.',
  })
  cardOnlyPerDay?: bigint | null;
}

@InputType({ description: 'What is left out stays as it is.' })
export class UpdateBrandInput extends ChangeInput {
  @Field(() => ID, { description: 'The brand.' })
  brandId!: string;

  @Field(() => String, { nullable: true, description: 'New name; at most 200 characters.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'New ISO 3166-1 alpha-2 code.' })
  country?: string | null;

  @Field(() => ReferencesRepeatEnum, { nullable: true, description: 'How often it uses a reference from now on.' })
  referencesRepeat?: 'NEVER' | 'DAILY' | 'ANY' | null;

  @Field(() => PointsScalar, { nullable: true, description: 'Whole points of a member that a card alone burns there in a day from now on; null for no limit.' })
  cardOnlyPerDay?: bigint | null;
}

@InputType()
export class ChangeBrandStatusInput extends ChangeInput {
  @Field(() => ID, { description: 'The brand.' })
  brandId!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'Of suspendBrand: for so many days the brand may still record purchases, captures, voids, refunds and returns of before. 0 to 365, 0 stops all; 14 when left out, or as it stands for a brand that is suspended.',
  })
  settlingDays?: number | null;
}

@InputType()
export class ExpiryPolicyInput {
  @Field(() => ExpiryKindEnum, { description: 'In which way.' })
  kind!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'ROLLING: 1 to 120 months after the day on which points were earned. SLIDING: after the wallet was last active.',
  })
  months?: number | null;

  @Field(() => ExpiryRoundingEnum, { nullable: true, description: 'ROLLING: to the end of what it is put off; NONE when left out.' })
  rounding?: string | null;

  @Field(() => String, { nullable: true, description: 'FIXED_DATE: month and day of each year, "12-31".' })
  monthDay?: string | null;
}

@InputType()
export class CreatePointCurrencyInput extends CreationInput {
  @Field(() => String, { description: 'Its code: 2 to 16 of A-Z, 0-9, _ and -, beginning with a letter; no ISO 4217 code. Never changed.' })
  code!: string;

  @Field(() => String, { description: 'Name, for people; at most 200 characters.' })
  name!: string;

  @Field(() => Int, { description: 'Decimals of a point: 0 to 4. Never changed.' })
  scale!: number;

  @Field(() => ID, { nullable: true, description: 'The brand whose own currency it is; left out for one shared by the coalition.' })
  ownerBrandId?: string | null;

  @Field(() => String, { description: 'IANA time zone, such as "Europe/Berlin".' })
  timeZone!: string;

  @Field(() => ClearingModelEnum, { description: 'Who owes whom for its points.' })
  clearingModel!: string;

  @Field(() => String, { description: 'ISO 4217 code of the money that it is settled in.' })
  settlementCurrency!: string;

  @Field(() => ExpiryPolicyInput, { description: 'When its points expire.' })
  expiry!: ExpiryPolicyInput;

  @Field(() => Int, {
    nullable: true,
    description: 'Days for which points that come back, by a refund or a return, are good at least: 0 to 3650; 30 when left out.',
  })
  graceDays?: number | null;

  @Field(() => ConversionExpiryEnum, { nullable: true, description: 'How long points live that come from another currency; KEEP when left out.' })
  conversionExpiry?: keyof typeof ConversionExpiryEnum | null;
}
