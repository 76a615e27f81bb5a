import type { ClientBase } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import { refusingBy } from '../../platform/database/constraint-refusal';
import { derivedUuid, type Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { AuditEntry } from '../access/audit-entry.entity';
import type { Principal, Suspension } from '../access/principal';
import { recordChange } from '../access/record-change';
import { StaffMember } from '../access/staff.entity';
import { INVITATION_DAYS, invitedSince, staffRefusals } from './add-staff';
import { readLogin } from './read-login';
import { readSuspension, requireAllowedWhileSuspended } from './while-suspended';

export const acceptStaffInvitationSchema = z.object({
  /** A fresh token of the identity provider for the invited login. */
  token: z.string().min(1).max(8_192),
});

/**
 * The invited login itself says that it acts for the brand: nobody makes somebody else's login theirs. Repeating it
 * changes nothing. An invitation is good for INVITATION_DAYS, and as long as whoever made it still acts for a brand.
 * Throws STAFF_EXISTS, BRAND_SUSPENDED, InvalidInput (token), NotFound (no such invitation of this login, or it has
 * ended).
 */
export async function acceptStaffInvitation(app: App, command: { readonly token: string; readonly staffId: Uuid }): Promise<StaffMember> {
  const login = await readLogin(app, command.token);
  const staff = await refusingBy({ staff_once: () => staffRefusals.refuse('STAFF_EXISTS') }, () =>
    app.database.transaction({ kind: 'authenticator' }, async ({ manager, client }) => {
      const found = await manager.findOneBy(StaffMember, { id: command.staffId, issuer: login.issuer, subject: login.subject });
      if (!found || found.removedAt) throw new NotFound('Invitation');
      requireAllowedWhileSuspended(staffOf(found, await readSuspension(client, found.brandId)), 'acceptStaffInvitation', app.clock.now());
      if (found.acceptedAt) return found;
      const now = app.clock.now();
      if (found.createdAt <= invitedSince(now) || !(await stillActs(client, found.invitedBy))) throw new NotFound('Invitation', ASK_FOR_ANOTHER);
      found.acceptedAt = now;
      await manager.update(StaffMember, { id: found.id }, { acceptedAt: found.acceptedAt });
      return found;
    }),
  );
  await recordAcceptance(app, staff);
  return staff;
}

/**
 * Whoever reads credentials writes no trail, so this is a transaction of its own: cut off before it, the same request
 * again makes up for it.
 */
async function recordAcceptance(app: App, staff: StaffMember): Promise<void> {
  const id = derivedUuid('change', staff.brandId, 'acceptStaffInvitation', staff.id);
  await app.database.transaction({ kind: 'brand', brandId: staff.brandId }, async (tx) => {
    // Two who accept at once wait for each other here.
    await tx.client.query('SELECT FROM staff WHERE id = $1 FOR UPDATE', [staff.id]);
    if (await tx.manager.existsBy(AuditEntry, { id })) return;
    await recordChange(app, tx, staffOf(staff), { operation: 'acceptStaffInvitation', target: staff.id }, id);
  });
}

const ASK_FOR_ANOTHER = `An invitation is accepted within ${INVITATION_DAYS} days, and ends with whoever made it. Ask the brand for another.`;

async function stillActs(client: ClientBase, inviter: Uuid | null): Promise<boolean> {
  if (inviter === null) return true;
  const { rows } = await client.query(
    'SELECT FROM staff WHERE id = $1 AND removed_at IS NULL UNION ALL SELECT FROM api_client WHERE id = $1 AND disabled_at IS NULL',
    [inviter],
  );
  return rows.length > 0;
}

function staffOf({ id, brandId, role }: StaffMember, suspended?: Suspension): Principal {
  return { kind: 'staff', staffId: id, brandId, role, ofOperator: false, suspended };
}
