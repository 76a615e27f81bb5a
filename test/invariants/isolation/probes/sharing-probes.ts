import { newUuid, type Uuid } from '../../../../src/platform/ids';
import { acceptInvitation, listInvitations } from '../../../../src/programme/sharing/answer-invitation';
import { contributeToPool, contributeToPoolSchema } from '../../../../src/programme/sharing/contribute-to-pool';
import { createPool } from '../../../../src/programme/sharing/create-pool';
import { inviteToPool } from '../../../../src/programme/sharing/invite-to-pool';
import { Id, Who } from '../names';
import type { Actor, Person, Side } from '../side';
import type { TwoBrands } from '../two-brands';
import { aPerson, type Probe, probe } from './probe';

const EXACTLY = 'a member gives to, and invites, whoever can be named exactly, of whatever brand: that there is such a member is told, and nothing else';

/** A household with its owner, somebody who has joined and somebody who was invited; `actor` is one of them. */
interface Household {
  readonly actor: Actor;
  readonly poolId: Uuid;
  readonly joined: Person;
  readonly invitationId: Uuid;
}
const aHousehold =
  (who: 'owner' | 'joined' | 'invited') =>
  async (side: Side, { points: { test } }: TwoBrands): Promise<Household> => {
    const [owner, joined, invited] = [await side.householder(), await side.householder(), await side.householder()];
    const share = { numerator: 0, denominator: 1 };
    const poolId = await createPool(test.app, owner.actor.principal, { idempotencyKey: newUuid(), share });
    const invitationTo = async ({ person, actor }: typeof owner) => {
      await inviteToPool(test.app, owner.actor.principal, { idempotencyKey: newUuid(), member: person.ref, role: 'ADULT' });
      return (await listInvitations(test.app, actor.principal))[0].invitationId;
    };
    await acceptInvitation(test.app, joined.actor.principal, { invitationId: await invitationTo(joined), share });
    const invitationId = await invitationTo(invited);
    for (const { actor } of [owner, joined])
      await contributeToPool(test.app, actor.principal, contributeToPoolSchema.parse({ idempotencyKey: newUuid(), currency: 'FLP', points: 50n }));
    return { actor: { owner, joined, invited }[who].actor, poolId, joined: joined.person, invitationId };
  };
const byHousehold = (who: 'owner' | 'joined' | 'invited', args: (side: Side, made: Household, key: string) => Record<string, unknown>) =>
  probe<Household>({ by: 'prepared', prepare: aHousehold(who), args });

/** Points between people: gifts and household pools. */
export const SHARING_PROBES: Readonly<Record<string, Probe>> = {
  'Query.pool': byHousehold('joined', (_side, { poolId }) => ({ id: new Id('pool', poolId) })),
  'Query.poolInvitations': byHousehold('invited', () => ({})),
  'Mutation.givePoints': probe<Person>({
    prepare: aPerson,
    args: (side, person, key) => ({ input: { idempotencyKey: key, from: new Who(side.own), to: new Who(person), currency: 'FLP', points: 10 } }),
    presents: ['input.to.identifier'],
    // Whoever can be named exactly is given to. That a brand cannot name another's member by id is in
    // test/programme/sharing/gifts.test.ts.
    gives: ['input.to.id'],
  }),
  'Mutation.createPool': probe<{ actor: Actor }>({
    by: 'prepared',
    prepare: (side) => side.householder(),
    args: (_side, _made, key) => ({ input: { idempotencyKey: key, share: { numerator: 1, denominator: 2 } } }),
  }),
  'Mutation.inviteToPool': {
    ...byHousehold('owner', (side, _made, key) => ({ input: { idempotencyKey: key, member: new Who(side.own), role: 'ADULT' } })),
    tells: { 'input.member.id': EXACTLY, 'input.member.identifier': EXACTLY },
  },
  'Mutation.acceptPoolInvitation': byHousehold('invited', (_side, { invitationId }) => ({ input: { invitationId: new Id('invitation', invitationId) } })),
  'Mutation.endPoolInvitation': byHousehold('invited', (_side, { invitationId }) => ({ input: { invitationId: new Id('invitation', invitationId) } })),
  'Mutation.setContributionShare': byHousehold('joined', () => ({ input: { share: { numerator: 1, denominator: 4 } } })),
  'Mutation.setPoolRole': byHousehold('owner', (_side, { joined }) => ({ input: { memberId: new Id('member', joined.memberId), role: 'CHILD' } })),
  'Mutation.contributeToPool': byHousehold('owner', (_side, _made, key) => ({ input: { idempotencyKey: key, currency: 'FLP', points: 10 } })),
  'Mutation.leavePool': byHousehold('joined', (_side, { poolId }, key) => ({ input: { idempotencyKey: key, poolId: new Id('pool', poolId) } })),
  'Mutation.removeFromPool': byHousehold('owner', (_side, { joined }, key) => ({
    input: { idempotencyKey: key, memberId: new Id('member', joined.memberId) },
  })),
  'Mutation.closePool': byHousehold('owner', (_side, { poolId }, key) => ({ input: { idempotencyKey: key, poolId: new Id('pool', poolId) } })),
};
