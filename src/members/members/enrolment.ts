import { z } from 'zod';
import type { App } from '../../app';
import { canonicalJson, contentHash, postingId } from '../../ledger/ledger/idempotency';
import type { PostingRequest } from '../../ledger/ledger/posting';
import { idempotencyKey, optionalText, plainText } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { derivedUuid, type Uuid } from '../../platform/ids';
import { InvalidInput } from '../../platform/refusal';
import { customerHashes, IDENTIFIER_KINDS, MAX_IDENTIFIER, type NameHashes, requireKeepable, spelledHash } from '../identification/member-ref';
import { jurisdictionSchema, wrongJurisdiction } from './jurisdiction';

export const identifierSchema = z.object({ kind: z.enum(IDENTIFIER_KINDS), value: plainText(MAX_IDENTIFIER) });

const personalDataSchema = z.object({
  givenName: optionalText(200),
  familyName: optionalText(200),
  email: optionalText(320),
  phone: optionalText(50),
  birthDate: z.iso
    .date('Write a day, such as "1990-02-28".')
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
  /** Whose law protects the member's data: ISO 3166-1 or 3166-2; null: not known. */
  jurisdiction: jurisdictionSchema.nullish().transform((code) => code ?? null),
});
export type EnrolMember = z.output<typeof enrolMemberSchema>;

/**
 * Everything about one enrolment that is worked out before the database is asked. Ids derive from brand and key: a
 * repetition finds the same member.
 */
export interface Enrolment {
  readonly command: EnrolMember;
  /** Where it stands in the request. */
  readonly field: string;
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  readonly linkId: Uuid;
  readonly customer: NameHashes | null;
  readonly request: PostingRequest;
}

/** Not asked of what is repeated: it may have been stored before. Throws InvalidInput. */
export function keepable(enrolment: Enrolment, country: string | null): Enrolment {
  const { jurisdiction } = enrolment.command;
  const wrong = jurisdiction === null ? null : wrongJurisdiction(jurisdiction);
  if (wrong !== null) throw new InvalidInput(`${enrolment.field}.jurisdiction`, wrong);
  for (const [at, identifier] of enrolment.command.identifiers.entries()) requireKeepable(identifier, country, `${enrolment.field}.identifiers.${at}.value`);
  return enrolment;
}

export function toEnrolment(app: App, brandId: Uuid, command: EnrolMember, now: Date, field: string): Enrolment {
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
