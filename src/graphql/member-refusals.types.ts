import { RefusalAnswer, RefusalType } from './refusal.types';

@RefusalType('MEMBER_UNKNOWN', 'The reference names nobody whom you may know; the message says what to do. Nothing is stored under the key.')
export class MemberUnknownAnswer extends RefusalAnswer {}

@RefusalType('IDENTIFIER_AMBIGUOUS', 'Two members have this number, in two spellings, and are to be merged. Nothing is stored under the key.')
export class IdentifierAmbiguousAnswer extends RefusalAnswer {}
