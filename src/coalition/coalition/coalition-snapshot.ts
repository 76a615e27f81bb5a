import type { PoolClient } from 'pg';
import type { JournalCursor } from '../../ledger/outbox/journal-cursor';
import type { Database } from '../../platform/database/database';
import type { Reading } from '../../platform/database/pipeline';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import type { ReferencesRepeat } from './references-repeat';

export type ClearingModel = 'OPERATOR' | 'ISSUER';

export interface Brand {
  readonly id: Uuid;
  readonly code: string;
  readonly name: string;
  readonly isOperator: boolean;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly status: 'ACTIVE' | 'SUSPENDED';
  /** Its status from when on, oldest first; before the first change it was ACTIVE. */
  readonly history: readonly { readonly status: 'ACTIVE' | 'SUSPENDED'; readonly at: Date }[];
  readonly referencesRepeat: ReferencesRepeat;
  /** Whole points of a member that a card alone burns there in a day, of each currency; null: no limit. */
  readonly cardOnlyPerDay: number | null;
}

export type ExpiryPolicy =
  | { readonly kind: 'NONE' }
  | { readonly kind: 'ROLLING'; readonly months: number; readonly rounding: 'NONE' | 'MONTH' | 'QUARTER' | 'YEAR' }
  | { readonly kind: 'FIXED_DATE'; readonly monthDay: string }
  /** All points of a wallet end together, so many months after it was last active. */
  | { readonly kind: 'SLIDING'; readonly months: number };

export interface PointCurrency {
  readonly id: number;
  readonly code: string;
  readonly name: string;
  readonly scale: number;
  readonly ownerBrandId: Uuid | null;
  readonly timeZone: string;
  readonly clearingModel: ClearingModel;
  /** Ledger currency id and ISO 4217 code of the money it is settled in. */
  readonly settlementCurrencyId: number;
  readonly settlementCurrency: string;
  readonly expiry: ExpiryPolicy;
  /** What comes back lives until the later of its own end and so many days from the day on which it does. */
  readonly graceDays: number;
  /**
   * Of points that come from another currency: KEEP, no later than their source's expiry nor than this currency's; OWN,
   * this currency's alone.
   */
  readonly conversionExpiry: 'KEEP' | 'OWN';
  /** How many days before they expire a member is told of points, most days first. */
  readonly noticeDays: readonly number[];
}

export interface TermsVersion {
  readonly id: Uuid;
  readonly partnershipId: Uuid;
  readonly brandId: Uuid;
  readonly partnerBrandId: Uuid;
  readonly currencyId: number;
  readonly version: number;
  readonly effectiveFrom: Date;
  readonly mayIssue: boolean;
  readonly mayRedeem: boolean;
  /** Micro-units of the settlement currency per whole point. */
  readonly issuancePrice: bigint;
  /** Micro-units per whole point that comes in from an old programme; null: none may. */
  readonly openingPrice: bigint | null;
  readonly reimbursementPrice: bigint;
  readonly arrearsCarrier: 'OPERATOR' | 'ISSUER';
  readonly refundOrder: 'POINTS_LAST' | 'PRO_RATA' | 'POINTS_FIRST';
  readonly backdatingDays: number;
  readonly paymentDays: number;
  /** Where in the journal they were countersigned: what was posted before does not go by them as a pair's own terms. */
  readonly agreed: JournalCursor;
}

export interface PartnershipChange {
  readonly state: string;
  /** From when it counts. */
  readonly at: Date;
  /** Where in the journal it was made. */
  readonly made: JournalCursor;
}

export interface PartnershipState {
  readonly id: Uuid;
  readonly brandId: Uuid;
  readonly partnerBrandId: Uuid;
  readonly currencyId: number;
  /** State changes in the order in which they take effect; an announced end lies ahead. */
  readonly history: readonly PartnershipChange[];
  /** Countersigned versions, oldest effectiveFrom first. */
  readonly terms: readonly TermsVersion[];
}

/** The coalition's agreed configuration as of one version of it: small, read whole, never changed in place. */
export interface CoalitionSnapshot {
  readonly version: string;
  readonly operator: Brand | null;
  readonly brandsById: ReadonlyMap<Uuid, Brand>;
  readonly brandsByCode: ReadonlyMap<string, Brand>;
  readonly currenciesById: ReadonlyMap<number, PointCurrency>;
  readonly currenciesByCode: ReadonlyMap<string, PointCurrency>;
  readonly partnerships: readonly PartnershipState[];
}

/** The version in force now. */
export const COALITION_VERSION: Reading<string> = {
  text: 'SELECT version::text FROM coalition_version',
  take: (rows: readonly (readonly [version: string])[]) => only(rows)[0],
};

/**
 * The snapshot, loaded again only when coalition_version has moved. Loaded as the worker, which may see all terms:
 * callers show a brand only what is its own. `version` is read in the caller's transaction, so an answer is never older
 * than it.
 */
export class CoalitionCache {
  private loaded: Promise<CoalitionSnapshot> | null = null;
  private loadedVersion = '';
  private last: CoalitionSnapshot | null = null;
  private generation = 0;

  constructor(private readonly database: Database) {}

  /** The version in force now, for caches of other modules that hang on the same number. */
  async version(client: PoolClient): Promise<string> {
    const { rows } = await client.query<{ version: string }>({ name: 'coalition-version', text: COALITION_VERSION.text });
    return only(rows).version;
  }

  async snapshot(client: PoolClient): Promise<CoalitionSnapshot> {
    return this.at(await this.version(client));
  }

  /** The snapshot of a version just read, or a newer one. */
  at(version: string): Promise<CoalitionSnapshot> {
    const { generation } = this.database.server;
    if (!this.loaded || generation !== this.generation || BigInt(version) > BigInt(this.loadedVersion || '0')) {
      this.generation = generation;
      this.loadedVersion = version;
      this.loaded = this.database.readConfiguration(loadSnapshot);
      this.loaded.then(
        (snapshot) => {
          this.last = snapshot;
        },
        () => {
          this.loaded = null;
        },
      );
    }
    return this.loaded;
  }

  /** The last that was loaded, if any: for what is checked against the version in force afterwards. */
  get latest(): CoalitionSnapshot | null {
    return this.last;
  }
}

async function loadSnapshot(client: PoolClient): Promise<CoalitionSnapshot> {
  // The version is read first. What changes meanwhile makes the snapshot newer than its version, and the next look
  // loads it again.
  const { version } = only((await client.query<{ version: string }>('SELECT version::text FROM coalition_version')).rows);
  const statuses = new Map<Uuid, { status: 'ACTIVE' | 'SUSPENDED'; at: Date }[]>();
  for (const row of (
    await client.query<{ brand_id: Uuid; status: Brand['status']; at: Date }>('SELECT brand_id, status, at FROM brand_event ORDER BY brand_id, at, seq')
  ).rows)
    listIn(statuses, row.brand_id).push({ status: row.status, at: row.at });
  const brands: Brand[] = (
    await client.query<RowOf<Omit<Brand, 'history'>>>('SELECT id, code, name, is_operator, country, status, references_repeat, card_only_per_day FROM brand')
  ).rows.map((row) => ({
    id: row.id,
    code: row.code,
    name: row.name,
    isOperator: row.is_operator,
    country: row.country,
    status: row.status,
    history: statuses.get(row.id) ?? [],
    referencesRepeat: row.references_repeat,
    cardOnlyPerDay: row.card_only_per_day,
  }));
  const currencies = (await client.query<CurrencyRow>(CURRENCIES)).rows.map(toCurrency);
  const histories = new Map<Uuid, PartnershipChange[]>();
  for (const row of (await client.query<HistoryRow>(HISTORIES)).rows)
    listIn(histories, row.partnership_id).push({ state: row.state, at: row.at, made: { epoch: row.made_epoch, position: BigInt(row.made_position) } });
  const terms = new Map<Uuid, TermsVersion[]>();
  for (const row of (await client.query<TermsRow>(TERMS)).rows) listIn(terms, row.partnership_id).push(toTerms(row));
  const partnerships = (
    await client.query<RowOf<Omit<PartnershipState, 'history' | 'terms'>>>('SELECT id, brand_id, partner_brand_id, currency_id FROM partnership')
  ).rows.map((row) => ({
    id: row.id,
    brandId: row.brand_id,
    partnerBrandId: row.partner_brand_id,
    currencyId: row.currency_id,
    history: histories.get(row.id) ?? [],
    terms: terms.get(row.id) ?? [],
  }));
  return {
    version,
    operator: brands.find((brand) => brand.isOperator) ?? null,
    brandsById: new Map(brands.map((brand) => [brand.id, brand])),
    brandsByCode: new Map(brands.map((brand) => [brand.code, brand])),
    currenciesById: new Map(currencies.map((currency) => [currency.id, currency])),
    currenciesByCode: new Map(currencies.map((currency) => [currency.code, currency])),
    partnerships,
  };
}

const CURRENCIES = `
  SELECT p.*, c.code, c.scale, s.code AS settlement_code
  FROM point_currency p JOIN currency c ON c.id = p.id JOIN currency s ON s.id = p.settlement_currency_id`;

const HISTORIES = 'SELECT partnership_id, state, at, made_epoch, made_position::text FROM partnership_event ORDER BY partnership_id, at, seq';

const TERMS = `
  SELECT t.*, t.agreed_position::text, p.brand_id, p.partner_brand_id, p.currency_id
  FROM terms_version t JOIN partnership p ON p.id = t.partnership_id
  WHERE t.status = 'COUNTERSIGNED' ORDER BY t.effective_from`;

type HistoryRow = RowOf<Omit<PartnershipChange, 'made'>> & { readonly partnership_id: Uuid; readonly made_epoch: number; readonly made_position: string };
type TermsRow = RowOf<Omit<TermsVersion, 'agreed'>> & { readonly agreed_epoch: number; readonly agreed_position: string };
type CurrencyRow = RowOf<Omit<PointCurrency, 'settlementCurrency' | 'expiry'>> & ExpiryRow & { readonly settlement_code: string };
/** Each kind has the columns that it needs. */
type ExpiryRow =
  | { readonly expiry_kind: 'NONE' }
  | { readonly expiry_kind: 'ROLLING'; readonly expiry_months: number; readonly expiry_rounding: 'NONE' | 'MONTH' | 'QUARTER' | 'YEAR' }
  | { readonly expiry_kind: 'FIXED_DATE'; readonly expiry_month_day: string }
  | { readonly expiry_kind: 'SLIDING'; readonly expiry_months: number };

function toCurrency(row: CurrencyRow): PointCurrency {
  const expiry: ExpiryPolicy =
    row.expiry_kind === 'ROLLING'
      ? { kind: 'ROLLING', months: row.expiry_months, rounding: row.expiry_rounding }
      : row.expiry_kind === 'FIXED_DATE'
        ? { kind: 'FIXED_DATE', monthDay: row.expiry_month_day }
        : row.expiry_kind === 'SLIDING'
          ? { kind: 'SLIDING', months: row.expiry_months }
          : { kind: 'NONE' };
  return {
    id: row.id,
    code: row.code,
    name: row.name,
    scale: row.scale,
    ownerBrandId: row.owner_brand_id,
    timeZone: row.time_zone,
    clearingModel: row.clearing_model,
    settlementCurrencyId: row.settlement_currency_id,
    settlementCurrency: row.settlement_code,
    expiry,
    graceDays: row.grace_days,
    conversionExpiry: row.conversion_expiry,
    noticeDays: row.notice_days,
  };
}

function toTerms(row: TermsRow): TermsVersion {
  return {
    id: row.id,
    partnershipId: row.partnership_id,
    brandId: row.brand_id,
    partnerBrandId: row.partner_brand_id,
    currencyId: row.currency_id,
    version: row.version,
    effectiveFrom: row.effective_from,
    mayIssue: row.may_issue,
    mayRedeem: row.may_redeem,
    issuancePrice: BigInt(row.issuance_price),
    openingPrice: row.opening_price === null ? null : BigInt(row.opening_price),
    reimbursementPrice: BigInt(row.reimbursement_price),
    arrearsCarrier: row.arrears_carrier,
    refundOrder: row.refund_order,
    backdatingDays: row.backdating_days,
    paymentDays: row.payment_days,
    agreed: { epoch: row.agreed_epoch, position: BigInt(row.agreed_position) },
  };
}

function listIn<K, V>(map: Map<K, V[]>, key: K): V[] {
  let list = map.get(key);
  if (!list) map.set(key, (list = []));
  return list;
}
