import { ObjectType } from 'type-graphql';
import type { ToldBalance } from '../../members/identification/what-is-told';
import { Discloses } from '../graphql/discloses';
import { Points, Text } from '../graphql/fields';

@ObjectType('Balance', {
  simpleResolvers: true,
  description:
    "What a wallet holds of one points currency, all in the currency's smallest unit. In the answer of a mutation it is judged at the request's occurredAt, after what it did, and a repetition tells the same again; what is there now is told by the balances of the member or the pool.",
})
@Discloses<BalanceType>({ currency: 'NOBODY', active: 'PROGRAMME', pending: 'WALLET', held: 'WALLET', arrears: 'PROGRAMME', spendable: 'PROGRAMME' })
export class BalanceType {
  @Text('Code of the points currency.') currency!: string;

  @Points('Points that have neither expired nor are still pending or held.') active!: number;

  @Points.orNull('Points earned that can be spent from a later day on; null for a brand.') pending!: number | null;

  @Points.orNull('Points set aside by open holds, wherever; null for a brand.') held!: number | null;

  @Points('Points owed after clawbacks that the wallet could not cover. What is earned fills them first.') arrears!: number;

  @Points('Points that can be spent at the instant that the balance is of: active less arrears, never below 0.') spendable!: number;
}

/** A balance after a mutation. */
export function showBalance(currency: string, { active, pending, held, arrears, spendable }: ToldBalance): BalanceType {
  return { currency, active, pending, held, arrears, spendable };
}
