import { IsNull, Not } from 'typeorm';
import type { App } from '../../app';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import type { Principal, Scope } from '../access/principal';
import { StaffMember } from '../access/staff.entity';
import { ApiClient } from './api-client.entity';
import type { Login } from './identity-providers';
import { readSuspension } from './while-suspended';

/**
 * The API client of a token: with the scopes that the token was given and the client still has; null when disabled or
 * unknown.
 */
export function findClient(app: App, clientId: Uuid, scopes: readonly Scope[]): Promise<Principal | null> {
  return app.database.transaction({ kind: 'authenticator' }, async ({ manager, client: connection }) => {
    const client = await manager.findOneBy(ApiClient, { id: clientId, disabledAt: IsNull() });
    if (!client) return null;
    const left = new Set(scopes.filter((scope) => client.scopes.includes(scope)));
    return { kind: 'client', clientId, brandId: client.brandId, scopes: left, suspended: await readSuspension(connection, client.brandId) };
  });
}

/**
 * The member of a session, as long as the member is active and the link of the brand that asked for it is confirmed.
 */
export async function findLinkedMember(app: App, memberId: Uuid, brandId: Uuid): Promise<Principal | null> {
  const linked = await app.database.transaction({ kind: 'member', memberId }, async ({ client }) => {
    const { rowCount } = await client.query({
      name: 'find-linked-member',
      text: `SELECT FROM member m JOIN brand_link l ON l.member_id = m.id
             WHERE m.id = $1 AND m.status = 'ACTIVE' AND l.brand_id = $2 AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL`,
      values: [memberId, brandId],
    });
    return (rowCount ?? 0) > 0;
  });
  if (!linked) return null;
  const suspended = await app.database.transaction({ kind: 'authenticator' }, ({ client }) => readSuspension(client, brandId));
  return { kind: 'member', memberId, brandId, suspended };
}

/**
 * Whom a provider's login acts for: staff, else the member that it is bound to; `asMember`: that member alone, staff or
 * not. null for a stranger.
 */
export function findByLogin(app: App, login: Pick<Login, 'issuer' | 'subject'>, asMember = false): Promise<Principal | null> {
  return app.database.transaction({ kind: 'authenticator' }, async ({ manager, client }) => {
    const staff = asMember
      ? null
      : await manager.findOneBy(StaffMember, { issuer: login.issuer, subject: login.subject, removedAt: IsNull(), acceptedAt: Not(IsNull()) });
    if (staff) {
      const { rows } = await client.query<{ is_operator: boolean }>({
        name: 'is-operator',
        text: 'SELECT is_operator FROM brand WHERE id = $1',
        values: [staff.brandId],
      });
      const ofOperator = rows[0]?.is_operator === true;
      return { kind: 'staff', staffId: staff.id, brandId: staff.brandId, role: staff.role, ofOperator, suspended: await readSuspension(client, staff.brandId) };
    }
    const { rows } = await client.query<{ member_id: Uuid | null }>({
      name: 'find-member-by-login',
      text: 'SELECT find_member_by_identifier($1, $2) AS member_id',
      values: ['LOGIN', loginHash(app, login)],
    });
    const { member_id: memberId } = only(rows);
    return memberId ? { kind: 'member', memberId, brandId: null } : null;
  });
}

/** The keyed hash under which a login identifies its member. */
export function loginHash(app: App, login: Pick<Login, 'issuer' | 'subject'>): Buffer {
  return app.keys.identifierHash('LOGIN', JSON.stringify([login.issuer, login.subject]));
}
