import { setTimeout as sleep } from 'node:timers/promises';
import { contentHash } from '../../src/ledger/ledger/idempotency';
import type { AccountId, PostingRequest, Step } from '../../src/ledger/ledger/posting';
import { ALWAYS, dayFromIso, dayOf, monthStart, NEVER } from '../../src/ledger/points/calendar';
import { derivedUuid, newUuid, type Uuid } from '../../src/platform/ids';
import { holdUntil } from './holds';
import type { TestApp } from './test-app';

export interface BookedBrand {
  readonly id: Uuid;
  readonly code: string;
  /** Its first terms with the operator. */
  readonly termsId: Uuid;
  readonly issued: AccountId;
  readonly redeemed: AccountId;
}

export interface BookOptions {
  readonly model?: 'OPERATOR' | 'ISSUER';
  readonly timeZone?: string;
  readonly currency?: string;
  readonly settlementCurrency?: string;
  readonly arrearsCarrier?: 'OPERATOR' | 'ISSUER';
  /** Micro-units per point; 10,000 and 8,000 by default. */
  readonly issuancePrice?: number;
  readonly reimbursementPrice?: number;
}

/**
 * A coalition with an operator and brands under terms, written as its owner, and points events posted straight to the
 * ledger.
 */
export class SettlementBook {
  private constructor(
    readonly test: TestApp,
    readonly currencyId: number,
    readonly settlementCurrencyId: number,
    readonly operatorId: Uuid,
    private readonly options: BookOptions,
  ) {}

  static async open(test: TestApp, options: BookOptions = {}): Promise<SettlementBook> {
    const { owner } = test.database;
    const money = options.settlementCurrency ?? 'GBP';
    const points = (await owner.query("INSERT INTO currency (code, kind, scale) VALUES ($1, 'POINTS', 0) RETURNING id", [options.currency ?? 'FLP'])).rows[0]
      .id;
    await owner.query("INSERT INTO currency (code, kind, scale) VALUES ($1, 'MONEY', 6) ON CONFLICT DO NOTHING", [money]);
    const settlement = (await owner.query('SELECT id FROM currency WHERE code = $1', [money])).rows[0].id;
    await owner.query(
      `INSERT INTO point_currency (id, name, time_zone, clearing_model, settlement_currency_id, expiry_kind, created_at) VALUES ($1, 'Points', $2, $3, $4, 'NONE', now())`,
      [points, options.timeZone ?? 'UTC', options.model ?? 'OPERATOR', settlement],
    );
    const found = (await owner.query('SELECT id FROM brand WHERE is_operator')).rows[0];
    const operatorId: Uuid = found?.id ?? newUuid();
    if (!found)
      await owner.query("INSERT INTO brand (id, code, name, is_operator, created_at) VALUES ($1, 'OPERATOR', 'The operator', true, now())", [operatorId]);
    return new SettlementBook(test, points, settlement, operatorId, options);
  }

  /** Signs terms with the brand of that code, making it where it is not there yet. */
  async brand(code: string): Promise<BookedBrand> {
    const { currencyId } = this;
    const { owner } = this.test.database;
    await owner.query('INSERT INTO brand (id, code, name, created_at) VALUES ($1, $2, $2, now()) ON CONFLICT DO NOTHING', [newUuid(), code]);
    const id: Uuid = (await owner.query('SELECT id FROM brand WHERE code = $1', [code])).rows[0].id;
    const termsId = await this.terms(id, this.operatorId, this.options.reimbursementPrice ?? 8_000);
    const [issued, redeemed] = await this.test.app.ledger.openAccounts([
      { kind: 'ISSUED', owner: id, currencyId },
      { kind: 'REDEEMED', owner: id, currencyId },
    ]);
    return { id, code, termsId, issued, redeemed };
  }

  /** Countersigned terms between two brands, in force since 2020; payment within 14 days. */
  async terms(brandId: Uuid, partnerId: Uuid, reimbursementPrice: number): Promise<Uuid> {
    const termsId = await this.proposedTerms(brandId, partnerId, reimbursementPrice);
    await this.test.database.owner.query("UPDATE terms_version SET status = 'COUNTERSIGNED', decided_by_brand_id = $2, decided_at = now() WHERE id = $1", [
      termsId,
      partnerId,
    ]);
    return termsId;
  }

  /** The same, not countersigned yet. */
  async proposedTerms(brandId: Uuid, partnerId: Uuid, reimbursementPrice: number): Promise<Uuid> {
    const { owner } = this.test.database;
    const [partnershipId, termsId] = [newUuid(), newUuid()];
    await owner.query("INSERT INTO partnership (id, brand_id, partner_brand_id, currency_id, state, created_at) VALUES ($1, $2, $3, $4, 'ACTIVE', now())", [
      partnershipId,
      brandId,
      partnerId,
      this.currencyId,
    ]);
    await owner.query(
      `INSERT INTO terms_version (id, partnership_id, version, status, proposed_by_brand_id, proposed_at, effective_from, may_issue, may_redeem,
         issuance_price, reimbursement_price, arrears_carrier, backdating_days, payment_days)
       VALUES ($1, $2, 1, 'PROPOSED', $3, now(), '2020-01-01', true, true, $4, $5, $6, 36600, 14)`,
      [termsId, partnershipId, brandId, this.options.issuancePrice ?? 10_000, reimbursementPrice, this.options.arrearsCarrier ?? 'OPERATOR'],
    );
    return termsId;
  }

  async wallet(): Promise<AccountId> {
    return (await this.test.app.ledger.openAccounts([{ kind: 'WALLET', owner: newUuid(), currencyId: this.currencyId }]))[0];
  }

  async earn(brand: BookedBrand, wallet: AccountId, amount: number, at: string, id: Uuid = newUuid()): Promise<Uuid> {
    await this.post(await this.earnRequest(brand, wallet, amount, at, id));
    return id;
  }

  async earnRequest(brand: BookedBrand, wallet: AccountId, amount: number, at: string, id: Uuid = newUuid()): Promise<PostingRequest> {
    const { termsId } = brand;
    const issueMonth = monthStart(dayOf(new Date(at), 'UTC'));
    const originId = await this.test.app.ledger.lotOrigin({
      issuer: brand.id,
      issuerCode: brand.code,
      currencyId: this.currencyId,
      issueMonth,
      termsId,
      offerId: null,
    });
    const lot = { originId, expiresOn: NEVER, availableOn: ALWAYS };
    return this.request(brand, wallet, at, { do: 'credit', id, from: brand.issued, to: wallet, amount, code: 'EARN', lot, termsId });
  }

  async burn(brand: BookedBrand, wallet: AccountId, amount: number, at: string): Promise<Uuid> {
    const id = newUuid();
    await this.post(this.request(brand, wallet, at, { do: 'debit', id, from: wallet, to: brand.redeemed, amount, code: 'BURN', termsId: brand.termsId }));
    return id;
  }

  /** Sets points aside for a day from when it is told. */
  async hold(brand: BookedBrand, wallet: AccountId, amount: number, at: string): Promise<Uuid> {
    const id = newUuid();
    const expiresAt = Math.max(Date.parse(at), this.test.app.clock.now().getTime()) + 86_400_000;
    await this.post(
      this.request(brand, wallet, at, { do: 'hold', id, from: wallet, to: brand.redeemed, amount, ...holdUntil(expiresAt), termsId: brand.termsId }),
    );
    return id;
  }

  async capture(brand: BookedBrand, wallet: AccountId, held: number, captured: number, at: string): Promise<Uuid> {
    const [holdId, id] = [await this.hold(brand, wallet, held, at), newUuid()];
    await this.post(this.request(brand, wallet, at, { do: 'capture', id, holdId, amount: captured, bookedOn: dayOf(new Date(at), 'UTC') }));
    return id;
  }

  async clawBack(brand: BookedBrand, wallet: AccountId, reverses: Uuid, amount: number, at: string): Promise<void> {
    await this.post(this.request(brand, wallet, at, { do: 'clawBack', id: newUuid(), reverses, amount, expired: null }));
  }

  async refund(brand: BookedBrand, wallet: AccountId, reverses: Uuid, amount: number, at: string): Promise<void> {
    const day = dayOf(new Date(at), 'UTC');
    await this.post(
      this.request(brand, wallet, at, { do: 'reinstate', id: newUuid(), reverses, amount, code: 'REFUND', away: { since: day, bookedOn: day, graceDays: 0 } }),
    );
  }

  /** A rate by which points become those of another currency, for so many micro-units each. */
  async rateTo(other: SettlementBook, transferPrice: number): Promise<Uuid> {
    const { owner } = this.test.database;
    const rateId = newUuid();
    await owner.query(
      `INSERT INTO conversion_rate (id, from_currency_id, to_currency_id, numerator, denominator, minimum, increment, effective, transfer_price, created_at)
       VALUES ($1, $2, $3, 1, 1, 1, 1, '[2020-01-01,)', $4, now())`,
      [rateId, this.currencyId, other.currencyId, transferPrice],
    );
    await owner.query('INSERT INTO conversion_route (id, from_currency_id, to_currency_id, created_at) VALUES ($1, $2, $3, now())', [
      newUuid(),
      this.currencyId,
      other.currencyId,
    ]);
    return rateId;
  }

  /** Points of a wallet become as many of another currency, whose issuer is the operator. */
  async convert(brand: BookedBrand, wallet: AccountId, amount: number, at: string, { to, rateId }: { to: SettlementBook; rateId: Uuid }): Promise<void> {
    const { app, database } = this.test;
    const { rows } = await database.owner.query('SELECT id FROM conversion_route WHERE from_currency_id = $1 AND to_currency_id = $2', [
      this.currencyId,
      to.currencyId,
    ]);
    const route: Uuid = rows[0].id;
    const [out, into, target] = await app.ledger.openAccounts([
      { kind: 'CONVERSION', owner: route, currencyId: this.currencyId },
      { kind: 'CONVERSION', owner: route, currencyId: to.currencyId },
      { kind: 'WALLET', owner: newUuid(), currencyId: to.currencyId },
    ]);
    const months = await this.monthsOf(wallet);
    const origins = new Map<number, number>();
    for (const month of months)
      origins.set(
        month,
        await app.ledger.lotOrigin({
          issuer: this.operatorId,
          issuerCode: 'OPERATOR',
          currencyId: to.currencyId,
          issueMonth: month,
          termsId: rateId,
          offerId: null,
        }),
      );
    const step: Step = {
      do: 'convert',
      out: { id: newUuid(), from: wallet, to: out, amount },
      in: { id: newUuid(), from: into, to: target, amount },
      origins,
      expiry: 'KEEP',
      notAfter: NEVER,
      termsId: rateId,
    };
    await this.post({ ...this.request(brand, wallet, at, step), loads: { wallets: [wallet, target] } });
  }

  private async monthsOf(wallet: AccountId): Promise<number[]> {
    const { rows } = await this.test.database.owner.query(
      'SELECT DISTINCT o.issue_month::text AS month FROM lot l JOIN lot_origin o ON o.id = l.origin_id WHERE l.account_id = $1',
      [wallet],
    );
    return rows.map(({ month }) => dayFromIso(month));
  }

  /** Many earns of the same brand at once, one point and up each; returns how many points. */
  async earnMany(brand: BookedBrand, wallets: readonly AccountId[], events: number, at: string): Promise<number> {
    const requests = await Promise.all(
      Array.from({ length: events }, (_, index) => this.earnRequest(brand, wallets[index % wallets.length], 1 + (index % 7), at)),
    );
    await Promise.all(requests.map((request) => this.post(request)));
    return requests.reduce((sum, _, index) => sum + 1 + (index % 7), 0);
  }

  /** Waits until nothing older than now is being written, by other tests on the same server either. */
  async settled(): Promise<void> {
    const { owner } = this.test.database;
    const now: string = (await owner.query('SELECT pg_current_xact_id()::text AS now')).rows[0].now;
    while (!(await owner.query('SELECT pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 AS settled', [now])).rows[0].settled) await sleep(10);
  }

  private async post(request: PostingRequest): Promise<void> {
    const { refusal } = await this.test.app.ledger.post(request);
    if (refusal) throw new Error(`${refusal.code}: ${refusal.message}`);
  }

  private request(brand: BookedBrand, wallet: AccountId, at: string, step: Step): PostingRequest {
    const key = newUuid();
    const occurredAt = new Date(at);
    return {
      id: derivedUuid('test', key),
      party: brand.id,
      kind: 'TEST',
      contentHash: contentHash('TEST', key),
      occurredAt: occurredAt.getTime(),
      day: dayOf(occurredAt, 'UTC'),
      recordedAt: this.test.clock.now().getTime(),
      loads: {
        wallets: [wallet],
        holds: step.do === 'capture' ? [step.holdId] : [],
        transfers: step.do === 'clawBack' || step.do === 'reinstate' ? [step.reverses] : [],
      },
      plan: () => ({ steps: [step], answer: {} }),
    };
  }
}
