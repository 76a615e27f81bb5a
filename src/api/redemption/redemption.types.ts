import { InputType, ObjectType } from 'type-graphql';
import { refusals } from '../../platform/define-refusal';
import { captureHoldRefusals } from '../../programme/redemption/capture-hold';
import { DEFAULT_HOLD_DAYS, LONGEST_HOLD_DAYS } from '../../programme/redemption/hold-points';
import { refundRedemptionRefusals } from '../../programme/redemption/refund-redemption';
import { spendPointsRefusals } from '../../programme/redemption/spend-points';
import { voidHoldRefusals } from '../../programme/redemption/void-hold';
import { bulkRefusals } from '../graphql/bulk-answers';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Flag, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { MoneyInput, MoneyType } from '../graphql/money.types';
import { answerUnion } from '../graphql/refusal.types';
import { BalanceType } from '../members/balance.types';
import { MemberRefInput } from '../members/member-ref.types';

const KEY = 'Names this request for ever, within the brand: at most 255 characters. Send it again and get the first answer.';

const PointSourceEnum = enumOf('PointSource', 'Whose points are spent.', {
  WALLET: "The member's own.",
  POOL: "The household's: the member must be in a pool, as its owner or as an adult.",
});

@InputType('RedeemInput', { description: 'Points of a member to spend at the brand.' })
export class RedeemInput {
  @Text(KEY) idempotencyKey!: string;

  @Of(() => MemberRefInput, 'Whose points.') member!: MemberRefInput;

  @Text('Code of the points currency.') currency!: string;

  @Points("How many, in the currency's smallest unit; above zero.") points!: bigint;

  @Instant.orNull('When it happened; now by default. Terms, rules and lots are those of that moment.') occurredAt?: Date | null;

  @Of.orNull(() => MoneyInput, 'Amount of the purchase that the points pay a part of, before points. Asked for where the rule limits that share.')
  purchaseAmount?: MoneyInput | null;

  @Text.orNull('ISO 4217 code of the money that the points pay, where the brand has rules for several: by default that of purchaseAmount, or the only one.')
  moneyCurrency?: string | null;

  @Text.orNull('Where they are spent, such as "till" or "shop": at most 50 characters.') channel?: string | null;

  @Text.orNull('How the rest was paid, such as "card": at most 50 characters. No numbers of cards.') instrument?: string | null;

  @Text.orNull("The brand's own number of the order: at most 200 characters. No personal data.") reference?: string | null;

  @Of.orNull(() => PointSourceEnum, "Whose points are spent: the member's own by default.") source?: 'WALLET' | 'POOL' | null;

  @Flag.orNull(
    'Says what it would come to as a new request, and writes nothing: whether the idempotency key was used before is not asked. ' +
      'On a card alone, without a confirmed link, it does not say whether the points are there: that is seen when they are spent.',
  )
  dryRun?: boolean | null;
}

@InputType('HoldInput', { description: 'Points of a member to set aside at the brand, until they are captured or voided, or the hold ends.' })
export class HoldInput extends RedeemInput {
  @Instant.orNull(
    `When the hold ends by itself: by default ${DEFAULT_HOLD_DAYS} days, and at most ${LONGEST_HOLD_DAYS}, from now or from occurredAt, whichever is later.`,
  )
  expiresAt?: Date | null;
}

@ObjectType('Redemption', { simpleResolvers: true, description: 'Points spent, or held to be spent.' })
@Discloses<RedemptionType>({
  redemptionId: 'OWN',
  points: 'OWN',
  value: 'OWN',
  expiresAt: 'OWN',
  occurredAt: 'OWN',
  source: 'OWN',
  balance: 'PROGRAMME',
  dryRun: 'NOBODY',
  duplicate: 'NOBODY',
})
export class RedemptionType {
  @Id.orNull('The redemption, for its capture, void or refund and for the purchase that it paid a part of; null for a dry run.') redemptionId!: string | null;

  @Points("Points spent or held, in the currency's smallest unit.") points!: number;

  @Of(() => MoneyType, 'What these points pay.') value!: MoneyType;

  @Instant.orNull('When the hold ends by itself; null when the points are spent.') expiresAt!: string | null;

  @Instant('When it happened.') occurredAt!: string;

  @Of(() => PointSourceEnum, 'Whose points these are.') source!: string;

  @Of.orNull(
    () => BalanceType,
    "The balance after it of what was spent from: the member's, or the household pool's. Null for a brand without terms for the currency, for a dry run on a card alone, and in a repetition once the brand's link has ended.",
  )
  balance!: BalanceType | null;

  @Flag('Nothing was written: this is what would happen.') dryRun!: boolean;

  @Flag('The request was made before, and this is its first answer.') duplicate!: boolean;
}

export const RedeemResult = answerUnion('RedeemResult', 'Points spent, or why they were not.', () => RedemptionType, spendPointsRefusals);
export const RedeemManyResult = answerUnion(
  'RedeemManyResult',
  'One redemption of a bulk, or why its points were not spent.',
  () => RedemptionType,
  refusals(spendPointsRefusals, bulkRefusals),
);
export const HoldResult = answerUnion('HoldResult', 'Points held, or why they were not.', () => RedemptionType, spendPointsRefusals);

@InputType('CaptureHoldInput', { description: 'A hold to spend.' })
export class CaptureHoldInput {
  @Text(KEY) idempotencyKey!: string;

  @Id('The hold.') redemptionId!: string;

  @Points.orNull('How many to spend; the rest is released. All by default.') points?: bigint | null;

  @Instant.orNull('When it happened; now by default.') occurredAt?: Date | null;
}

@InputType('VoidHoldInput', { description: 'A hold to give back.' })
export class VoidHoldInput {
  @Text(KEY) idempotencyKey!: string;

  @Id('The hold.') redemptionId!: string;

  @Instant.orNull('When it happened; now by default.') occurredAt?: Date | null;
}

@InputType('RefundRedemptionInput', { description: 'Spent points to give back, to the lots they came from.' })
export class RefundRedemptionInput {
  @Text(KEY) idempotencyKey!: string;

  @Id('The redemption: spent at once, or a captured hold.') redemptionId!: string;

  @Points.orNull('How many; all that are left of it by default.') points?: bigint | null;

  @Instant.orNull('When it happened; now by default.') occurredAt?: Date | null;
}

@ObjectType({ simpleResolvers: true, description: 'What the answers about an earlier redemption have in common; no type of its own in the schema.' })
@Discloses<RedemptionChange>({ redemptionId: 'OWN', value: 'OWN', occurredAt: 'OWN', balance: 'PROGRAMME', duplicate: 'NOBODY' })
abstract class RedemptionChange {
  @Id('The redemption.') redemptionId!: string;

  @Of(() => MoneyType, 'What these points pay.') value!: MoneyType;

  @Instant('When it happened.') occurredAt!: string;

  @Of.orNull(
    () => BalanceType,
    'The balance after it of what was spent from; null unless the link with the member is confirmed, without terms for the currency, and when the member is no longer in the household.',
  )
  balance!: BalanceType | null;

  @Flag('The request was made before, and this is its first answer.') duplicate!: boolean;
}

@ObjectType('CapturedHold', { simpleResolvers: true, description: 'A hold that was spent.' })
@Discloses<CapturedHoldType, RedemptionChange>({ points: 'OWN', released: 'OWN' })
export class CapturedHoldType extends RedemptionChange {
  @Points("Points spent, in the currency's smallest unit.") points!: number;

  @Points('Points of the hold that were not spent and can be again.') released!: number;
}

@ObjectType('VoidedHold', { simpleResolvers: true, description: 'A hold that was given back.' })
@Discloses<VoidedHoldType, RedemptionChange>({ released: 'OWN' })
export class VoidedHoldType extends RedemptionChange {
  @Points("Points released, in the currency's smallest unit.") released!: number;
}

@ObjectType('Refund', { simpleResolvers: true, description: 'Spent points that were given back.' })
@Discloses<RefundType, RedemptionChange>({ points: 'OWN' })
export class RefundType extends RedemptionChange {
  @Points("Points given back, in the currency's smallest unit.") points!: number;
}

/** Of what leaves a part of the points spent. */
export const CaptureHoldResult = answerUnion('CaptureHoldResult', 'Points spent, or why they were not.', () => CapturedHoldType, captureHoldRefusals);
export const VoidHoldResult = answerUnion('VoidHoldResult', 'The hold given back, or why it was not.', () => VoidedHoldType, voidHoldRefusals);
export const RefundRedemptionResult = answerUnion(
  'RefundRedemptionResult',
  'Points given back, or why they were not.',
  () => RefundType,
  refundRedemptionRefusals,
);
