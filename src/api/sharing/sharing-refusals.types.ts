import { Field, Int } from 'type-graphql';
import { RefusalAnswer, RefusalType } from '../graphql/refusal.types';
import { PointsScalar } from '../graphql/scalars';

@RefusalType('GIFTS_NOT_ALLOWED', 'No rule lets members give each other this currency at that moment.')
export class GiftsNotAllowedAnswer extends RefusalAnswer {}

@RefusalType('ALREADY_IN_POOL', 'A member is in one household pool at a time.')
export class AlreadyInPoolAnswer extends RefusalAnswer {}

@RefusalType('ALREADY_INVITED', 'The member is in the pool or invited to it already.')
export class AlreadyInvitedAnswer extends RefusalAnswer {}

@RefusalType('POOL_FULL', 'The pool has as many members and open invitations as it may have.')
export class PoolFullAnswer extends RefusalAnswer {
  @Field(() => Int, { description: 'How many those are.' })
  most!: number;
}

@RefusalType('POOL_NEEDS_OWNER', 'The owner makes another member the owner first, or closes the pool.')
export class PoolNeedsOwnerAnswer extends RefusalAnswer {}

@RefusalType('POOL_HAS_HOLDS', 'Points of the pool are set aside by open holds.')
export class PoolHasHoldsAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, { description: 'Points held, of all currencies together.' })
  held!: number;
}

@RefusalType('POOL_NOT_SPENDABLE', 'The member is in no household pool, or in a role that does not spend from it.')
export class PoolNotSpendableAnswer extends RefusalAnswer {}
