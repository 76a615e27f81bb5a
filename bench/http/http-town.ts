import type { Pool } from 'pg';
import { pino } from 'pino';
import type { BuiltApp } from '../../src/app';
import { type Principal, SCOPES } from '../../src/coalition/access/principal';
import { createBrand } from '../../src/coalition/coalition/create-brand';
import { createPointCurrency } from '../../src/coalition/coalition/create-point-currency';
import { countersignTerms } from '../../src/coalition/coalition/decide-terms';
import { foundCoalition } from '../../src/coalition/coalition/found-coalition';
import { proposeTerms } from '../../src/coalition/coalition/propose-terms';
import { setRule } from '../../src/coalition/rules/set-rule';
import { mintClientToken } from '../../src/coalition/sign-in/access-tokens';
import { createApiClient } from '../../src/coalition/sign-in/create-api-client';
import { localIssuer } from '../../src/coalition/sign-in/local-issuer';
import { microMoney } from '../../src/ledger/points/amount';
import { spelledCustomerHash } from '../../src/members/identification/member-ref';
import { systemClock } from '../../src/platform/clock';
import { type Config, type DatabaseUrls, readConfig } from '../../src/platform/config';
import { newUuid } from '../../src/platform/ids';
import { only } from '../../src/platform/one-of';
import { buildApp, closeApp } from '../../src/process/build-app';
import { EARNING_RULE } from '../../src/programme/earning/earning-rule';
import { REDEMPTION_RULE } from '../../src/programme/redemption/redemption-rule';
import { type BenchServer, vaultKeysOf } from '../durable-server';

/** What the processes of this bench are told: where the database is, and who asks. */
export interface HttpTown {
  readonly urls: DatabaseUrls;
  /** In hexadecimal digits. */
  readonly masterKey: string;
  /** A superuser's, for the handler that the gateway is compared with: it is to pay for no row-level security. */
  readonly superuserUrl: string;
  readonly members: number;
  readonly clientId: string;
}

/** Purchases of one bulk request. */
export const BULK_SIZE = 100;
const LONG_AGO = new Date('2024-01-01T00:00:00Z');

/** The settings of a deployment without limits on how much one client may ask. */
function townConfig({ urls, masterKey }: Pick<HttpTown, 'urls' | 'masterKey'>, variables: Readonly<Record<string, string>>): Config {
  const read = readConfig({
    NODE_ENV: 'test',
    TESSERA_LOG_LEVEL: 'error',
    TESSERA_LOCAL_ISSUER: 'true',
    TESSERA_PORT: '0',
    TESSERA_PUBLIC_URL: 'http://127.0.0.1:4000',
    TESSERA_RATE_OPERATIONS: '100000000',
    TESSERA_RATE_COST: '1000000000',
    TESSERA_RATE_STRANGER_OPERATIONS: '100000000',
    TESSERA_RATE_STRANGER_COST: '1000000000',
    ...variables,
  });
  const master = Buffer.from(masterKey, 'hex');
  return { ...read, masterKey: master, vaultKeys: vaultKeysOf(master), database: { ...read.database, urls, embedded: false } };
}

export function openTownApp(town: Pick<HttpTown, 'urls' | 'masterKey'>, variables: Readonly<Record<string, string>> = {}): Promise<BuiltApp> {
  const config = townConfig(town, variables);
  return buildApp(config, pino({ level: config.logLevel }), systemClock);
}

/**
 * In an empty database: a coalition, one brand that issues and redeems, its client, and members known by `c0`, `c1` ...
 */
export async function buildHttpTown(server: BenchServer, name: string, members: number): Promise<HttpTown> {
  const { urls, superuser } = await server.database(name);
  const masterKey = server.masterKey.toString('hex');
  const app = await openTownApp({ urls, masterKey });
  try {
    const { brandId: operatorBrand, staffId } = await foundCoalition(app, {
      code: 'OPERATOR',
      name: 'Operator',
      firstOperator: { issuer: localIssuer(app), subject: 'operator' },
    });
    const operator: Principal = { kind: 'staff', staffId, brandId: operatorBrand, role: 'OPERATOR', ofOperator: true };
    const { id: brandId } = await createBrand(app, operator, { idempotencyKey: 'brand', code: 'SHOP', name: 'Shop' });
    const { client } = await createApiClient(app, operator, { idempotencyKey: 'client', brandId, name: 'till', scopes: [...SCOPES] });
    await agree(app, operator, { kind: 'client', clientId: client.id, brandId, scopes: new Set(SCOPES) }, brandId);
    await enrol(app, superuser, brandId, members);
    return { urls, masterKey, superuserUrl: String(superuser.options.connectionString), members, clientId: client.id };
  } finally {
    await closeApp(app);
  }
}

/** A token that outlasts a run is minted again by whoever needs one: they live for 15 minutes. */
export function townToken(app: BuiltApp, town: HttpTown): Promise<string> {
  return mintClientToken(app, { id: town.clientId, scopes: SCOPES });
}

async function agree(app: BuiltApp, operator: Principal, brand: Principal, brandId: string): Promise<void> {
  await createPointCurrency(app, operator, {
    idempotencyKey: 'currency',
    code: 'FLP',
    name: 'Points',
    scale: 0,
    timeZone: 'UTC',
    clearingModel: 'OPERATOR',
    settlementCurrency: 'EUR',
    expiry: { kind: 'ROLLING', months: 24, rounding: 'MONTH' },
    ownerBrandId: null,
  });
  const terms = await proposeTerms(app, operator, {
    idempotencyKey: 'terms',
    withBrandId: brandId,
    currency: 'FLP',
    effectiveFrom: LONG_AGO,
    mayIssue: true,
    mayRedeem: true,
    issuancePrice: microMoney(10_000n),
    reimbursementPrice: microMoney(8_000n),
    priceCurrency: 'EUR',
    pricesIncludeTax: false,
    arrearsCarrier: 'OPERATOR',
    refundOrder: 'POINTS_LAST',
    backdatingDays: 36_500,
    paymentDays: 30,
    noticeDays: 30,
    dataSharingPurposes: [],
  });
  await countersignTerms(app, brand, { termsId: terms.id });
  const common = { currency: 'FLP', moneyCurrency: 'EUR', effectiveFrom: LONG_AGO };
  const earning = { ...common, idempotencyKey: 'earning', pointsPerUnit: 5, excludedSkus: ['GIFTCARD'] };
  await setRule(app, brand, EARNING_RULE, EARNING_RULE.schema.parse(earning));
  const redemption = { ...common, idempotencyKey: 'redemption', pointsPerUnit: 100n };
  await setRule(app, brand, REDEMPTION_RULE, REDEMPTION_RULE.schema.parse(redemption));
}

/**
 * Straight into the tables, as enrolment and a first purchase would leave them. What is measured is members who come
 * back.
 */
async function enrol(app: BuiltApp, superuser: Pool, brandId: string, members: number): Promise<void> {
  for (let from = 0; from < members; from += 10_000) {
    const numbers = Array.from({ length: Math.min(10_000, members - from) }, (_, at) => from + at);
    const ids = numbers.map(() => newUuid());
    await superuser.query('INSERT INTO member (id, enrolled_by_brand_id, enrolled_at) SELECT id, $2, $3 FROM unnest($1::uuid[]) AS new (id)', [
      ids,
      brandId,
      LONG_AGO,
    ]);
    await superuser.query('INSERT INTO wallet (id, member_id, opened_at) SELECT id, member_id, $3 FROM unnest($1::uuid[], $2::uuid[]) AS new (id, member_id)', [
      ids.map(() => newUuid()),
      ids,
      LONG_AGO,
    ]);
    await superuser.query(
      `INSERT INTO brand_link (id, brand_id, member_id, customer_hash, source, linked_at, confirmed_at, confirmed_by)
       SELECT id, $1, member_id, hash, 'ENROLLED', $5, $5, 'ENROLMENT' FROM unnest($2::uuid[], $3::uuid[], $4::bytea[]) AS new (id, member_id, hash)`,
      [brandId, ids.map(() => newUuid()), ids, numbers.map((number) => spelledCustomerHash(app.keys, brandId, `c${number}`)), LONG_AGO],
    );
  }
  await superuser.query({
    text: `INSERT INTO account (owner_id, kind, currency_id, guarded, opened_at) SELECT w.id, 'WALLET', c.id, true, $1 FROM wallet w, currency c WHERE c.code = 'FLP'`,
    values: [LONG_AGO],
  });
  await superuser.query('VACUUM ANALYZE');
}

/** Purchases stored in the database of a town. */
export async function earnedSoFar(server: BenchServer, name: string): Promise<number> {
  const { superuser } = await server.database(name);
  const { rows } = await superuser.query<{ count: number }>('SELECT count(*)::int AS count FROM purchase');
  return only(rows).count;
}
