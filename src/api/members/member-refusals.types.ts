import { Field, Int } from 'type-graphql';
import { RefusalAnswer, RefusalType } from '../graphql/refusal.types';

@RefusalType('MEMBER_UNKNOWN', 'The reference names nobody whom you may know; the message says what to do. Nothing is stored under the key.')
export class MemberUnknownAnswer extends RefusalAnswer {}

@RefusalType('FAILED_LOOK_UPS_USED_UP', "Too many cards and numbers that are nobody's were shown; only members whom the brand knows are found for a while.")
export class FailedLookUpsUsedUpAnswer extends RefusalAnswer {}

@RefusalType('IDENTIFIER_AMBIGUOUS', 'Two members have this number, in two spellings, and are to be merged. Nothing is stored under the key.')
export class IdentifierAmbiguousAnswer extends RefusalAnswer {}

@RefusalType('IDENTIFIER_RESTS', "A removed card is no other brand's for 90 days.")
export class IdentifierRestsAnswer extends RefusalAnswer {
  @Field(() => String, { description: 'Kind of the identifier.' })
  kind!: string;
}

@RefusalType('TOO_MANY_IDENTIFIERS', 'The member has as many identifiers as a member can have.')
export class TooManyIdentifiersAnswer extends RefusalAnswer {
  @Field(() => Int, { description: 'Most that a member has.' })
  maximum!: number;
}
