import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import type { ConversionRate } from './conversion-rate';
import { type NewRate, overlaps } from './rate-set';

/** What a file of rates does to those that there are. */
export interface Merge {
  /** Rates that end where their successor begins. */
  readonly ended: readonly { readonly id: Uuid; readonly endsAt: Date }[];
  readonly added: readonly NewRate[];
  /** How many are in force as the file says already. */
  readonly unchanged: number;
  /** All rates as they are afterwards. */
  readonly all: readonly NewRate[];
}

/** Why a rate of the file cannot be taken; `at` is its place among `wanted`. */
export class CannotMerge extends Error {
  constructor(
    readonly at: number,
    readonly why: string,
  ) {
    super(why);
  }
}

/**
 * Takes the wanted rates in among the live ones. What says the same as a rate in force changes nothing. What says
 * something else ends the rate that is in force when it begins. Of wanted rates of one direction each ends where the
 * next begins. Throws CannotMerge for what begins in the past, or overlaps what cannot be ended. Pure.
 */
export function mergeRates(live: readonly ConversionRate[], wanted: readonly NewRate[], now: Date): Merge {
  const all = new Map<Uuid, NewRate>(live.map((rate) => [rate.id, rate]));
  const ended: { id: Uuid; endsAt: Date }[] = [];
  const added: NewRate[] = [];
  let unchanged = 0;
  for (const [at, rate] of inSuccession(wanted).entries()) {
    const rivals = live.map(({ id }) => all.get(id) as NewRate).filter((other) => overlaps(other, rate));
    const [rival, ...others] = rivals;
    if (rival && others.length === 0 && saysTheSame(rival, rate)) {
      unchanged++;
      continue;
    }
    if (rate.effectiveFrom < now) throw new CannotMerge(at, 'a rate begins now or later: what was converted before stays as it was.');
    const replaced = rivals.find((other) => other.effectiveFrom < rate.effectiveFrom);
    if (rivals.length > (replaced ? 1 : 0)) throw new CannotMerge(at, 'another rate of this direction holds during part of that time and begins no earlier.');
    if (replaced && outlives(replaced, itemAt(wanted, at)))
      throw new CannotMerge(at, 'the rate in force ends later than this one: what would follow it is not said.');
    if (replaced) {
      ended.push({ id: replaced.id, endsAt: rate.effectiveFrom });
      all.set(replaced.id, { ...replaced, effectiveUntil: rate.effectiveFrom });
    }
    added.push(rate);
    all.set(rate.id, rate);
  }
  return { ended, added, unchanged, all: [...all.values()] };
}

/** The wanted rates, each of them ending at the latest where another one of its direction begins. */
function inSuccession(wanted: readonly NewRate[]): NewRate[] {
  return wanted.map((rate, at) => {
    let effectiveUntil = rate.effectiveUntil;
    for (const other of wanted) {
      if (other === rate || other.fromCurrencyId !== rate.fromCurrencyId || other.toCurrencyId !== rate.toCurrencyId) continue;
      if (other.effectiveFrom < rate.effectiveFrom) continue;
      if (other.effectiveFrom.getTime() === rate.effectiveFrom.getTime())
        throw new CannotMerge(Math.max(at, wanted.indexOf(other)), 'another line says what this direction gives from then on.');
      if (effectiveUntil === null || other.effectiveFrom < effectiveUntil) effectiveUntil = other.effectiveFrom;
    }
    return effectiveUntil === rate.effectiveUntil ? rate : { ...rate, effectiveUntil };
  });
}

/** In force at the wanted beginning with the same figures, until the same end. */
function saysTheSame(found: NewRate, wanted: NewRate): boolean {
  const figures = ({ numerator, denominator, minimum, increment, dailyMaximum, fee, blockSize, blockBonus, transferPrice, effectiveUntil }: NewRate) =>
    [numerator, denominator, minimum, increment, dailyMaximum, fee, blockSize, blockBonus, transferPrice, effectiveUntil?.getTime()].join(' ');
  return found.effectiveFrom <= wanted.effectiveFrom && figures(found) === figures(wanted);
}

function outlives(found: NewRate, wanted: NewRate): boolean {
  return wanted.effectiveUntil !== null && (found.effectiveUntil === null || found.effectiveUntil > wanted.effectiveUntil);
}
