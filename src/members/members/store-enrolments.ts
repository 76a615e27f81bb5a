import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { VaultKeyForgotten } from '../../coalition/access/key-wrapping';
import { actorOf, type Principal } from '../../coalition/access/principal';
import { violatedConstraint } from '../../platform/database/constraint-refusal';
import { type Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { isRefusal, type Refusal, type RefusalData } from '../../platform/refusal';
import { presentHolders } from '../identification/identifier-holders';
import { type IdentifierKind, identifierHashes } from '../identification/member-ref';
import { customerIdRefusals, identifierRefusals } from '../identification/member-refusals';
import { recordAboutMembers } from '../identification/record-about-members';
import { insertIdentifiers } from '../identifiers/enrol-identifiers';
import { requireSpelledFree } from '../links/customer-ids';
import { sealMembers } from '../vault/seal-members';
import { type Enrolment } from './enrolment';

/** What could not be stored: a name is taken, or the key has stored rows for other content already. */
interface NotStored {
  readonly refusals: Map<Enrolment, RefusalData>;
  readonly conflicts: Set<Enrolment>;
}

/** Stores what is not stored yet: all at once, or, when a name is taken, one by one. */
export async function storeEnrolments(app: App, principal: Principal, enrolments: readonly Enrolment[], now: Date): Promise<NotStored> {
  const refusals = new Map<Enrolment, RefusalData>();
  const conflicts = new Set<Enrolment>();
  if (enrolments.length === 0) return { refusals, conflicts };
  const attempt = async (some: readonly Enrolment[]) => {
    const others = await app.database.transaction({ kind: 'brand', brandId: itemAt(some, 0).request.party }, ({ client }) =>
      insertMissing(app, principal, client, some, now),
    );
    for (const other of others) conflicts.add(other);
    return null;
  };
  try {
    await attempt(enrolments);
  } catch (error) {
    if (!violatedConstraint(error) && !isRefusal(error, 'IDENTIFIER_TAKEN') && !isRefusal(error, 'CUSTOMER_ID_TAKEN')) throw error;
    for (const enrolment of enrolments) {
      // The same key twice at once: the second finds, on its second look, that the first has stored it.
      const refusal = await attempt([enrolment]).catch(async (again) => (await asRefusal(app, again, enrolment)) ?? attempt([enrolment]));
      if (refusal) refusals.set(enrolment, refusal.toData());
    }
  }
  return { refusals, conflicts };
}

async function asRefusal(app: App, error: unknown, enrolment: Enrolment): Promise<Refusal | null> {
  if (isRefusal(error, 'IDENTIFIER_TAKEN') || isRefusal(error, 'CUSTOMER_ID_TAKEN')) return error;
  switch (violatedConstraint(error)) {
    case 'brand_link_customer_once':
      return customerIdRefusals.refuse('CUSTOMER_ID_TAKEN');
    case 'member_identifier_one_owner':
      return identifierRefusals.refuse('IDENTIFIER_TAKEN', { kind: await kindTaken(app, enrolment) });
    case 'member_identifier_rests':
      // guard_identifiers() says which.
      return identifierRefusals.refuse('IDENTIFIER_RESTS', { kind: (error as { detail: IdentifierKind }).detail });
    case 'member_pkey':
      return null;
    case 'subject_key_vault_key':
      throw new VaultKeyForgotten(app.keyWrapping.current);
    default:
      throw error;
  }
}

/**
 * One statement wrote them all, and the database does not say which row it refused: rows of others are not to be told.
 */
async function kindTaken(app: App, { command: { identifiers }, request: { party: brandId } }: Enrolment): Promise<IdentifierKind> {
  return app.database.transaction({ kind: 'brand', brandId }, async ({ client }) => {
    const country = (await app.coalition.snapshot(client)).brandsById.get(brandId)?.country ?? null;
    for (const identifier of identifiers)
      if ((await presentHolders(client, identifier.kind, identifierHashes(app.keys, identifier, country))).length > 0) return identifier.kind;
    // Given back since.
    return itemAt(identifiers, 0).kind;
  });
}

/**
 * Returns those whose key has stored rows for other content: by a request that was cut off before its posting, or is
 * still under way.
 */
async function insertMissing(app: App, principal: Principal, client: PoolClient, enrolments: readonly Enrolment[], now: Date): Promise<Enrolment[]> {
  const { rows: links } = await client.query<{ id: Uuid; enrolled_content: Buffer | null }>(
    'SELECT id, enrolled_content FROM brand_link WHERE id = ANY ($1::uuid[])',
    [enrolments.map(({ linkId }) => linkId)],
  );
  const done = new Map(links.map((row) => [row.id, row.enrolled_content]));
  const missing = enrolments.filter(({ linkId }) => !done.has(linkId));
  if (missing.length > 0) await insertEnrolments(app, principal, client, missing, now);
  return enrolments.filter(({ linkId, request }) => done.get(linkId)?.equals(request.contentHash) === false);
}

async function insertEnrolments(app: App, principal: Principal, client: PoolClient, missing: readonly Enrolment[], now: Date): Promise<void> {
  const brandId = itemAt(missing, 0).request.party;
  const ids = missing.map(({ memberId }) => memberId);
  await requireSpelledFree(
    client,
    brandId,
    missing.map(({ customer }) => customer?.spelled ?? null),
  );
  await client.query(
    'INSERT INTO member (id, enrolled_by_brand_id, enrolled_at, jurisdiction) SELECT id, $1, $2, jurisdiction FROM unnest($3::uuid[], $4::text[]) AS new (id, jurisdiction)',
    [brandId, now, ids, missing.map(({ command }) => command.jurisdiction)],
  );
  await client.query(
    `INSERT INTO brand_link (id, brand_id, member_id, customer_hash, source, linked_at, confirmed_at, confirmed_by, enrolled_content)
     SELECT id, $1, member_id, customer_hash, 'ENROLLED', $2, $2, 'ENROLMENT', content
     FROM unnest($3::uuid[], $4::uuid[], $5::bytea[], $6::bytea[]) AS new (id, member_id, customer_hash, content)`,
    [
      brandId,
      now,
      missing.map(({ linkId }) => linkId),
      ids,
      missing.map(({ customer }) => customer?.hash ?? null),
      missing.map(({ request }) => request.contentHash),
    ],
  );
  await client.query('INSERT INTO wallet (id, member_id, opened_at) SELECT id, member_id, $1 FROM unnest($2::uuid[], $3::uuid[]) AS new (id, member_id)', [
    now,
    missing.map(({ walletId }) => walletId),
    ids,
  ]);
  await recordAboutMembers(app, client, { actor: actorOf(principal), brandId, operation: 'enrolMember', memberIds: ids });
  await insertPersonalData(app, client, missing, now);
  await insertIdentifiers(
    app,
    client,
    brandId,
    missing.map(({ memberId, command }) => ({ memberId, identifiers: command.identifiers })),
    now,
  );
}

async function insertPersonalData(app: App, client: PoolClient, enrolments: readonly Enrolment[], now: Date): Promise<void> {
  const told = enrolments.flatMap(({ memberId, command: { personalData } }) => (personalData ? [{ memberId, personalData, at: now }] : []));
  const sealed = await sealMembers(app.keyWrapping, told);
  if (sealed) await client.query(sealed);
}
