import { ArgsType, InputType, Int, ObjectType } from 'type-graphql';
import { confirmPurchaseRefusals } from '../../programme/earning/confirm-purchase';
import { ChangeInput } from '../graphql/change-input.types';
import { connectionOf, PageArgs } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { Count, Day, Flag, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';
import { BalanceType } from '../members/balance.types';

@ObjectType('ExpiringPoints', { description: 'Points that can no longer be spent from a day on, as things stand.' })
@Discloses<ExpiringPointsType>({ currency: 'WALLET', on: 'WALLET', points: 'WALLET' })
export class ExpiringPointsType {
  @Text('Code of the points currency.') currency!: string;

  @Day("That day, in the currency's time zone.") on!: string;

  @Points("How many, in the currency's smallest unit. Held points are not in it.") points!: number;
}

@ObjectType('Arrears', { description: 'Points that were to be taken back and could not be, because they were spent. What comes in fills them first.' })
@Discloses<ArrearsType>({ currency: 'OWN', brandId: 'OWN', points: 'OWN', left: 'OWN', occurredAt: 'OWN' })
export class ArrearsType {
  @Text('Code of the points currency.') currency!: string;

  @Id('The brand that had issued them.') brandId!: string;

  @Points("How many, in the currency's smallest unit.") points!: number;

  @Points('How many of them are still owed.') left!: number;

  @Instant('When it happened.') occurredAt!: Date;
}

@ObjectType('ExpiryNotice', { description: 'A member is told, once for each lot of points and each threshold of its currency, that they are about to expire.' })
@Discloses<ExpiryNoticeType>({ memberId: 'PROGRAMME', currency: 'WALLET', points: 'WALLET', on: 'WALLET', days: 'WALLET', toldAt: 'WALLET' })
export class ExpiryNoticeType {
  @Id('Whose points.') memberId!: string;

  @Text('Code of the points currency.') currency!: string;

  @Points("How many were left then, in the currency's smallest unit.") points!: number;

  @Day("First day, in the currency's time zone, on which they can no longer be spent, as it was then.") on!: string;

  @Count('The threshold: so many days before that day. Told late, it is fewer; then it is told at the nearest threshold only.') days!: number;

  @Instant('When it was told.') toldAt!: Date;
}
export const ExpiryNoticeConnection = connectionOf('ExpiryNotice', () => ExpiryNoticeType);

@ArgsType()
export class ExpiryNoticesArgs extends PageArgs {
  @Id.orNull('Of this member only.') memberId?: string | null;
}

@InputType('SetExpiryNoticesInput', { description: 'When members are told of points of a currency that are about to expire.' })
export class SetExpiryNoticesInput extends ChangeInput {
  @Text('Code of the points currency.') currency!: string;

  @Of(() => [Int], 'So many days before: at most 10 thresholds of 1 to 730 days, each once. None: nobody is told.') days!: number[];
}

@InputType('ConfirmPurchaseInput', { description: 'What the points of a purchase waited for has happened.' })
export class ConfirmPurchaseInput {
  @Text('Names this request for ever, within the brand: at most 255 characters. Send it again and get the first answer.') idempotencyKey!: string;

  @Id('The purchase.') purchaseId!: string;

  @Instant.orNull('When it happened; now by default. It must be told by the deadline, whenever it happened.') occurredAt?: Date | null;
}

@ObjectType('ConfirmedPurchase', { description: 'A purchase whose points can be spent now.' })
@Discloses<ConfirmedPurchaseType>({
  purchaseId: 'OWN',
  points: 'OWN',
  expiresOn: 'OWN',
  confirmedAt: 'OWN',
  balance: 'PROGRAMME',
  duplicate: 'NOBODY',
})
export class ConfirmedPurchaseType {
  @Id('The purchase.') purchaseId!: string;

  @Points("What it earned less what came back of it, in the currency's smallest unit.") points!: number;

  @Day.orNull(
    "First day, in the currency's time zone, on which they can no longer be spent: counted from the purchase. Null: they do not expire by themselves.",
  )
  expiresOn!: string | null;

  @Instant('When it happened.') confirmedAt!: string;

  @Of.orNull(
    () => BalanceType,
    "The member's balance after it; null for a brand whose link with the member is not confirmed now, or that has no terms for the currency.",
  )
  balance!: BalanceType | null;

  @Flag('The request was made before, and this is its first answer.') duplicate!: boolean;
}

export const ConfirmPurchaseResult = answerUnion(
  'ConfirmPurchaseResult',
  'The purchase, or why its points were not confirmed.',
  () => ConfirmedPurchaseType,
  confirmPurchaseRefusals,
);
