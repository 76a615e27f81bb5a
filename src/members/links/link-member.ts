import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { recordChange } from '../../coalition/access/record-change';
import { plainText } from '../../ledger/ledger/request-fields';
import { refusingOnSecondLook } from '../../platform/database/constraint-refusal';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { auditName } from '../identification/asking-member';
import { customerHashes, MAX_IDENTIFIER, type MemberRef } from '../identification/member-ref';
import { customerIdRefusals, lookUpRefusals } from '../identification/member-refusals';
import { type ResolvedMember, resolveMember } from '../identification/resolve-members';
import { codesForOperation } from '../identification/till-code';
import { numberRefusals } from '../identification/what-proves';
import { requireSpelledFree } from './customer-ids';

/** What is refused where a brand links a member. */
export const linkMemberRefusals = refusals(
  lookUpRefusals,
  customerIdRefusals,
  numberRefusals,
  defineRefusal('MEMBER_LINKED_OTHERWISE', {
    description: 'The member is linked to the brand under another customer id.',
    retrySafe: true,
    message: 'This member is linked under another customer id of yours. Unlink the member first.',
  }),
);

export const linkMemberSchema = z.object({ member: z.custom<MemberRef>(), customerId: plainText(MAX_IDENTIFIER) });

export interface LinkMember {
  /** Found by an identifier that the member presented, or by id if the brand knows the member already. */
  readonly member: MemberRef;
  readonly customerId: string;
}

/**
 * From now on the brand's customer id finds this member. Linking the same two again changes nothing. On a number alone
 * no customer id comes to a link that is confirmed: it would burn points there. The brand that enrolled the member says
 * itself whose number it is. Refuses as linkMemberRefusals lists; throws NotFound.
 */
export async function linkMember(app: App, principal: Principal, { member: ref, customerId }: LinkMember): Promise<ResolvedMember> {
  const brandId = requireBrand(principal, { scope: 'members', roles: ['SUPPORT'] });
  const { hash, spelled } = customerHashes(app.keys, brandId, customerId);
  return refusingOnSecondLook({ brand_link_customer_once: () => customerIdRefusals.refuse('CUSTOMER_ID_TAKEN') }, () =>
    // As the brand, whoever's staff asks: the operator's see every brand's links, and this is about their own brand's.
    app.database.transaction({ kind: 'brand', brandId }, async (tx) => {
      const member = await resolveMember(app, tx, brandId, ref, { presented: 'link', codesFor: codesForOperation('linkMember', brandId) });
      const { rows } = await tx.client.query<{ id: Uuid; customer_hash: Buffer | null; confirmed_by: string | null }>(
        'SELECT id, customer_hash, confirmed_by FROM brand_link WHERE brand_id = $1 AND member_id = $2 AND unlinked_at IS NULL FOR NO KEY UPDATE',
        [brandId, member.memberId],
      );
      const { id, customer_hash: linked, confirmed_by: confirmedBy } = only(rows);
      if (linked?.equals(hash) || (spelled && linked?.equals(spelled))) return member;
      if (linked) throw linkMemberRefusals.refuse('MEMBER_LINKED_OTHERWISE');
      if (member.proof === 'NUMBER' && confirmedBy !== null && confirmedBy !== 'ENROLMENT') throw numberRefusals.refuse('NUMBER_IS_NO_PROOF');
      await requireSpelledFree(tx.client, brandId, [spelled]);
      await tx.client.query("UPDATE brand_link SET customer_hash = $2, source = 'LINKED' WHERE id = $1", [id, hash]);
      await recordChange(app, tx, principal, { operation: 'linkMember', target: auditName(app, principal, member), member: member.memberId });
      return member;
    }),
  );
}
