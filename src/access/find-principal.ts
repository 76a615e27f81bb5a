import { IsNull, Not } from 'typeorm';
import type { App } from '../app';
import type { Uuid } from '../ids';
import { ApiClient } from './api-client.entity';
import type { Login } from './identity-providers';
import type { Principal, Scope } from './principal';
import { StaffMember } from './staff.entity';

/** The API client of a token: with the scopes that the token was given and the client still has; null when disabled or unknown. */
export function findClient(app: App, clientId: Uuid, scopes: readonly Scope[]): Promise<Principal | null> {
  return app.database.transaction({ kind: 'authenticator' }, async ({ manager }) => {
    const client = await manager.findOneBy(ApiClient, { id: clientId, disabledAt: IsNull() });
    return client && { kind: 'client', clientId, brandId: client.brandId, scopes: new Set(scopes.filter((scope) => client.scopes.includes(scope))) };
  });
}

/** The member of a session, as long as the member is active and the link of the brand that asked for it is confirmed. */
export function findLinkedMember(app: App, memberId: Uuid, brandId: Uuid): Promise<Principal | null> {
  return app.database.transaction({ kind: 'member', memberId }, async ({ client }) => {
    const { rowCount } = await client.query({
      name: 'find-linked-member',
      text: `SELECT FROM member m JOIN brand_link l ON l.member_id = m.id
             WHERE m.id = $1 AND m.status = 'ACTIVE' AND l.brand_id = $2 AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL`,
      values: [memberId, brandId],
    });
    return rowCount ? { kind: 'member', memberId, brandId } : null;
  });
}

/** Whom a provider's login acts for: staff, else a member who linked the login; null for a stranger. */
export function findByLogin(app: App, login: Pick<Login, 'issuer' | 'subject'>): Promise<Principal | null> {
  return app.database.transaction({ kind: 'authenticator' }, async ({ manager, client }) => {
    const staff = await manager.findOneBy(StaffMember, { issuer: login.issuer, subject: login.subject, removedAt: IsNull(), acceptedAt: Not(IsNull()) });
    if (staff) {
      const { rows } = await client.query({ name: 'is-operator', text: 'SELECT is_operator FROM brand WHERE id = $1', values: [staff.brandId] });
      return { kind: 'staff', staffId: staff.id, brandId: staff.brandId, role: staff.role, ofOperator: rows[0]?.is_operator === true };
    }
    const { rows } = await client.query({
      name: 'find-member-by-login',
      text: 'SELECT find_member_by_identifier($1, $2) AS member_id',
      values: ['LOGIN', loginHash(app, login)],
    });
    return rows[0].member_id ? { kind: 'member', memberId: rows[0].member_id, brandId: null } : null;
  });
}

/** The keyed hash under which a login identifies its member. */
export function loginHash(app: App, login: Pick<Login, 'issuer' | 'subject'>): Buffer {
  return app.keys.identifierHash('LOGIN', JSON.stringify([login.issuer, login.subject]));
}
