import { z } from 'zod';
import type { App } from '../../app';
import { requireBrandOrOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { createOnce, reasonSchema } from '../../coalition/access/record-change';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { versionRefusals } from '../../coalition/rules/rule-bounds';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { currencyCode, idempotencyKey } from '../../ledger/ledger/request-fields';
import type { Tx } from '../../platform/database/transaction';
import { refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { LOCKS, takeLock } from '../../platform/locks';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { ACTS, MEASURES, toVelocityLimit, type VelocityLimit, WINDOWS } from './velocity-limit';

/** What is refused where a limit is set. */
export const setVelocityLimitRefusals = refusals(keyRefusals, versionRefusals);

/** Every posting loads a counter for each limit that it must keep. */
const MOST_AT_ONCE = 20;
const MOST_EVER = 1_000;

export const setVelocityLimitSchema = z
  .object({
    idempotencyKey,
    currency: currencyCode,
    act: z.enum(ACTS),
    measure: z.enum(MEASURES),
    window: z.enum(WINDOWS),
    brandId: z
      .string()
      .nullish()
      .transform((id) => id ?? null),
    earningRuleId: z
      .string()
      .nullish()
      .transform((id) => id ?? null),
    maximum: z.bigint().refine((amount) => amount >= 0n, 'A maximum is not below zero.'),
    whenExceeded: z
      .enum(['REFUSE', 'REDUCE'])
      .nullish()
      .transform((then) => then ?? 'REFUSE'),
    /** Default: now. */
    effectiveFrom: z
      .date()
      .nullish()
      .transform((instant) => instant ?? null),
    reason: reasonSchema,
  })
  .refine(({ act, whenExceeded }) => act === 'EARN' || whenExceeded === 'REFUSE', {
    path: ['whenExceeded'],
    message: 'Only what is earned can be reduced: nobody wants to spend or give another amount than was agreed.',
  })
  .refine(({ act, earningRuleId }) => act === 'EARN' || earningRuleId === null, { path: ['earningRuleId'], message: 'Only earning goes by an earning rule.' });
export type SetVelocityLimit = z.output<typeof setVelocityLimitSchema>;

/**
 * Adds a limit: a brand's for what happens at itself, or the operator's for the coalition, at one brand or at all of them together. It counts from
 * effectiveFrom on. Throws TOO_MANY_VERSIONS, NotFound.
 */
export async function setVelocityLimit(app: App, principal: Principal, command: SetVelocityLimit): Promise<VelocityLimit> {
  const permitted = requireBrandOrOperator(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER'] }, command.brandId);
  const ofOperator = principal.kind === 'staff' && principal.ofOperator;
  const owner = ofOperator ? principal.brandId : permitted;
  const brandId = ofOperator ? command.brandId : owner;
  const { idempotencyKey: key, reason, ...content } = command;
  const now = app.clock.now();
  if (content.effectiveFrom && content.effectiveFrom < now)
    throw new InvalidInput('input.effectiveFrom', 'A limit begins now or later: it counts from then on.');
  const { target } = await createOnce(app, principal, { operation: 'setVelocityLimit', idempotencyKey: key, reason, content }, async (tx) => {
    const snapshot = await app.coalition.snapshot(tx.client);
    const currency = requireCurrency(snapshot, content.currency);
    if (brandId !== null && !snapshot.brandsById.has(brandId)) throw new NotFound('Brand');
    const ruleBrandId = content.earningRuleId === null ? null : await brandOfRule(tx, content.earningRuleId, currency.id, brandId);
    await requireRoom(tx, owner, currency.id, now);
    const id = newUuid();
    await tx.client.query(INSERT, [
      id,
      owner,
      currency.id,
      content.act,
      content.measure,
      content.window,
      brandId ?? ruleBrandId,
      content.earningRuleId,
      content.maximum,
      content.whenExceeded,
      content.effectiveFrom ?? now,
      now,
    ]);
    return id;
  });
  const { rows } = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query('SELECT * FROM velocity_limit WHERE id = $1', [target]),
  );
  return toVelocityLimit(rows[0]);
}

async function brandOfRule({ client }: Tx, ruleId: Uuid, currencyId: number, brandId: Uuid | null): Promise<Uuid> {
  const { rows } = await client.query('SELECT brand_id FROM earning_rule WHERE id = $1 AND currency_id = $2', [ruleId, currencyId]);
  if (rows.length === 0 || (brandId !== null && rows[0].brand_id !== brandId)) throw new NotFound('Earning rule');
  return rows[0].brand_id;
}

async function requireRoom({ client }: Tx, owner: Uuid, currencyId: number, now: Date): Promise<void> {
  // Two at once wait for each other here, and then count each other.
  await takeLock(client, LOCKS.VELOCITY_LIMIT, owner, currencyId);
  const { rows } = await client.query(
    'SELECT count(*)::int AS ever, (count(*) FILTER (WHERE ends_at IS NULL OR ends_at > $3))::int AS running FROM velocity_limit WHERE owner_brand_id = $1 AND currency_id = $2',
    [owner, currencyId, now],
  );
  if (rows[0].running >= MOST_AT_ONCE)
    throw versionRefusals.refuse('TOO_MANY_VERSIONS', {
      message: `At most ${MOST_AT_ONCE} limits of one setter run at once for a currency. End one first.`,
      maximum: MOST_AT_ONCE,
    });
  if (rows[0].ever >= MOST_EVER)
    throw versionRefusals.refuse('TOO_MANY_VERSIONS', { message: `At most ${MOST_EVER} limits of one setter are kept for a currency.`, maximum: MOST_EVER });
}

const INSERT = `
  INSERT INTO velocity_limit (id, owner_brand_id, currency_id, act, measure, time_window, brand_id, earning_rule_id, maximum, when_exceeded, effective_from, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;
