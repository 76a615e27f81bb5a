import { acceptStaffInvitation } from '../../src/access/accept-invitation';
import { type AddStaff, addStaff } from '../../src/access/add-staff';
import { linkLogin } from '../../src/access/link-login';
import { mintLocalLogin } from '../../src/access/local-issuer';
import type { Principal } from '../../src/access/principal';
import type { StaffMember } from '../../src/access/staff.entity';
import type { App } from '../../src/app';
import type { Uuid } from '../../src/ids';
import { createClaimCode } from '../../src/members/create-claim-code';

/** Invites a login of the local issuer, which accepts. */
export async function addAcceptedStaff(app: App, by: Principal, command: AddStaff): Promise<StaffMember> {
  const { id } = await addStaff(app, by, command);
  return acceptStaffInvitation(app, { staffId: id, token: await mintLocalLogin(app, command.subject) });
}

/** Binds a login to a member by a claim code that the brand which enrolled the member, or the operator's support, makes. */
export async function bindLogin(app: App, by: Principal, memberId: Uuid, token: string): Promise<void> {
  const { code } = await createClaimCode(app, by, { member: { by: 'id', memberId }, reason: null });
  await linkLogin(app, { token, claimCode: code });
}
