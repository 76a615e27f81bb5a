import { InputType, ObjectType } from 'type-graphql';
import { MOST_LINES } from '../../programme/earning/purchase-command';
import { recordReturnRefusals } from '../../programme/returns/record-return';
import { Discloses } from '../graphql/discloses';
import { Count, Decimal, Flag, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';
import { BalanceType } from '../members/balance.types';

@InputType('ReturnLineInput', {
  description:
    'Goods brought back, or money given back without goods: on a line of the purchase, or on goods of one sku where it makes no difference on which line they are (the last one first).',
})
export class ReturnLineInput {
  @Count.orNull("The line's number in the purchase, from 1. Send it or sku.") lineNo?: number | null;

  @Text.orNull("The goods' sku. Send it or lineNo.") sku?: string | null;

  @Decimal.orNull('How many come back: above zero, at most three decimals. Send it or amount.') quantity?: string | null;

  @Decimal.orNull(
    'Money that is given back without goods, with tax, above zero. It lies on the pieces then left and goes with them: they can still come back, for as much less. Send it or quantity.',
  )
  amount?: string | null;
}

@InputType('RecordReturnInput', { description: 'Goods of one purchase that come back, or money that is given back without them.' })
export class RecordReturnInput {
  @Text('Names this request for ever, within the brand: at most 255 characters. Send it again and get the first answer.') idempotencyKey!: string;

  @Id('The purchase.') purchaseId!: string;

  @Instant.orNull('When it happened; now by default. Not before the purchase.') occurredAt?: Date | null;

  @Text.orNull("The brand's own number of this return, which names it for good: at most 200 characters. No personal data.") reference?: string | null;

  @Of(() => [ReturnLineInput], `What comes back: 1 to ${MOST_LINES} entries, each line or sku once.`) lines!: ReturnLineInput[];

  @Flag.orNull('Says what it would come to as a new request, and writes nothing: whether the idempotency key was used before is not asked.')
  dryRun?: boolean | null;
}

@ObjectType('ReturnedLine', { simpleResolvers: true, description: 'A line of which goods came back.' })
@Discloses<ReturnedLineType>({ lineNo: 'OWN', quantity: 'OWN', left: 'OWN' })
export class ReturnedLineType {
  @Count("The line's number in the purchase.") lineNo!: number;

  @Decimal('How many came back now, three decimals; 0 where only money was given back.') quantity!: string;

  @Decimal('How many can still come back, three decimals.') left!: string;
}

@ObjectType('RecordedReturn', { simpleResolvers: true, description: 'What a return came to.' })
@Discloses<RecordedReturnType>({
  returnId: 'OWN',
  purchaseId: 'OWN',
  clawedBack: 'OWN',
  expired: 'OWN',
  reinstated: 'OWN',
  arrearsMade: 'PROGRAMME',
  arrearsFilled: 'PROGRAMME',
  pointsKept: 'OWN',
  amountLeft: 'OWN',
  moneyBack: 'OWN',
  moneyCurrency: 'OWN',
  lines: 'OWN',
  occurredAt: 'OWN',
  balance: 'PROGRAMME',
  dryRun: 'NOBODY',
  duplicate: 'NOBODY',
})
export class RecordedReturnType {
  @Id.orNull('The return; null for a dry run.') returnId!: string | null;

  @Id('The purchase.') purchaseId!: string;

  @Points('Earned points taken back: what the purchase earned beyond what its rule gives for what is left of it, less those that had expired unspent.')
  clawedBack!: number;

  @Points.orNull(
    'Earned points beyond what is left that had expired unspent: nobody pays for them again. Null where the return was recorded before this was told.',
  )
  expired?: number | null;

  @Points(
    "Burned points given back: by default money goes back first, and points only as far as they pay more than what is left costs. The brand's terms may say otherwise.",
  )
  reinstated!: number;

  @Points.orNull('Points of clawedBack that the member had no longer, and owes from now on; null where the return was recorded before this was told.')
  arrearsMade?: number | null;

  @Points.orNull('Points of reinstated that paid what the member owed, and so cannot be spent; null where the return was recorded before this was told.')
  arrearsFilled?: number | null;

  @Points('Points that the purchase still stands for.') pointsKept!: number;

  @Decimal('What is left of the purchase, in units of moneyCurrency, nine decimals.') amountLeft!: string;

  @Decimal.orNull(
    'Money to give back now (below zero: the member owes it, for taking back what was traded in), in units of moneyCurrency; null where the purchase, or the return, was recorded before this was worked out.',
  )
  moneyBack?: string | null;

  @Text('ISO 4217 code of the amounts.') moneyCurrency!: string;

  @Of(() => [ReturnedLineType], 'The lines of which goods came back.') lines!: readonly ReturnedLineType[];

  @Instant('When it happened.') occurredAt!: string;

  @Of.orNull(
    () => BalanceType,
    "The member's balance after it; null for a brand whose link with the member is not confirmed now, or that has no terms for the currency.",
  )
  balance!: BalanceType | null;

  @Flag('Nothing was written: this is what would happen.') dryRun!: boolean;

  @Flag('The request was made before, and this is its first answer.') duplicate!: boolean;
}

export const RecordReturnResult = answerUnion('RecordReturnResult', 'A return as recorded, or why it was not.', () => RecordedReturnType, recordReturnRefusals);
