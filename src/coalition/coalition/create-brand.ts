import { z } from 'zod';
import type { App } from '../../app';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { plainText } from '../../ledger/ledger/request-fields';
import { refusingBy } from '../../platform/database/constraint-refusal';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { newUuid } from '../../platform/ids';
import { requireOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce, idempotencyKeySchema, reasonSchema } from '../access/record-change';
import { BrandRecord } from './brand.entity';
import { REFERENCES_REPEAT } from './references-repeat';

/** Codes of brands and of currencies are never given twice. */
export const codeRefusals = refusals(
  keyRefusals,
  defineRefusal('CODE_TAKEN', {
    description: 'The code is in use.',
    retrySafe: false,
    message: (_, { code }: { code: string }) => `The code ${code} is taken. Choose another: codes are never changed.`,
  }),
);

export const brandNameSchema = z.string().trim().min(1, 'Give the brand a name.').max(200, 'A name has at most 200 characters.').pipe(plainText(200));
export const countrySchema = z.string().regex(/^[A-Z]{2}$/, 'A country is its ISO 3166-1 code of two letters, such as "DE".');

/** Whole points; null: no limit. */
export const cardOnlyPerDaySchema = z
  .bigint()
  .min(0n, 'A limit is not below zero; null is none.')
  .max(1_000_000_000n, 'A limit is at most 1,000,000,000 whole points; null is none.')
  .transform(Number)
  .nullable();
/** What a card alone burns in a day at a brand, unless the operator says otherwise. */
export const CARD_ONLY_PER_DAY = 1_000;

export const createBrandSchema = z.object({
  idempotencyKey: idempotencyKeySchema,
  code: z.string().regex(/^[A-Z][A-Z0-9_-]{1,31}$/, 'A code is 2 to 32 of A-Z, 0-9, _ and -, beginning with a letter.'),
  name: brandNameSchema,
  country: countrySchema.nullish(),
  referencesRepeat: z.enum(REFERENCES_REPEAT).nullish(),
  cardOnlyPerDay: cardOnlyPerDaySchema.optional(),
  reason: reasonSchema,
});
export type CreateBrand = z.output<typeof createBrandSchema>;

/** Makes a brand. It can do nothing before terms with the operator are countersigned. */
export async function createBrand(app: App, principal: Principal, command: CreateBrand): Promise<BrandRecord> {
  requireOperator(principal, ['PROGRAMME_MANAGER']);
  const { code, name, country = null } = command;
  // What is left out, as it once always was, is not in the content.
  const referencesRepeat = command.referencesRepeat ?? undefined;
  const { cardOnlyPerDay } = command;
  return refusingBy({ brand_code_unique: () => codeRefusals.refuse('CODE_TAKEN', { code }) }, async () => {
    const request = {
      operation: 'createBrand',
      idempotencyKey: command.idempotencyKey,
      reason: command.reason,
      content: { code, name, country, referencesRepeat, cardOnlyPerDay },
    };
    const { target } = await createOnce(app, principal, request, async ({ manager }) => {
      const id = newUuid();
      const createdAt = app.clock.now();
      await manager.insert(BrandRecord, {
        id,
        code,
        name,
        isOperator: false,
        country,
        status: 'ACTIVE',
        referencesRepeat: referencesRepeat ?? 'NEVER',
        cardOnlyPerDay: cardOnlyPerDay === undefined ? CARD_ONLY_PER_DAY : cardOnlyPerDay,
        createdAt,
      });
      return id;
    });
    return app.database.transaction(databasePrincipal(principal), ({ manager }) => manager.findOneByOrFail(BrandRecord, { id: target }));
  });
}
