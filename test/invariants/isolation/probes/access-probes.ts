import { createApiClient } from '../../../../src/access/create-api-client';
import { readLiveSecrets } from '../../../../src/access/list-access';
import { mintLocalLogin } from '../../../../src/access/local-issuer';
import { SCOPES } from '../../../../src/access/principal';
import { newUuid, type Uuid } from '../../../../src/ids';
import { Id } from '../names';
import type { Side, TwoBrands } from '../two-brands';
import { brand, type Probe, page, probe, withReason } from './probe';

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
    args: (side, { clientId }) => ({ input: { clientId: new Id('client', clientId), ...withReason(side) } }),
  }),
  'Mutation.revokeApiClientSecret': probe({
    prepare: aClient,
    args: (side, { secretId }) => ({ input: { secretId: new Id('secret', secretId), ...withReason(side) } }),
  }),
  'Mutation.disableApiClient': probe({
    prepare: aClient,
    args: (side, { clientId }) => ({ input: { clientId: new Id('client', clientId), ...withReason(side) } }),
  }),
  'Mutation.addStaff': probe({
    args: (side, _made, key) => ({
      input: {
        idempotencyKey: key,
        brandId: brand(side),
        issuer: 'https://login.example',
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
  'Mutation.linkLogin': probe({
    by: 'member',
    prepare: (side, { points: { test } }) => mintLocalLogin(test.app, `${side.word} login`),
    args: (_side, token) => ({ input: { token } }),
  }),
};
