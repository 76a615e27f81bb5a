import type { App } from '../../app';
import type { Principal, StaffRole } from '../../coalition/access/principal';
import { foundCoalition } from '../../coalition/coalition/found-coalition';
import { acceptStaffInvitation } from '../../coalition/sign-in/accept-invitation';
import { addStaff } from '../../coalition/sign-in/add-staff';
import { findByLogin } from '../../coalition/sign-in/find-principal';
import { localIssuer, mintLocalLogin } from '../../coalition/sign-in/local-issuer';
import type { Uuid } from '../../platform/ids';

/** Subject of the first operator at the local issuer; who has it was made by the demo. */
const OPERATOR = 'demo-operator';

/**
 * The demo's operator. In an empty database it founds the coalition. Null where there is a coalition that the demo did
 * not found.
 */
export async function demoOperator(app: App): Promise<{ readonly operator: Principal; readonly founded: boolean } | null> {
  const snapshot = await app.database.transaction({ kind: 'operator' }, ({ client }) => app.coalition.snapshot(client));
  const login = { issuer: localIssuer(app), subject: OPERATOR };
  const founded = !snapshot.operator;
  if (founded) await foundCoalition(app, { code: 'TESSERA', name: 'Tessera Coalition', firstOperator: login });
  const operator = (await findByLogin(app, login)) ?? (await movedOperator(app, login));
  return operator && { operator, founded };
}

/**
 * The issuer's name is the address of the deployment. After it has moved, the same subject gets a login at the new one.
 */
async function movedOperator(app: App, login: { issuer: string; subject: string }): Promise<Principal | null> {
  const staff = await app.database.transaction({ kind: 'operator' }, async ({ client }) => {
    const { rows } = await client.query<{ id: Uuid; brand_id: Uuid }>(
      "SELECT id, brand_id FROM staff WHERE subject = $1 AND role = 'OPERATOR' AND issuer LIKE '%/local-issuer' AND removed_at IS NULL ORDER BY id LIMIT 1",
      [OPERATOR],
    );
    return rows[0];
  });
  if (!staff) return null;
  const principal = { kind: 'staff', staffId: staff.id, brandId: staff.brand_id, role: 'OPERATOR', ofOperator: true } as const;
  await demoStaff(app, principal, OPERATOR, 'OPERATOR', null);
  return findByLogin(app, login);
}

/** A login of the local issuer that acts for a brand (the operator's own by default), added once. */
export async function demoStaff(app: App, operator: Principal, subject: string, role: StaffRole, brandId: Uuid | null): Promise<void> {
  const issuer = localIssuer(app);
  if (await findByLogin(app, { issuer, subject })) return;
  const named = brandId ?? operator.brandId;
  const { id } = await addStaff(app, operator, { idempotencyKey: `demo/staff/${subject} at ${issuer}`, issuer, subject, role, brandId: named });
  await acceptStaffInvitation(app, { staffId: id, token: await mintLocalLogin(app, subject) });
}
