import { randomUUID } from 'node:crypto';
import type { Principal, Scope, StaffRole } from '../../src/coalition/access/principal';
import type { ExpiryPolicy } from '../../src/coalition/coalition/coalition-snapshot';
import type { MemberRef } from '../../src/members/identification/member-ref';
import { enrolMember } from '../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../src/members/members/enrolment';
import { newUuid, type Uuid } from '../../src/platform/ids';
import { type RecordPurchase, recordPurchaseSchema } from '../../src/programme/earning/purchase-command';
import { type HoldPoints, holdPointsSchema } from '../../src/programme/redemption/hold-points';
import { type RecordReturn, recordReturnSchema } from '../../src/programme/returns/record-return';
import { createTestApp, type TestApp, type TestAppOptions } from './test-app';
import { writtenRows } from './written-rows';

const LONG_AGO = '2010-12-01T00:00:00Z';

/** Brands that issue and redeem one currency, FLP, under terms with the operator; and a till for each. */
export interface ShopCoalition extends TestApp {
  readonly currencyId: number;
  readonly operatorId: Uuid;
  brand(
    code: string,
    options?: { readonly pointsPerUnit?: number; readonly multiplier?: number; readonly refundOrder?: string; readonly mayIssue?: boolean },
  ): Promise<Till>;
  /** What all tables say, stored outcomes and those named aside; for "nothing was written". See writtenRows. */
  written(...except: readonly string[]): Promise<Record<string, number>>;
}

/** One brand's backend. */
export interface Till {
  readonly brandId: Uuid;
  readonly principal: Principal;
  enrol(customerId?: string): Promise<{ memberId: Uuid; walletId: Uuid; ref: MemberRef }>;
}

export interface ShopOptions extends TestAppOptions {
  readonly scale?: number;
  readonly expiry?: ExpiryPolicy;
  readonly timeZone?: string;
}

const ALL_SCOPES: readonly Scope[] = ['members', 'purchases', 'redemptions', 'catalogue', 'statements', 'admin'];

export async function createShopCoalition(options: ShopOptions = {}): Promise<ShopCoalition> {
  const test = await createTestApp(options);
  const { owner } = test.database;
  const insert = async (text: string, values: unknown[] = []) => (await owner.query(text, values)).rows[0]?.id;
  const operatorId = newUuid();
  await insert("INSERT INTO brand (id, code, name, is_operator, created_at) VALUES ($1, 'OPERATOR', 'Operator', true, $2)", [operatorId, LONG_AGO]);
  const money = await insert(
    "INSERT INTO currency (code, kind, scale) VALUES ('GBP', 'MONEY', 6) ON CONFLICT (code) DO UPDATE SET kind = 'MONEY' RETURNING id",
  );
  const currencyId: number = await insert("INSERT INTO currency (code, kind, scale) VALUES ('FLP', 'POINTS', $1) RETURNING id", [options.scale ?? 0]);
  const expiry = options.expiry ?? { kind: 'NONE' };
  const { months = null, rounding = null, monthDay = null } = expiry as { months?: number; rounding?: string; monthDay?: string };
  await insert(
    `INSERT INTO point_currency
       (id, name, time_zone, clearing_model, settlement_currency_id, expiry_kind, expiry_months, expiry_rounding, expiry_month_day, created_at)
     VALUES ($1, 'FLP', $2, 'OPERATOR', $3, $4, $5, $6, $7, $8)`,
    [currencyId, options.timeZone ?? 'UTC', money, expiry.kind, months, rounding, monthDay, LONG_AGO],
  );
  return {
    ...test,
    currencyId,
    operatorId,
    async brand(code, { pointsPerUnit = 1, multiplier = 1, refundOrder = 'POINTS_LAST', mayIssue = true } = {}) {
      const [brandId, partnershipId] = [newUuid(), newUuid()];
      await insert('INSERT INTO brand (id, code, name, created_at) VALUES ($1, $2, $2, $3)', [brandId, code, LONG_AGO]);
      await insert("INSERT INTO partnership (id, brand_id, partner_brand_id, currency_id, state, created_at) VALUES ($1, $2, $3, $4, 'ACTIVE', $5)", [
        partnershipId,
        brandId,
        operatorId,
        currencyId,
        LONG_AGO,
      ]);
      await insert("INSERT INTO partnership_event (partnership_id, seq, state, at, by_brand_id, by_actor) VALUES ($1, 1, 'ACTIVE', $2, $3, 'test')", [
        partnershipId,
        LONG_AGO,
        operatorId,
      ]);
      await insert(
        `INSERT INTO terms_version (id, partnership_id, version, status, proposed_by_brand_id, proposed_at, decided_by_brand_id, decided_at, effective_from,
           may_issue, may_redeem, issuance_price, reimbursement_price, refund_order, backdating_days)
         VALUES ($1, $2, 1, 'COUNTERSIGNED', $3, $4, $5, $4, $4, $6, true, 10000, 8000, $7, 36600)`,
        [newUuid(), partnershipId, operatorId, LONG_AGO, brandId, mayIssue, refundOrder],
      );
      await insert(
        `INSERT INTO earning_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, multiplier_numerator, excluded_skus, effective_from, created_at)
         VALUES ($1, $2, $3, 1, 'GBP', $4, $5, '{GIFTCARD}', $6, $6)`,
        [newUuid(), brandId, currencyId, pointsPerUnit, multiplier, LONG_AGO],
      );
      await insert(
        `INSERT INTO redemption_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, minimum, step, maximum, effective_from, created_at)
         VALUES ($1, $2, $3, 1, 'GBP', 100, 1, 1, 1000000, $4, $4)`,
        [newUuid(), brandId, currencyId, LONG_AGO],
      );
      return till(test, brandId);
    },
    written: (...except) => writtenRows(test.database, 'posting', ...except),
  };
}

function till({ app }: TestApp, brandId: Uuid): Till {
  const principal: Principal = { kind: 'client', clientId: newUuid(), brandId, scopes: new Set(ALL_SCOPES) };
  return {
    brandId,
    principal,
    async enrol(customerId = randomUUID()) {
      const enrolled = await enrolMember(app, principal, enrolMemberSchema.parse({ idempotencyKey: `enrol ${customerId}`, customerId }));
      return { ...enrolled, ref: { by: 'id', memberId: enrolled.memberId } };
    },
  };
}

/** Somebody on a brand's staff, or the operator's. */
export async function staffPerson({ database, operatorId }: ShopCoalition, brandId: Uuid, role: StaffRole = 'SUPPORT'): Promise<Principal & { kind: 'staff' }> {
  const staffId = newUuid();
  await database.owner.query("INSERT INTO staff (id, issuer, subject, brand_id, role, created_at) VALUES ($1::uuid, 'test', $1::text, $2, $3, now())", [
    staffId,
    brandId,
    role,
  ]);
  return { kind: 'staff', staffId, brandId, role, ofOperator: brandId === operatorId };
}

/** A purchase of one line that costs `amount`, unless `lines` says otherwise. */
export function purchaseOf(member: MemberRef, amount: string, more: Record<string, unknown> = {}): RecordPurchase {
  const lines = [{ sku: 'THING', category: 'goods', quantity: '1', unitPrice: amount }];
  return recordPurchaseSchema.parse({ idempotencyKey: randomUUID(), member, currency: 'FLP', lines, moneyCurrency: 'GBP', ...more });
}

export function returnOf(purchaseId: Uuid, lines: readonly Record<string, unknown>[], more: Record<string, unknown> = {}): RecordReturn {
  return recordReturnSchema.parse({ idempotencyKey: randomUUID(), purchaseId, lines, ...more });
}

/** A burn or hold of so many points. */
export function spendingOf(member: MemberRef, points: number, more: Record<string, unknown> = {}): HoldPoints {
  return holdPointsSchema.parse({ idempotencyKey: randomUUID(), member, currency: 'FLP', points: BigInt(points), ...more });
}
