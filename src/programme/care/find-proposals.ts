import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { Uuid } from '../../platform/ids';
import { type Proposal, type ProposalRow, requirePerson, toProposal } from './proposal';

export interface ProposalPage {
  readonly limit: number;
  /** Newest first, below this id. */
  readonly before: Uuid | null;
  /** Of this state only. */
  readonly status: Proposal['status'] | null;
}

/** Proposals that the own brand's staff have made or decide about (for the operator: everybody's), newest first. */
export async function listProposals(app: App, principal: Principal, { limit, before, status }: ProposalPage): Promise<Proposal[]> {
  requirePerson(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<ProposalRow>(
      'SELECT * FROM care_proposal WHERE ($1::uuid IS NULL OR id < $1) AND ($2::text IS NULL OR status = $2) ORDER BY id DESC LIMIT $3',
      [before, status, limit],
    );
    return rows.map(toProposal);
  });
}
