import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { databasePrincipal } from '../../coalition/access/principal';
import { type AccountMovement, readAccountMovements, type StatementPage } from '../../members/members/read-movements';
import type { Uuid } from '../../platform/ids';
import { readPoolAccounts, requirePoolReader } from './read-pool';
import { readContributors } from './return-points';

/** One movement of a pool: how much, when, and who of the household; not where, nor for what. */
export interface PoolMovement extends Pick<AccountMovement, 'transferId' | 'seq' | 'code' | 'points' | 'balanceAfter' | 'occurredAt' | 'recordedAt'> {
  /** Who put the points in, took them out or spent them; null: nobody did, they expired. */
  readonly memberId: Uuid | null;
}

/** A pool's movements in a currency, newest first. Throws PermissionDenied. */
export function readPoolMovements(app: App, principal: Principal, poolId: Uuid, page: StatementPage): Promise<PoolMovement[]> {
  requirePoolReader(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const account = (await readPoolAccounts(app, client, poolId)).find(({ currency }) => currency.code === page.currency);
    if (!account) return [];
    const movements = await readAccountMovements(client, account.account, page);
    const who = await whoMoved(client, poolId, movements);
    return movements.map(({ transferId, seq, code, points, balanceAfter, occurredAt, recordedAt }) => {
      return { transferId, seq, code, points, balanceAfter, occurredAt, recordedAt, memberId: who.get(transferId) ?? null };
    });
  });
}

/** Who of the household stands behind each movement, by transfer. */
async function whoMoved(client: PoolClient, poolId: Uuid, movements: readonly AccountMovement[]): Promise<Map<Uuid, Uuid>> {
  const contributors = new Map((await readContributors(client, poolId)).map(({ wallet, memberId }) => [wallet, memberId]));
  const reversed = movements.flatMap(({ reverses }) => reverses ?? []);
  const { rows: spent } = await client.query<{ id: Uuid; redemption_id: Uuid }>(
    'SELECT id, coalesce(hold_id, id) AS redemption_id FROM transfer WHERE id = ANY ($1::uuid[])',
    [reversed],
  );
  const redemptions = new Map(spent.map((row) => [row.id, row.redemption_id]));
  // A burn is the redemption itself, a capture is its hold's, a refund is what it gives back.
  const redemptionOf = (each: AccountMovement) => (each.reverses ? redemptions.get(each.reverses) : (each.holdId ?? each.transferId)) ?? each.transferId;
  const { rows } = await client.query<{ redemption_id: Uuid; member_id: Uuid }>('SELECT redemption_id, member_id FROM pool_spenders($1::uuid[])', [
    movements.map(redemptionOf),
  ]);
  const spenders = new Map(rows.map((row) => [row.redemption_id, row.member_id]));
  return new Map(
    movements.flatMap((each) => {
      const memberId = contributors.get(each.otherAccount) ?? spenders.get(redemptionOf(each));
      return memberId ? [[each.transferId, memberId] as const] : [];
    }),
  );
}
