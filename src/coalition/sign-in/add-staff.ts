import type { ClientBase } from 'pg';
import { IsNull, LessThanOrEqual } from 'typeorm';
import { z } from 'zod';
import type { App } from '../../app';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { plainText } from '../../ledger/ledger/request-fields';
import { DAY_MS } from '../../platform/clock';
import { refusingBy } from '../../platform/database/constraint-refusal';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { ADMIN, requireBrandOrOperator, requireNamedBrand, requireOperator } from '../access/permissions';
import { databasePrincipal, type Principal, type StaffRole } from '../access/principal';
import { createOnce, idempotencyKeySchema, reasonSchema, recordChange } from '../access/record-change';
import { StaffMember } from '../access/staff.entity';
import { isKnownIssuer } from './identity-providers';
import { restoreIssuerSlash } from './restore-issuer-slash';

/** What is refused where a login is to act for a brand. */
export const staffRefusals = refusals(
  defineRefusal('STAFF_EXISTS', {
    description: 'The login already acts for a brand, or is invited by this one.',
    retrySafe: false,
    message: 'This login already acts for a brand. Remove it there first.',
  }),
);

/** What is refused where staff is added. */
export const addStaffRefusals = refusals(keyRefusals, staffRefusals);

export const STAFF_ROLES = ['OPERATOR', 'PROGRAMME_MANAGER', 'FINANCE', 'COMPLIANCE_OFFICER', 'SUPPORT'] as const satisfies readonly StaffRole[];

export const addStaffSchema = z.object({
  idempotencyKey: idempotencyKeySchema,
  issuer: z.string().min(1, "Give the issuer (`iss`) of the login's tokens.").pipe(plainText(500)),
  subject: z.string().min(1, "Give the subject (`sub`) of the login's tokens.").pipe(plainText(255)),
  role: z.enum(STAFF_ROLES),
  reason: reasonSchema,
});

/** How long an invitation can be accepted for. */
export const INVITATION_DAYS = 7;

/** Invitations of then or before have ended. */
export function invitedSince(now: Date): Date {
  return new Date(now.getTime() - INVITATION_DAYS * DAY_MS);
}

const UNKNOWN_ISSUER = 'Tokens of this issuer are not taken here. Give the `iss` of the identity provider that this deployment trusts.';

/** brandId: for whom the login acts; null for the own brand, which the operator's staff name too. */
export type AddStaff = z.output<typeof addStaffSchema> & { readonly brandId: Uuid | null };

/**
 * Invites a login of a known identity provider to act for a brand: see acceptStaffInvitation. Who acts for the
 * operator's brand acts for the coalition, whatever the role: only the operator's staff make and remove them, never a
 * client.
 */
export async function addStaff(app: App, principal: Principal, command: AddStaff): Promise<StaffMember> {
  const brandId = requireNamedBrand(principal, ADMIN, command.brandId);
  if (!isKnownIssuer(app, command.issuer)) throw new InvalidInput('input.issuer', UNKNOWN_ISSUER);
  // A programme manager must not promote anybody, oneself included, above programme manager.
  if (command.role === 'OPERATOR') requireOperator(principal);
  await restoreIssuerSlash(app, command);
  const content = { brandId, issuer: command.issuer, subject: command.subject, role: command.role };
  return refusingBy({ staff_invited_once: () => staffRefusals.refuse('STAFF_EXISTS') }, async () => {
    const { target } = await createOnce(
      app,
      principal,
      { operation: 'addStaff', idempotencyKey: command.idempotencyKey, reason: command.reason, content, details: { brandId, role: command.role } },
      async (tx) => {
        const ofOperator = await isOperator(tx.client, brandId);
        if (ofOperator) requireOperator(principal, ADMIN.roles);
        if (command.role === 'OPERATOR' && !ofOperator) throw new InvalidInput('input.role', "Only staff of the operator's own brand can have this role.");
        const [id, now] = [newUuid(), app.clock.now()];
        const { issuer, subject, role } = command;
        // An invitation that nobody accepted in time makes way for another.
        const open = { brandId, issuer, subject, acceptedAt: IsNull(), removedAt: IsNull(), createdAt: LessThanOrEqual(invitedSince(now)) };
        await tx.manager.update(StaffMember, open, { removedAt: now });
        await tx.manager.insert(StaffMember, {
          id,
          brandId,
          issuer,
          subject,
          role,
          createdAt: now,
          acceptedAt: null,
          invitedBy: inviterOf(principal),
          removedAt: null,
        });
        return id;
      },
    );
    return app.database.transaction(databasePrincipal(principal), (tx) => tx.manager.findOneByOrFail(StaffMember, { id: target }));
  });
}

/** Whether it is the operator's own brand; throws NotFound. */
async function isOperator(client: ClientBase, brandId: Uuid): Promise<boolean> {
  const { rows } = await client.query<{ is_operator: boolean }>('SELECT is_operator FROM brand WHERE id = $1', [brandId]);
  if (rows.length === 0) throw new NotFound('Brand');
  return only(rows).is_operator;
}

function inviterOf(principal: Principal): Uuid | null {
  if (principal.kind === 'staff') return principal.staffId;
  return principal.kind === 'client' ? principal.clientId : null;
}

export interface RemoveStaff {
  readonly staffId: Uuid;
  readonly reason?: string | null;
}

/** Ends what a login may do; its tokens end within a minute. */
export async function removeStaff(app: App, principal: Principal, command: RemoveStaff): Promise<StaffMember> {
  requireBrandOrOperator(principal, ADMIN, null);
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const staff = await tx.manager.findOne(StaffMember, { where: { id: command.staffId }, lock: { mode: 'pessimistic_write' } });
    if (!staff) throw new NotFound('Staff');
    if (await isOperator(tx.client, staff.brandId)) requireOperator(principal, staff.role === 'OPERATOR' ? [] : ADMIN.roles);
    if (staff.removedAt) return staff;
    staff.removedAt = app.clock.now();
    await tx.manager.update(StaffMember, { id: staff.id }, { removedAt: staff.removedAt });
    await recordChange(app, tx, principal, { operation: 'removeStaff', target: staff.id, reason: command.reason });
    return staff;
  });
}
