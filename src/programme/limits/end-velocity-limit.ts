import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand, requireOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { reasonSchema, recordChange } from '../../coalition/access/record-change';
import { selectRules } from '../../coalition/rules/define-rule';
import type { Row } from '../../coalition/rules/rule-field';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { instant } from '../../platform/refusal-fields';
import { VELOCITY_LIMIT, type VelocityLimit } from './velocity-limit';

/** What is refused where a limit is ended. */
export const endVelocityLimitRefusals = refusals(
  defineRefusal('LIMIT_ENDED', {
    description: 'The velocity limit has an end already; limits are never edited.',
    retrySafe: false,
    fields: { endsAt: instant('First instant at which it does not hold.') },
    discloses: 'NOBODY',
    message: ({ endsAt }) => `This limit ends at ${endsAt} already, and limits are never edited. Set another one.`,
  }),
);

export const endVelocityLimitSchema = z.object({
  limitId: z.string(),
  /** Default: now. */
  endsAt: z
    .date()
    .nullish()
    .transform((instant) => instant ?? null),
  reason: reasonSchema,
});
export type EndVelocityLimit = z.output<typeof endVelocityLimitSchema>;

/**
 * Ends a limit, now or at a later instant. What it counted is forgotten with its windows. Where it ends so already
 * nothing changes. Throws LIMIT_ENDED, NotFound.
 */
export async function endVelocityLimit(app: App, principal: Principal, command: EndVelocityLimit): Promise<VelocityLimit> {
  const ofOperator = principal.kind === 'staff' && principal.ofOperator;
  if (ofOperator) requireOperator(principal, ['PROGRAMME_MANAGER']);
  const owner = ofOperator ? null : requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER'] });
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const { rows } = await tx.client.query<Row>(`${selectRules(VELOCITY_LIMIT.table)} WHERE r.id = $1 FOR UPDATE OF r`, [command.limitId]);
    const limit = rows[0] ? VELOCITY_LIMIT.toRule(rows[0]) : null;
    // The operator ends any limit of its coalition; a brand its own.
    if (!limit || (owner !== null && limit.ownerBrandId !== owner)) throw new NotFound('Velocity limit');
    const now = app.clock.now();
    const endsAt = command.endsAt ?? new Date(Math.max(now.getTime(), limit.effectiveFrom.getTime()));
    if (limit.endsAt && endsSo(limit.endsAt, command, endsAt)) return limit;
    if (limit.endsAt) throw endVelocityLimitRefusals.refuse('LIMIT_ENDED', { endsAt: limit.endsAt });
    if (endsAt < now) throw new InvalidInput('input.endsAt', 'A limit ends now or later: what it held stays as it was.');
    if (endsAt < limit.effectiveFrom) throw new InvalidInput('input.endsAt', 'A limit does not end before it begins.');
    await tx.client.query('UPDATE velocity_limit SET ends_at = $2 WHERE id = $1', [limit.id, endsAt]);
    await recordChange(app, tx, principal, {
      operation: 'endVelocityLimit',
      target: limit.id,
      reason: command.reason,
      details: { endsAt: endsAt.toISOString() },
    });
    return { ...limit, endsAt };
  });
}

/** What is asked for is so: at the instant that was said, or, where none was, by now. */
function endsSo(already: Date, { endsAt: said }: EndVelocityLimit, endsAt: Date): boolean {
  return said ? already.getTime() === said.getTime() : already <= endsAt;
}
