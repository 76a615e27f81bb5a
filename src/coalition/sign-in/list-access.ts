import type { App } from '../../app';
import type { Uuid } from '../../platform/ids';
import type { AuditEntry } from '../access/audit-entry.entity';
import { ADMIN, requireBrandOrOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import type { StaffMember } from '../access/staff.entity';
import type { ApiClient } from './api-client.entity';
import type { ApiClientSecret } from './api-client-secret.entity';

/** A page of a list that is ordered by id, which is by time of creation; `limit` rows after the one with id `after`. */
export interface PageById {
  readonly limit: number;
  readonly after: Uuid | null;
}

/** API clients: the own brand's, or a given one's, or for the operator everybody's. Oldest first. */
export async function listApiClients(app: App, principal: Principal, brandId: Uuid | null, page: PageById): Promise<ApiClient[]> {
  requireBrandOrOperator(principal, ADMIN, brandId);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<ApiClient>({
      name: 'list-api-clients',
      text: `SELECT id, brand_id AS "brandId", name, scopes, created_at AS "createdAt", disabled_at AS "disabledAt"
             FROM api_client WHERE ($1::uuid IS NULL OR brand_id = $1) AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
      values: [brandId, page.after, page.limit],
    });
    return rows;
  });
}

/** A secret without its hash. */
export type LiveSecret = Pick<ApiClientSecret, 'id' | 'clientId' | 'createdAt'>;

/** Live secrets of several clients. */
export function readLiveSecrets(app: App, principal: Principal, clientIds: readonly Uuid[]): Promise<LiveSecret[]> {
  requireBrandOrOperator(principal, ADMIN, null);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<LiveSecret>({
      name: 'read-live-secrets',
      text: 'SELECT id, client_id AS "clientId", created_at AS "createdAt" FROM api_client_secret WHERE client_id = ANY($1) AND revoked_at IS NULL ORDER BY id',
      values: [clientIds],
    });
    return rows;
  });
}

/** Staff logins, removed ones too: the own brand's, or a given one's, or for the operator everybody's. Oldest first. */
export async function listStaff(app: App, principal: Principal, brandId: Uuid | null, page: PageById): Promise<StaffMember[]> {
  requireBrandOrOperator(principal, ADMIN, brandId);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<StaffMember>({
      name: 'list-staff',
      text: `SELECT id, issuer, subject, brand_id AS "brandId", role, created_at AS "createdAt", accepted_at AS "acceptedAt", removed_at AS "removedAt"
             FROM staff WHERE ($1::uuid IS NULL OR brand_id = $1) AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
      values: [brandId, page.after, page.limit],
    });
    return rows;
  });
}

/** A place in the audit trail: entries made at once are told apart by their ids. */
export interface AuditPlace {
  readonly at: Date;
  readonly id: Uuid;
}

/**
 * The audit trail: the own brand's, or for the operator everybody's. Newest first. What a member wrote as a reason is
 * for no brand to read, also where the member acted in a session of the brand's.
 */
export async function listAuditEntries(app: App, principal: Principal, page: { limit: number; after: AuditPlace | null }): Promise<AuditEntry[]> {
  requireBrandOrOperator(principal, { scope: 'admin', roles: ['PROGRAMME_MANAGER', 'COMPLIANCE_OFFICER'] }, null);
  const forBrand = principal.kind !== 'staff' || !principal.ofOperator;
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<AuditEntry>({
      name: 'list-audit-entries',
      text: `SELECT id, at, actor, brand_id AS "brandId", operation, target_id AS "targetId",
               CASE WHEN NOT ($4 AND starts_with(actor, 'member:')) THEN reason END AS reason
             FROM audit_entry WHERE $1::timestamptz IS NULL OR (at, id) < ($1, $2::uuid) ORDER BY at DESC, id DESC LIMIT $3`,
      values: [page.after?.at ?? null, page.after?.id ?? null, page.limit, forBrand],
    });
    return rows;
  });
}
