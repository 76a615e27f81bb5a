import { addStaff } from '../../../src/access/add-staff';
import { createApiClient } from '../../../src/access/create-api-client';
import { readLiveSecrets } from '../../../src/access/list-access';
import { localIssuer, mintLocalLogin } from '../../../src/access/local-issuer';
import { SCOPES } from '../../../src/access/principal';
import { proposeMerge } from '../../../src/care/propose-merge';
import { createPointCurrency } from '../../../src/coalition/create-point-currency';
import { storeConversionRate } from '../../../src/exchange/store-conversion-rate';
import { newUuid, type Uuid } from '../../../src/ids';
import { setVelocityLimit, setVelocityLimitSchema } from '../../../src/limits/set-velocity-limit';
import { addIdentifier } from '../../../src/members/add-identifier';
import { acceptInvitation, listInvitations } from '../../../src/sharing/answer-invitation';
import { contributeToPool, contributeToPoolSchema } from '../../../src/sharing/contribute-to-pool';
import { createPool } from '../../../src/sharing/create-pool';
import { inviteToPool } from '../../../src/sharing/invite-to-pool';
import { Id, Name, Who } from './names';
import type { NestedArguments } from './schema-walk';
import type { Actor, Person, Side, TwoBrands } from './two-brands';

/** How one query or mutation is tried. */
export interface Probe<Made = unknown> {
  /** Who may do it, and does in the positive control; by default the brand's API client. 'prepared': the `actor` of what was prepared. */
  readonly by?: 'client' | 'member' | 'operator' | 'prepared';
  /** Makes what the call is about, once for each brand. */
  readonly prepare?: (side: Side, world: TwoBrands) => Promise<Made>;
  /** Arguments of a call that succeeds about the side's own things. `key` is new for each call, and the same keys are used by both brands. */
  readonly args: (side: Side, made: Made, key: string) => Record<string, unknown>;
  /** Places whose answer may tell the other brand's thing from one that does not exist, and why; nothing else of it may be shown. */
  readonly tells?: Readonly<Record<string, string>>;
  /** Places where a card of anybody's does what it is for: see the test of presented cards. */
  readonly presents?: readonly string[];
  /** Names that the call gives rather than looks up: nothing can be told from them. */
  readonly gives?: readonly string[];
}

const TAKEN = 'an identifier has one owner in the coalition; that it is taken is said, whose it is is not';
const EXACTLY = 'a member gives to, and invites, whoever can be named exactly, of whatever brand: that there is such a member is told, and nothing else';
const DIRECTORY = "the coalition's directory: every brand is known to every other";

const probe = <Made = undefined>(given: Probe<Made>) => given as Probe;
const page = { first: 100 };
const brand = (side: Side) => new Id('brand', side.brandId);
const withReason = (side: Side) => ({ reason: `${side.word} reason` });
const money = (amount: string) => ({ amount, currency: 'EUR' });
const since = '2026-06-01T00:00:00Z';

const aPerson = (side: Side) => side.enrol();
const byPerson = (fields: (side: Side) => Record<string, unknown> = () => ({})) =>
  probe<Person>({ prepare: aPerson, args: (side, person) => ({ input: { member: new Who(person), ...fields(side) } }) });

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

async function earningRuleOf({ brandId }: Side, { points: { test } }: TwoBrands): Promise<Uuid> {
  return (await test.database.owner.query('SELECT id FROM earning_rule WHERE brand_id = $1 LIMIT 1', [brandId])).rows[0].id;
}

const purchaseLines = (side: Side) => [{ sku: `${side.word} sku`, category: 'goods', quantity: '2', unitPrice: '12.50' }];
const purchaseArgs = (side: Side, redemptionId: Uuid, key: string) => ({
  idempotencyKey: key,
  member: new Who(side.own),
  currency: 'FLP',
  lines: purchaseLines(side),
  moneyCurrency: 'EUR',
  redemptionIds: [new Id('redemption', redemptionId)],
  reference: `${side.word} reference`,
});
const spending = (side: Side, key: string) => ({ idempotencyKey: key, member: new Who(side.own), currency: 'FLP', points: 10, purchaseAmount: money('100') });
const conversion = (side: Side, key: string) => ({ idempotencyKey: key, member: new Who(side.own), from: 'FLP', to: 'AIR', points: 10 });
const aRedemption = (kind: 'redeem' | 'hold') =>
  ({
    prepare: (side: Side) => side.spend(kind, side.own, 20),
    args: (_side: Side, id: Uuid, key: string) => ({ input: { idempotencyKey: key, redemptionId: new Id('redemption', id) } }),
  }) as const;

const aPartnership = (state?: string) => ({
  prepare: (side: Side) => side.partnership('COUNTERSIGNED', state),
  args: (side: Side, made: { partnershipId: Uuid }) => ({ input: { partnershipId: new Id('partnership', made.partnershipId), ...withReason(side) } }),
});
const aProposal = {
  prepare: (side: Side) => side.partnership('PROPOSED', 'PROPOSED'),
  args: (side: Side, made: { termsId: Uuid }) => ({ input: { termsId: new Id('terms', made.termsId), ...withReason(side) } }),
};

async function twoCurrencies(side: Side, { points: { test }, operator }: TwoBrands, prefix = 'R'): Promise<[string, string]> {
  const codes: [string, string] = [`${prefix}${side.code}1`, `${prefix}${side.code}2`];
  const common = { name: 'r', scale: 0, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrency: 'EUR', expiry: { kind: 'NONE' } } as const;
  for (const code of codes) await createPointCurrency(test.app, operator.principal, { ...common, idempotencyKey: code, code, ownerBrandId: null });
  return codes;
}
const rateFields = ([fromCurrency, toCurrency]: [string, string]) => ({ fromCurrency, toCurrency, minimum: 1, increment: 1, effectiveFrom: since });

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
  const command = { idempotencyKey: subject, brandId: null, issuer: localIssuer(test.app), subject, role: 'SUPPORT' } as const;
  const { id, brandId } = await addStaff(test.app, principal, command);
  const [duplicate, survivor] = [await side.enrol(), await side.enrol()];
  const merge = { idempotencyKey: newUuid(), duplicateId: duplicate.memberId, survivorId: survivor.memberId, reason: `${side.word} twice` };
  return (await proposeMerge(test.app, { kind: 'staff', staffId: id, brandId, role: 'SUPPORT', ofOperator: true }, merge)).id;
}
const byOperatorsDecision = () =>
  probe<Uuid>({
    by: 'operator',
    prepare: aMerge,
    args: (side, proposalId) => ({ input: { proposalId: new Id('proposal', proposalId), ...withReason(side) } }),
  });

const fileRow = (side: Side) => ({ line: 1, customerId: new Name('customerId', side.own.customerId), reference: `${side.word} reference` });

/** Values of arguments below the root. */
export const NESTED: NestedArguments = {
  'Pool.balanceAt.at': '"2026-03-01T00:00:00Z"',
  'Pool.balanceAt.currency': '"FLP"',
  'Pool.movements.currency': '"FLP"',
  'Wallet.expiring.within': '90',
  'Wallet.movements.currency': '"FLP"',
};

/** One entry a field of Query and Mutation: the tests compare these names with the schema's. */
export const PROBES: Readonly<Record<string, Probe>> = {
  'Query.apiClients': probe({ args: (side) => ({ ...page, brandId: brand(side) }) }),
  'Query.staff': probe({ args: (side) => ({ ...page, brandId: brand(side) }) }),
  'Query.auditEntries': probe({ args: () => page }),
  'Query.brands': probe({ args: () => page }),
  'Query.brand': probe({ args: (side) => ({ id: brand(side) }), tells: { id: DIRECTORY } }),
  'Query.pointCurrencies': probe({ args: () => page }),
  'Query.pointCurrency': probe({ args: () => ({ code: 'FLP' }) }),
  'Query.conversionRates': probe({ args: () => page }),
  'Query.member': probe({ args: (side) => ({ ref: new Who(side.own) }) }),
  'Query.me': probe({ by: 'member', args: () => ({}) }),
  'Query.partnerships': probe({ args: () => page }),
  'Query.partnership': probe({ prepare: (side) => side.partnership(), args: (_side, made) => ({ id: new Id('partnership', made.partnershipId) }) } as Probe<{
    partnershipId: Uuid;
  }>),
  'Query.terms': probe({ prepare: (side) => side.partnership(), args: (_side, made) => ({ id: new Id('terms', made.termsId) }) } as Probe<{ termsId: Uuid }>),
  'Query.periods': probe({ args: () => ({ ...page, currency: 'FLP' }) }),
  'Query.period': probe({ args: () => ({ currency: 'FLP', month: '2026-01' }) }),
  'Query.statement': probe({ args: (side) => ({ id: new Id('statement', side.statementId) }) }),
  'Query.statements': probe({ args: (side) => ({ ...page, currency: 'FLP', brandId: brand(side) }) }),
  'Query.purchase': probe<Uuid>({ prepare: (side) => side.purchase(side.own), args: (_side, id) => ({ id: new Id('purchase', id) }) }),
  'Query.redemption': probe<Uuid>({ prepare: (side) => side.spend('redeem', side.own, 20), args: (_side, id) => ({ id: new Id('redemption', id) }) }),
  'Query.earningRules': probe({ args: () => ({ ...page, currency: 'FLP' }) }),
  'Query.redemptionRules': probe({ args: () => ({ ...page, currency: 'FLP' }) }),
  'Query.expiryNotices': probe({ args: (side) => ({ ...page, memberId: new Id('member', side.own.memberId) }) }),
  'Query.velocityLimits': probe({ args: () => ({ ...page, currency: 'FLP' }) }),
  'Query.accountBalances': probe({ args: () => ({ ...page, currency: 'FLP', at: '2026-03-01T00:00:00Z' }) }),
  'Query.balanceAt': probe({ by: 'member', args: (side) => ({ currency: 'FLP', at: '2026-03-01T00:00:00Z', member: new Who(side.own) }) }),
  'Query.conservation': probe({ args: (side) => ({ currency: 'FLP', brandId: brand(side) }) }),
  'Query.imports': probe({ args: () => page }),
  'Query.import': probe<Uuid>({ prepare: (side) => side.bringIn('OPENINGS'), args: (_side, id) => ({ id: new Id('import', id) }) }),
  'Query.proposals': probe<{ actor: Actor }>({ by: 'prepared', prepare: aDecision, args: () => page }),
  'Query.viewer': probe({ args: () => ({}) }),
  'Query.giftRules': probe({ args: () => ({ ...page, currency: 'FLP' }) }),
  'Query.pool': byHousehold('joined', (_side, { poolId }) => ({ id: new Id('pool', poolId) })),
  'Query.poolInvitations': byHousehold('invited', () => ({})),

  'Mutation.startImport': probe({
    args: (side, _made, key) => ({
      input: { idempotencyKey: key, kind: 'OPENINGS', currency: 'FLP', dryRun: false, fileName: `${side.word} file.csv`, bytesTotal: 100 },
    }),
  }),
  'Mutation.importOpenings': probe<Uuid>({
    prepare: (side) => side.bringIn('OPENINGS'),
    args: (side, id) => ({ input: { importId: new Id('import', id), rows: [{ ...fileRow(side), points: '10', earnedOn: '2026-01-05' }] } }),
    gives: ['input.rows.0.customerId'],
  }),
  'Mutation.importPurchases': probe<Uuid>({
    prepare: (side) => side.bringIn('PURCHASES'),
    args: (side, id) => ({
      input: {
        importId: new Id('import', id),
        rows: [{ ...fileRow(side), moneyCurrency: 'EUR', lines: [{ line: 1, sku: 'thing', quantity: '1', unitPrice: '5' }] }],
      },
    }),
    gives: ['input.rows.0.customerId'],
  }),
  'Mutation.finishImport': probe<Uuid>({ prepare: (side) => side.bringIn('OPENINGS'), args: (_side, id) => ({ input: { importId: new Id('import', id) } }) }),
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
        ...{ idempotencyKey: key, duplicateId: new Id('member', duplicate.memberId), survivorId: new Id('member', survivor.memberId) },
        reason: `${side.word} twice`,
      },
    }),
  }),
  'Mutation.approveMerge': byOperatorsDecision(),
  'Mutation.declineMerge': byOperatorsDecision(),
  'Mutation.closeWallet': probe<Person>({
    by: 'operator',
    prepare: aPerson,
    args: (side, person) => ({ input: { memberId: new Id('member', person.memberId), ...withReason(side) } }),
  }),
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
  'Mutation.createBrand': probe({
    by: 'operator',
    args: (side, _made, key) => ({ input: { idempotencyKey: key, code: `NEW${side.code}`, name: 'new', ...withReason(side) } }),
  }),
  'Mutation.updateBrand': probe({ by: 'operator', args: (side) => ({ input: { brandId: brand(side), country: 'AT', ...withReason(side) } }) }),
  'Mutation.suspendBrand': probe({ by: 'operator', args: (side) => ({ input: { brandId: brand(side), ...withReason(side) } }) }),
  'Mutation.resumeBrand': probe({ by: 'operator', args: (side) => ({ input: { brandId: brand(side), ...withReason(side) } }) }),
  'Mutation.createPointCurrency': probe({
    by: 'operator',
    args: (side, _made, key) => ({
      input: {
        ...{ idempotencyKey: key, ownerBrandId: brand(side), code: `OF${side.code}`, name: 'own', scale: 0, timeZone: 'UTC', clearingModel: 'ISSUER' },
        ...{ settlementCurrency: 'EUR', expiry: { kind: 'NONE' }, ...withReason(side) },
      },
    }),
  }),
  'Mutation.recordPurchase': probe<Uuid>({
    prepare: (side) => side.spend('redeem', side.own, 20),
    args: (side, redemptionId, key) => ({ input: purchaseArgs(side, redemptionId, key) }),
    presents: ['input.member.identifier'],
  }),
  'Mutation.recordPurchases': probe<Uuid>({
    prepare: (side) => side.spend('redeem', side.own, 20),
    args: (side, redemptionId, key) => ({ input: [purchaseArgs(side, redemptionId, key)] }),
    presents: ['input.0.member.identifier'],
  }),
  'Mutation.recordReturn': probe<Uuid>({
    prepare: (side) => side.purchase(side.own),
    args: (_side, purchaseId, key) => ({ input: { idempotencyKey: key, purchaseId: new Id('purchase', purchaseId), lines: [{ lineNo: 1, quantity: '1' }] } }),
  }),
  'Mutation.setEarningRule': probe({
    args: (side, _made, key) => ({
      input: { idempotencyKey: key, currency: 'FLP', moneyCurrency: 'EUR', pointsPerUnit: 2, excludedSkus: [`${side.word} sku`], effectiveFrom: nextStart() },
    }),
  }),
  'Mutation.setVelocityLimit': probe<Uuid>({
    prepare: earningRuleOf,
    args: (side, ruleId, key) => ({
      input: {
        ...{ idempotencyKey: key, currency: 'FLP', act: 'EARN', measure: 'POINTS', window: 'YEAR', maximum: 1_000_000_000 },
        ...{ brandId: brand(side), earningRuleId: new Id('rule', ruleId), ...withReason(side) },
      },
    }),
  }),
  'Mutation.endVelocityLimit': probe<Uuid>({
    prepare: async (side, { points: { test } }) => {
      const limit = { currency: 'FLP', act: 'GIFT', measure: 'COUNT', window: 'DAY', maximum: 1_000n };
      return (await setVelocityLimit(test.app, side.client.principal, setVelocityLimitSchema.parse({ idempotencyKey: newUuid(), ...limit }))).id;
    },
    args: (side, limitId) => ({ input: { limitId: new Id('limit', limitId), ...withReason(side) } }),
  }),
  'Mutation.moveTestClock': probe({
    by: 'operator',
    args: (side, _made, key) => ({ input: { idempotencyKey: key, by: { seconds: 1 }, ...withReason(side) } }),
  }),
  'Mutation.setRedemptionRule': probe({
    args: (side, _made, key) => ({
      input: { idempotencyKey: key, currency: 'FLP', moneyCurrency: 'EUR', pointsPerUnit: 100, effectiveFrom: nextStart(), ...withReason(side) },
    }),
  }),
  'Mutation.storeConversionRate': probe<[string, string]>({
    by: 'operator',
    prepare: twoCurrencies,
    args: (side, codes, key) => ({ input: { idempotencyKey: key, ...rateFields(codes), ratio: { numerator: 1, denominator: 2 }, ...withReason(side) } }),
  }),
  'Mutation.endConversionRate': probe<Uuid>({
    by: 'operator',
    prepare: async (side, world) => {
      const [to, from] = [`R${side.code}1`, `R${side.code}2`];
      const { app } = world.points.test;
      const rate = { numerator: 1n, denominator: 2n, minimum: 1n, increment: 1n, fee: 0n, effectiveFrom: new Date(since) };
      return (await storeConversionRate(app, world.operator.principal, { idempotencyKey: `rate ${side.code}`, fromCurrency: from, toCurrency: to, ...rate }))
        .id;
    },
    args: (side, rateId) => ({ input: { rateId: new Id('rate', rateId), endsAt: '2027-01-01T00:00:00Z', ...withReason(side) } }),
  }),
  'Mutation.importConversionRates': probe<[string, string]>({
    by: 'operator',
    prepare: (side, world) => twoCurrencies(side, world, 'I'),
    args: (side, [from, to], key) => ({
      input: {
        ...{ idempotencyKey: key, csv: `from,to,ratio_num_to,ratio_den_from,increment_from\nmiles,${to},1,2,10`, effectiveFrom: since },
        ...{ currencies: [{ name: 'miles', code: from }], ...withReason(side) },
      },
    }),
  }),
  'Mutation.quoteConversion': probe({ args: (side, _made, key) => ({ input: conversion(side, key) }) }),
  'Mutation.convert': probe<Uuid>({
    prepare: (side) => side.quote(side.own),
    args: (side, quoteId, key) => ({ input: { ...conversion(side, key), quoteId: new Id('quote', quoteId) } }),
  }),
  'Mutation.setGiftRule': probe({
    by: 'operator',
    args: (side, _made, key) => ({ input: { idempotencyKey: key, currency: 'FLP', minimum: 1, effectiveFrom: nextStart(), ...withReason(side) } }),
  }),
  'Mutation.givePoints': probe<Person>({
    prepare: aPerson,
    args: (side, person, key) => ({ input: { idempotencyKey: key, from: new Who(side.own), to: new Who(person), currency: 'FLP', points: 10 } }),
    presents: ['input.to.identifier'],
    // Whoever can be named exactly is given to; that a brand cannot name another's member by id, test/sharing/gifts.test.ts sees.
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
  'Mutation.unlinkMember': byPerson(withReason),
  'Mutation.lockWallet': byPerson(withReason),
  'Mutation.unlockWallet': probe<Person>({
    by: 'operator',
    prepare: aPerson,
    args: (side, person) => ({ input: { member: new Who(person), ...withReason(side) } }),
  }),
  'Mutation.proposeTerms': probe({
    args: (side, _made, key) => ({
      input: {
        ...{ idempotencyKey: key, withBrandId: null, currency: 'FLP', effectiveFrom: nextStart(), mayIssue: true, mayRedeem: true },
        ...{ issuancePrice: money('0.02'), reimbursementPrice: money('0.01'), dataSharingPurposes: [`${side.word} purpose`], ...withReason(side) },
      },
    }),
  }),
  'Mutation.countersignTerms': probe<{ termsId: Uuid }>(aProposal),
  'Mutation.declineTerms': probe<{ termsId: Uuid }>(aProposal),
  'Mutation.suspendPartnership': probe<{ partnershipId: Uuid }>(aPartnership()),
  'Mutation.resumePartnership': probe<{ partnershipId: Uuid }>(aPartnership('SUSPENDED')),
  'Mutation.endPartnership': probe<{ partnershipId: Uuid }>(aPartnership()),
  'Mutation.redeem': probe({ args: (side, _made, key) => ({ input: spending(side, key) }), presents: ['input.member.identifier'] }),
  'Mutation.hold': probe({ args: (side, _made, key) => ({ input: spending(side, key) }), presents: ['input.member.identifier'] }),
  'Mutation.captureHold': probe<Uuid>(aRedemption('hold')),
  'Mutation.voidHold': probe<Uuid>(aRedemption('hold')),
  'Mutation.refundRedemption': probe<Uuid>(aRedemption('redeem')),
  'Mutation.confirmPurchase': probe<Uuid>({
    prepare: (side) => side.award(side.own),
    args: (_side, id, key) => ({ input: { idempotencyKey: key, purchaseId: new Id('purchase', id) } }),
  }),
  'Mutation.setExpiryNotices': probe({ by: 'operator', args: (side) => ({ input: { currency: 'FLP', days: [45, 10], ...withReason(side) } }) }),
  'Mutation.closePeriod': probe({ by: 'operator', args: () => ({ input: { currency: 'FLP', month: '2026-02' } }) }),
};

/**
 * Places that are not tried with another brand's thing, and why.
 */
export const UNTRIED: Readonly<Record<string, string>> = {
  'Mutation.proposeTerms input.withBrandId': 'any brand of the directory may be proposed terms to: it will see the proposal, and decides',
};

let starts = 0;
/** A moment that no other version of a rule starts at. */
function nextStart(): string {
  return new Date(Date.parse('2027-01-01T00:00:00Z') + ++starts * 60_000).toISOString();
}
