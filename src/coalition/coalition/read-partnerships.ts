import { In } from 'typeorm';
import type { App } from '../../app';
import type { Uuid } from '../../platform/ids';
import { NotFound, PermissionDenied } from '../../platform/refusal';
import { databasePrincipal, type Principal } from '../access/principal';
import { PartnershipRecord } from './partnership.entity';
import { PartnershipEvent } from './partnership-event.entity';
import { TermsRecord } from './terms.entity';

/** Terms are the business of brands and the operator: of the two sides only, which row-level security sees to. */
function requireSide(principal: Principal): void {
  if (principal.kind === 'member') throw new PermissionDenied();
}

/** One version of terms; throws NotFound for those of others. */
export async function readTerms(app: App, principal: Principal, id: Uuid): Promise<TermsRecord> {
  requireSide(principal);
  const terms = await app.database.transaction(databasePrincipal(principal), ({ manager }) => manager.findOneBy(TermsRecord, { id }));
  if (!terms) throw new NotFound('Terms');
  return terms;
}

/** One partnership; throws NotFound for those of others. */
export async function readPartnership(app: App, principal: Principal, id: Uuid): Promise<PartnershipRecord> {
  requireSide(principal);
  const partnership = await app.database.transaction(databasePrincipal(principal), ({ manager }) => manager.findOneBy(PartnershipRecord, { id }));
  if (!partnership) throw new NotFound('Partnership');
  return partnership;
}

/**
 * The principal's partnerships (for the operator: everybody's), oldest first; `limit` of them after the one with id
 * `after`.
 */
export function listPartnerships(app: App, principal: Principal, page: { limit: number; after: Uuid | null }): Promise<PartnershipRecord[]> {
  requireSide(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<PartnershipRecord>({
      name: 'list-partnerships',
      text: `SELECT id, brand_id AS "brandId", partner_brand_id AS "partnerBrandId", currency_id AS "currencyId", state, created_at AS "createdAt"
             FROM partnership WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2`,
      values: [page.after, page.limit],
    });
    return rows;
  });
}

export function readPartnershipsByIds(app: App, principal: Principal, ids: readonly Uuid[]): Promise<PartnershipRecord[]> {
  requireSide(principal);
  return app.database.transaction(databasePrincipal(principal), ({ manager }) => manager.findBy(PartnershipRecord, { id: In([...ids]) }));
}

/** All versions of several partnerships, in order of their numbers. */
export function readTermsOf(app: App, principal: Principal, partnershipIds: readonly Uuid[]): Promise<TermsRecord[]> {
  requireSide(principal);
  return app.database.transaction(databasePrincipal(principal), ({ manager }) =>
    manager.find(TermsRecord, { where: { partnershipId: In([...partnershipIds]) }, order: { partnershipId: 'ASC', version: 'ASC' } }),
  );
}

/** The histories of several partnerships, each in the order in which it was written. */
export function readHistoriesOf(app: App, principal: Principal, partnershipIds: readonly Uuid[]): Promise<PartnershipEvent[]> {
  requireSide(principal);
  return app.database.transaction(databasePrincipal(principal), ({ manager }) =>
    manager.find(PartnershipEvent, { where: { partnershipId: In([...partnershipIds]) }, order: { partnershipId: 'ASC', seq: 'ASC' } }),
  );
}
