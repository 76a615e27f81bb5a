import { addStaff } from '../../../../src/coalition/sign-in/add-staff';
import { localIssuer } from '../../../../src/coalition/sign-in/local-issuer';
import { createTillCode } from '../../../../src/members/identification/till-code';
import { addIdentifier } from '../../../../src/members/identifiers/add-identifier';
import { lockWallet } from '../../../../src/members/members/lock-wallet';
import { newUuid, type Uuid } from '../../../../src/platform/ids';
import { proposeMerge } from '../../../../src/programme/care/propose-merge';
import { Id, Name, Who } from '../names';
import type { Actor, Person, Side } from '../side';
import type { TwoBrands } from '../two-brands';
import { aPerson, brand, type Probe, page, probe, withReason } from './probe';

const TAKEN = 'an identifier has one owner in the coalition; that it is taken is said, whose it is is not';

const byPerson = (fields: (side: Side) => Record<string, unknown> = () => ({})) =>
  probe<Person>({ prepare: aPerson, args: (side, person) => ({ input: { member: new Who(person), ...fields(side) } }) });

/** Somebody on the brand's staff, who decides about what another has proposed. */
const aDecision = async (side: Side) => ({ actor: side.staff.SUPPORT, proposalId: await side.sorry(side.staff.PROGRAMME_MANAGER, side.own) });
const byDecision = () =>
  probe<{ actor: Actor; proposalId: Uuid }>({
    by: 'prepared',
    prepare: aDecision,
    args: (side, { proposalId }) => ({ input: { proposalId: new Id('proposal', proposalId), ...withReason(side) } }),
  });

/** A merge that somebody else of the operator's has proposed. */
async function aMerge(side: Side, { points: { test }, operator: { principal } }: TwoBrands): Promise<Uuid> {
  const subject = `second operator ${newUuid()}`;
  const command = { idempotencyKey: subject, brandId: principal.brandId, issuer: localIssuer(test.app), subject, role: 'SUPPORT' } as const;
  const { id, brandId } = await addStaff(test.app, principal, command);
  const [duplicate, survivor] = [await side.enrol(), await side.enrol()];
  const merge = {
    idempotencyKey: newUuid(),
    duplicate: { by: 'id', memberId: duplicate.memberId } as const,
    survivor: { by: 'id', memberId: survivor.memberId } as const,
    reason: `${side.word} twice`,
  };
  return (await proposeMerge(test.app, { kind: 'staff', staffId: id, brandId, role: 'SUPPORT', ofOperator: true }, merge)).id;
}
const byOperatorsDecision = () =>
  probe<Uuid>({
    by: 'operator',
    prepare: aMerge,
    args: (side, proposalId) => ({ input: { proposalId: new Id('proposal', proposalId), ...withReason(side) } }),
  });

/** Members, what is known of them, and what people do for them. */
export const MEMBERS_PROBES: Readonly<Record<string, Probe>> = {
  'Query.member': probe({ args: (side) => ({ ref: new Who(side.own) }) }),
  'Query.me': probe({ by: 'member', args: () => ({}) }),
  // A brand is given an empty list: see ROOT_DISCLOSURES.
  'Query.expiryNotices': probe<{ actor: Actor }>({
    by: 'prepared',
    prepare: async (_side, { operator }) => ({ actor: operator }),
    args: (side) => ({ ...page, memberId: new Id('member', side.own.memberId) }),
  }),
  'Query.proposals': probe<{ actor: Actor }>({ by: 'prepared', prepare: aDecision, args: () => page }),
  'Mutation.enrolMember': probe({
    args: (side, _made, key) => ({
      input: {
        idempotencyKey: key,
        customerId: new Name('customerId', `${side.word} ${key}`),
        identifiers: [new Name('identifier', `${side.word} card ${key}`)],
      },
    }),
    gives: ['input.customerId', 'input.identifiers.0'],
  }),
  'Mutation.enrolMembers': probe({
    args: (side, _made, key) => ({
      input: [
        { idempotencyKey: key, customerId: new Name('customerId', `${side.word} ${key}`), identifiers: [new Name('identifier', `${side.word} card ${key}`)] },
      ],
    }),
    gives: ['input.0.customerId', 'input.0.identifiers.0'],
  }),
  'Mutation.addIdentifier': probe<Person>({
    prepare: aPerson,
    args: (side, person, key) => ({ input: { member: new Who(person), identifier: new Name('identifier', `${side.word} added ${key}`) } }),
    tells: { 'input.identifier': TAKEN },
  }),
  'Mutation.removeIdentifier': probe<Person>({
    prepare: aPerson,
    args: (_side, person) => ({ input: { member: new Who(person), identifier: new Name('identifier', person.card) } }),
  }),
  'Query.memberChanges': probe<{ actor: Actor }>({
    by: 'prepared',
    prepare: async (side, { points: { test } }) => {
      const { actor } = await side.householder();
      await lockWallet(test.app, actor.principal, { member: null, reason: null });
      return { actor };
    },
    args: () => page,
  }),
  'Mutation.linkMember': probe<Person>({
    prepare: async (side, { points: { test } }) => {
      const person = await side.enrol();
      await addIdentifier(test.app, side.client.principal, { member: person.ref, identifier: { kind: 'CARD', value: `${side.word} link` } });
      return person;
    },
    args: (_side, person) => ({ input: { member: new Who(person), customerId: new Name('customerId', person.customerId) } }),
    presents: ['input.member.identifier'],
    gives: ['input.customerId'],
  }),
  'Mutation.confirmLink': probe<{ actor: Actor }>({
    by: 'prepared',
    prepare: (side) => side.householder(),
    args: (side) => ({ input: { brandId: brand(side) } }),
  }),
  'Mutation.createTillCode': probe<{ actor: Actor }>({ by: 'prepared', prepare: (side) => side.householder(), args: () => ({}) }),
  'Mutation.useTillCode': probe<string>({
    prepare: async (side, { points: { test } }) => (await createTillCode(test.app, (await side.householder()).actor.principal)).code,
    args: (_side, code) => ({ input: { code } }),
  }),
  'Mutation.unlinkMember': byPerson((side) => ({ ...withReason(side), brandId: brand(side) })),
  'Mutation.lockWallet': byPerson(withReason),
  'Mutation.unlockWallet': probe<Person>({
    by: 'operator',
    prepare: aPerson,
    args: (side, person) => ({ input: { member: new Who(person), ...withReason(side) } }),
  }),
  'Mutation.proposeGoodwill': probe<{ actor: Actor }>({
    by: 'prepared',
    prepare: async (side) => ({ actor: side.staff.SUPPORT }),
    args: (side, _made, key) => ({ input: { idempotencyKey: key, member: new Who(side.own), currency: 'FLP', points: 10, reason: `${side.word} is sorry` } }),
  }),
  'Mutation.approveGoodwill': byDecision(),
  'Mutation.declineGoodwill': byDecision(),
  'Mutation.proposeMerge': probe<[Person, Person]>({
    by: 'operator',
    prepare: async (side) => [await side.enrol(), await side.enrol()],
    args: (side, [duplicate, survivor], key) => ({
      input: {
        ...{ idempotencyKey: key, duplicate: new Who(duplicate), survivor: new Who(survivor) },
        reason: `${side.word} twice`,
      },
    }),
  }),
  'Mutation.approveMerge': byOperatorsDecision(),
  'Mutation.declineMerge': byOperatorsDecision(),
  'Mutation.closeWallet': probe<Person>({
    by: 'operator',
    prepare: aPerson,
    args: (side, person) => ({ input: { member: new Who(person), ...withReason(side) } }),
  }),
};
