import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import { type Principal } from '../../coalition/access/principal';
import { findPostings, sameOutcome } from '../../ledger/ledger/find-posting';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { PostingOutcome, PostingRequest } from '../../ledger/ledger/posting';
import { refusals } from '../../platform/define-refusal';
import { type Uuid } from '../../platform/ids';
import { notNow } from '../../platform/not-now';
import { only } from '../../platform/one-of';
import { InvalidInput, type RefusalData } from '../../platform/refusal';
import { customerIdRefusals, identifierRefusals } from '../identification/member-refusals';
import { type EnrolMember, type Enrolment, keepable, toEnrolment } from './enrolment';
import { storeEnrolments } from './store-enrolments';

/** What is refused where a member is enrolled. */
export const enrolMemberRefusals = refusals(keyRefusals, notNow, identifierRefusals, customerIdRefusals);

export interface EnrolledMember {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
}

/** One member; see enrolMembers. Refuses as enrolMemberRefusals lists. */
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
  const prepared = commands.map((command, at) => orInvalid(() => toEnrolment(app, brandId, command, now, fieldOf(at))));
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
  const { refusals, conflicts } = await storeEnrolments(app, principal, fresh, now);
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

function toEnrolled(outcome: PostingOutcome): EnrolledMember {
  const { memberId, walletId } = acceptedAnswer(outcome);
  return { memberId: memberId as Uuid, walletId: walletId as Uuid };
}

function withRefusal(request: PostingRequest, refused: RefusalData | undefined): PostingRequest {
  return refused ? { ...request, plan: () => ({ refused }) } : request;
}
