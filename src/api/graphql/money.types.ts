import { InputType, ObjectType } from 'type-graphql';
import { type MicroMoney, microMoney } from '../../ledger/points/amount';
import { formatDecimal, parseDecimal } from '../../ledger/points/decimal';
import { type Ratio, ratio } from '../../ledger/points/ratio';
import { InvalidInput } from '../../platform/refusal';
import { Discloses } from './discloses';
import { Count, Decimal, Text } from './fields';
import { MONEY_SCALE } from './scalars';

// What the amount is of says the field that it stands in.
@ObjectType('Money', { simpleResolvers: true, description: 'An amount of money, exact to a millionth of the currency unit.' })
@Discloses('NOBODY')
export class MoneyType {
  @Decimal('Decimal text with six decimals, in units of the currency: "12.345678".') amount!: string;

  @Text('ISO 4217 code, such as "EUR".') currency!: string;
}

@InputType('MoneyInput', { description: 'An amount of money, exact to a millionth of the currency unit.' })
export class MoneyInput {
  @Decimal('Decimal text with at most six decimals, in units of the currency: "12.50".') amount!: string;

  @Text('ISO 4217 code, such as "EUR".') currency!: string;
}

/** Money as shown. */
export function showMoney(amount: MicroMoney | bigint, currency: string): MoneyType {
  return { amount: formatDecimal(amount, MONEY_SCALE), currency };
}

/** The micro-units of a money input; throws InvalidInput when it has more than six decimals. */
export function readMoney(input: MoneyInput, field: string): MicroMoney {
  const scaled = parseDecimal(input.amount, MONEY_SCALE);
  if (scaled === null) throw new InvalidInput(`${field}.amount`, `Money has at most ${MONEY_SCALE} decimals: "12.50".`);
  return microMoney(scaled);
}

@ObjectType('Ratio', { description: 'An exact fraction.' })
@Discloses('NOBODY')
export class RatioType {
  @Count('Above the line.') numerator!: number;

  @Count('Below the line; above zero.') denominator!: number;
}

@InputType('RatioInput', { description: 'An exact fraction.' })
export class RatioInput {
  @Count('Above the line; not below zero.') numerator!: number;

  @Count('Below the line; above zero.') denominator!: number;
}

/** A ratio as shown. */
export function showRatio(value: Ratio): RatioType {
  return { numerator: Number(value.numerator), denominator: Number(value.denominator) };
}

/** A ratio input; throws InvalidInput unless the denominator is above zero and the numerator not below. */
export function readRatio(input: RatioInput, field: string): Ratio {
  if (input.denominator <= 0) throw new InvalidInput(`${field}.denominator`, 'A denominator is above zero.');
  if (input.numerator < 0) throw new InvalidInput(`${field}.numerator`, 'A numerator is not below zero.');
  return ratio(input.numerator, input.denominator);
}
