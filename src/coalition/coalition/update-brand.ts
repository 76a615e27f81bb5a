import { z } from 'zod';
import type { App } from '../../app';
import type { Tx } from '../../platform/database/transaction';
import type { Uuid } from '../../platform/ids';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { requireOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { reasonSchema, recordChange } from '../access/record-change';
import { BrandRecord } from './brand.entity';
import { brandNameSchema, cardOnlyPerDaySchema, countrySchema } from './create-brand';
import { REFERENCES_REPEAT } from './references-repeat';

export const updateBrandSchema = z.object({
  name: brandNameSchema.nullish(),
  country: countrySchema.nullish(),
  referencesRepeat: z.enum(REFERENCES_REPEAT).nullish(),
  cardOnlyPerDay: cardOnlyPerDaySchema.optional(),
  reason: reasonSchema,
});

/** What is left out stays as it is. */
export type UpdateBrand = z.output<typeof updateBrandSchema> & { readonly brandId: Uuid };

/**
 * Renames a brand, or changes its country, how often it uses a reference, or how much a card alone burns there. What
 * was booked keeps the reference that it holds.
 */
export function updateBrand(app: App, principal: Principal, command: UpdateBrand): Promise<BrandRecord> {
  requireOperator(principal, ['PROGRAMME_MANAGER']);
  return changeBrand(app, principal, 'updateBrand', command, (brand) => ({
    name: command.name ?? brand.name,
    country: command.country ?? brand.country,
    referencesRepeat: command.referencesRepeat ?? brand.referencesRepeat,
    cardOnlyPerDay: command.cardOnlyPerDay === undefined ? brand.cardOnlyPerDay : command.cardOnlyPerDay,
  }));
}

export interface ChangeBrandStatus {
  readonly brandId: Uuid;
  readonly reason?: string | null;
}

/** For how long what happened before may still be told, unless the operator says otherwise. */
const SETTLING_DAYS = 14;

export const settlingDaysSchema = z.number().int().min(0, 'Settling takes no days (0) or more.').max(365, 'Settling takes at most 365 days.').nullish();

export interface SuspendBrand extends ChangeBrandStatus {
  /**
   * For so many days its API clients may tell what happened before; 0: not at all. Left out: 14, or what was said
   * before where the brand is suspended already.
   */
  readonly settlingDays?: number | null;
}

/**
 * Suspends a brand. Until it is resumed, nothing that happens there is taken. Nothing is done for its clients, its
 * staff and the sessions that it minted, but for what settles (see requireAllowedWhileSuspended). Its members keep
 * their points. Where it is suspended already, this changes the days.
 */
export function suspendBrand(app: App, principal: Principal, command: SuspendBrand): Promise<BrandRecord> {
  requireOperator(principal);
  return changeBrand(app, principal, 'suspendBrand', command, (brand) => {
    if (brand.isOperator) throw new InvalidInput('input.brandId', "The operator's own brand cannot be suspended.");
    return { status: 'SUSPENDED', settlingDays: command.settlingDays ?? (brand.status === 'SUSPENDED' ? brand.settlingDays : SETTLING_DAYS) };
  });
}

/** Lifts a brand's suspension. */
export function resumeBrand(app: App, principal: Principal, command: ChangeBrandStatus): Promise<BrandRecord> {
  requireOperator(principal);
  return changeBrand(app, principal, 'resumeBrand', command, () => ({ status: 'ACTIVE' }));
}

/** From when on it counts. The brand is locked. */
async function rememberStatus({ client }: Tx, brandId: Uuid, status: BrandRecord['status'], at: Date): Promise<void> {
  await client.query('INSERT INTO brand_event (brand_id, seq, status, at) SELECT $1, coalesce(max(seq), 0) + 1, $2, $3 FROM brand_event WHERE brand_id = $1', [
    brandId,
    status,
    at,
  ]);
}

async function changeBrand(
  app: App,
  principal: Principal,
  operation: string,
  command: ChangeBrandStatus,
  change: (brand: BrandRecord) => Partial<Pick<BrandRecord, 'name' | 'country' | 'status' | 'referencesRepeat' | 'cardOnlyPerDay' | 'settlingDays'>>,
): Promise<BrandRecord> {
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const brand = await tx.manager.findOne(BrandRecord, { where: { id: command.brandId }, lock: { mode: 'pessimistic_write' } });
    if (!brand) throw new NotFound('Brand');
    const changed = change(brand);
    // Nothing new: neither an audit entry nor a new version of the coalition.
    if (Object.entries(changed).every(([name, value]) => brand[name as keyof BrandRecord] === value)) return brand;
    const moved = changed.status !== undefined && changed.status !== brand.status;
    const { affected } = await tx.manager.update(BrandRecord, { id: brand.id }, changed);
    if (affected !== 1) throw new NotFound('Brand');
    if (changed.status && moved) await rememberStatus(tx, brand.id, changed.status, app.clock.now());
    await recordChange(app, tx, principal, { operation, target: brand.id, reason: command.reason, details: changed });
    return Object.assign(brand, changed);
  });
}
