import type { PoolClient } from 'pg';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { LOCKS, takeLock } from '../../platform/locks';
import { Refusal } from '../../platform/refusal';
import { instant, optional, points, text } from '../../platform/refusal-fields';
import { type ConversionRate, RATE_COLUMNS, type RateRow, toConversionRate } from './conversion-rate';
import { findProfitableCycle, type ProfitableCycle } from './profitable-cycle';
import type { RateContent } from './rate-content';

/** What is refused of rates that do not go together. */
export const rateSetRefusals = refusals(
  defineRefusal('CONVERSION_RATE_OVERLAP', {
    description: 'Another rate of the same direction holds during part of the time.',
    retrySafe: false,
    message: 'Another rate of the same direction holds during part of this time. End that one first, or begin later.',
  }),
  defineRefusal('PROFITABLE_CYCLE', {
    description: 'Points could be converted in a circle and come back as more than they were.',
    retrySafe: false,
    fields: {
      cycle: text('The currencies in order, the first at the end again: "AIR > FLP > AIR".'),
      gain: text('What the cycle multiplies points by at most, as an exact fraction: "13/12".'),
      exampleBegin: optional(points('Points of the first currency to begin with; null when no example was found that a wallet can hold.')),
      exampleEnd: optional(points('What they come back as.')),
      at: instant('From when.'),
    },
    discloses: 'NOBODY',
  }),
);

/** A rate that is about to be stored. */
export type NewRate = Omit<ConversionRate, 'createdAt'>;

/** The rate that is asked for, with an id of its own. */
export function newRate(content: RateContent, fromCurrencyId: number, toCurrencyId: number): NewRate {
  const { numerator, denominator, minimum, increment, fee, effectiveFrom } = content;
  return {
    ...{ id: newUuid(), fromCurrencyId, toCurrencyId, numerator, denominator, minimum, increment, fee, effectiveFrom },
    transferPrice: content.transferPrice ?? 0n,
    dailyMaximum: content.dailyMaximum ?? null,
    blockSize: content.blockSize ?? null,
    blockBonus: content.blockBonus ?? null,
    effectiveUntil: content.effectiveUntil ?? null,
  };
}

/** Of one direction, and in force at one instant. */
export function overlaps(a: NewRate, b: NewRate): boolean {
  const begins = (rate: NewRate, other: NewRate) => other.effectiveUntil === null || rate.effectiveFrom < other.effectiveUntil;
  return a.fromCurrencyId === b.fromCurrencyId && a.toCurrencyId === b.toCurrencyId && begins(a, b) && begins(b, a);
}

/** Lets one change of rates at a time be judged and made: two that each are harmless may gain together. */
export async function lockRates(client: PoolClient): Promise<void> {
  await takeLock(client, LOCKS.CONVERSION_RATES);
}

/** The rates that are in force at an instant or later. */
export async function readLiveRates(client: PoolClient, from: Date): Promise<ConversionRate[]> {
  const { rows } = await client.query<RateRow>(`SELECT ${RATE_COLUMNS} FROM conversion_rate WHERE effective && tstzrange($1, NULL) ORDER BY id`, [from]);
  return rows.map(toConversionRate);
}

/** Throws PROFITABLE_CYCLE if the rate closes a cycle that gains with any of the others, at any instant from now on. */
export function refuseProfit(others: readonly NewRate[], added: NewRate, now: Date, { currenciesById }: CoalitionSnapshot): void {
  const found = findProfitableCycle(others, added, now);
  if (!found) return;
  const around = [...found.rates.map((rate) => rate.fromCurrencyId), added.fromCurrencyId];
  throw profitableCycle(
    around.map((id) => currenciesById.get(id)?.code ?? ''),
    found,
  );
}

/** Writes the rate, and its direction's route where this is the first one. */
export async function insertRate(client: PoolClient, rate: NewRate, now: Date): Promise<Uuid> {
  await client.query(
    `INSERT INTO conversion_route (id, from_currency_id, to_currency_id, created_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT ON CONSTRAINT conversion_route_unique DO NOTHING`,
    [newUuid(), rate.fromCurrencyId, rate.toCurrencyId, now],
  );
  const { numerator, denominator, minimum, increment, dailyMaximum, fee, blockSize, blockBonus, transferPrice } = rate;
  const figures = [numerator, denominator, minimum, increment, dailyMaximum, fee, blockSize, blockBonus, transferPrice];
  await client.query(INSERT_RATE, [
    rate.id,
    rate.fromCurrencyId,
    rate.toCurrencyId,
    ...figures.map((each) => each?.toString() ?? null),
    rate.effectiveFrom,
    rate.effectiveUntil,
    now,
  ]);
  return rate.id;
}

const INSERT_RATE = `
  INSERT INTO conversion_rate (id, from_currency_id, to_currency_id, numerator, denominator, minimum, increment, daily_maximum, fee, block_size, block_bonus,
    transfer_price, effective, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, tstzrange($13, $14), $15)`;

/** Lets a rate end earlier than it would have. */
export async function endRateAt(client: PoolClient, id: Uuid, endsAt: Date): Promise<void> {
  await client.query('UPDATE conversion_rate SET effective = tstzrange(lower(effective), $2) WHERE id = $1', [id, endsAt]);
}

/** Points could be converted in a circle and come back as more than they were. */
function profitableCycle(codes: readonly string[], { gain, exact, example, at }: ProfitableCycle): Refusal {
  const cycle = codes.join(' > ');
  const factor = `${gain.numerator}/${gain.denominator}`;
  const shown = example ? `: ${example.begin} ${codes[0]} would come back as ${example.end}` : '';
  return rateSetRefusals.refuse('PROFITABLE_CYCLE', {
    ...{ cycle, gain: factor, exampleBegin: example?.begin ?? null, exampleEnd: example?.end ?? null, at },
    message: exact
      ? `From ${at.toISOString()} on, ${cycle} multiplies points by up to ${factor}${shown}. Lower a rate of this cycle.`
      : `From ${at.toISOString()} on, ${cycle} may multiply points by up to ${factor}${shown}; with these figures it cannot be shown that it does not. Choose simpler ones.`,
  });
}
