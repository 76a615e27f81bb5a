import { RefusalAnswer, RefusalType } from '../graphql/refusal.types';

@RefusalType('TERMS_NOT_ACTIVE', 'No countersigned terms in force let this brand do this at that moment.')
export class TermsNotActiveAnswer extends RefusalAnswer {}

@RefusalType('OCCURRED_AT_OUT_OF_RANGE', 'occurredAt lies in the future, further back than the terms in force allow, or before what it refers to.')
export class OccurredAtOutOfRangeAnswer extends RefusalAnswer {}
