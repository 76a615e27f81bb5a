import type { App } from '../../app';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { StaffMember } from '../access/staff.entity';
import { BrandRecord } from './brand.entity';
import { CARD_ONLY_PER_DAY } from './create-brand';

/** What is refused where a coalition is founded. */
export const foundingRefusals = refusals(
  defineRefusal('COALITION_FOUNDED', {
    description: 'A coalition has one operator.',
    retrySafe: false,
    message: 'This deployment has its operator already.',
  }),
);

export interface FoundCoalition {
  /** The operator's own brand. */
  readonly code: string;
  readonly name: string;
  readonly country?: string | null;
  /** The first login with the role OPERATOR, by its provider's `iss` and `sub`; it adds everybody else. */
  readonly firstOperator: { readonly issuer: string; readonly subject: string };
}

/**
 * Makes the operator's brand and its first staff, once: nobody is there yet who could be asked for permission. Not
 * reachable through the API.
 */
export async function foundCoalition(app: App, command: FoundCoalition): Promise<{ brandId: Uuid; staffId: Uuid }> {
  return app.database.transaction({ kind: 'operator' }, async ({ manager }) => {
    if (await manager.existsBy(BrandRecord, { isOperator: true })) throw foundingRefusals.refuse('COALITION_FOUNDED');
    const brandId = newUuid();
    const staffId = newUuid();
    const createdAt = app.clock.now();
    await manager.insert(BrandRecord, {
      id: brandId,
      code: command.code,
      name: command.name,
      isOperator: true,
      country: command.country ?? null,
      status: 'ACTIVE',
      referencesRepeat: 'NEVER',
      cardOnlyPerDay: CARD_ONLY_PER_DAY,
      createdAt,
    });
    await manager.insert(StaffMember, {
      id: staffId,
      ...command.firstOperator,
      brandId,
      role: 'OPERATOR',
      createdAt,
      acceptedAt: createdAt,
      invitedBy: null,
      removedAt: null,
    });
    return { brandId, staffId };
  });
}
