import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineRefusal, refusals } from '../../src/platform/define-refusal';
import { idOf, instant, listOf, optional, points, text, unshown } from '../../src/platform/refusal-fields';

const SRC = join(__dirname, '../../src');

/** What the ledger has decided, or what nothing but a new request can change: the key stands for it. */
const KEPT = [
  'ALREADY_CANCELLED',
  'ARREARS_REMAIN',
  'AWARD_CANCELLED',
  'AWARD_CONFIRMED',
  'BAD_INPUT',
  'BALANCE_OUT_OF_RANGE',
  'CAPTURE_EXCEEDS_HOLD',
  'CAP_REACHED',
  'HOLD_EXPIRED',
  'HOLD_NOT_OPEN',
  'IDEMPOTENCY_CONFLICT',
  'INSUFFICIENT_POINTS',
  'NO_PENDING_AWARD',
  'NUMBER_IS_NO_PROOF',
  'POOL_HAS_HOLDS',
  'QUOTE_EXPIRED',
  'QUOTE_MISMATCH',
  'QUOTE_USED',
  'REDEMPTION_USED',
  'REFUND_EXCEEDS_REDEMPTION',
  'RETURN_EXCEEDS_PURCHASE',
  'REVERSAL_EXCEEDS_ORIGINAL',
  'WALLET_CLOSED',
  'WALLET_HAS_HOLDS',
  'WALLET_LOCKED',
];

/**
 * What rests on more than the request and the ledger: rules, terms, brands, the clock, households, the order in which
 * things come.
 */
const JUDGED_ANEW = [
  'ABOVE_MAXIMUM',
  'AMOUNT_TOO_LARGE',
  'BELOW_MINIMUM',
  'BRAND_SUSPENDED',
  'CARD_LIMIT_REACHED',
  'CONVERTS_TO_NOTHING',
  'CUSTOMER_ID_TAKEN',
  'FAILED_LOOK_UPS_USED_UP',
  'GIFTS_NOT_ALLOWED',
  'IDENTIFIER_AMBIGUOUS',
  'IDENTIFIER_RESTS',
  'IDENTIFIER_TAKEN',
  'MEMBER_LINKED_OTHERWISE',
  'MEMBER_NOT_CONFIRMED',
  'MEMBER_UNKNOWN',
  'MONEY_CURRENCY_MISMATCH',
  'MONEY_CURRENCY_REQUIRED',
  'NOT_A_STEP',
  'NOT_FOUND',
  'NO_CONVERSION_RATE',
  'NO_EARNING_RULE',
  'NO_REDEMPTION_RULE',
  'OCCURRED_AT_OUT_OF_RANGE',
  'OPENINGS_NOT_AGREED',
  'PAYS_NOTHING',
  'POOL_NOT_SPENDABLE',
  'PURCHASE_AMOUNT_REQUIRED',
  'RECEIVED_BELOW_MINIMUM',
  'REDEMPTION_MISMATCH',
  'REDEMPTION_NOT_CAPTURED',
  'REFERENCE_TAKEN',
  'RETURN_NOT_CANCELLABLE',
  'SHARE_EXCEEDED',
  'TERMS_NOT_ACTIVE',
  'TOO_MANY_IDENTIFIERS',
];

/** Of changes that are no postings: they are never stored, and say whether the same request may do later. */
const NO_POSTINGS = {
  never: [
    'ALREADY_INVITED',
    'ALREADY_IN_POOL',
    'CLIENT_DISABLED',
    'CLOCK_CANNOT_MOVE',
    'COALITION_FOUNDED',
    'CODE_TAKEN',
    'CONVERSION_RATE_OVERLAP',
    'IMPORT_FINISHED',
    'LATER_PERIOD_CLOSED',
    'LIMIT_ENDED',
    'MEMBER_IN_HOUSEHOLD',
    'NOTICE_TOO_SHORT',
    'NOT_A_SANDBOX',
    'PARTNERSHIP_STATE',
    'POOL_FULL',
    'POOL_NEEDS_OWNER',
    'PROFITABLE_CYCLE',
    'PROPOSAL_DECIDED',
    'PROPOSAL_LAPSED',
    'RATE_FILE_WRONG',
    'RULE_START_TAKEN',
    'SECOND_PERSON_NEEDED',
    'STAFF_EXISTS',
    'TERMS_DECIDED',
    'TERMS_START_PASSED',
    'TERMS_START_TAKEN',
    'TOO_LATE_TO_WITHDRAW',
    'TOO_MANY_VERSIONS',
    'TWO_SECRETS_LIVE',
  ],
  later: ['EARLIER_PERIOD_OPEN', 'LOGIN_BOUND', 'LOGIN_TAKEN', 'NOT_SETTLED_YET', 'PERIOD_NOT_ENDED', 'TOO_MANY_QUOTES'],
};

const NOT_NOW = ['OVERLOADED', 'UNAVAILABLE'];

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file: file.replaceAll('\\', '/'), text: readFileSync(join(SRC, file), 'utf8') }));

/** Every definition in the sources. */
function defined(): { code: string; retrySafe: string | undefined }[] {
  return sources
    .filter(({ file }) => file !== 'platform/define-refusal.ts')
    .flatMap(({ text }) => text.split(/\bdefineRefusal\(/).slice(1))
    .flatMap((text) => {
      const code = /^'(\w+)'/.exec(text)?.[1];
      return code === undefined ? [] : [{ code, retrySafe: /retrySafe: (true|false)\b/.exec(text)?.[1] }];
    });
}

describe('refusals', () => {
  it('are defined once each, and say whether they are kept under their key', () => {
    const codes = (retrySafe: string) =>
      defined()
        .filter((each) => each.retrySafe === retrySafe)
        .map(({ code }) => code)
        .sort();
    expect(codes('false')).toEqual([...KEPT, ...NO_POSTINGS.never].sort());
    expect(codes('true')).toEqual([...JUDGED_ANEW, ...NO_POSTINGS.later, ...NOT_NOW].sort());
    expect(new Set(defined().map(({ code }) => code)).size).toBe(defined().length);
  });

  const tooMany = defineRefusal('TOO_MANY', {
    description: 'More than there may be.',
    retrySafe: false,
    fields: { maximum: points('Most.'), until: optional(instant('Until when.')) },
    message: ({ maximum }, { of }: { of: string }) => `At most ${maximum} ${of}.`,
  });

  it('keep their fields as JSON, and nothing else that their message was made of', () => {
    const refusal = refusals(tooMany).refuse('TOO_MANY', { maximum: 3n, until: new Date(0), of: 'pools' });
    const data = { code: 'TOO_MANY', message: 'At most 3 pools.', retrySafe: false, fields: { maximum: 3, until: '1970-01-01T00:00:00.000Z' } };
    expect(refusal.toData()).toEqual(data);
    expect(refusals(tooMany).refused('TOO_MANY', { maximum: 3, of: 'pools' })).toEqual({ refused: { ...data, fields: { maximum: 3 } } });
  });

  it('keep the entries of a list, each field under the name that it is stored by', () => {
    const fields = { refundId: idOf('redemption', 'Which.', { storedAs: 'refund' }), why: unshown<string>() };
    const list = refusals(
      defineRefusal('SOME', {
        description: 'Some.',
        retrySafe: true,
        fields: { some: listOf({ name: 'Some', description: 'One.', fields, discloses: 'NOBODY' }, 'All.') },
        message: 'Some.',
      }),
    );
    expect(list.refuse('SOME', { some: [{ refundId: 'a', why: 'b' }] }).fields).toEqual({ some: [{ refund: 'a', why: 'b' }] });
  });

  it('may say another message, and that they are kept or not', () => {
    const { message, retrySafe } = refusals(tooMany).refuse('TOO_MANY', { maximum: 3, of: 'pools', message: 'No more.', retrySafe: true });
    expect({ message, retrySafe }).toEqual({ message: 'No more.', retrySafe: true });
  });

  it('of whatever posts tell that a wallet can hold no more, unless it changes none', () => {
    const schema = readFileSync(join(SRC, '../schema/schema.graphql'), 'utf8');
    const posting = [...schema.matchAll(/^union (\w+)Result = (.*\bOverloaded\b.*)$/gm)];
    const silent = posting.flatMap(([, name, members]) => (members?.includes('BalanceOutOfRange') ? [] : name));
    // Records only: no points are moved. What is imported answers line by line.
    expect(silent).toEqual(['CreatePool', 'EnrolMember', 'EnrolMembers', 'ImportBatch', 'SetPoolRole']);
  });

  it('are given by a list that names them', () => {
    const one = defineRefusal('ONE', { description: 'One.', retrySafe: true, fields: { what: text('What.') } });
    const list = refusals(one, refusals(tooMany), refusals(one));
    expect(list.definitions.map(({ code }) => code)).toEqual(['ONE', 'TOO_MANY']);
    expect(() => list.refuse('OTHER' as 'ONE', { what: '', message: '' })).toThrow('the refusal OTHER is not listed');
    expect(() => list.refuse('ONE', { what: '' } as never)).toThrow('ONE is refused without a message');
    expect(() => refusals(one, defineRefusal('ONE', { description: 'Another.', retrySafe: true }))).toThrow('a code is defined twice');
  });
});
