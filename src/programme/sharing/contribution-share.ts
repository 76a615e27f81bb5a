import { z } from 'zod';
import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { requireMembership } from '../../members/households/household';
import type { Uuid } from '../../platform/ids';

const LARGEST = 1_000_000;

/** The part of what a member earns that goes into the pool, exactly; nothing when left out. */
export const shareSchema = z
  .object({
    numerator: z.number().int().min(0, 'A share is not below zero.'),
    denominator: z.number().int().min(1, 'A denominator is above zero.').max(LARGEST, `A denominator is at most ${LARGEST}.`),
  })
  .refine(({ numerator, denominator }) => numerator <= denominator, 'A share is at most 1.');
export const optionalShare = shareSchema.nullish().transform((share) => share ?? { numerator: 0, denominator: 1 });

export const setContributionShareSchema = z.object({ share: shareSchema });
export type SetContributionShare = z.output<typeof setContributionShareSchema>;

/** From now on this part of what the member earns goes into the pool. Repeating it changes nothing. Throws NotFound. */
export async function setContributionShare(app: App, principal: Principal, { share }: SetContributionShare): Promise<Uuid> {
  const memberId = requireMemberLogin(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const own = await requireMembership(client, memberId);
    await client.query('UPDATE household_member SET share_numerator = $2, share_denominator = $3 WHERE id = $1 AND ended_at IS NULL', [
      own.id,
      share.numerator,
      share.denominator,
    ]);
    return own.poolId;
  });
}
