import { z } from 'zod';
import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { reasonSchema, recordChange } from '../../coalition/access/record-change';
import { refusingBy } from '../../platform/database/constraint-refusal';
import { InvalidInput } from '../../platform/refusal';
import { type Proposal, proposalRefusals, readProposal, requireDecidable, requireDecider } from './proposal';

export const decideProposalSchema = z.object({ proposalId: z.string(), reason: reasonSchema });
export type DecideProposal = z.output<typeof decideProposalSchema>;

/**
 * The proposal, which this person may decide now. Throws PermissionDenied, NotFound, PROPOSAL_DECIDED, PROPOSAL_LAPSED,
 * SECOND_PERSON_NEEDED.
 */
export async function findDecidable(
  app: App,
  principal: Principal,
  kind: Proposal['kind'],
  { proposalId }: DecideProposal,
  decision: 'APPROVED' | 'DECLINED',
): Promise<Proposal> {
  const person = requireDecider(principal, kind);
  const proposal = await app.database.transaction(databasePrincipal(principal), ({ client }) => readProposal(client, proposalId));
  if (proposal.kind !== kind) throw new InvalidInput('input.proposalId', `This proposal is of the kind ${proposal.kind}.`);
  requireDecidable(proposal, person, decision, app.clock.now());
  return proposal;
}

/**
 * Writes the decision down, with its audit entry. What it leads to is done after it, once, however often it is tried.
 * Cut off in between, an approval that is sent again goes on from here.
 */
export async function decide(
  app: App,
  principal: Principal,
  kind: Proposal['kind'],
  command: DecideProposal,
  decision: 'APPROVED' | 'DECLINED',
): Promise<Proposal> {
  const person = requireDecider(principal, kind);
  return refusingBy({ care_proposal_two_people: () => proposalRefusals.refuse('SECOND_PERSON_NEEDED') }, () =>
    app.database.transaction(databasePrincipal(principal), async (tx) => {
      const proposal = await readProposal(tx.client, command.proposalId, 'FOR NO KEY UPDATE');
      const now = app.clock.now();
      requireDecidable(proposal, person, decision, now);
      if (proposal.status === decision) return proposal;
      if (proposal.status !== 'PROPOSED') throw proposalRefusals.refuse('PROPOSAL_DECIDED', { status: proposal.status });
      const reason = command.reason ?? null;
      await tx.client.query('UPDATE care_proposal SET status = $2, decided_by = $3, decided_at = $4, decision_reason = $5 WHERE id = $1', [
        proposal.id,
        decision,
        person.staffId,
        now,
        reason,
      ]);
      await recordChange(app, tx, principal, { operation: operationOf(kind, decision), target: proposal.id, reason });
      return { ...proposal, status: decision, decidedBy: person.staffId, decidedAt: now, decisionReason: reason };
    }),
  );
}

function operationOf(kind: Proposal['kind'], decision: 'APPROVED' | 'DECLINED'): string {
  return `${decision === 'APPROVED' ? 'approve' : 'decline'}${kind === 'GOODWILL' ? 'Goodwill' : 'Merge'}`;
}

/** Declines the proposal; again changes nothing. */
export async function declineProposal(app: App, principal: Principal, kind: Proposal['kind'], command: DecideProposal): Promise<Proposal> {
  await findDecidable(app, principal, kind, command, 'DECLINED');
  return decide(app, principal, kind, command, 'DECLINED');
}
