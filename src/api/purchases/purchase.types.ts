import { ID, ObjectType, registerEnumType } from 'type-graphql';
import { AWARD_STATES } from '../../programme/purchases/find-purchase';
import { REDEMPTION_STATES } from '../../programme/redemption/find-redemption';
import { connectionOf } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Count, Day, Decimal, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { MoneyType } from '../graphql/money.types';

export const LineKindEnum = enumOf('LineKind', 'What a line of a basket is.', {
  GOODS: 'Goods or services. Not below zero.',
  DISCOUNT: 'A voucher or rebate, not above zero: spread over the lines that earn, by amount, and part of them from then on.',
  DEPOSIT: 'A deposit on bottles or crates, or, below zero, empties that came back: of the amount and of what earns. Comes back by its line.',
  TRADE_IN: 'What the member gives in part exchange, below zero: of the amount and of what earns. Comes back by its line.',
});

@ObjectType('PurchaseLine', { description: 'A line of a basket, as it was bought.' })
@Discloses<PurchaseLineType>({
  lineNo: 'OWN',
  sku: 'OWN',
  category: 'OWN',
  quantity: 'OWN',
  returned: 'OWN',
  unitPrice: 'OWN',
  kind: 'OWN',
  amount: 'OWN',
  discount: 'OWN',
  tax: 'OWN',
  reduced: 'OWN',
  exclusion: 'OWN',
})
export class PurchaseLineType {
  @Count('Its number in the basket, from 1.') lineNo!: number;

  @Text("The brand's own number of the goods.") sku!: string;

  @Text.orNull('Category of the goods, in words of the brand.') category!: string | null;

  @Decimal('How many were bought, three decimals.') quantity!: string;

  @Decimal('How many of them came back since, three decimals.') returned!: string;

  @Decimal.orNull('Price of one, in units of moneyCurrency, six decimals; null: the line says what all of it cost.') unitPrice!: string | null;

  @Of(() => LineKindEnum, 'What it is.') kind!: string;

  @Decimal('What all of it cost, before discounts and without tax told beside it, nine decimals.') amount!: string;

  @Decimal("Its part of the basket's discounts, nine decimals.") discount!: string;

  @Decimal('Tax told beside it, nine decimals.') tax!: string;

  @Decimal('Money that was given back without goods and lies on those that are left, nine decimals.') reduced!: string;

  @Text.orNull('Why it earned nothing (see LineExclusion); null: it earned.') exclusion!: string | null;
}

@ObjectType('PurchaseReturn', { description: 'What came back of a purchase at one time.' })
@Discloses<PurchaseReturnType>({
  id: 'OWN',
  clawedBack: 'OWN',
  reinstated: 'OWN',
  reference: 'OWN',
  moneyBack: 'OWN',
  occurredAt: 'OWN',
  cancelledAt: 'OWN',
})
export class PurchaseReturnType {
  @Id('Opaque id of the return.') id!: string;

  @Points('Earned points taken back.') clawedBack!: number;

  @Points('Burned points given back.') reinstated!: number;

  @Text.orNull("The brand's own number of it.") reference!: string | null;

  @Decimal.orNull("Money to give back, in units of the purchase's moneyCurrency, nine decimals; null: recorded before this was worked out.")
  moneyBack!: string | null;

  @Instant('When it happened.') occurredAt!: Date;

  @Instant.orNull('When it was cancelled, as a mistake: it counts no longer. Null: it counts.') cancelledAt!: Date | null;
}

const AwardStateEnum = Object.fromEntries(AWARD_STATES.map((state) => [state, state]));
registerEnumType(AwardStateEnum, {
  name: 'AwardState',
  description: 'What has become of the points that a purchase earned; what came back of it is told apart.',
  valuesConfig: {
    AVAILABLE: { description: 'They can be spent.' },
    PENDING: { description: 'They cannot be spent yet: before their day, or before the brand confirms them.' },
    CONFIRMED: { description: 'The brand has confirmed them, and they can be spent.' },
    CANCELLED: { description: 'The brand did not confirm them in time, and they are taken back.' },
  },
});

@ObjectType('PurchaseAward', { description: 'The points that a purchase earned, as they stand now.' })
@Discloses<PurchaseAwardType>({ state: 'OWN', availableOn: 'OWN', confirmBy: 'OWN' })
export class PurchaseAwardType {
  @Of(() => AwardStateEnum, 'What has become of them.') state!: string;

  @Day.orNull('First day on which they can be spent; null: at once, or once the brand confirms them.') availableOn!: string | null;

  @Day.orNull('The last day on which the brand can confirm them; null: it need not.') confirmBy!: string | null;
}

@ObjectType('Purchase', { description: 'What a member bought at a brand.' })
@Discloses<PurchaseType>({
  id: 'OWN',
  memberId: 'PROGRAMME',
  brandId: 'OWN',
  currency: 'OWN',
  points: 'OWN',
  award: 'OWN',
  amount: 'OWN',
  eligibleAmount: 'OWN',
  paidWithPoints: 'OWN',
  moneyCurrency: 'OWN',
  channel: 'OWN',
  instrument: 'OWN',
  reference: 'OWN',
  occurredAt: 'OWN',
  recordedAt: 'OWN',
  lines: 'OWN',
  redemptionIds: 'OWN',
  returns: 'OWN',
})
export class PurchaseType {
  @Id('Opaque id; another one for each who may see it.') id!: string;

  @Id('Who bought.') memberId!: string;

  @Id('Where.') brandId!: string;

  @Text('Code of the points currency that it earned.') currency!: string;

  @Points('Points earned when it was bought.') points!: number;

  @Of.orNull(() => PurchaseAwardType, 'Those points, as they stand now; null when there were none.') award!: PurchaseAwardType | null;

  @Decimal('Sum of the lines when it was bought, in units of moneyCurrency, nine decimals.') amount!: string;

  @Decimal('Sum of the lines that earned, nine decimals.') eligibleAmount!: string;

  @Decimal('What points paid of it, nine decimals.') paidWithPoints!: string;

  @Text('ISO 4217 code of the amounts.') moneyCurrency!: string;

  @Text.orNull('Where it was bought, as the brand said.') channel!: string | null;

  @Text.orNull('How it was paid, as the brand said.') instrument!: string | null;

  @Text.orNull("The brand's own number of the receipt.") reference!: string | null;

  @Instant('When it happened.') occurredAt!: Date;

  @Instant('When it was booked.') recordedAt!: Date;

  @Of(() => [PurchaseLineType], 'Its lines, in order.') lines!: PurchaseLineType[];

  @Of(() => [ID], 'Redemptions that paid part of it.') redemptionIds!: string[];

  @Of(() => [PurchaseReturnType], 'What came back of it, oldest first, at most 100.') returns!: PurchaseReturnType[];
}

export const PurchaseConnection = connectionOf('Purchase', () => PurchaseType);

const RedemptionStateEnum = Object.fromEntries(REDEMPTION_STATES.map((state) => [state, state]));
registerEnumType(RedemptionStateEnum, {
  name: 'RedemptionState',
  description: 'What has become of a redemption.',
  valuesConfig: {
    SPENT: { description: 'The points are spent: at once, or out of a hold.' },
    HELD: { description: 'The points are set aside.' },
    VOIDED: { description: 'The hold was given back.' },
    EXPIRED: { description: 'The hold has ended by itself, and its points are released.' },
  },
});

@ObjectType('RedemptionRecord', { description: 'A redemption as it stands now.' })
@Discloses<RedemptionRecordType>({
  id: 'OWN',
  memberId: 'PROGRAMME',
  brandId: 'OWN',
  currency: 'OWN',
  state: 'OWN',
  points: 'OWN',
  spent: 'OWN',
  refunded: 'OWN',
  value: 'OWN',
  expiresAt: 'OWN',
  channel: 'OWN',
  instrument: 'OWN',
  reference: 'OWN',
  occurredAt: 'OWN',
})
export class RedemptionRecordType {
  @Id('Opaque id; another one for each who may see it.') id!: string;

  @Id('Whose points.') memberId!: string;

  @Id('Where.') brandId!: string;

  @Text('Code of the points currency.') currency!: string;

  @Of(() => RedemptionStateEnum, 'What has become of it.') state!: string;

  @Points("Points asked for, in the currency's smallest unit.") points!: number;

  @Points('Points of those that were spent.') spent!: number;

  @Points('Points of those that were given back since.') refunded!: number;

  @Of(() => MoneyType, 'What all the points asked for pay.') value!: MoneyType;

  @Instant.orNull('When the hold ends, or ended, by itself; null: the points were spent at once.') expiresAt!: Date | null;

  @Text.orNull('Where they were spent, as the brand said.') channel!: string | null;

  @Text.orNull('How the rest was paid, as the brand said.') instrument!: string | null;

  @Text.orNull("The brand's own number of the order.") reference!: string | null;

  @Instant('When it happened.') occurredAt!: Date;
}
export const RedemptionRecordConnection = connectionOf('RedemptionRecord', () => RedemptionRecordType);
