import { z } from 'zod';
import { requireOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce, idempotencyKeySchema, reasonSchema, recordChange } from '../access/record-change';
import type { App } from '../app';
import { refusingBy } from '../database/constraint-refusal';
import { newUuid, type Uuid } from '../ids';
import { MAX_POINTS } from '../points/amount';
import { InvalidInput, NotFound, Refusal } from '../refusal';
import { type ConversionRate, RATE_COLUMNS, toConversionRate } from './conversion-rate';

const amount = (least: bigint) => z.bigint().min(least, `At least ${least}.`).max(MAX_POINTS);

export const storeConversionRateSchema = z
  .object({
    idempotencyKey: idempotencyKeySchema,
    fromCurrency: z.string().max(16),
    toCurrency: z.string().max(16),
    numerator: amount(1n),
    denominator: amount(1n),
    minimum: amount(1n),
    increment: amount(1n),
    dailyMaximum: amount(1n).nullish(),
    fee: amount(0n).default(0n),
    blockSize: amount(1n).nullish(),
    blockBonus: amount(1n).nullish(),
    effectiveFrom: z.date(),
    effectiveUntil: z.date().nullish(),
    reason: reasonSchema,
  })
  .superRefine((rate, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (rate.fromCurrency === rate.toCurrency) wrong('toCurrency', 'A currency does not convert into itself.');
    if (rate.effectiveUntil && rate.effectiveUntil <= rate.effectiveFrom) wrong('effectiveUntil', 'A rate ends after it begins.');
    if ((rate.blockSize == null) !== (rate.blockBonus == null)) wrong('blockBonus', 'A block bonus is its size and its bonus: give both or neither.');
    if (rate.increment > 0n && rate.minimum % rate.increment !== 0n) wrong('minimum', 'The minimum is a multiple of the increment.');
    if (rate.dailyMaximum != null && rate.dailyMaximum < rate.minimum) wrong('dailyMaximum', 'The daily maximum is not below the minimum.');
  });
export type StoreConversionRate = z.output<typeof storeConversionRateSchema>;

/** Two rates of one direction never hold at once. */
export class ConversionRateOverlap extends Refusal {
  constructor() {
    super({
      code: 'CONVERSION_RATE_OVERLAP',
      message: 'Another rate of the same direction holds during part of this time. End that one first, or begin later.',
    });
  }
}

const OVERLAP = { conversion_rate_no_overlap: () => new ConversionRateOverlap() };

/** Stores a directional conversion rate with the time during which it holds. What is announced holds: it may not begin in the past. */
export async function storeConversionRate(app: App, principal: Principal, command: StoreConversionRate): Promise<ConversionRate> {
  requireOperator(principal, ['PROGRAMME_MANAGER']);
  const { idempotencyKey, reason, ...content } = command;
  return refusingBy(OVERLAP, async () => {
    const { target } = await createOnce(app, principal, { operation: 'storeConversionRate', idempotencyKey, reason, content }, async ({ client }) => {
      if (command.effectiveFrom < app.clock.now())
        throw new InvalidInput('input.effectiveFrom', 'A rate begins now or later: what was converted before stays as it was.');
      const { currenciesByCode } = await app.coalition.snapshot(client);
      const [from, to] = [command.fromCurrency, command.toCurrency].map((code) => currenciesByCode.get(code));
      if (!from || !to) throw new NotFound('Currency');
      // One at a time for a direction: two that wait for each other at the constraint against overlaps would be a deadlock.
      await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`rate ${from.id} ${to.id}`]);
      const id = newUuid();
      await client.query(INSERT_RATE, [
        id,
        from.id,
        to.id,
        ...[
          command.numerator,
          command.denominator,
          command.minimum,
          command.increment,
          command.dailyMaximum,
          command.fee,
          command.blockSize,
          command.blockBonus,
        ].map((each) => each?.toString() ?? null),
        command.effectiveFrom,
        command.effectiveUntil ?? null,
        app.clock.now(),
      ]);
      return id;
    });
    return readConversionRate(app, principal, target);
  });
}

const INSERT_RATE = `
  INSERT INTO conversion_rate (id, from_currency_id, to_currency_id, numerator, denominator, minimum, increment, daily_maximum, fee, block_size, block_bonus, effective, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, tstzrange($12, $13), $14)`;

export interface EndConversionRate {
  readonly rateId: Uuid;
  readonly endsAt: Date;
  readonly reason?: string | null;
}

/** Ends a rate, now or later: not before now, nor later than it would have ended. */
export async function endConversionRate(app: App, principal: Principal, command: EndConversionRate): Promise<ConversionRate> {
  requireOperator(principal, ['PROGRAMME_MANAGER']);
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const { rows } = await tx.client.query(`SELECT ${RATE_COLUMNS} FROM conversion_rate WHERE id = $1 FOR UPDATE`, [command.rateId]);
    if (rows.length === 0) throw new NotFound('Conversion rate');
    const rate = toConversionRate(rows[0]);
    if (rate.effectiveUntil?.getTime() === command.endsAt.getTime()) return rate;
    if (command.endsAt < app.clock.now()) throw new InvalidInput('input.endsAt', 'A rate ends now or later: what was converted at it stays as it was.');
    if (command.endsAt <= rate.effectiveFrom) throw new InvalidInput('input.endsAt', 'A rate ends after it begins.');
    if (rate.effectiveUntil && command.endsAt > rate.effectiveUntil)
      throw new InvalidInput('input.endsAt', 'The rate ends before that already. Store a new one for what follows.');
    await tx.client.query('UPDATE conversion_rate SET effective = tstzrange(lower(effective), $2) WHERE id = $1', [rate.id, command.endsAt]);
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
    client.query(`SELECT ${RATE_COLUMNS} FROM conversion_rate WHERE id = $1`, [id]),
  );
  if (rows.length === 0) throw new NotFound('Conversion rate');
  return toConversionRate(rows[0]);
}
