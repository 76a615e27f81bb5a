import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { recordReturnRefusals } from '../../programme/returns/record-return';
import { answerUnion } from '../graphql/refusal.types';
import { DateTimeScalar, DecimalScalar, PointsScalar } from '../graphql/scalars';
import { BalanceType } from '../members/balance.types';

@InputType('ReturnLineInput', {
  description:
    'Goods brought back, or money given back without goods: on a line of the purchase, or on goods of one sku where it makes no difference on which line they are (the last one first).',
})
export class ReturnLineInput {
  @Field(() => Int, { nullable: true, description: "The line's number in the purchase, from 1. Send it or sku." })
  lineNo?: number | null;

  @Field(() => String, { nullable: true, description: "The goods' sku. Send it or lineNo." })
  sku?: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'How many come back: above zero, at most three decimals. Send it or amount.' })
  quantity?: string | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description:
      'Money that is given back without goods, with tax, above zero. It lies on the pieces then left and goes with them: they can still come back, for as much less. Send it or quantity.',
  })
  amount?: string | null;
}

@InputType('RecordReturnInput', { description: 'Goods of one purchase that come back, or money that is given back without them.' })
export class RecordReturnInput {
  @Field(() => String, { description: 'Names this request for ever, within the brand: at most 255 characters. Send it again and get the first answer.' })
  idempotencyKey!: string;

  @Field(() => ID, { description: 'The purchase.' })
  purchaseId!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it happened; now by default. Not before the purchase.' })
  occurredAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description: "The brand's own number of this return, which names it for good: at most 200 characters. No personal data.",
  })
  reference?: string | null;

  @Field(() => [ReturnLineInput], { description: 'What comes back: 1 to 500 entries, each line or sku once.' })
  lines!: ReturnLineInput[];

  @Field(() => Boolean, {
    nullable: true,
    description: 'Says what it would come to as a new request, and writes nothing: whether the idempotency key was used before is not asked.',
  })
  dryRun?: boolean | null;
}

@ObjectType('ReturnedLine', { simpleResolvers: true, description: 'A line of which goods came back.' })
export class ReturnedLineType {
  @Field(() => Int, { description: "The line's number in the purchase." })
  lineNo!: number;

  @Field(() => DecimalScalar, { description: 'How many came back now, three decimals; 0 where only money was given back.' })
  quantity!: string;

  @Field(() => DecimalScalar, { description: 'How many can still come back, three decimals.' })
  left!: string;
}

@ObjectType('RecordedReturn', { simpleResolvers: true, description: 'What a return came to.' })
export class RecordedReturnType {
  @Field(() => ID, { nullable: true, description: 'The return; null for a dry run.' })
  returnId!: string | null;

  @Field(() => ID, { description: 'The purchase.' })
  purchaseId!: string;

  @Field(() => PointsScalar, {
    description: 'Earned points taken back: what the purchase earned beyond what its rule gives for what is left of it, less those that had expired unspent.',
  })
  clawedBack!: number;

  @Field(() => PointsScalar, {
    nullable: true,
    description:
      'Earned points beyond what is left that had expired unspent: nobody pays for them again. Null where the return was recorded before this was told.',
  })
  expired?: number | null;

  @Field(() => PointsScalar, {
    description:
      "Burned points given back: by default money goes back first, and points only as far as they pay more than what is left costs. The brand's terms may say otherwise.",
  })
  reinstated!: number;

  @Field(() => PointsScalar, {
    nullable: true,
    description: 'Points of clawedBack that the member had no longer, and owes from now on; null where the return was recorded before this was told.',
  })
  arrearsMade?: number | null;

  @Field(() => PointsScalar, {
    nullable: true,
    description: 'Points of reinstated that paid what the member owed, and so cannot be spent; null where the return was recorded before this was told.',
  })
  arrearsFilled?: number | null;

  @Field(() => PointsScalar, { description: 'Points that the purchase still stands for.' })
  pointsKept!: number;

  @Field(() => DecimalScalar, { description: 'What is left of the purchase, in units of moneyCurrency, nine decimals.' })
  amountLeft!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description:
      'Money to give back now (below zero: the member owes it, for taking back what was traded in), in units of moneyCurrency; null where the purchase, or the return, was recorded before this was worked out.',
  })
  moneyBack?: string | null;

  @Field(() => String, { description: 'ISO 4217 code of the amounts.' })
  moneyCurrency!: string;

  @Field(() => [ReturnedLineType], { description: 'The lines of which goods came back.' })
  lines!: readonly ReturnedLineType[];

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  occurredAt!: string;

  @Field(() => BalanceType, { nullable: true, description: "The member's balance after it; null when the member is no longer linked with the brand." })
  balance!: BalanceType | null;

  @Field(() => Boolean, { description: 'Nothing was written: this is what would happen.' })
  dryRun!: boolean;

  @Field(() => Boolean, { description: 'The request was made before, and this is its first answer.' })
  duplicate!: boolean;
}

export const RecordReturnResult = answerUnion('RecordReturnResult', 'A return as recorded, or why it was not.', () => RecordedReturnType, recordReturnRefusals);
