import { z } from 'zod';
import type { App } from '../app';
import { refusingBy } from '../database/constraint-refusal';
import type { Uuid } from '../ids';
import { NotFound } from '../refusal';
import { StaffExists } from './add-staff';
import type { Principal, Suspension } from './principal';
import { readLogin } from './read-login';
import { recordChange } from './record-change';
import { StaffMember } from './staff.entity';
import { readSuspension, requireAllowedWhileSuspended } from './while-suspended';

export const acceptStaffInvitationSchema = z.object({
  /** A fresh token of the identity provider for the invited login. */
  token: z.string().min(1).max(8_192),
});

/**
 * The invited login itself says that it acts for the brand: nobody makes somebody else's login theirs. Repeating it changes nothing.
 * Throws StaffExists, BrandSuspended, InvalidInput (token), NotFound (no such invitation of this login).
 */
export async function acceptStaffInvitation(app: App, command: { readonly token: string; readonly staffId: Uuid }): Promise<StaffMember> {
  const login = await readLogin(app, command.token);
  const invited = await refusingBy({ staff_once: () => new StaffExists() }, () =>
    app.database.transaction({ kind: 'authenticator' }, async ({ manager, client }) => {
      const found = await manager.findOneBy(StaffMember, { id: command.staffId, issuer: login.issuer, subject: login.subject });
      if (!found || found.removedAt) throw new NotFound('Invitation');
      requireAllowedWhileSuspended(staffOf(found, await readSuspension(client, found.brandId)), 'acceptStaffInvitation', app.clock.now());
      if (found.acceptedAt) return { staff: found, accepted: false };
      found.acceptedAt = app.clock.now();
      const { affected } = await manager.update(StaffMember, { id: found.id }, { acceptedAt: found.acceptedAt });
      return { staff: found, accepted: affected === 1 };
    }),
  );
  const { staff, accepted } = invited;
  if (accepted) {
    await app.database.transaction({ kind: 'brand', brandId: staff.brandId }, (tx) =>
      recordChange(app, tx, staffOf(staff), { operation: 'acceptStaffInvitation', target: staff.id }),
    );
  }
  return staff;
}

function staffOf({ id, brandId, role }: StaffMember, suspended?: Suspension): Principal {
  return { kind: 'staff', staffId: id, brandId, role, ofOperator: false, suspended };
}
