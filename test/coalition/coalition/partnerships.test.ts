import { databasePrincipal } from '../../../src/coalition/access/principal';
import { findTerms, requireTerms } from '../../../src/coalition/coalition/terms-in-force';
import { foundTestCoalition, openApi, type TestApi, type TestCoalition } from '../../support/api';
import { createTestApp, type TestApp } from '../../support/test-app';

const NOW = '2026-03-15T12:00:00.000Z';
const DAY_MS = 86_400_000;

let test: TestApp;
let api: TestApi;
let coalition: TestCoalition;
let fuel: () => Promise<string>;
let taxi: () => Promise<string>;
let operator: () => Promise<string>;
let key = 0;

beforeAll(async () => {
  test = await createTestApp({ now: new Date(NOW), variables: { TESSERA_LOCAL_ISSUER: 'true' } });
  api = await openApi(test);
  coalition = await foundTestCoalition(test, 'FUEL', 'TAXI', 'ZOO');
  operator = coalition.freshOperatorToken;
  fuel = coalition.brands.FUEL.freshToken;
  taxi = coalition.brands.TAXI.freshToken;
});
afterAll(async () => {
  await api?.close();
  await test?.close();
});

const CURRENCY = `mutation ($input: CreatePointCurrencyInput!) { createPointCurrency(input: $input) {
  ... on PointCurrency { code scale settlementCurrency owner { code } expiry { kind months rounding monthDay } graceDays } ... on Refusal { refused: code } } }`;
const PROPOSE = `mutation ($input: ProposeTermsInput!) { proposeTerms(input: $input) {
  ... on Terms { id version status proposedBy { code } decidedBy { code } issuancePrice { amount currency } partnership { id state brand { code } partner { code } currency { code } } }
  ... on Refusal { code } } }`;
const COUNTERSIGN =
  'mutation ($id: ID!, $waiveNotice: Boolean) { countersignTerms(input: { termsId: $id, waiveNotice: $waiveNotice }) { ... on Terms { status version decidedBy { code } partnership { state } } ... on Refusal { code message } } }';
const DECLINE = 'mutation ($id: ID!) { declineTerms(input: { termsId: $id }) { ... on Terms { status } ... on Refusal { code } } }';

const currency = (code: string, more: object = {}) => ({
  idempotencyKey: `currency ${code}`,
  code,
  name: 'Points',
  scale: 0,
  timeZone: 'Europe/Berlin',
  clearingModel: 'OPERATOR',
  settlementCurrency: 'EUR',
  expiry: { kind: 'NONE' },
  ...more,
});
const terms = (more: object = {}) => ({
  idempotencyKey: `terms ${++key}`,
  currency: 'FLP',
  effectiveFrom: '2025-01-01T00:00:00Z',
  mayIssue: true,
  mayRedeem: true,
  issuancePrice: { amount: '0.01', currency: 'EUR' },
  reimbursementPrice: { amount: '0.008', currency: 'EUR' },
  ...more,
});
const errorOf = async (token: () => Promise<string>, query: string, variables: Record<string, unknown>) => {
  const { errors, data } = await api.ask(token, query, variables);
  return errors ? errors[0].extensions : data;
};
const snapshot = () => test.app.database.transaction({ kind: 'worker' }, ({ client }) => test.app.coalition.snapshot(client));

describe('points currencies', () => {
  it('are made by the operator, with the money that they are settled in', async () => {
    expect((await api.ask(operator, CURRENCY, { input: currency('FLP') })).data.createPointCurrency).toMatchObject({
      code: 'FLP',
      settlementCurrency: 'EUR',
      graceDays: 30,
      owner: null,
    });
    const rolling = currency('OWN', {
      scale: 2,
      expiry: { kind: 'ROLLING', months: 24, rounding: 'QUARTER' },
      ownerBrandId: `brd_${coalition.brands.ZOO.id.replaceAll('-', '')}`,
    });
    expect((await api.ask(operator, CURRENCY, { input: rolling })).data.createPointCurrency).toMatchObject({
      owner: { code: 'ZOO' },
      expiry: { kind: 'ROLLING', months: 24, rounding: 'QUARTER', monthDay: null },
    });
    expect((await api.ask(operator, CURRENCY, { input: rolling })).data.createPointCurrency.code).toBe('OWN');
    expect((await api.ask(operator, CURRENCY, { input: { ...currency('FLP'), idempotencyKey: 'again' } })).data.createPointCurrency).toEqual({
      refused: 'CODE_TAKEN',
    });
    expect((await errorOf(fuel, CURRENCY, { input: currency('FUL') })).code).toBe('FORBIDDEN');
    const { rows } = await test.database.owner.query('SELECT code, kind, scale FROM currency ORDER BY id');
    expect(rows).toEqual([
      { code: 'FLP', kind: 'POINTS', scale: 0 },
      { code: 'EUR', kind: 'MONEY', scale: 6 },
      { code: 'OWN', kind: 'POINTS', scale: 2 },
    ]);
  });

  it.each([
    ['code', { code: 'flp' }],
    ['code', { code: 'EUR' }],
    ['name', { name: ' ' }],
    ['scale', { scale: 5 }],
    ['timeZone', { timeZone: 'Europe/Atlantis' }],
    ['timeZone', { timeZone: '+02:00' }],
    ['settlementCurrency', { settlementCurrency: 'XYZ' }],
    ['settlementCurrency', { settlementCurrency: 'XAU' }],
    ['expiry.months', { expiry: { kind: 'ROLLING' } }],
    ['expiry.months', { expiry: { kind: 'ROLLING', months: 0 } }],
    ['expiry.months', { expiry: { kind: 'NONE', months: 1 } }],
    ['expiry.monthDay', { expiry: { kind: 'FIXED_DATE' } }],
    ['expiry.monthDay', { expiry: { kind: 'FIXED_DATE', monthDay: '02-30' } }],
    ['graceDays', { graceDays: -1 }],
    ['idempotencyKey', { idempotencyKey: 'x'.repeat(256) }],
    ['reason', { reason: 'x'.repeat(501) }],
  ])('name the field %s when it is wrong: %j', async (field, wrong) => {
    expect(await errorOf(operator, CURRENCY, { input: currency('BAD', wrong) })).toEqual({ code: 'BAD_USER_INPUT', field: `input.${field}` });
    expect((await test.database.owner.query("SELECT FROM currency WHERE code IN ('BAD', 'flp', 'XYZ')")).rowCount).toBe(0);
  });
});

describe('terms', () => {
  let first: { id: string; partnership: { id: string } };

  it('are proposed by one side and countersigned by the other, the first ones from the past on', async () => {
    const input = terms();
    const proposed = await api.ask(fuel, PROPOSE, { input });
    first = proposed.data.proposeTerms;
    expect(first).toMatchObject({
      version: 1,
      status: 'PROPOSED',
      proposedBy: { code: 'FUEL' },
      decidedBy: null,
      issuancePrice: { amount: '0.010000', currency: 'EUR' },
      partnership: { state: 'PROPOSED', brand: { code: 'FUEL' }, partner: { code: 'OPERATOR' }, currency: { code: 'FLP' } },
    });
    expect((await api.ask(fuel, PROPOSE, { input })).data.proposeTerms.id).toBe(first.id);
    expect((await api.ask(fuel, PROPOSE, { input: { ...input, mayIssue: false } })).data.proposeTerms).toEqual({ code: 'IDEMPOTENCY_CONFLICT' });
    expect((await errorOf(fuel, COUNTERSIGN, { id: first.id })).code).toBe('FORBIDDEN');
    expect((await errorOf(taxi, COUNTERSIGN, { id: first.id })).code).toBe('NOT_FOUND');
    expect(findTerms(await snapshot(), coalition.brands.FUEL.id, 1, new Date(NOW))).toBeNull();

    const signed = (await api.ask(operator, COUNTERSIGN, { id: first.id })).data.countersignTerms;
    expect(signed).toEqual({ status: 'COUNTERSIGNED', version: 1, decidedBy: { code: 'OPERATOR' }, partnership: { state: 'ACTIVE' } });
    expect((await api.ask(operator, COUNTERSIGN, { id: first.id })).data.countersignTerms.status).toBe('COUNTERSIGNED');
    expect((await api.ask(operator, DECLINE, { id: first.id })).data.declineTerms).toEqual({ code: 'TERMS_DECIDED' });
    const { rows } = await test.database.owner.query("SELECT operation FROM audit_entry WHERE operation LIKE '%Terms' ORDER BY at, id");
    expect(rows.map((row) => row.operation).sort()).toEqual(['countersignTerms', 'proposeTerms']);
  });

  it('that follow may not reach back, neither when proposed nor when countersigned', async () => {
    expect(await errorOf(operator, PROPOSE, { input: terms({ withBrandId: brand('FUEL'), effectiveFrom: '2026-03-15T11:59:59Z' }) })).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'input.effectiveFrom',
    });
    const late = (await api.ask(operator, PROPOSE, { input: terms({ withBrandId: brand('FUEL'), effectiveFrom: '2026-03-16T00:00:00Z' }) })).data.proposeTerms;
    test.clock.advance(DAY_MS);
    expect((await api.ask(fuel, COUNTERSIGN, { id: late.id })).data.countersignTerms.code).toBe('TERMS_START_PASSED');
    expect((await api.ask(fuel, DECLINE, { id: late.id })).data.declineTerms).toEqual({ status: 'DECLINED' });
    test.clock.set(new Date(NOW));

    const next = { withBrandId: brand('FUEL'), effectiveFrom: '2026-04-01T00:00:00Z', issuancePrice: { amount: '0.012', currency: 'EUR' } };
    const [second, third] = [await api.ask(operator, PROPOSE, { input: terms(next) }), await api.ask(operator, PROPOSE, { input: terms(next) })].map(
      ({ data }) => data.proposeTerms,
    );
    // A price changes with less than the 30 days of notice from its proposal. Only whoever countersigns can agree to
    // that.
    expect((await api.ask(fuel, COUNTERSIGN, { id: second.id })).data.countersignTerms).toMatchObject({
      code: 'NOTICE_TOO_SHORT',
      message: expect.stringContaining('30 days of notice'),
    });
    const waived = (await api.ask(fuel, COUNTERSIGN, { id: second.id, waiveNotice: true })).data.countersignTerms;
    expect(waived).toMatchObject({ status: 'COUNTERSIGNED', version: 3 });
    const kept = await test.database.owner.query('SELECT version, notice_waived FROM terms_version WHERE notice_waived');
    expect(kept.rows).toEqual([{ version: 3, notice_waived: true }]);
    expect((await api.ask(fuel, COUNTERSIGN, { id: third.id, waiveNotice: true })).data.countersignTerms.code).toBe('TERMS_START_TAKEN');
  });

  it('in force are those that had started, and hold only what they allow', async () => {
    const at = (text: string) => new Date(text);
    const { id } = coalition.brands.FUEL;
    const known = await snapshot();
    expect(findTerms(known, id, 1, at('2024-12-31T23:59:59Z'))).toBeNull();
    expect(findTerms(known, id, 1, at('2025-01-01T00:00:00Z'))?.version).toBe(1);
    expect(findTerms(known, id, 1, at('2026-03-31T23:59:59.999Z'))?.version).toBe(1);
    expect(findTerms(known, id, 1, at('2026-04-01T00:00:00Z'))).toMatchObject({ version: 3, issuancePrice: 12_000n });
    const allowed =
      (occurredAt: string, now = NOW) =>
      () =>
        requireTerms(known, { brandId: id, currencyId: 1, act: 'issue' }, at(occurredAt), at(now));
    expect(allowed('2026-03-15T12:05:00Z')).not.toThrow();
    expect(allowed('2026-03-15T12:05:01Z')).toThrow(expect.objectContaining({ code: 'OCCURRED_AT_OUT_OF_RANGE' }));
    expect(allowed('2025-12-15T12:00:00Z')).not.toThrow();
    expect(allowed('2025-12-15T11:59:59Z')).toThrow(expect.objectContaining({ code: 'OCCURRED_AT_OUT_OF_RANGE' }));
    expect(() => requireTerms(known, { brandId: coalition.brands.ZOO.id, currencyId: 1, act: 'issue' }, at(NOW), at(NOW))).toThrow(
      expect.objectContaining({ code: 'TERMS_NOT_ACTIVE' }),
    );

    const IN_FORCE = 'query ($id: ID!, $at: DateTime) { partnership(id: $id) { state terms { version status } termsInForce(at: $at) { version } } }';
    const shown = await api.ask(fuel, IN_FORCE, { id: first.partnership.id, at: '2026-04-02T00:00:00+02:00' });
    expect(shown.data.partnership).toMatchObject({ state: 'ACTIVE', termsInForce: { version: 3 } });
    expect(shown.data.partnership.terms.map((each: { status: string }) => each.status)).toEqual(['COUNTERSIGNED', 'DECLINED', 'COUNTERSIGNED', 'PROPOSED']);
  });

  it.each([
    ['issuancePrice.amount', { issuancePrice: { amount: '0.0000001', currency: 'EUR' } }],
    ['issuancePrice', { issuancePrice: { amount: '-1', currency: 'EUR' } }],
    ['issuancePrice.currency', { issuancePrice: { amount: '1', currency: 'USD' }, reimbursementPrice: { amount: '1', currency: 'USD' } }],
    ['reimbursementPrice.currency', { reimbursementPrice: { amount: '1', currency: 'USD' } }],
    ['issuancePrice.amount', { currency: 'OWN', issuancePrice: { amount: '0.00001', currency: 'EUR' } }],
    ['withBrandId', { withBrandId: 'brd_1' }],
    ['backdatingDays', { backdatingDays: -1 }],
    ['dataSharingPurposes', { dataSharingPurposes: Array.from({ length: 51 }, () => 'marketing') }],
  ])('name the field %s when it is wrong: %j', async (field, wrong) => {
    expect(await errorOf(taxi, PROPOSE, { input: terms(wrong) })).toEqual({ code: 'BAD_USER_INPUT', field: `input.${field}` });
  });

  it('made by both sides at once belong to one partnership', async () => {
    const zoo = coalition.brands.ZOO.freshToken;
    const proposals = await Promise.all(
      [1, 2, 3, 4].flatMap(() => [
        api.ask(taxi, PROPOSE, { input: terms({ withBrandId: brand('ZOO') }) }),
        api.ask(zoo, PROPOSE, { input: terms({ withBrandId: brand('TAXI') }) }),
      ]),
    );
    const made = proposals.map(({ data }) => data.proposeTerms);
    expect(new Set(made.map((each) => each.partnership.id)).size).toBe(1);
    expect(made.map((each) => each.version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await errorOf(taxi, PROPOSE, { input: terms({ withBrandId: brand('TAXI') }) })).field).toBe('input.withBrandId');
    expect((await errorOf(operator, COUNTERSIGN, { id: made[0].id })).code).toBe('FORBIDDEN');
  });
});

describe('a partnership', () => {
  const change = (operation: string) =>
    `mutation ($input: ${operation === 'endPartnership' ? 'EndPartnershipInput' : 'ChangePartnershipInput'}!) { ${operation}(input: $input) { ... on Partnership { state history { state at by { code } reason } } ... on PartnershipStateRefused { code state } } }`;
  let id: string;

  beforeAll(async () => {
    const proposed = (await api.ask(taxi, PROPOSE, { input: terms({ noticeDays: 10 }) })).data.proposeTerms;
    id = proposed.partnership.id;
    expect((await api.ask(taxi, change('suspendPartnership'), { input: { partnershipId: id } })).data.suspendPartnership).toEqual({
      code: 'PARTNERSHIP_STATE',
      state: 'PROPOSED',
    });
    await api.ask(operator, COUNTERSIGN, { id: proposed.id });
  });
  const inForce = async (at: number) => findTerms(await snapshot(), coalition.brands.TAXI.id, 1, new Date(test.clock.now().getTime() + at)) !== null;

  it('is suspended from now on, and resumed by whoever suspended it', async () => {
    expect(await inForce(0)).toBe(true);
    test.clock.advance(1_000);
    const suspended = await api.ask(operator, change('suspendPartnership'), { input: { partnershipId: id, reason: 'late payment' } });
    expect(suspended.data.suspendPartnership).toMatchObject({ state: 'SUSPENDED' });
    expect(suspended.data.suspendPartnership.history.at(-1)).toMatchObject({ state: 'SUSPENDED', by: { code: 'OPERATOR' }, reason: 'late payment' });
    expect([await inForce(-1), await inForce(0)]).toEqual([true, false]);
    expect((await errorOf(taxi, change('resumePartnership'), { input: { partnershipId: id } })).code).toBe('FORBIDDEN');
    test.clock.advance(1_000);
    expect((await api.ask(operator, change('resumePartnership'), { input: { partnershipId: id } })).data.resumePartnership.state).toBe('ACTIVE');
    expect([await inForce(-1_500), await inForce(-500), await inForce(0)]).toEqual([true, false, true]);
    expect((await errorOf(fuel, change('suspendPartnership'), { input: { partnershipId: id } })).code).toBe('NOT_FOUND');
  });

  it('ends after its notice, suspended in between or not', async () => {
    const soon = new Date(test.clock.now().getTime() + 9 * DAY_MS).toISOString();
    expect(await errorOf(taxi, change('endPartnership'), { input: { partnershipId: id, endsAt: soon } })).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'input.endsAt',
    });
    const ending = (await api.ask(taxi, change('endPartnership'), { input: { partnershipId: id } })).data.endPartnership;
    expect(ending).toMatchObject({ state: 'ENDING' });
    const end = new Date(ending.history.at(-1).at).getTime() - test.clock.now().getTime();
    expect(end).toBe(10 * DAY_MS);
    expect([await inForce(0), await inForce(end - 1), await inForce(end)]).toEqual([true, true, false]);
    expect((await api.ask(taxi, change('endPartnership'), { input: { partnershipId: id } })).data.endPartnership.history).toHaveLength(ending.history.length);

    test.clock.advance(DAY_MS);
    await api.ask(operator, change('suspendPartnership'), { input: { partnershipId: id } });
    test.clock.advance(DAY_MS);
    expect((await api.ask(operator, change('resumePartnership'), { input: { partnershipId: id } })).data.resumePartnership.state).toBe('ENDING');
    test.clock.advance(9 * DAY_MS);
    const { data } = await api.ask(operator, 'query ($id: ID!) { partnership(id: $id) { state termsInForce { version } } }', { id });
    expect(data.partnership).toEqual({ state: 'ENDED', termsInForce: null });
    expect(await inForce(0)).toBe(false);
    expect((await api.ask(operator, change('resumePartnership'), { input: { partnershipId: id } })).data.resumePartnership).toEqual({
      code: 'PARTNERSHIP_STATE',
      state: 'ENDED',
    });
    test.clock.set(new Date(NOW));
  });
});

describe('brands', () => {
  it('are suspended by the operator: terms stop, the directory says so', async () => {
    const SUSPEND = 'mutation ($id: ID!) { suspendBrand(input: { brandId: $id, reason: "fraud" }) { status } }';
    expect((await errorOf(fuel, SUSPEND, { id: brand('FUEL') })).code).toBe('FORBIDDEN');
    expect((await api.ask(operator, SUSPEND, { id: brand('FUEL') })).data.suspendBrand.status).toBe('SUSPENDED');
    const known = await snapshot();
    expect(() => requireTerms(known, { brandId: coalition.brands.FUEL.id, currencyId: 1, act: 'issue' }, new Date(NOW), new Date(NOW))).toThrow(
      expect.objectContaining({ code: 'BRAND_SUSPENDED' }),
    );
    await api.ask(operator, 'mutation ($id: ID!) { resumeBrand(input: { brandId: $id }) { status } }', { id: brand('FUEL') });
    expect((await errorOf(operator, SUSPEND, { id: `brd_${coalition.operator.brandId.replaceAll('-', '')}` })).field).toBe('input.brandId');
  });

  it('are listed by code, page by page', async () => {
    const PAGE =
      'query ($after: String) { brands(first: 3, after: $after) { edges { cursor node { code } } pageInfo { hasNextPage hasPreviousPage endCursor } } }';
    const firstPage = (await api.ask(fuel, PAGE)).data.brands;
    const secondPage = (await api.ask(fuel, PAGE, { after: firstPage.pageInfo.endCursor })).data.brands;
    const codes = [firstPage, secondPage].map((page) => page.edges.map(({ node }: { node: { code: string } }) => node.code));
    expect(codes).toEqual([['FUEL', 'OPERATOR', 'TAXI'], ['ZOO']]);
    expect([firstPage.pageInfo.hasNextPage, secondPage.pageInfo.hasNextPage, secondPage.pageInfo.hasPreviousPage]).toEqual([true, false, true]);
    for (const after of ['x', firstPage.pageInfo.endCursor.slice(0, -2)])
      expect(await errorOf(fuel, PAGE, { after })).toEqual({ code: 'BAD_USER_INPUT', field: 'after' });
    const wrongList = 'query ($after: String) { pointCurrencies(after: $after) { pageInfo { endCursor } } }';
    expect(await errorOf(fuel, wrongList, { after: firstPage.pageInfo.endCursor })).toEqual({ code: 'BAD_USER_INPUT', field: 'after' });
  });

  it('are read once for a whole list', async () => {
    const reads = jest.spyOn(test.app.coalition, 'snapshot');
    await api.ask(operator, '{ partnerships { edges { node { brand { code } partner { code } currency { code } terms { proposedBy { code } } } } } }');
    expect(reads.mock.calls.length).toBeLessThanOrEqual(4);
    reads.mockRestore();
    expect(databasePrincipal(coalition.operator)).toEqual({ kind: 'operator' });
  });
});

function brand(code: string): string {
  return `brd_${coalition.brands[code].id.replaceAll('-', '')}`;
}
