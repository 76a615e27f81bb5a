import { z } from 'zod';
import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { createOnce, idempotencyKeySchema } from '../../coalition/access/record-change';
import { plainText } from '../../ledger/ledger/request-fields';
import { findForOperator } from '../../members/identification/find-for-operator';
import { type MemberRef, memberRefContent } from '../../members/identification/member-ref';
import { newUuid, type Uuid } from '../../platform/ids';
import { InvalidInput } from '../../platform/refusal';
import { CARE_ROLES, type Proposal, readProposal, requireDecider } from './proposal';

export const proposeMergeSchema = z.object({
  idempotencyKey: idempotencyKeySchema,
  duplicate: z.custom<MemberRef>(),
  survivor: z.custom<MemberRef>(),
  reason: z.string().trim().min(1, 'Say why: a second person decides by it.').max(500, 'A reason has at most 500 characters.').pipe(plainText(500)),
});
export type ProposeMerge = z.output<typeof proposeMergeSchema>;

/**
 * Asks to make one member of two. For the operator's support: members belong to the coalition. Throws NotFound,
 * IDEMPOTENCY_CONFLICT, PermissionDenied.
 */
export async function proposeMerge(app: App, principal: Principal, command: ProposeMerge): Promise<Proposal> {
  const person = requireDecider(principal, 'MERGE');
  const { idempotencyKey, reason } = command;
  const content = { ...named(app, person.brandId, 'duplicate', command.duplicate), ...named(app, person.brandId, 'survivor', command.survivor), reason };
  const request = { operation: 'proposeMerge', idempotencyKey, reason, content };
  const { target } = await createOnce(app, principal, request, async (tx) => {
    const { client } = tx;
    const { memberId: duplicateId } = await findForOperator(app, tx, principal, command.duplicate, CARE_ROLES);
    const { memberId: survivorId } = await findForOperator(app, tx, principal, command.survivor, CARE_ROLES);
    if (duplicateId === survivorId)
      throw new InvalidInput(
        command.survivor.by === 'id' ? 'input.survivorId' : 'input.survivor',
        'A member cannot be merged with itself: name the other one.',
      );
    const id: Uuid = newUuid();
    await client.query(
      `INSERT INTO care_proposal (id, kind, brand_id, deciding_brand_id, member_id, survivor_id, reason, proposed_by, proposed_at)
       VALUES ($1, 'MERGE', $2, $2, $3, $4, $5, $6, $7)`,
      [id, person.brandId, duplicateId, survivorId, reason, person.staffId, app.clock.now()],
    );
    return id;
  });
  return app.database.transaction(databasePrincipal(principal), ({ client }) => readProposal(client, target));
}

/** A member as part of the request's content: by an id, as it was before there were other names. */
function named(app: App, brandId: Uuid, who: 'duplicate' | 'survivor', ref: MemberRef): Readonly<Record<string, unknown>> {
  return ref.by === 'id' ? { [`${who}Id`]: ref.memberId } : { [who]: memberRefContent(app.keys, brandId, ref) };
}
