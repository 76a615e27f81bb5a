import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { idempotencyKey } from '../../ledger/ledger/request-fields';
import { lockHousehold, requireActive } from '../../members/households/household';
import { readWallets } from '../../members/identification/resolve-members';
import { balancesIf } from '../../members/identification/what-is-told';
import { refusingBy } from '../../platform/database/constraint-refusal';
import { refusals } from '../../platform/define-refusal';
import { derivedUuid, newUuid, type Uuid } from '../../platform/ids';
import { notNow } from '../../platform/not-now';
import { NotFound } from '../../platform/refusal';
import { whenOf } from '../postings/posting-time';
import { runPosting } from '../postings/run-posting';
import { optionalShare } from './contribution-share';
import { joinPoolRefusals } from './standing';

/** What is refused where a pool is created. */
export const createPoolRefusals = refusals(keyRefusals, notNow, joinPoolRefusals);

export const createPoolSchema = z.object({ idempotencyKey, share: optionalShare });
export type CreatePool = z.output<typeof createPoolSchema>;

/**
 * Opens a household pool that the member owns. Its id derives from key and content: a repetition finds the same one,
 * other content never does. The request is kept as a posting without movements. Throws ALREADY_IN_POOL,
 * IDEMPOTENCY_CONFLICT.
 */
export async function createPool(app: App, principal: Principal, { idempotencyKey, share }: CreatePool): Promise<Uuid> {
  const memberId = requireMemberLogin(principal);
  return refusingBy({ household_member_one_pool: () => joinPoolRefusals.refuse('ALREADY_IN_POOL') }, () =>
    runPosting(app, principal, {
      kind: 'CREATE_POOL',
      party: memberId,
      idempotencyKey,
      content: { share },
      tellAgain: () => balancesIf(false),
      async look({ client }, { hash, now }) {
        const poolId = derivedUuid('household-pool', memberId, idempotencyKey, hash.toString('hex'));
        await insertPool(client, { poolId, memberId, share, now });
        return { tell: balancesIf(false), poolId };
      },
      plan({ poolId }, { now }) {
        return { when: whenOf({ occurredAt: null }, now, { timeZone: 'UTC' }), loads: { wallets: [] }, plan: () => ({ steps: [], answer: { poolId } }) };
      },
      answer: ({ answer: { poolId } }) => poolId,
    }),
  );
}

/** Changes nothing where it is there already: two at once, or one that was cut off before its request was kept. */
async function insertPool(
  client: PoolClient,
  { poolId, memberId, share, now }: { poolId: Uuid; memberId: Uuid; share: CreatePool['share']; now: Date },
): Promise<void> {
  await lockHousehold(client, poolId);
  if ((await client.query('SELECT FROM household_member WHERE pool_id = $1 AND member_id = $2', [poolId, memberId])).rowCount) return;
  await requireActive(client, memberId);
  const member = (await readWallets(client, [memberId])).get(memberId);
  if (!member) throw new NotFound('Member');
  await client.query('INSERT INTO household_pool (id, opened_at) VALUES ($1, $2)', [poolId, now]);
  await client.query(
    `INSERT INTO household_member (id, wallet_id, pool_id, member_id, role, share_numerator, share_denominator, invited_at, invitation_ends_at, joined_at)
     VALUES ($1, $2, $3, $4, 'OWNER', $5, $6, $7, $7, $7)`,
    [newUuid(), member.walletId, poolId, memberId, share.numerator, share.denominator, now],
  );
}
