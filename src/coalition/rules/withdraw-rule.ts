import { z } from 'zod';
import type { App } from '../../app';
import { NotFound } from '../../platform/refusal';
import { databasePrincipal, type Principal } from '../access/principal';
import { reasonSchema, recordChange } from '../access/record-change';
import { CLOCK_SKEW_MS } from '../coalition/terms-in-force';
import { holdClock } from '../sandbox/hold-clock';
import { type RuleKind, selectRules } from './define-rule';
import type { Row } from './rule-field';
import { requireSetter } from './rule-owner';
import { withdrawRuleRefusals } from './rule-refusals';
import type { RuleVersion } from './rule-version';

/**
 * So long before it begins a version stays. Nothing may have been booked by it: tills' clocks may run ahead
 * (CLOCK_SKEW_MS), gateways' clocks differ by a minute at most, and a request under way may have found it in force.
 */
export const NOTICE_MS = 2 * CLOCK_SKEW_MS;

export const withdrawRuleSchema = z.object({ ruleId: z.string(), reason: reasonSchema });
export type WithdrawRule = z.output<typeof withdrawRuleSchema>;

/**
 * Withdraws a version that has not begun: it never was in force, the one before it goes on, and another one may start
 * when it would have. It stays listed. Withdrawn already, nothing changes. Throws TOO_LATE_TO_WITHDRAW, NotFound,
 * PermissionDenied.
 */
export async function withdrawRule<Rule extends RuleVersion>(app: App, principal: Principal, kind: RuleKind<Rule>, command: WithdrawRule): Promise<Rule> {
  const ownerBrandId = requireSetter(principal, kind, null);
  const { name, table, toRule } = kind;
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const { rows } = await tx.client.query<Row>(`${selectRules(table)} WHERE r.id = $1 FOR UPDATE OF r`, [command.ruleId]);
    const rule = rows[0] ? toRule(rows[0]) : null;
    if (!rule || rule.ownerBrandId !== ownerBrandId) throw new NotFound('Rule');
    if (rule.withdrawnAt) return rule;
    const now = await holdClock(app, tx.client);
    const until = new Date(rule.effectiveFrom.getTime() - NOTICE_MS);
    if (now > until) throw withdrawRuleRefusals.refuse('TOO_LATE_TO_WITHDRAW', { until, effectiveFrom: rule.effectiveFrom });
    await tx.client.query(`UPDATE ${table} SET withdrawn_at = $2 WHERE id = $1`, [rule.id, now]);
    await recordChange(app, tx, principal, { operation: `withdraw${name}`, target: rule.id, reason: command.reason });
    return { ...rule, withdrawnAt: now };
  });
}
