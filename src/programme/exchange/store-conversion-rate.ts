import { z } from 'zod';
import type { App } from '../../app';
import { requireOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { createOnce, idempotencyKeySchema, reasonSchema, recordChange } from '../../coalition/access/record-change';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { moneyCurrency } from '../../ledger/ledger/request-fields';
import { refusingBy } from '../../platform/database/constraint-refusal';
import { refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { type ConversionRate, RATE_COLUMNS, type RateRow, toConversionRate } from './conversion-rate';
import { checkRate, rateFields, transferPriceProblem } from './rate-content';
import { endRateAt, insertRate, lockRates, newRate, overlaps, rateSetRefusals, readLiveRates, refuseProfit } from './rate-set';

/** What is refused where a rate is stored. */
export const storeConversionRateRefusals = refusals(keyRefusals, rateSetRefusals);

export const storeConversionRateSchema = z
  .object({
    ...rateFields,
    /** Of the transfer price; the source's settlement currency. */
    transferPriceCurrency: moneyCurrency.nullish(),
    idempotencyKey: idempotencyKeySchema,
    reason: reasonSchema,
  })
  .superRefine(checkRate);
export type StoreConversionRate = z.output<typeof storeConversionRateSchema>;

const OVERLAP = { conversion_rate_no_overlap: () => rateSetRefusals.refuse('CONVERSION_RATE_OVERLAP') };

/**
 * Stores a directional conversion rate with the time during which it holds. What is announced holds: a rate may not
 * begin in the past. With the rates in force during its time, nobody may convert points in a circle to more than they
 * were. Refuses as storeConversionRateRefusals lists.
 */
export async function storeConversionRate(app: App, principal: Principal, command: StoreConversionRate): Promise<ConversionRate> {
  requireOperator(principal, ['PROGRAMME_MANAGER']);
  const { idempotencyKey, reason, ...content } = command;
  return refusingBy(OVERLAP, async () => {
    const { target } = await createOnce(app, principal, { operation: 'storeConversionRate', idempotencyKey, reason, content }, async ({ client }) => {
      const now = app.clock.now();
      if (command.effectiveFrom < now) throw new InvalidInput('input.effectiveFrom', 'A rate begins now or later: what was converted before stays as it was.');
      const snapshot = await app.coalition.snapshot(client);
      const from = requireCurrency(snapshot, command.fromCurrency, 'input.fromCurrency');
      const to = requireCurrency(snapshot, command.toCurrency, 'input.toCurrency');
      if (command.transferPriceCurrency && command.transferPriceCurrency !== from.settlementCurrency)
        throw new InvalidInput('input.transferPrice.currency', `${from.code} is settled in ${from.settlementCurrency}: give its price in that.`);
      const problem = transferPriceProblem(command.transferPrice ?? 0n, from);
      if (problem) throw new InvalidInput('input.transferPrice.amount', problem);
      await lockRates(client);
      const rate = newRate(command, from.id, to.id);
      const others = await readLiveRates(client, now);
      if (others.some((other) => overlaps(other, rate))) throw rateSetRefusals.refuse('CONVERSION_RATE_OVERLAP');
      refuseProfit(others, rate, now, snapshot);
      return insertRate(client, rate, now);
    });
    return readConversionRate(app, principal, target);
  });
}

export interface EndConversionRate {
  readonly rateId: Uuid;
  readonly endsAt: Date;
  readonly reason?: string | null;
}

/** Ends a rate, now or later: not before now, nor later than it would have ended. */
export async function endConversionRate(app: App, principal: Principal, command: EndConversionRate): Promise<ConversionRate> {
  requireOperator(principal, ['PROGRAMME_MANAGER']);
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    // An import that has looked at the rate already would end it later again.
    await lockRates(tx.client);
    const { rows } = await tx.client.query<RateRow>(`SELECT ${RATE_COLUMNS} FROM conversion_rate WHERE id = $1 FOR UPDATE`, [command.rateId]);
    const [row] = rows;
    if (!row) throw new NotFound('Conversion rate');
    const rate = toConversionRate(row);
    if (rate.effectiveUntil?.getTime() === command.endsAt.getTime()) return rate;
    if (command.endsAt < app.clock.now()) throw new InvalidInput('input.endsAt', 'A rate ends now or later: what was converted at it stays as it was.');
    if (command.endsAt <= rate.effectiveFrom) throw new InvalidInput('input.endsAt', 'A rate ends after it begins.');
    if (rate.effectiveUntil && command.endsAt > rate.effectiveUntil)
      throw new InvalidInput('input.endsAt', 'The rate ends before that already. Store a new one for what follows.');
    await endRateAt(tx.client, rate.id, command.endsAt);
    await recordChange(app, tx, principal, {
      operation: 'endConversionRate',
      target: rate.id,
      reason: command.reason,
      details: { endsAt: command.endsAt.toISOString() },
    });
    return { ...rate, effectiveUntil: command.endsAt };
  });
}

async function readConversionRate(app: App, principal: Principal, id: Uuid): Promise<ConversionRate> {
  const { rows } = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query<RateRow>(`SELECT ${RATE_COLUMNS} FROM conversion_rate WHERE id = $1`, [id]),
  );
  const [row] = rows;
  if (!row) throw new NotFound('Conversion rate');
  return toConversionRate(row);
}
