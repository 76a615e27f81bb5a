import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { createBrand } from '../../coalition/coalition/create-brand';
import { createPointCurrency } from '../../coalition/coalition/create-point-currency';
import { countersignTerms } from '../../coalition/coalition/decide-terms';
import { proposeTerms } from '../../coalition/coalition/propose-terms';
import { setRule } from '../../coalition/rules/set-rule';
import { findByLogin } from '../../coalition/sign-in/find-principal';
import { linkLogin } from '../../coalition/sign-in/link-login';
import { localIssuer, mintLocalLogin } from '../../coalition/sign-in/local-issuer';
import { listLogins, removeLogin } from '../../coalition/sign-in/logins';
import { microMoney } from '../../ledger/points/amount';
import { createClaimCode } from '../../members/members/create-claim-code';
import { enrolMember } from '../../members/members/enrol-members';
import type { Uuid } from '../../platform/ids';
import { EARNING_RULE } from '../../programme/earning/earning-rule';
import { importConversionRates } from '../../programme/exchange/import-conversion-rates';
import { REDEMPTION_RULE } from '../../programme/redemption/redemption-rule';
import { demoClient } from './demo-clients';
import { DEMO_VARIABLES, type DemoEnvironment, demoFile, readDemoEnvironment, writeDemoEnvironment } from './demo-environment';
import { demoOperator, demoStaff } from './demo-staff';

/** What is printed for whoever tries the demo. */
export interface DemoCoalition {
  /** Where the credentials are, for a shell to source. */
  readonly file: string;
  readonly variables: DemoEnvironment;
}

const CURRENCY = 'TESSERAE';
const MILES = 'MILES';
const CARD = '2000 0000 0017';
const START = new Date('2024-01-01T00:00:00Z');
const FOR_EVER_DAYS = 36_500;
const TOKEN_SECONDS = 7 * 24 * 60 * 60;

/** A brand of the demo: what its goods earn per EUR. All of them take points at 100 for 1 EUR. */
const BRANDS = [
  { code: 'FUEL', name: 'Fuel & Go', pointsPerUnit: 10 },
  { code: 'TAXI', name: 'City Taxi', pointsPerUnit: 5 },
  { code: 'GROCER', name: 'Corner Grocer', pointsPerUnit: 1 },
] as const;

const MEMBER_LOGIN = 'demo-ana';
const STAFF = [
  { subject: 'demo-operator', role: 'OPERATOR', brand: null, variable: 'OPERATOR_TOKEN' },
  { subject: 'demo-finance', role: 'FINANCE', brand: null, variable: 'FINANCE_TOKEN' },
  { subject: 'demo-support', role: 'SUPPORT', brand: null, variable: 'SUPPORT_TOKEN' },
  { subject: 'demo-fuel-manager', role: 'PROGRAMME_MANAGER', brand: 'FUEL', variable: 'FUEL_MANAGER_TOKEN' },
] as const;

/**
 * Makes the demo coalition in an empty database, by the operations that everybody uses, and writes its credentials into
 * the data directory. It runs at each start and may be killed half way: what is there is left as it is, logins are
 * given anew. Null where there is a coalition that the demo did not found. The local issuer must be on.
 */
export async function seedDemo(app: App): Promise<DemoCoalition | null> {
  const started = await demoOperator(app);
  if (!started) return null;
  const { operator, founded } = started;
  const { dataDir } = app.config;
  // Credentials of an earlier database are worth nothing in a new one.
  const known = founded ? {} : readDemoEnvironment(dataDir);
  // A file that is whole was written last: everything it stands for is there.
  if (DEMO_VARIABLES.some((name) => known[name] === undefined)) await seedCoalition(app, operator, known);
  const variables: Partial<DemoEnvironment> = {
    ...readDemoEnvironment(dataDir),
    TESSERA_URL: app.config.http.publicUrl,
    MEMBER_CARD: CARD,
    DEMO_CURRENCY: CURRENCY,
    // What the tour posts happens in the month that ended last, because that one can be closed.
    DEMO_MONTH: startOfMonth(app.clock.now(), -1).slice(0, 7),
    DEMO_HOLD_UNTIL: startOfMonth(app.clock.now(), 1),
    MEMBER_TOKEN: await mintLocalLogin(app, MEMBER_LOGIN, TOKEN_SECONDS),
  };
  const { brandsByCode } = await app.database.transaction({ kind: 'operator' }, ({ client }) => app.coalition.snapshot(client));
  for (const { subject, role, brand, variable } of STAFF) {
    await demoStaff(app, operator, subject, role, (brand && brandsByCode.get(brand)?.id) ?? null);
    variables[variable] = await mintLocalLogin(app, subject, TOKEN_SECONDS);
  }
  writeDemoEnvironment(dataDir, variables);
  // In the file's order.
  return { file: demoFile(dataDir), variables: readDemoEnvironment(dataDir) as DemoEnvironment };
}

async function seedCoalition(app: App, operator: Principal, known: Partial<DemoEnvironment>): Promise<void> {
  const brandIds = await seedBrands(app, operator);
  await seedCurrencies(app, operator);
  const found = { ...known };
  for (const brand of BRANDS) {
    const id = brandIds.get(brand.code) as Uuid;
    const client = await demoClient(app, operator, { id, code: brand.code }, known[`${brand.code}_CLIENT_SECRET`]);
    found[`${brand.code}_CLIENT_ID`] = client.clientId;
    found[`${brand.code}_CLIENT_SECRET`] = client.secret;
    // At once, since the secret is shown this one time only.
    writeDemoEnvironment(app.config.dataDir, found);
    await seedTerms(app, operator, client.principal, id, brand.code);
    await seedRules(app, client.principal, brand);
    if (brand.code === 'GROCER') await seedMember(app, operator, client.principal);
  }
}

async function seedBrands(app: App, operator: Principal): Promise<Map<string, Uuid>> {
  const ids = new Map<string, Uuid>();
  for (const { code, name } of BRANDS) ids.set(code, (await createBrand(app, operator, { idempotencyKey: `demo/brand/${code}`, code, name })).id);
  return ids;
}

async function seedCurrencies(app: App, operator: Principal): Promise<void> {
  const common = {
    scale: 0,
    timeZone: 'UTC',
    clearingModel: 'OPERATOR',
    settlementCurrency: 'EUR',
    expiry: { kind: 'ROLLING', months: 24, rounding: 'MONTH' },
    ownerBrandId: null,
  } as const;
  await createPointCurrency(app, operator, { ...common, idempotencyKey: 'demo/currency', code: CURRENCY, name: 'Tesserae, shared by the demo coalition' });
  await createPointCurrency(app, operator, { ...common, idempotencyKey: 'demo/miles', code: MILES, name: 'Miles, to turn tesserae into' });
  // 10 give 5, from now on, and 500 more for each full 10,000.
  const csv = `from,to,ratio_num_to,ratio_den_from,increment_from,bonus_to_per_block,block_from\n${CURRENCY},${MILES},1,2,10,500,10000`;
  await importConversionRates(app, operator, { idempotencyKey: 'demo/rates', csv, currencies: [], dryRun: false });
}

/** 0.010 EUR a point from whoever issues it, 0.008 EUR to whoever redeems it. */
async function seedTerms(app: App, operator: Principal, brand: Principal, brandId: Uuid, code: string): Promise<void> {
  const terms = await proposeTerms(app, operator, {
    idempotencyKey: `demo/terms/${code}`,
    withBrandId: brandId,
    currency: CURRENCY,
    effectiveFrom: START,
    mayIssue: true,
    mayRedeem: true,
    issuancePrice: microMoney(10_000n),
    reimbursementPrice: microMoney(8_000n),
    priceCurrency: 'EUR',
    pricesIncludeTax: false,
    arrearsCarrier: 'OPERATOR',
    refundOrder: 'POINTS_LAST',
    backdatingDays: FOR_EVER_DAYS,
    paymentDays: 30,
    noticeDays: 30,
    dataSharingPurposes: [],
  });
  await countersignTerms(app, brand, { termsId: terms.id });
}

async function seedRules(app: App, brand: Principal, { code, pointsPerUnit }: (typeof BRANDS)[number]): Promise<void> {
  const common = { currency: CURRENCY, moneyCurrency: 'EUR', effectiveFrom: START };
  const earning = { ...common, idempotencyKey: `demo/earning-rule/${code}`, pointsPerUnit };
  await setRule(app, brand, EARNING_RULE, EARNING_RULE.schema.parse(earning));
  const redemption = { ...common, idempotencyKey: `demo/redemption-rule/${code}`, pointsPerUnit: 100n, minimum: 100n };
  await setRule(app, brand, REDEMPTION_RULE, REDEMPTION_RULE.schema.parse(redemption));
}

async function seedMember(app: App, operator: Principal, grocer: Principal & { readonly kind: 'client' }): Promise<void> {
  const { memberId } = await enrolMember(app, grocer, {
    idempotencyKey: 'demo/member',
    customerId: 'ana',
    identifiers: [{ kind: 'CARD', value: CARD }],
    personalData: { givenName: 'Ana', familyName: null, email: null, phone: null, birthDate: null, language: 'en' },
    jurisdiction: 'AT',
  });
  await bindDemoLogin(app, operator, grocer, memberId);
}

/** The issuer's name is the address of the deployment: after it has moved, the login of before is removed. */
async function bindDemoLogin(app: App, operator: Principal, grocer: Principal, memberId: Uuid): Promise<void> {
  if (await findByLogin(app, { issuer: localIssuer(app), subject: MEMBER_LOGIN })) return;
  for (const { id, removedAt } of (await listLogins(app, operator, memberId)) ?? []) if (!removedAt) await removeLogin(app, operator, { loginId: id });
  const { code } = await createClaimCode(app, grocer, { member: { by: 'id', memberId }, reason: null });
  await linkLogin(app, { token: await mintLocalLogin(app, MEMBER_LOGIN), claimCode: code });
}

/** The first instant of the month so many months from now, UTC. */
function startOfMonth(now: Date, months: number): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1)).toISOString();
}
