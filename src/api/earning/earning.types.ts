import { ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { refusals } from '../../platform/define-refusal';
import { MOST_LINES } from '../../programme/earning/purchase-command';
import { recordPurchaseRefusals } from '../../programme/earning/record-purchases';
import { bulkRefusals } from '../graphql/bulk-answers';
import { Discloses } from '../graphql/discloses';
import { Count, Day, Decimal, Flag, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';
import { BalanceType } from '../members/balance.types';
import { MemberRefInput } from '../members/member-ref.types';
import { LineKindEnum } from '../purchases/purchase.types';

const ExclusionEnum = { SKU_EXCLUDED: 'SKU_EXCLUDED', CATEGORY_EXCLUDED: 'CATEGORY_EXCLUDED', CATEGORY_NOT_ELIGIBLE: 'CATEGORY_NOT_ELIGIBLE' } as const;
registerEnumType(ExclusionEnum, {
  name: 'LineExclusion',
  description: 'Why a line earns nothing.',
  valuesConfig: {
    SKU_EXCLUDED: { description: 'The rule excludes its sku.' },
    CATEGORY_EXCLUDED: { description: 'The rule excludes its category.' },
    CATEGORY_NOT_ELIGIBLE: { description: 'The rule names the categories that earn, and its own is none of them.' },
  },
});

@InputType('PurchaseLineInput', { description: 'A line of a basket.' })
export class PurchaseLineInput {
  @Text("The brand's own number of the goods: 1 to 100 characters.") sku!: string;

  @Text.orNull('Category of the goods, in words of the brand: at most 100 characters.') category?: string | null;

  @Decimal('How many: above zero, at most three decimals.') quantity!: string;

  @Decimal.orNull(
    'Price of one, in units of moneyCurrency, at most six decimals; the line costs quantity x unitPrice, rounded to the minor unit, half away from zero. Send it or amount.',
  )
  unitPrice?: string | null;

  @Decimal.orNull('What all of the line costs, as on the receipt, in units of moneyCurrency. Send it or unitPrice.') amount?: string | null;

  @Of.orNull(() => LineKindEnum, 'What the line is; GOODS by default. unitPrice or amount has the sign of its kind; the basket is not below zero.')
  kind?: string | null;

  @Decimal.orNull(
    'Tax beside the line, for prices without it: of what is to be paid, and of what earns where the rule says GROSS. Of the sign of the line; none on a DISCOUNT.',
  )
  tax?: string | null;
}

@InputType('RecordPurchaseInput', { description: 'What a member bought at the brand.' })
export class RecordPurchaseInput {
  @Text('Names this request for ever, within the brand: at most 255 characters. Send it again and get the first answer.') idempotencyKey!: string;

  @Of(() => MemberRefInput, 'Who bought.') member!: MemberRefInput;

  @Text('Code of the points currency to earn.') currency!: string;

  @Instant.orNull('When it happened; now by default. Terms and rules are those of that moment.') occurredAt?: Date | null;

  @Of(() => [PurchaseLineInput], `The basket: 1 to ${MOST_LINES} lines, numbered from 1 in this order.`) lines!: PurchaseLineInput[];

  @Text('ISO 4217 code of the prices.') moneyCurrency!: string;

  @Of.orNull(() => [ID], 'Redemptions that paid part of this purchase; what they paid earns nothing. Each pays part of one purchase.')
  redemptionIds?: string[] | null;

  @Text.orNull('Where it was bought, such as "till" or "shop": at most 50 characters.') channel?: string | null;

  @Text.orNull('How it was paid, such as "card": at most 50 characters. No numbers of cards.') instrument?: string | null;

  @Text.orNull("The brand's own number of the receipt: at most 200 characters. No personal data.") reference?: string | null;

  @Flag.orNull('Says what it would come to as a new request, and writes nothing: whether the idempotency key was used before is not asked.')
  dryRun?: boolean | null;
}

@ObjectType('LeftOutLine', { simpleResolvers: true, description: 'A line that earns nothing.' })
@Discloses<LeftOutLineType>({ lineNo: 'OWN', reason: 'OWN' })
export class LeftOutLineType {
  @Count('Its number in the basket, from 1.') lineNo!: number;

  @Of(() => ExclusionEnum, 'Why.') reason!: string;
}

@ObjectType('RecordedPurchase', { simpleResolvers: true, description: 'What a purchase came to.' })
@Discloses<RecordedPurchaseType>({
  purchaseId: 'OWN',
  points: 'OWN',
  forgone: 'OWN',
  amount: 'OWN',
  eligibleAmount: 'OWN',
  paidWithPoints: 'OWN',
  moneyCurrency: 'OWN',
  leftOut: 'OWN',
  ruleId: 'NOBODY',
  expiresOn: 'OWN',
  availableOn: 'OWN',
  confirmBy: 'OWN',
  occurredAt: 'OWN',
  balance: 'PROGRAMME',
  dryRun: 'NOBODY',
  duplicate: 'NOBODY',
})
export class RecordedPurchaseType {
  @Id.orNull('The purchase, for its returns; null for a dry run.') purchaseId!: string | null;

  @Points("Points earned, in the currency's smallest unit; can be 0.") points!: number;

  @Points.orNull('Points that the basket earns beyond these, and a velocity limit did not leave. null: recorded before there were such limits.')
  forgone?: number | null;

  @Decimal('What the basket costs: its lines, each rounded to the minor unit as on a receipt, with tax, in units of moneyCurrency, nine decimals.')
  amount!: string;

  @Decimal('Sum of the lines that earn, nine decimals; without tax where the rule earns on NET.') eligibleAmount!: string;

  @Decimal('What points paid of it, nine decimals. Points are earned on the smaller of the eligible amount and the rest.') paidWithPoints!: string;

  @Text('ISO 4217 code of the amounts.') moneyCurrency!: string;

  @Of(() => [LeftOutLineType], 'Lines that earn nothing, and why.') leftOut!: readonly LeftOutLineType[];

  @Id('The version of the earning rule that decided.') ruleId!: string;

  @Day.orNull(
    "First day, in the currency's time zone, on which these points can no longer be spent; null: they do not expire by themselves, or there are none.",
  )
  expiresOn!: string | null;

  @Day.orNull('First day on which they can be spent; null: at once, or once you confirm the purchase.') availableOn?: string | null;

  @Day.orNull('The last day on which you can confirm the purchase, or its points are taken back; null: you need not.') confirmBy?: string | null;

  @Instant('When it happened.') occurredAt!: string;

  @Of.orNull(
    () => BalanceType,
    "The member's balance after it; null where a phone number or e-mail address alone was shown, over a link that nobody confirmed, for a dry run on a card alone, without terms for the currency, and in a repetition once the brand's link has ended.",
  )
  balance!: BalanceType | null;

  @Flag('Nothing was written: this is what would happen.') dryRun!: boolean;

  @Flag('The request was made before, and this is its first answer.') duplicate!: boolean;
}

export const RecordPurchaseResult = answerUnion(
  'RecordPurchaseResult',
  'A purchase as recorded, or why it was not.',
  () => RecordedPurchaseType,
  recordPurchaseRefusals,
);
export const RecordPurchasesResult = answerUnion(
  'RecordPurchasesResult',
  'One purchase of a bulk as recorded, or why it was not.',
  () => RecordedPurchaseType,
  refusals(recordPurchaseRefusals, bulkRefusals),
);
