import { SCOPES } from '../../../../src/coalition/access/principal';
import { createApiClient } from '../../../../src/coalition/sign-in/create-api-client';
import { readLiveSecrets } from '../../../../src/coalition/sign-in/list-access';
import { localIssuer, mintLocalLogin } from '../../../../src/coalition/sign-in/local-issuer';
import { listLogins } from '../../../../src/coalition/sign-in/logins';
import { createClaimCode } from '../../../../src/members/members/create-claim-code';
import { newUuid, type Uuid } from '../../../../src/platform/ids';
import { Id, Who } from '../names';
import type { Actor, Person, Side } from '../side';
import type { TwoBrands } from '../two-brands';
import { aPerson, brand, type Probe, page, probe, withReason } from './probe';

async function aClient(side: Side, { points: { test } }: TwoBrands): Promise<{ clientId: Uuid; secretId: Uuid }> {
  const { client } = await createApiClient(test.app, side.client.principal, {
    idempotencyKey: newUuid(),
    name: `${side.word} spare`,
    scopes: ['purchases'],
    brandId: null,
  });
  const [secret] = await readLiveSecrets(test.app, side.client.principal, [client.id]);
  return { clientId: client.id, secretId: secret.id };
}

/** Who may ask: API clients, staff, sessions, logins. */
export const ACCESS_PROBES: Readonly<Record<string, Probe>> = {
  'Query.apiClients': probe({ args: (side) => ({ ...page, brandId: brand(side) }) }),
  'Query.staff': probe({ args: (side) => ({ ...page, brandId: brand(side) }) }),
  'Query.auditEntries': probe({ args: () => page }),
  'Query.viewer': probe({ args: () => ({}) }),
  'Mutation.createApiClient': probe({
    args: (side, _made, key) => ({ input: { idempotencyKey: key, brandId: brand(side), name: `${side.word} shop`, scopes: [...SCOPES], ...withReason(side) } }),
  }),
  'Mutation.rotateApiClientSecret': probe({
    prepare: aClient,
    args: (side, { clientId }, key) => ({ input: { idempotencyKey: key, clientId: new Id('client', clientId), ...withReason(side) } }),
  }),
  'Mutation.revokeApiClientSecret': probe({
    prepare: aClient,
    args: (side, { secretId }) => ({ input: { secretId: new Id('secret', secretId), ...withReason(side) } }),
  }),
  'Mutation.disableApiClient': probe({
    prepare: aClient,
    args: (side, { clientId }) => ({ input: { clientId: new Id('client', clientId), ...withReason(side) } }),
  }),
  'Mutation.addStaff': probe<string>({
    prepare: async (_side, { points: { test } }) => localIssuer(test.app),
    args: (side, issuer, key) => ({
      input: {
        idempotencyKey: key,
        brandId: brand(side),
        issuer,
        subject: `${side.word} ${key}`,
        role: 'SUPPORT',
        ...withReason(side),
      },
    }),
  }),
  'Mutation.removeStaff': probe({
    prepare: (side) => side.addStaff(),
    args: (side, staffId) => ({ input: { staffId: new Id('staff', staffId), ...withReason(side) } }),
  }),
  'Mutation.createMemberSession': probe({ args: (side) => ({ input: { memberId: new Id('member', side.own.memberId) } }) }),
  'Mutation.acceptStaffInvitation': probe<{ staffId: Uuid; token: string }>({
    prepare: (side) => side.invite(),
    args: (_side, { staffId, token }) => ({ input: { staffId: new Id('staff', staffId), token } }),
    // Whoever sends the login's own token is that login.
    gives: ['input.staffId'],
  }),
  'Mutation.createClaimCode': probe<Person>({ prepare: aPerson, args: (side, person) => ({ input: { member: new Who(person), ...withReason(side) } }) }),
  'Mutation.linkLogin': probe<{ token: string; claimCode: string }>({
    prepare: async (side, { points: { test } }) => {
      const { memberId } = await side.enrol();
      const { code } = await createClaimCode(test.app, side.client.principal, { member: { by: 'id', memberId }, reason: null });
      return { token: await mintLocalLogin(test.app, `${side.word} login ${memberId}`), claimCode: code };
    },
    args: (_side, made) => ({ input: made }),
  }),
  'Mutation.removeLogin': probe<{ actor: Actor; loginId: Uuid }>({
    by: 'prepared',
    prepare: async (side, { points: { test } }) => {
      const { person, actor } = await side.householder();
      const [login] = (await listLogins(test.app, actor.principal, person.memberId)) ?? [];
      return { actor, loginId: login.id };
    },
    args: (side, { loginId }) => ({ input: { loginId: new Id('login', loginId), ...withReason(side) } }),
  }),
};
