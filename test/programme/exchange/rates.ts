import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CycleRate } from '../../../src/programme/exchange/profitable-cycle';

/** A rate for tests of the arithmetic: 1:1 of currency 1 in currency 2, always, unless told otherwise. */
export function rateOf(given: Partial<CycleRate> = {}): CycleRate {
  return {
    fromCurrencyId: 1,
    toCurrencyId: 2,
    numerator: 1n,
    denominator: 1n,
    minimum: 1n,
    increment: 1n,
    dailyMaximum: null,
    fee: 0n,
    blockSize: null,
    blockBonus: null,
    effectiveFrom: new Date('2020-01-01T00:00:00Z'),
    effectiveUntil: null,
    ...given,
  };
}

/** 46 conversions that programmes have published: facts, transcribed. */
export const PUBLISHED_ROUTES = readFileSync(join(__dirname, 'transfer-routes.csv'), 'utf8');

export interface PublishedRoute {
  readonly from: string;
  readonly to: string;
  readonly rate: CycleRate;
}

/** Read without the importer, which is tested with them. The increment is the minimum too: no other is published. */
export function publishedRoutes(): PublishedRoute[] {
  const ids = new Map<string, number>();
  const idOf = (name: string) => {
    const id = ids.get(name) ?? ids.size + 1;
    ids.set(name, id);
    return id;
  };
  return PUBLISHED_ROUTES.trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [from, to, numerator, denominator, increment, bonus, block] = line.split(',');
      const figures = { numerator: BigInt(numerator), denominator: BigInt(denominator), minimum: BigInt(increment), increment: BigInt(increment) };
      const bonuses = { blockBonus: bonus ? BigInt(bonus) : null, blockSize: block ? BigInt(block) : null };
      return { from, to, rate: rateOf({ fromCurrencyId: idOf(from), toCurrencyId: idOf(to), ...figures, ...bonuses }) };
    });
}

/** Nectar and Avios as published: 400 N give 250 A, always; as many A give 400 N back from each of these days on. */
export const NECTAR_AVIOS = {
  there: rateOf({ numerator: 250n, denominator: 400n, minimum: 400n, increment: 400n }),
  back: [
    ['2021-01-25', 250n],
    ['2022-11-16', 300n],
    ['2024-03-11', 400n],
  ] as const,
};

export function nectarBack(from: string, avios: bigint, until: string | null = null): CycleRate {
  return rateOf({
    fromCurrencyId: 2,
    toCurrencyId: 1,
    numerator: 400n,
    denominator: avios,
    minimum: avios,
    increment: avios,
    effectiveFrom: new Date(`${from}T00:00:00Z`),
    effectiveUntil: until === null ? null : new Date(`${until}T00:00:00Z`),
  });
}
