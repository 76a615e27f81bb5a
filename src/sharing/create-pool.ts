import { z } from 'zod';
import { requireMemberLogin } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import type { App } from '../app';
import { refusingBy } from '../database/constraint-refusal';
import { derivedUuid, newUuid, type Uuid } from '../ids';
import { idempotencyKey } from '../ledger/request-fields';
import { readWallets } from '../members/resolve-members';
import { NotFound } from '../refusal';
import { optionalShare } from './contribution-share';
import { lockHousehold } from './household';
import { AlreadyInPool } from './sharing-refusals';

export const createPoolSchema = z.object({ idempotencyKey, share: optionalShare });
export type CreatePool = z.output<typeof createPoolSchema>;

/** Opens a household pool that the member owns. Its id derives from the key: a repetition finds the same one. Throws AlreadyInPool. */
export async function createPool(app: App, principal: Principal, { idempotencyKey: key, share }: CreatePool): Promise<Uuid> {
  const memberId = requireMemberLogin(principal);
  const poolId = derivedUuid('household-pool', memberId, key);
  await refusingBy({ household_member_one_pool: () => new AlreadyInPool() }, () =>
    app.database.transaction(databasePrincipal(principal), async ({ client }) => {
      await lockHousehold(client, poolId);
      if ((await client.query('SELECT FROM household_member WHERE pool_id = $1 AND member_id = $2', [poolId, memberId])).rowCount) return;
      const member = (await readWallets(client, [memberId])).get(memberId);
      if (!member) throw new NotFound('Member');
      const now = app.clock.now();
      await client.query('INSERT INTO household_pool (id, opened_at) VALUES ($1, $2)', [poolId, now]);
      await client.query(
        `INSERT INTO household_member (id, wallet_id, pool_id, member_id, role, share_numerator, share_denominator, invited_at, invitation_ends_at, joined_at)
         VALUES ($1, $2, $3, $4, 'OWNER', $5, $6, $7, $7, $7)`,
        [newUuid(), member.walletId, poolId, memberId, share.numerator, share.denominator, now],
      );
    }),
  );
  return poolId;
}
