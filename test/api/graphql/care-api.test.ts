import { localIssuer, mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import type { Uuid } from '../../../src/platform/ids';
import type { Answer } from '../../support/api';
import { addAcceptedStaff } from '../../support/logins';
import { openPointsApi, type PointsApi } from '../../support/points-api';
import { uuidIn } from '../../support/shown-ids';

let points: PointsApi;
const REFUSAL = '... on Refusal { __typename code message retrySafe }';
const PROPOSAL = '... on Proposal { id kind status memberId survivorId points currency proposedBy decidedBy }';

beforeAll(async () => {
  points = await openPointsApi();
  await staff('fay', points.coalition.brands.FUEL.id);
  await staff('finn', points.coalition.brands.FUEL.id);
  await staff('oona', null);
});
afterAll(() => points.close());

async function staff(subject: string, brandId: Uuid | null): Promise<void> {
  const { app } = points.test;
  await addAcceptedStaff(app, points.coalition.operator, {
    idempotencyKey: `staff ${subject}`,
    issuer: localIssuer(app),
    subject,
    role: 'SUPPORT',
    reason: null,
    brandId: brandId ?? points.coalition.operator.brandId,
  });
}
const as = (subject: string) => () => mintLocalLogin(points.test.app, subject);

async function change(token: () => Promise<string>, name: string, type: string, fields: string, input: object): Promise<Answer> {
  const { data, errors } = await points.api.ask(token, `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} ${REFUSAL} } }`, { input });
  return errors ? { error: errors[0].extensions.code, field: errors[0].extensions.field } : data[name];
}
async function enrol(customerId: string): Promise<string> {
  const input = { idempotencyKey: `enrol ${customerId}`, customerId };
  return (await change(points.fuel, 'enrolMember', 'EnrolMemberInput', '... on Member { id }', input)).id;
}
/** The member as the operator sees it. */
async function coalitionId(customerId: string): Promise<string> {
  const { keys } = points.test.app;
  const id = keys.fromPairwise('member', points.coalition.brands.FUEL.id, uuidIn(await enrol(customerId)));
  return `mem_${keys.toPairwise('member', 'coalition', id).replaceAll('-', '')}`;
}

test('goodwill: proposed by one, refused to the same and to machines, approved by another', async () => {
  const member = await enrol('G-1');
  const input = { idempotencyKey: 'g1', member: { customerId: 'G-1' }, currency: 'FLP', points: 250, reason: 'waited an hour' };
  expect(await change(points.fuel, 'proposeGoodwill', 'ProposeGoodwillInput', PROPOSAL, input)).toEqual({ error: 'FORBIDDEN', field: undefined });
  const proposal = await change(as('fay'), 'proposeGoodwill', 'ProposeGoodwillInput', PROPOSAL, input);
  expect(proposal).toMatchObject({ kind: 'GOODWILL', status: 'PROPOSED', memberId: member, points: 250, currency: 'FLP' });
  expect(await change(as('fay'), 'proposeGoodwill', 'ProposeGoodwillInput', PROPOSAL, input)).toEqual(proposal);
  expect(await change(as('fay'), 'proposeGoodwill', 'ProposeGoodwillInput', PROPOSAL, { ...input, points: 251 })).toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
  expect(await change(as('fay'), 'proposeGoodwill', 'ProposeGoodwillInput', PROPOSAL, { ...input, idempotencyKey: 'g2', points: 100_001 })).toMatchObject({
    __typename: 'AboveMaximum',
  });
  const approve = (token: () => Promise<string>) =>
    change(token, 'approveGoodwill', 'DecideProposalInput', '... on ApprovedGoodwill { proposal { status decidedBy } balance { active } }', {
      proposalId: proposal.id,
    });
  expect(await approve(as('fay'))).toMatchObject({ __typename: 'SecondPersonNeeded', retrySafe: false });
  expect(await approve(points.fuel)).toMatchObject({ error: 'FORBIDDEN' });
  expect(await approve(as('oona'))).toMatchObject({ error: 'FORBIDDEN' });
  expect(await approve(as('finn'))).toMatchObject({ proposal: { status: 'APPROVED' }, balance: { active: 250 } });
  const { data } = await points.api.ask(as('finn'), '{ proposals(status: APPROVED) { edges { node { id reason decidedAt } } } }');
  expect(data.proposals.edges).toEqual([{ node: { id: proposal.id, reason: 'waited an hour', decidedAt: expect.any(String) } }]);
});

test('a merge and a closure, as the operator asks for them', async () => {
  const [duplicateId, survivorId] = [await coalitionId('M-1'), await coalitionId('M-2')];
  const input = { idempotencyKey: 'm1', duplicateId, survivorId, reason: 'one person' };
  expect(await change(as('fay'), 'proposeMerge', 'ProposeMergeInput', PROPOSAL, input)).toMatchObject({
    error: expect.stringMatching(/BAD_USER_INPUT|FORBIDDEN/),
  });
  const proposal = await change(as('oona'), 'proposeMerge', 'ProposeMergeInput', PROPOSAL, input);
  expect(proposal).toMatchObject({ kind: 'MERGE', memberId: duplicateId, survivorId });
  expect(await change(as('oona'), 'proposeMerge', 'ProposeMergeInput', PROPOSAL, { ...input, idempotencyKey: 'm2', survivorId: duplicateId })).toMatchObject({
    error: 'BAD_USER_INPUT',
    field: 'input.survivorId',
  });
  expect(await change(points.coalition.freshOperatorToken, 'approveMerge', 'DecideProposalInput', PROPOSAL, { proposalId: proposal.id })).toMatchObject({
    status: 'APPROVED',
  });
  const found = await points.api.ask(points.fuel, '{ member(ref: { customerId: "M-1" }) { id } }');
  expect(found.data.member.id).toBe(await enrol('M-2'));
  const close = () =>
    change(as('oona'), 'closeWallet', 'CloseWalletInput', '... on ClosedWallet { memberId closedAt }', { memberId: survivorId, reason: 'asked to leave' });
  const closed = await close();
  expect(closed).toMatchObject({ memberId: survivorId, closedAt: expect.any(String) });
  expect(await close()).toEqual(closed);
  const purchase = {
    idempotencyKey: 'p1',
    member: { customerId: 'M-2' },
    currency: 'FLP',
    moneyCurrency: 'EUR',
    lines: [{ sku: 'S1', quantity: '1', unitPrice: '5' }],
  };
  expect(await change(points.fuel, 'recordPurchase', 'RecordPurchaseInput', '... on RecordedPurchase { points }', purchase)).toMatchObject({
    __typename: 'WalletClosed',
  });
});

test('goodwill for somebody known by a phone number alone tells its giver no balance', async () => {
  const identifiers = [{ kind: 'PHONE', value: '+436601112223' }];
  await change(points.taxi, 'enrolMember', 'EnrolMemberInput', '... on Member { id }', { idempotencyKey: 'of taxi', identifiers });
  const ref = { identifier: identifiers[0] };
  await change(points.fuel, 'linkMember', 'LinkMemberInput', '... on Member { id }', { member: ref, customerId: 'G-3' });
  const input = { idempotencyKey: 'g3', member: { customerId: 'G-3' }, currency: 'FLP', points: 10, reason: 'waited an hour' };
  const { id } = await change(as('fay'), 'proposeGoodwill', 'ProposeGoodwillInput', PROPOSAL, input);
  const approve = () =>
    change(as('finn'), 'approveGoodwill', 'DecideProposalInput', '... on ApprovedGoodwill { proposal { status } balance { active } }', { proposalId: id });
  expect(await approve()).toEqual({ proposal: { status: 'APPROVED' }, balance: null });
  expect(await approve()).toEqual({ proposal: { status: 'APPROVED' }, balance: null });
});
