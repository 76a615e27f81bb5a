import fc from 'fast-check';

/** Months of issue. */
export const MONTHS = ['2025-11', '2025-12', '2026-01'];

/**
 * Wallets and pools of two currencies, the second of which expires by inactivity. Mostly the same wallet, so that much
 * happens to it.
 */
export const PLACES = [
  { currency: 0, pool: false },
  { currency: 0, pool: false },
  { currency: 0, pool: false },
  { currency: 0, pool: true },
  { currency: 1, pool: false },
  { currency: 1, pool: false },
  { currency: 1, pool: true },
] as const;
const wallet = fc.constantFrom(0, 0, 0, 0, 1, 2, 4, 4, 5);
const place = fc.constantFrom(0, 0, 0, 0, 1, 2, 3, 3, 4, 4, 4, 5, 6);
const sliding = fc.constantFrom(4, 4, 5, 6);

const amount = fc.integer({ min: 1, max: 8 });
const more = fc.integer({ min: 1, max: 25 });
const ref = fc.nat({ max: 1_000 });
const brand = fc.nat({ max: 2 });
/** Days of inactivity; null: what was done is no activity. Only where expiry slides. */
const slides = fc.option(fc.integer({ min: 1, max: 12 }), { freq: 4 });
/** Days of grace. */
const grace = fc.integer({ min: 0, max: 20 });
const seldom = fc.nat({ max: 3 }).map((any) => any === 2);
const is = <K extends string>(name: K) => fc.constant(name);

/** Points per point: fewer, as many, more. */
export const RATES = [
  [1, 3],
  [1, 2],
  [2, 3],
  [1, 1],
  [3, 2],
  [5, 2],
] as const;

const part = fc.oneof(
  {
    weight: 28,
    arbitrary: fc.record({
      do: is('earn'),
      wallet,
      brand,
      amount: fc.integer({ min: 1, max: 40 }),
      code: fc.constantFrom('EARN', 'EARN', 'EARN', 'BONUS', 'OPENING', 'GOODWILL'),
      month: fc.nat({ max: MONTHS.length - 1 }),
      expiresIn: fc.option(fc.integer({ min: -2, max: 40 }), { freq: 2 }),
      /** At once, after some days, or once it is confirmed, before a deadline. */
      when: fc.constantFrom('at once', 'at once', 'at once', 'later', 'confirmed', 'confirmed'),
      days: fc.integer({ min: 0, max: 10 }),
      slides,
    }),
  },
  { weight: 11, arbitrary: fc.record({ do: is('burn'), place, brand, amount, all: seldom, slides }) },
  { weight: 8, arbitrary: fc.record({ do: is('hold'), place, brand, amount, all: seldom, hours: fc.integer({ min: 1, max: 150 }), grace, slides }) },
  { weight: 10, arbitrary: fc.record({ do: is('capture'), ref, amount, whole: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: is('release'), ref, as: fc.constantFrom('VOIDED', 'EXPIRED') }) },
  { weight: 8, arbitrary: fc.record({ do: is('clawBack'), ref, amount: more, whole: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ do: is('reinstate'), ref, amount, whole: fc.boolean(), grace }) },
  { weight: 4, arbitrary: fc.record({ do: is('cancel'), ref, grace }) },
  { weight: 10, arbitrary: fc.record({ do: is('give'), wallet, to: ref, amount, all: seldom, slides }) },
  { weight: 4, arbitrary: fc.record({ do: is('leave'), wallet }) },
  { weight: 2, arbitrary: fc.record({ do: is('merge'), wallet, to: ref, fill: fc.boolean(), close: seldom }) },
  { weight: 3, arbitrary: fc.record({ do: is('fillArrears'), wallet, to: ref }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('convert'),
      wallet,
      to: ref,
      amount: more,
      all: fc.boolean(),
      rate: fc.constantFrom(...RATES),
      expiry: fc.constantFrom('KEEP', 'KEEP', 'OWN'),
      notAfter: fc.option(fc.integer({ min: 0, max: 30 }), { freq: 3 }),
      fee: fc.nat({ max: 2 }),
      remainder: fc.nat({ max: 1 }),
      slides,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: is('expire'), place, brands: fc.shuffledSubarray([0, 1, 2], { minLength: 1 }) }) },
  { weight: 1, arbitrary: fc.record({ do: is('close'), wallet, first: fc.constantFrom('all ends', 'all ends', 'nothing') }) },
  {
    weight: 7,
    arbitrary: fc.record({
      do: is('confirm'),
      ref,
      availableIn: fc.option(fc.integer({ min: 0, max: 4 }), { freq: 2 }),
      expiresIn: fc.option(fc.integer({ min: 1, max: 30 }), { freq: 2 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: is('slide'), place: sliding, days: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 4, arbitrary: fc.record({ do: is('count'), place, brand, by: fc.integer({ min: 1, max: 3 }) }) },
);

const posting = fc.record({
  do: is('post'),
  /** Most do one thing; some several, of which a later one may be refused. */
  parts: fc.oneof(
    { weight: 3, arbitrary: fc.array(part, { minLength: 1, maxLength: 1 }) },
    { weight: 2, arbitrary: fc.array(part, { minLength: 2, maxLength: 4 }) },
  ),
  /** What the clock does before it: hours pass, or it comes to the last moment of a day, or to the first. */
  after: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 12 }) },
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 96 }) },
    { weight: 2, arbitrary: fc.constantFrom('the last moment of the day', 'midnight') },
  ),
  /**
   * Hours by which it lies in the past all the same, or so that the last end that was booked had not come; 'ahead' for
   * a till whose clock is.
   */
  late: fc.oneof(
    { weight: 16, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 240 }) },
    { weight: 3, arbitrary: is('before an end') },
    { weight: 2, arbitrary: is('ahead') },
  ),
  cap: fc.option(fc.record({ place, brand, most: fc.integer({ min: 1, max: 4 }) }), { freq: 5 }),
});

const command = fc.oneof(
  { weight: 16, arbitrary: posting },
  { weight: 2, arbitrary: fc.record({ do: is('repeat'), ref, otherContent: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: is('lock'), place, locked: fc.integer({ min: 0, max: 3 }).map((any) => any === 3) }) },
);

/** `last`: what came since the last such one goes together in one batch. */
export type Command = (typeof command extends fc.Arbitrary<infer C> ? C : never) & { readonly last?: boolean };
export type Post = Extract<Command, { do: 'post' }>;
export type Part = typeof part extends fc.Arbitrary<infer P> ? P : never;

/** Sequences of more than 60 commands on average. */
export function sequences(): fc.Arbitrary<Command[]> {
  const one = fc.tuple(command, seldom).map(([each, last]): Command => ({ ...each, last }));
  // Without fast-check's bias to what is short and small: the generator says itself what it prefers.
  return fc.noBias(fc.array(one, { minLength: 1, maxLength: 135, size: 'max' }));
}
