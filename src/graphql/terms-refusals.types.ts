import { Field } from 'type-graphql';
import { RefusalAnswer, RefusalType } from './refusal.types';
import { DateTimeScalar } from './scalars';

@RefusalType('TERMS_NOT_ACTIVE', 'No countersigned terms in force let this brand do this at that moment.')
export class TermsNotActiveAnswer extends RefusalAnswer {}

@RefusalType('BRAND_SUSPENDED', 'The brand was suspended at that moment. What happened before may still be told.')
export class BrandSuspendedAnswer extends RefusalAnswer {
  @Field(() => DateTimeScalar, { description: 'When it was suspended.' })
  since!: string;
}

@RefusalType('OCCURRED_AT_OUT_OF_RANGE', 'occurredAt lies in the future, further back than the terms in force allow, or before what it refers to.')
export class OccurredAtOutOfRangeAnswer extends RefusalAnswer {}
