import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import { actorOf, type Principal } from '../../coalition/access/principal';
import { findPostings, sameOutcome } from '../../ledger/ledger/find-posting';
import { canonicalJson, contentHash, postingId } from '../../ledger/ledger/idempotency';
import { keyRefusals, postingRefusals } from '../../ledger/ledger/ledger-refusals';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { PostingOutcome, PostingRequest } from '../../ledger/ledger/posting';
import { idempotencyKey, optionalText, plainText } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { violatedConstraint } from '../../platform/database/constraint-refusal';
import { refusals } from '../../platform/define-refusal';
import { derivedUuid, type Uuid } from '../../platform/ids';
import { itemAt, only } from '../../platform/one-of';
import { InvalidInput, isRefusal, type Refusal, type RefusalData } from '../../platform/refusal';
import { presentHolders } from '../identification/identifier-holders';
import {
  customerHashes,
  IDENTIFIER_KINDS,
  type IdentifierKind,
  identifierHashes,
  MAX_IDENTIFIER,
  type NameHashes,
  requireKeepable,
  spelledHash,
} from '../identification/member-ref';
import { customerIdRefusals, identifierRefusals } from '../identification/member-refusals';
import { recordAboutMembers } from '../identification/record-about-members';
import { insertIdentifiers } from '../identifiers/enrol-identifiers';
import { requireSpelledFree } from '../links/customer-ids';

/** What is refused where a member is enrolled. */
export const enrolMemberRefusals = refusals(postingRefusals, identifierRefusals, customerIdRefusals);

export const identifierSchema = z.object({ kind: z.enum(IDENTIFIER_KINDS), value: plainText(MAX_IDENTIFIER) });

const personalDataSchema = z.object({
  givenName: optionalText(200),
  familyName: optionalText(200),
  email: optionalText(320),
  phone: optionalText(50),
  /** 'YYYY-MM-DD'. */
  birthDate: z
    .string()
    .nullish()
    .transform((day) => day ?? null),
  /** BCP 47, such as "de-AT". */
  language: optionalText(35),
});

export const enrolMemberSchema = z.object({
  idempotencyKey,
  customerId: optionalText(MAX_IDENTIFIER),
  identifiers: z
    .array(identifierSchema)
    .max(20, 'A member is enrolled with at most 20 identifiers.')
    .nullish()
    .transform((identifiers) => identifiers ?? []),
  personalData: personalDataSchema.nullish().transform((data) => data ?? null),
  /** ISO 3166-1 country whose law protects the member's data. */
  jurisdiction: z
    .string()
    .regex(/^[A-Z]{2}$/, 'Write an ISO 3166-1 country code, such as "AT".')
    .nullish()
    .transform((country) => country ?? null),
});
export type EnrolMember = z.output<typeof enrolMemberSchema>;

export interface EnrolledMember {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
}

/**
 * Everything about one enrolment that is worked out before the database is asked. Ids derive from brand and key: a
 * repetition finds the same member.
 */
interface Enrolment {
  readonly command: EnrolMember;
  /** Where it stands in the request. */
  readonly field: string;
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  readonly linkId: Uuid;
  readonly customer: NameHashes | null;
  readonly request: PostingRequest;
}

/** One member; see enrolMembers. Throws CUSTOMER_ID_TAKEN, IDENTIFIER_TAKEN, IDEMPOTENCY_CONFLICT. */
export async function enrolMember(app: App, principal: Principal, command: EnrolMember): Promise<EnrolledMember> {
  const result = only(await enrol(app, principal, [command], () => 'input'));
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

/**
 * Enrols members of the brand: wallet, link, identifiers, personal data. In the order of the commands; refused ones do
 * not harm the others. The outcome is kept with the idempotency key as a posting without movements. `fieldOf`: where
 * each stands in the request.
 */
export async function enrolMembers(
  app: App,
  principal: Principal,
  commands: readonly EnrolMember[],
  fieldOf: (at: number) => string = (at) => `input.${at}`,
): Promise<PromiseSettledResult<EnrolledMember>[]> {
  return enrol(app, principal, commands, fieldOf);
}

async function enrol(
  app: App,
  principal: Principal,
  commands: readonly EnrolMember[],
  fieldOf: (at: number) => string,
): Promise<PromiseSettledResult<EnrolledMember>[]> {
  const brandId = requireBrand(principal, { scope: 'members', roles: ['PROGRAMME_MANAGER', 'SUPPORT'] });
  const now = app.clock.now();
  const prepared = commands.map((command, at) => orInvalid(() => prepare(app, brandId, command, now, fieldOf(at))));
  const enrolments = prepared.filter((each): each is Enrolment => !(each instanceof InvalidInput));
  const ids = enrolments.map(({ request }) => request.id);
  const { stored, country } = await app.database.transaction({ kind: 'brand', brandId }, async ({ client }) => ({
    stored: await findPostings(client, ids),
    country: (await app.coalition.snapshot(client)).brandsById.get(brandId)?.country ?? null,
  }));
  const unkept = new Map<Enrolment, InvalidInput>();
  for (const enrolment of enrolments) {
    const wrong = stored.has(enrolment.request.id) ? enrolment : orInvalid(() => keepable(enrolment, country));
    if (wrong instanceof InvalidInput) unkept.set(enrolment, wrong);
  }
  const fresh = enrolments.filter((enrolment) => !stored.has(enrolment.request.id) && !unkept.has(enrolment));
  const { refusals, conflicts } = await store(app, principal, fresh, now);
  return Promise.allSettled(
    prepared.map(async (enrolment): Promise<EnrolledMember> => {
      const invalid = enrolment instanceof InvalidInput ? enrolment : unkept.get(enrolment);
      if (invalid || enrolment instanceof InvalidInput) throw invalid;
      const { request } = enrolment;
      const found = stored.get(request.id);
      if (conflicts.has(enrolment)) throw keyRefusals.refuse('IDEMPOTENCY_CONFLICT');
      return toEnrolled(found ? sameOutcome(found, request.contentHash) : await app.ledger.post(withRefusal(request, refusals.get(enrolment))));
    }),
  );
}

/** What is wrong with one enrolment is its own outcome. */
function orInvalid(work: () => Enrolment): Enrolment | InvalidInput {
  try {
    return work();
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
}

/** Not asked of what is repeated: it may have been stored before. */
function keepable(enrolment: Enrolment, country: string | null): Enrolment {
  for (const [at, identifier] of enrolment.command.identifiers.entries()) requireKeepable(identifier, country, `${enrolment.field}.identifiers.${at}.value`);
  return enrolment;
}

function toEnrolled(outcome: PostingOutcome): EnrolledMember {
  const { memberId, walletId } = acceptedAnswer(outcome);
  return { memberId: memberId as Uuid, walletId: walletId as Uuid };
}

function prepare(app: App, brandId: Uuid, command: EnrolMember, now: Date, field: string): Enrolment {
  const { idempotencyKey: key, customerId, personalData, jurisdiction } = command;
  const memberId = derivedUuid('member', brandId, key);
  const walletId = derivedUuid('wallet', brandId, key);
  const customer = customerId === null ? null : customerHashes(app.keys, brandId, customerId);
  const spelled = command.identifiers.map((identifier, i) => ({
    kind: identifier.kind,
    hash: spelledHash(app.keys, identifier, `${field}.identifiers.${i}.value`),
  }));
  // Personal data go into the content under a key: what is stored must not let anyone test a guess, nor outlive an
  // erasure.
  const content = {
    customer: (customer?.spelled ?? customer?.hash)?.toString('hex'),
    identifiers: spelled.map(({ kind, hash }) => `${kind} ${hash.toString('hex')}`).sort(),
    personalData: personalData && app.keys.identifierHash(`enrolment/${memberId}`, canonicalJson(personalData)).toString('hex'),
    jurisdiction,
  };
  return {
    command,
    field,
    memberId,
    walletId,
    linkId: derivedUuid('link', brandId, key),
    customer,
    request: {
      id: postingId(brandId, key),
      party: brandId,
      kind: 'ENROL_MEMBER',
      contentHash: contentHash('ENROL_MEMBER', content),
      occurredAt: now.getTime(),
      day: dayOf(now, 'UTC'),
      recordedAt: now.getTime(),
      loads: { wallets: [] },
      plan: () => ({ steps: [], answer: { memberId, walletId } }),
    },
  };
}

function withRefusal(request: PostingRequest, refused: RefusalData | undefined): PostingRequest {
  return refused ? { ...request, plan: () => ({ refused }) } : request;
}

/** What could not be stored: a name is taken, or the key has stored rows for other content already. */
interface NotStored {
  readonly refusals: Map<Enrolment, RefusalData>;
  readonly conflicts: Set<Enrolment>;
}

/** Stores what is not stored yet: all at once, or, when a name is taken, one by one. */
async function store(app: App, principal: Principal, enrolments: readonly Enrolment[], now: Date): Promise<NotStored> {
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
  const { rows: links } = await client.query('SELECT id, enrolled_content FROM brand_link WHERE id = ANY ($1::uuid[])', [
    enrolments.map(({ linkId }) => linkId),
  ]);
  const done = new Map<Uuid, Buffer | null>(links.map((row) => [row.id, row.enrolled_content]));
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
  await insertPersonalData(client, missing, now);
  await insertIdentifiers(
    app,
    client,
    brandId,
    missing.map(({ memberId, command }) => ({ memberId, identifiers: command.identifiers })),
    now,
  );
}

async function insertPersonalData(client: PoolClient, enrolments: readonly Enrolment[], now: Date): Promise<void> {
  for (const { memberId, command } of enrolments) {
    if (!command.personalData) continue;
    const { givenName, familyName, email, phone, birthDate, language } = command.personalData;
    await client.query(
      `INSERT INTO member_personal_data (member_id, given_name, family_name, email, phone, birth_date, language, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [memberId, givenName, familyName, email, phone, birthDate, language, now],
    );
  }
}
