import { z } from 'zod';
import type { App } from '../../app';
import { plainText } from '../../ledger/ledger/request-fields';
import type { Tx } from '../../platform/database/transaction';
import { newUuid, type Uuid } from '../../platform/ids';
import { LOCKS, takeLock } from '../../platform/locks';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { ADMIN, requireBrandOrOperator } from '../access/permissions';
import { actorOf, type Principal } from '../access/principal';
import { createOnce, idempotencyKeySchema, reasonSchema } from '../access/record-change';
import type { PointCurrency } from './coalition-snapshot';
import { PartnershipRecord } from './partnership.entity';
import { PartnershipEvent } from './partnership-event.entity';
import { readTerms } from './read-partnerships';
import { ARREARS_CARRIERS, REFUND_ORDERS, TermsRecord } from './terms.entity';

const days = (most: number) => z.int().min(0, `Days are 0 to ${most}.`).max(most, `Days are 0 to ${most}.`);
/** Micro-units per whole point: a million units of money for one point is beyond any programme. */
const MOST_PRICE = 10n ** 12n;
const price = z.bigint().min(0n, 'A price is not below zero.').max(MOST_PRICE, 'A price is at most 1000000 per point.');
const MOST_PURPOSES = 50;

/** Terms that are left out take the default in brackets. */
export const proposeTermsSchema = z.object({
  idempotencyKey: idempotencyKeySchema,
  currency: z.string().max(16),
  effectiveFrom: z.date(),
  mayIssue: z.boolean(),
  mayRedeem: z.boolean(),
  /** Micro-units of the settlement currency per whole point. */
  issuancePrice: price,
  reimbursementPrice: price,
  /** Left out: no points come in from an old programme. */
  openingPrice: price.optional(),
  /** ISO 4217 code that the prices are given in: must be the one that the currency is settled in. */
  priceCurrency: z.string(),
  pricesIncludeTax: z.boolean().default(false),
  arrearsCarrier: z.enum(ARREARS_CARRIERS).default('OPERATOR'),
  refundOrder: z.enum(REFUND_ORDERS).default('POINTS_LAST'),
  backdatingDays: days(36_600).default(90),
  paymentDays: days(365).default(30),
  noticeDays: days(3_650).default(30),
  dataSharingPurposes: z.array(plainText(200)).max(MOST_PURPOSES).default([]),
  reason: reasonSchema,
});

/** withBrandId: the other side; null for the operator. */
export type ProposeTerms = z.output<typeof proposeTermsSchema> & { readonly withBrandId: Uuid | null };

/** Proposes a version of the terms between the principal's brand and another. The first one makes the partnership. */
export async function proposeTerms(app: App, principal: Principal, command: ProposeTerms): Promise<TermsRecord> {
  const own = requireBrandOrOperator(principal, ADMIN, null);
  const { idempotencyKey, reason, currency: code, priceCurrency, withBrandId, ...terms } = command;
  const content = { ...terms, code, priceCurrency, withBrandId };
  const { target } = await createOnce(app, principal, { operation: 'proposeTerms', idempotencyKey, reason, content }, async (tx) => {
    const { operator, brandsById, currenciesByCode } = await app.coalition.snapshot(tx.client);
    const other = withBrandId ?? operator?.id;
    if (!other || !brandsById.has(other)) throw new NotFound('Brand');
    if (other === own) throw new InvalidInput('input.withBrandId', 'A brand has no terms with itself: name the other side.');
    const currency = currenciesByCode.get(code);
    if (!currency) throw new NotFound('Currency');
    checkPrices(command, currency);
    // The operator is always the partner; between two other brands, whoever did not propose first.
    const sides = own === operator?.id ? { brandId: other, partnerBrandId: own } : { brandId: own, partnerBrandId: other };
    const partnership = await findOrMakePartnership(app, tx, { principal, brandId: own }, sides, currency.id);
    const id = newUuid();
    await tx.manager.insert(TermsRecord, {
      ...terms,
      openingPrice: terms.openingPrice ?? null,
      id,
      partnershipId: partnership.id,
      version: await nextVersion(app, tx, partnership, command.effectiveFrom),
      status: 'PROPOSED',
      proposedByBrandId: own,
      proposedAt: app.clock.now(),
      decidedByBrandId: null,
      decidedAt: null,
      noticeWaived: false,
    });
    return id;
  });
  return readTerms(app, principal, target);
}

function checkPrices(command: ProposeTerms, currency: PointCurrency): void {
  if (command.priceCurrency !== currency.settlementCurrency)
    throw new InvalidInput('input.issuancePrice.currency', `${currency.code} is settled in ${currency.settlementCurrency}: give its prices in that.`);
  // So that every single smallest unit has an exact price and nothing is ever rounded before a statement.
  const unitsPerPoint = 10n ** BigInt(currency.scale);
  for (const field of ['issuancePrice', 'reimbursementPrice', 'openingPrice'] as const)
    if ((command[field] ?? 0n) % unitsPerPoint !== 0n)
      throw new InvalidInput(
        `input.${field}.amount`,
        `${currency.code} has ${currency.scale} decimals: its price per point has at most ${6 - currency.scale}.`,
      );
}

async function findOrMakePartnership(
  app: App,
  tx: Tx,
  by: { principal: Principal; brandId: Uuid },
  sides: { brandId: Uuid; partnerBrandId: Uuid },
  currencyId: number,
): Promise<PartnershipRecord> {
  // Both sides may propose first, at once: one lock for the pair, whoever is named first.
  const pair = [sides.brandId, sides.partnerBrandId].sort();
  await takeLock(tx.client, LOCKS.PARTNERSHIP, ...pair, currencyId);
  const reversed = { brandId: sides.partnerBrandId, partnerBrandId: sides.brandId };
  const where = [sides, reversed].map((each) => ({ ...each, currencyId }));
  const existing = await tx.manager.findOne(PartnershipRecord, { where, lock: { mode: 'pessimistic_write' } });
  if (existing) return existing;
  const partnership: PartnershipRecord = { id: newUuid(), ...sides, currencyId, state: 'PROPOSED', createdAt: app.clock.now() };
  await tx.manager.insert(PartnershipRecord, partnership);
  await tx.manager.insert(PartnershipEvent, {
    partnershipId: partnership.id,
    seq: 1,
    state: 'PROPOSED',
    at: app.clock.now(),
    byBrandId: by.brandId,
    byActor: actorOf(by.principal),
    reason: null,
  });
  return partnership;
}

async function nextVersion(app: App, tx: Tx, partnership: PartnershipRecord, effectiveFrom: Date): Promise<number> {
  const earlier = await tx.manager.find(TermsRecord, { where: { partnershipId: partnership.id }, select: { version: true, status: true } });
  // Only a first version may reach back: what has happened under agreed terms stays as it was agreed.
  if (earlier.some((each) => each.status === 'COUNTERSIGNED') && effectiveFrom < app.clock.now())
    throw new InvalidInput('input.effectiveFrom', 'Only first terms may start in the past; these follow others.');
  return Math.max(0, ...earlier.map((each) => each.version)) + 1;
}
