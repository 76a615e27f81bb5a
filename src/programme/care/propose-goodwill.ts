import { z } from 'zod';
import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { createOnce, idempotencyKeySchema } from '../../coalition/access/record-change';
import { maximumRefusals } from '../../coalition/coalition/amount-limits';
import { mostClearable } from '../../coalition/coalition/clearable-points';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { activeTermsRefusals } from '../../coalition/coalition/terms-in-force';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { currencyCode, plainText, somePoints } from '../../ledger/ledger/request-fields';
import { findForOperator } from '../../members/identification/find-for-operator';
import { type MemberRef, memberRefContent } from '../../members/identification/member-ref';
import { resolveMember } from '../../members/identification/resolve-members';
import { refusals } from '../../platform/define-refusal';
import { derivedUuid, newUuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { requireFunding } from './goodwill-terms';
import { CARE_ROLES, type Proposal, readProposal, requirePerson } from './proposal';

/** What is refused where goodwill is proposed. */
export const proposeGoodwillRefusals = refusals(keyRefusals, activeTermsRefusals, maximumRefusals);

/** Why, in words that the second person decides by. No personal data. */
const careReason = z.string().trim().min(1, 'Say why: a second person decides by it.').max(500, 'A reason has at most 500 characters.').pipe(plainText(500));

export const proposeGoodwillSchema = z.object({
  idempotencyKey: idempotencyKeySchema,
  member: z.custom<MemberRef>(),
  currency: currencyCode,
  points: somePoints,
  funder: z.enum(['OWN_BRAND', 'OPERATOR']).default('OWN_BRAND'),
  reason: careReason,
});
export type ProposeGoodwill = z.output<typeof proposeGoodwillSchema>;

/**
 * Asks for points for a member out of goodwill, paid for by the own brand or by the operator, whose staff decide.
 * Refuses as proposeGoodwillRefusals lists; throws NotFound (member), PermissionDenied.
 */
export async function proposeGoodwill(app: App, principal: Principal, command: ProposeGoodwill): Promise<Proposal> {
  const person = requirePerson(principal);
  const { idempotencyKey, reason, member: ref, ...rest } = command;
  const content = { ...rest, member: memberRefContent(app.keys, person.brandId, ref), reason };
  const request = { operation: 'proposeGoodwill', idempotencyKey, reason, content };
  const { target } = await createOnce(app, principal, request, async (tx) => {
    const snapshot = await app.coalition.snapshot(tx.client);
    const currency = requireCurrency(snapshot, command.currency);
    const funderId = command.funder === 'OPERATOR' ? snapshot.operator?.id : person.brandId;
    if (!funderId) throw new NotFound('Brand');
    const now = app.clock.now();
    requireFunding(snapshot, funderId, currency, now);
    const most = Math.min(app.config.care.mostGoodwill * 10 ** currency.scale, Number(mostClearable(snapshot, currency)));
    if (command.points > most)
      throw proposeGoodwillRefusals.refuse('ABOVE_MAXIMUM', { maximum: most, retrySafe: false, message: `At most ${most} points are given in one proposal.` });
    const shown = { presented: 'look', codesFor: derivedUuid('till code', 'proposeGoodwill', person.brandId, idempotencyKey) } as const;
    const member = person.ofOperator ? await findForOperator(app, tx, person, ref, CARE_ROLES) : await resolveMember(app, tx, person.brandId, ref, shown);
    const id = newUuid();
    await tx.client.query(
      `INSERT INTO care_proposal (id, kind, brand_id, deciding_brand_id, member_id, currency_id, points, reason, proposed_by, proposed_at)
       VALUES ($1, 'GOODWILL', $2, $3, $4, $5, $6, $7, $8, $9)`,
      [id, person.brandId, funderId, member.memberId, currency.id, command.points, reason, person.staffId, now],
    );
    return id;
  });
  return app.database.transaction(databasePrincipal(principal), ({ client }) => readProposal(client, target));
}
