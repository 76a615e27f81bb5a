import { randomUUID } from 'node:crypto';
import type { Principal } from '../../src/coalition/access/principal';
import { setRule } from '../../src/coalition/rules/set-rule';
import type { MemberRef } from '../../src/members/identification/member-ref';
import { enrolMember } from '../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../src/members/members/enrolment';
import { newUuid, type Uuid } from '../../src/platform/ids';
import { recordPurchase } from '../../src/programme/earning/record-purchases';
import { acceptInvitation, acceptInvitationSchema, listInvitations } from '../../src/programme/sharing/answer-invitation';
import { contributeToPool, contributeToPoolSchema } from '../../src/programme/sharing/contribute-to-pool';
import { createPool, createPoolSchema } from '../../src/programme/sharing/create-pool';
import { GIFT_RULE } from '../../src/programme/sharing/gift-rule';
import { givePointsSchema } from '../../src/programme/sharing/give-points';
import { inviteToPool, inviteToPoolSchema } from '../../src/programme/sharing/invite-to-pool';
import { leavePool, leavePoolSchema } from '../../src/programme/sharing/leave-pool';
import { purchaseOf, type ShopCoalition, type Till } from './shop-coalition';

/** A member with a login of their own and a card. */
export interface Person {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  readonly self: Principal & { kind: 'member' };
  readonly ref: MemberRef;
  readonly card: MemberRef;
}

/** People who earn at a till, give and pool. */
export function householdsOf(shop: ShopCoalition, till: Till) {
  const { app } = shop;
  const operator: Principal = { kind: 'staff', staffId: newUuid(), brandId: shop.operatorId, role: 'OPERATOR', ofOperator: true };
  return {
    operator,
    /** A member of the till's brand who has earned so much there. */
    async person(points = 0): Promise<Person> {
      const value = `card ${randomUUID()}`;
      const enrolled = await enrolMember(app, till.principal, enrolMemberSchema.parse({ idempotencyKey: value, identifiers: [{ kind: 'CARD', value }] }));
      const { memberId } = enrolled;
      const ref = { by: 'id', memberId } as const;
      if (points > 0) await recordPurchase(app, till.principal, purchaseOf(ref, String(points)));
      return { ...enrolled, ref, self: { kind: 'member', memberId, brandId: null }, card: { by: 'identifier', identifier: { kind: 'CARD', value } } };
    },
    allowGifts: async (more: Record<string, unknown> = {}) =>
      setRule(
        app,
        operator,
        GIFT_RULE,
        GIFT_RULE.schema.parse({ idempotencyKey: randomUUID(), currency: 'FLP', effectiveFrom: new Date('2011-01-01'), ...more }),
      ),
    async pool(owner: Person, ...others: Person[]): Promise<Uuid> {
      const poolId = await createPool(app, owner.self, createPoolSchema.parse({ idempotencyKey: randomUUID() }));
      for (const other of others) await this.join(owner, other);
      return poolId;
    },
    async join(owner: Person, other: Person, role: 'ADULT' | 'CHILD' = 'ADULT', share?: { numerator: number; denominator: number }): Promise<void> {
      await inviteToPool(app, owner.self, inviteToPoolSchema.parse({ idempotencyKey: randomUUID(), member: other.card, role }));
      const invitation = (await listInvitations(app, other.self)).at(-1);
      await acceptInvitation(app, other.self, acceptInvitationSchema.parse({ invitationId: invitation?.invitationId, share }));
    },
    contribute: (from: Person, points: number) =>
      contributeToPool(app, from.self, contributeToPoolSchema.parse({ idempotencyKey: randomUUID(), currency: 'FLP', points: BigInt(points) })),
    leave: (who: Person, poolId: Uuid) => leavePool(app, who.self, leavePoolSchema.parse({ idempotencyKey: randomUUID(), poolId })),
    /** Lots of an account's owner: remaining points by issue month and end, oldest first. */
    async lots(owner: Uuid): Promise<{ month: string; ends: string; remaining: number }[]> {
      const { rows } = await shop.database.owner.query(
        `SELECT to_char(l.issue_month, 'YYYY-MM') AS month, l.expires_on::text AS ends, sum(l.remaining)::int AS remaining FROM lot l JOIN account a ON a.id = l.account_id
         WHERE a.owner_id = $1 AND l.remaining > 0 GROUP BY 1, 2 ORDER BY 1, 2`,
        [owner],
      );
      return rows;
    },
  };
}

/** A gift, asked for by the giver unless `from` is named. */
export function giftOf(to: MemberRef, points: number, more: Record<string, unknown> = {}) {
  return givePointsSchema.parse({ idempotencyKey: randomUUID(), from: null, to, currency: 'FLP', points: BigInt(points), ...more });
}
