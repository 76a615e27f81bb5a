import type { Pool } from 'pg';
import { newUuid, type Uuid } from '../../../src/platform/ids';

/** The brand was suspended for no time at all. */
export async function insertSuspension(owner: Pool, brandId: Uuid, at: Date): Promise<void> {
  await owner.query("INSERT INTO brand_event (brand_id, seq, status, at) VALUES ($1, 1, 'SUSPENDED', $2), ($1, 2, 'ACTIVE', $2)", [brandId, at]);
}

/** Of no brand: nobody but the coalition may see it. */
export async function insertSetAside(owner: Pool): Promise<void> {
  await owner.query(
    `INSERT INTO set_aside_event (event_transfer_id, currency_id, epoch, position, occurred_at, reason, set_aside_at, tried_at)
     SELECT gen_random_uuid(), id, 0, '1', '2026-03-01', 'it was seeded', '2026-03-01', '2026-03-01' FROM currency WHERE code = 'FLP'`,
  );
}

/** FLP never expires: what the worker would have written of each wallet. */
export async function insertExpiryNotices(owner: Pool, wallets: readonly Uuid[], at: Date): Promise<void> {
  await owner.query("INSERT INTO expiry_progress (currency_id, task, day) SELECT id, 'NOTICES', '2026-03-01' FROM point_currency ON CONFLICT DO NOTHING");
  for (const walletId of wallets)
    await owner.query(
      `INSERT INTO expiry_notice (id, wallet_id, account_id, currency_id, origin_id, available_on, contributor_id, ends_on, days, points, told_at)
       SELECT gen_random_uuid(), a.owner_id, a.id, a.currency_id, l.origin_id, l.available_on, 0, '2026-04-01', 30, l.remaining, $2
       FROM account a JOIN lot l ON l.account_id = a.id WHERE a.owner_id = $1 AND a.kind = 'WALLET' AND l.remaining > 0 LIMIT 1 ON CONFLICT DO NOTHING`,
      [walletId, at],
    );
}

export interface SeededPartnership {
  /** A new currency's code. */
  readonly currency: string;
  readonly brandId: Uuid;
  readonly operatorId: Uuid;
  /** Stands in all that is the brand's own business. */
  readonly word: string;
  readonly at: Date;
  readonly terms: 'PROPOSED' | 'COUNTERSIGNED';
  readonly state: string;
}

/** A partnership with the operator for a currency of its own, and its only terms. */
export async function insertPartnership(
  owner: Pool,
  { currency, brandId, operatorId, word, at, terms, state }: SeededPartnership,
): Promise<{ partnershipId: Uuid; termsId: Uuid; currency: string }> {
  const [partnershipId, termsId] = [newUuid(), newUuid()];
  const currencyId = (await owner.query("INSERT INTO currency (code, kind, scale) VALUES ($1, 'POINTS', 0) RETURNING id", [currency])).rows[0].id;
  await owner.query(
    `INSERT INTO point_currency (id, name, time_zone, clearing_model, settlement_currency_id, expiry_kind, created_at)
     SELECT $1, 'x', 'UTC', 'OPERATOR', id, 'NONE', $2 FROM currency WHERE code = 'EUR'`,
    [currencyId, at],
  );
  await owner.query('INSERT INTO partnership (id, brand_id, partner_brand_id, currency_id, state, created_at) VALUES ($1, $2, $3, $4, $5, $6)', [
    partnershipId,
    brandId,
    operatorId,
    currencyId,
    state,
    at,
  ]);
  await owner.query("INSERT INTO partnership_event (partnership_id, seq, state, at, by_brand_id, by_actor, reason) VALUES ($1, 1, $2, $3, $4, 'test', $5)", [
    partnershipId,
    state,
    at,
    brandId,
    `${word} reason`,
  ]);
  const decided = terms === 'COUNTERSIGNED';
  await owner.query(
    `INSERT INTO terms_version (id, partnership_id, version, status, proposed_by_brand_id, proposed_at, decided_by_brand_id, decided_at, effective_from,
       may_issue, may_redeem, issuance_price, reimbursement_price, backdating_days, data_sharing_purposes)
     VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $5, true, true, 10000, 8000, 3650, ARRAY[$8])`,
    [termsId, partnershipId, terms, operatorId, at, decided ? brandId : null, decided ? at : null, `${word} purpose`],
  );
  return { partnershipId, termsId, currency };
}
