import { coerceInputValue, isEnumType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import type { InputPlace } from '../isolation/schema-walk';

/** One bad value for a place. */
export interface BadValue {
  readonly what: string;
  readonly value: unknown;
  /** Left out of the request altogether. */
  readonly absent?: boolean;
  /** Some fields take it on purpose: then it must be taken without an error. */
  readonly mayBeTaken?: boolean;
}

const bad = (values: Readonly<Record<string, unknown>>, mayBeTaken = false): BadValue[] =>
  Object.entries(values).map(([what, value]) => ({ what, value, mayBeTaken }));
const odd = (values: Readonly<Record<string, unknown>>) => bad(values, true);
const times = (text: string, count: number) => text.repeat(count);

const TEXT = [
  ...bad({
    number: 5,
    boolean: true,
    object: { a: 1 },
    list: ['a', 'b'],
    empty: '',
    NUL: 'a\u0000b',
    'lone surrogate': 'a\ud800b',
    'read in the wrong encoding': 'M\ufffdller',
    'over-long': times('x', 10_000),
    'over-long in bytes': times('\u{1f600}', 600),
  }),
  ...odd({
    blank: '   ',
    control: 'a\u0007\u001b\r\nb',
    'zero-width, right to left, emoji': 'a\u200b\ufeff\u202e\u{1f600}b',
    SQL: "'; DROP TABLE brand; --",
    prototype: '__proto__',
    NaN: 'NaN',
  }),
];
const NUMBERLESS = {
  text: '5',
  'NaN as text': 'NaN',
  'hexadecimal text': '0x10',
  boolean: true,
  object: {},
  list: [1, 2],
  fraction: 1.5,
  '1e30': 1e30,
  '1e40': 1e40,
  '-1e30': -1e30,
  negative: -1,
};
const POINTS = [...bad({ ...NUMBERLESS, '2^53': 2 ** 53, '-2^53': -(2 ** 53) }), ...odd({ zero: 0, largest: Number.MAX_SAFE_INTEGER })];
const INT = [...bad({ ...NUMBERLESS, '2^31': 2 ** 31, '-2^31-1': -(2 ** 31) - 1 }), ...odd({ zero: 0, largest: 2 ** 31 - 1 })];
const DECIMAL = [
  ...bad({
    ...{
      number: 5,
      boolean: true,
      object: {},
      empty: '',
      NaN: 'NaN',
      Infinity: 'Infinity',
      exponent: '1e5',
      hexadecimal: '0x10',
      comma: '1,5',
      'space before': ' 1',
      'space after': '1 ',
    },
    ...{
      'other digits': '\u0663',
      'wide digits': '\uff11',
      '40 digits': times('9', 40),
      '40 decimals': `0.${times('1', 40)}`,
      negative: '-1',
      'two signs': '--1',
      'no decimals': '1.',
      'no units': '.5',
      NUL: '1\u0000',
    },
  }),
  ...odd({ zero: '0', '18 digits': times('9', 18), '18 decimals': `1.${times('1', 18)}`, 'negative zero': '-0' }),
];
const DATE_TIME = [
  ...bad({
    ...{
      number: 5,
      boolean: true,
      object: {},
      empty: '',
      word: 'yesterday',
      'no such day': '2026-02-30T00:00:00Z',
      'no such hour': '2026-01-01T25:00:00Z',
      'no time': '2026-01-01',
      'no zone': '2026-01-01T00:00:00',
    },
    ...{ 'year 0': '0000-01-01T00:00:00Z', 'year 99999': '99999-01-01T00:00:00Z', NUL: '2026-01-01T00:00:00Z\u0000', 'leap second': '2026-06-30T23:59:60Z' },
  }),
  ...odd({ 'year 1900': '1900-01-01T00:00:00Z', 'year 9999': '9999-12-31T23:59:59.999999999-23:59', 'nine decimals': '2026-02-01T00:00:00.123456789Z' }),
];
const DATE = [
  ...bad({ number: 5, empty: '', word: 'tomorrow', 'no such day': '2026-02-30', instant: '2026-01-01T00:00:00Z', NUL: '2026-01-01\u0000' }),
  ...odd({ 'year 1900': '1900-01-01', 'year 9999': '9999-12-31' }),
];
const BOOLEAN = bad({ text: 'true', number: 1, object: {} });
const ID = [
  ...bad({
    ...{
      empty: '',
      word: 'x',
      number: 5,
      fraction: 1.5,
      object: {},
      'no digits': 'mem_',
      'unknown prefix': `zzz_${times('0', 32)}`,
      'no prefix': times('0', 32),
      'bare uuid': '01a202dd-6288-7000-80f2-c9dc723b3376',
    },
    ...{ NUL: 'mem_\u0000', 'over-long': times('x', 10_000), SQL: "' OR 1=1 --", 'too long': `mem_${times('0', 33)}` },
  }),
];

/** Whether GraphQL itself refuses the value at such a place, before anything of ours looks at it. */
export function isNoInput({ wrapped }: InputPlace, { value, absent }: BadValue): boolean {
  if (absent) return isNonNullType(wrapped);
  let refused = false;
  coerceInputValue(value, wrapped, () => {
    refused = true;
  });
  return refused;
}

/** Bad values of the kind that a place takes. `good` is what a good request has there. */
export function badValues({ type, wrapped, required }: InputPlace, good: unknown): BadValue[] {
  const nothing: BadValue[] = [
    { what: 'null', value: null, mayBeTaken: !required },
    { what: 'left out', value: undefined, absent: true, mayBeTaken: !required },
  ];
  const bare = isNonNullType(wrapped) ? wrapped.ofType : wrapped;
  if (isListType(bare)) {
    const [first = 'x'] = Array.isArray(good) ? good : [];
    const copies = (count: number) => Array.from({ length: count }, () => first);
    return [
      ...nothing,
      ...bad({ text: 'x\u0000', object: { a: 1 }, 'a null in it': [first, null] }),
      ...odd({ empty: [], 'the same twice': copies(2), '101 entries': copies(101), '1001 entries': copies(1_001) }),
    ];
  }
  if (isInputObjectType(type)) return [...nothing, ...bad({ text: 'x', number: 5, list: [], 'a field that is none': { ...(good as object), nonsense: 1 } })];
  if (isEnumType(type))
    return [
      ...nothing,
      ...bad({
        empty: '',
        number: 0,
        unknown: 'NOPE',
        'other letters':
          type.getValues()[0].name.toLowerCase() === type.getValues()[0].name ? type.getValues()[0].name.toUpperCase() : type.getValues()[0].name.toLowerCase(),
        object: {},
      }),
    ];
  const byType: Readonly<Record<string, readonly BadValue[]>> = {
    String: TEXT,
    Points: POINTS,
    Int: INT,
    Decimal: DECIMAL,
    DateTime: DATE_TIME,
    Date: DATE,
    Boolean: BOOLEAN,
    ID: idsLike(good),
  };
  const values = byType[type.name];
  if (!values) throw new Error(`no bad values for the scalar ${type.name}: add some`);
  return [...nothing, ...values];
}

/** Ids of the right kind that name nothing, or are written wrongly. */
function idsLike(good: unknown): BadValue[] {
  if (typeof good !== 'string') return ID;
  const prefix = good.slice(0, 4);
  return [
    ...ID,
    ...bad({
      unknown: `${prefix}${times('0', 31)}1`,
      capitals: prefix + times('A', 32),
      'no hexadecimal digits': prefix + times('g', 32),
      'prefix in capitals': prefix.toUpperCase() + times('0', 32),
    }),
  ];
}
