import { ArgsType, ObjectType } from 'type-graphql';
import type { AccountKind } from '../../ledger/ledger/ledger';
import { TERMS, type TermName } from '../../settlement/books/conservation';
import { connectionOf, PageArgs } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Flag, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { MoneyType } from '../graphql/money.types';

export const AccountKindEnum = enumOf<AccountKind>('AccountKind', 'What an account of the ledger is for.', {
  WALLET: "A member's points.",
  POOL: "A household's points.",
  ISSUED: 'What a brand awarded; debited when points are put out, credited when they are clawed back.',
  OPENING: "What a brand's old programme brought in.",
  GOODWILL: 'What a brand gave as goodwill.',
  REDEEMED: 'What was spent at a brand; debited when points are given back.',
  EXPIRED: "What ended of a brand's points.",
  CONVERSION: 'What was converted on a route between two currencies.',
  FEE: 'What was kept as fees on a route.',
  REMAINDER: 'What was too little to be converted on a route, and kept.',
  CLEARING: 'The money that clearing makes a brand owe (debits) and be owed (credits).',
});

@ObjectType('PointTotals', { description: "What was moved on an account of points, in the currency's smallest unit." })
@Discloses('NOBODY')
export class PointTotalsType {
  @Points('All that left it.') debits!: bigint;

  @Points('All that came into it.') credits!: bigint;

  @Points('Credits less debits; below zero where points are put out.') balance!: bigint;
}

@ObjectType('MoneyTotals', { description: 'What was moved on an account of money.' })
@Discloses('NOBODY')
export class MoneyTotalsType {
  @Of(() => MoneyType, 'All that left it.') debits!: MoneyType;

  @Of(() => MoneyType, 'All that came into it.') credits!: MoneyType;

  @Of(() => MoneyType, 'Credits less debits.') balance!: MoneyType;
}

// Of a brand's own account no fact about a member. A wallet's is for its member: see ROOT_DISCLOSURES, Pool.balanceAt.
@ObjectType('AccountBalance', { description: 'An account of the ledger, and what had been moved on it.' })
@Discloses('NOBODY')
export class AccountBalanceType {
  @Of(() => AccountKindEnum, 'What it is for.') kind!: AccountKind;

  @Id.orNull("The brand whose account it is; null for a wallet's, and for a route's between two currencies.") brandId!: string | null;

  @Text('Code of the currency, of points or of money.') currency!: string;

  @Of.orNull(() => PointTotalsType, 'Of an account of points.') points!: PointTotalsType | null;

  @Of.orNull(() => MoneyTotalsType, 'Of an account of money.') money!: MoneyTotalsType | null;
}

export const AccountBalanceConnection = connectionOf('AccountBalance', () => AccountBalanceType);

/** Arguments of the list of account balances. */
@ArgsType()
export class AccountBalancesArgs extends PageArgs {
  @Text('Code of a points currency, or ISO 4217 code of the money that is settled in.') currency!: string;

  @Instant.orNull('As of this past instant: what was recorded up to it. Default: now.') at?: Date | null;
}

export const ConservationTermEnum = enumOf<TermName>('ConservationTerm', 'A term of the identity that no point is made or lost.', TERMS);
export const ConservationSideEnum = enumOf('ConservationSide', 'A side of the identity.', {
  PUT_OUT: 'What was put out.',
  ACCOUNTED_FOR: 'Where it is.',
});

@ObjectType('ConservationAmount', { description: 'One term of the identity.' })
@Discloses('NOBODY')
export class ConservationAmountType {
  @Of(() => ConservationTermEnum, 'Which term.') term!: TermName;

  @Of(() => ConservationSideEnum, 'On which side it is.') side!: 'PUT_OUT' | 'ACCOUNTED_FOR';

  @Flag('True where it is taken off its side instead of added.') subtracted!: boolean;

  @Points("How many points, in the currency's smallest unit.") points!: bigint;
}

@ObjectType('Conservation', {
  description: 'The proof that no point was made or lost, in one snapshot of the books: what was put out, added up, is what is accounted for, added up.',
})
@Discloses('NOBODY')
export class ConservationType {
  @Text('Code of the points currency.') currency!: string;

  @Id.orNull('Of the points that this brand issued, wherever they are; null: of the whole currency.') brandId!: string | null;

  @Instant('When it was drawn up.') takenAt!: Date;

  @Of(() => [ConservationAmountType], 'Every term, also those that are 0.') terms!: ConservationAmountType[];

  @Points('What was put out less what is accounted for: 0 in sound books.') difference!: bigint;

  @Flag('Whether the difference is 0.') holds!: boolean;

  @Of(() => [AccountBalanceType], "The summed accounts behind it, in the same snapshot: a brand's own, or for the operator all; the first 1,000.")
  accounts!: AccountBalanceType[];
}
