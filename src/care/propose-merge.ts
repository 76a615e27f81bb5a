import { z } from 'zod';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce, idempotencyKeySchema } from '../access/record-change';
import type { App } from '../app';
import { newUuid, type Uuid } from '../ids';
import { plainText } from '../ledger/request-fields';
import { InvalidInput, NotFound } from '../refusal';
import { type Proposal, readProposal, requireDecider } from './proposal';

export const proposeMergeSchema = z.object({
  idempotencyKey: idempotencyKeySchema,
  duplicateId: z.string(),
  survivorId: z.string(),
  reason: z.string().trim().min(1, 'Say why: a second person decides by it.').max(500, 'A reason has at most 500 characters.').pipe(plainText(500)),
});
export type ProposeMerge = z.output<typeof proposeMergeSchema>;

/** Asks to make one member of two. For the operator's support: members belong to the coalition. Throws NotFound, IDEMPOTENCY_CONFLICT, PermissionDenied. */
export async function proposeMerge(app: App, principal: Principal, command: ProposeMerge): Promise<Proposal> {
  const person = requireDecider(principal, 'MERGE');
  const { idempotencyKey, reason, duplicateId, survivorId } = command;
  if (duplicateId === survivorId) throw new InvalidInput('input.survivorId', 'A member cannot be merged with itself: name the other one.');
  const request = { operation: 'proposeMerge', idempotencyKey, reason, content: { duplicateId, survivorId, reason } };
  const { target } = await createOnce(app, principal, request, async ({ client }) => {
    const { rows } = await client.query("SELECT id FROM member WHERE id = ANY ($1::uuid[]) AND status = 'ACTIVE'", [[duplicateId, survivorId]]);
    if (rows.length < 2) throw new NotFound('Member');
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
