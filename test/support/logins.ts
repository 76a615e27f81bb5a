import type { App } from '../../src/app';
import type { Principal } from '../../src/coalition/access/principal';
import type { StaffMember } from '../../src/coalition/access/staff.entity';
import { acceptStaffInvitation } from '../../src/coalition/sign-in/accept-invitation';
import { type AddStaff, addStaff } from '../../src/coalition/sign-in/add-staff';
import { linkLogin } from '../../src/coalition/sign-in/link-login';
import { mintLocalLogin } from '../../src/coalition/sign-in/local-issuer';
import { createClaimCode } from '../../src/members/members/create-claim-code';
import type { Uuid } from '../../src/platform/ids';

/** Invites a login of the local issuer, which accepts. */
export async function addAcceptedStaff(app: App, by: Principal, command: AddStaff): Promise<StaffMember> {
  const { id } = await addStaff(app, by, command);
  return acceptStaffInvitation(app, { staffId: id, token: await mintLocalLogin(app, command.subject) });
}

/**
 * Binds a login to a member by a claim code. The brand that enrolled the member, or the operator's support, makes the
 * code.
 */
export async function bindLogin(app: App, by: Principal, memberId: Uuid, token: string): Promise<void> {
  const { code } = await createClaimCode(app, by, { member: { by: 'id', memberId }, reason: null });
  await linkLogin(app, { token, claimCode: code });
}
