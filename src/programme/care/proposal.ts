import type { PoolClient } from 'pg';
import { requireOperator } from '../../coalition/access/permissions';
import type { Principal, StaffRole } from '../../coalition/access/principal';
import { DAY_MS } from '../../platform/clock';
import type { RowOf } from '../../platform/database/row-of';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { NotFound, PermissionDenied } from '../../platform/refusal';
import { oneOf } from '../../platform/refusal-fields';

/** A proposal nobody has decided is no longer what anybody asks for. */
export const LAPSES_AFTER_DAYS = 30;

/** What is refused where a proposal is decided. */
export const proposalRefusals = refusals(
  defineRefusal('PROPOSAL_DECIDED', {
    description: 'The proposal is approved or declined already.',
    retrySafe: false,
    fields: { status: oneOf('ProposalStatus', 'Which.') },
    discloses: { status: 'OWN' },
    message: ({ status }) => `This proposal is ${status.toLowerCase()} already. Make a new one to change anything.`,
  }),
  defineRefusal('PROPOSAL_LAPSED', {
    description: `The proposal is more than ${LAPSES_AFTER_DAYS} days old: make a new one.`,
    retrySafe: false,
    message: `This proposal is more than ${LAPSES_AFTER_DAYS} days old. Make a new one if it is still wanted.`,
  }),
  defineRefusal('SECOND_PERSON_NEEDED', {
    description: 'Whoever has proposed it does not decide.',
    retrySafe: false,
    message: 'You have proposed this: another person decides about it.',
  }),
);

export const PROPOSAL_KINDS = ['GOODWILL', 'MERGE'] as const;
export const PROPOSAL_STATUSES = ['PROPOSED', 'APPROVED', 'DECLINED'] as const;

/** Something that costs somebody points or money: asked for by one person, decided by another. */
export interface Proposal {
  readonly id: Uuid;
  readonly kind: (typeof PROPOSAL_KINDS)[number];
  /** For whom it was asked. */
  readonly brandId: Uuid;
  /** Whose staff decide: who pays for goodwill, the operator for a merge. */
  readonly decidingBrandId: Uuid;
  /** Who gets goodwill; the duplicate of a merge. */
  readonly memberId: Uuid;
  /** Who goes on after a merge. */
  readonly survivorId: Uuid | null;
  readonly currencyId: number | null;
  /** Smallest units. */
  readonly points: number | null;
  readonly reason: string;
  readonly proposedBy: Uuid;
  readonly proposedAt: Date;
  readonly status: (typeof PROPOSAL_STATUSES)[number];
  readonly decidedBy: Uuid | null;
  readonly decidedAt: Date | null;
  readonly decisionReason: string | null;
}

/** Who may propose and decide, besides the operator's OPERATOR. Only people: see requirePerson. */
export const CARE_ROLES: readonly StaffRole[] = ['SUPPORT', 'PROGRAMME_MANAGER', 'FINANCE'];

/**
 * The staff member who asks; throws PermissionDenied for machines and members, and for staff without one of the roles.
 */
export function requirePerson(principal: Principal): Principal & { kind: 'staff' } {
  if (principal.kind !== 'staff')
    throw new PermissionDenied(`This is for people on the staff to do, not for ${principal.kind === 'member' ? 'a member' : 'an API client'}.`);
  if (CARE_ROLES.includes(principal.role) || (principal.ofOperator && principal.role === 'OPERATOR')) return principal;
  throw new PermissionDenied();
}

/**
 * The person who may have a say in proposals of that kind: members belong to the coalition, so a merge is for the
 * operator's staff.
 */
export function requireDecider(principal: Principal, kind: Proposal['kind']): Principal & { kind: 'staff' } {
  const person = requirePerson(principal);
  if (kind === 'MERGE') requireOperator(principal, CARE_ROLES);
  return person;
}

/** A proposal that the transaction's principal may see; throws NotFound. */
export async function readProposal(client: PoolClient, id: Uuid, lock: '' | 'FOR NO KEY UPDATE' = ''): Promise<Proposal> {
  const { rows } = await client.query<ProposalRow>(`SELECT * FROM care_proposal WHERE id = $1 ${lock}`, [id]);
  const [row] = rows;
  if (!row) throw new NotFound('Proposal');
  return toProposal(row);
}

/**
 * Throws unless this person may decide the proposal now; one that is approved may be approved again, to finish what was
 * interrupted.
 */
export function requireDecidable(proposal: Proposal, person: Principal & { kind: 'staff' }, decision: 'APPROVED' | 'DECLINED', now: Date): void {
  if (proposal.decidingBrandId !== person.brandId) throw new PermissionDenied('The staff of the brand that pays for it decide.');
  if (proposal.status === decision) return;
  if (proposal.status !== 'PROPOSED') throw proposalRefusals.refuse('PROPOSAL_DECIDED', { status: proposal.status });
  if (proposal.proposedBy === person.staffId) throw proposalRefusals.refuse('SECOND_PERSON_NEEDED');
  if (now.getTime() - proposal.proposedAt.getTime() > LAPSES_AFTER_DAYS * DAY_MS) throw proposalRefusals.refuse('PROPOSAL_LAPSED');
}

export type ProposalRow = RowOf<Proposal, 'points'>;

export function toProposal(row: ProposalRow): Proposal {
  return {
    id: row.id,
    kind: row.kind,
    brandId: row.brand_id,
    decidingBrandId: row.deciding_brand_id,
    memberId: row.member_id,
    survivorId: row.survivor_id,
    currencyId: row.currency_id,
    points: row.points === null ? null : Number(row.points),
    reason: row.reason,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at,
    status: row.status,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    decisionReason: row.decision_reason,
  };
}
