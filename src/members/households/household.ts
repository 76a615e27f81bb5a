import type { PoolClient } from 'pg';
import { type Ratio, ratio } from '../../ledger/points/ratio';
import { uuidArray } from '../../platform/database/array-arguments';
import { pipelineReads, type Reading } from '../../platform/database/pipeline';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { LOCKS, takeLock } from '../../platform/locks';
import { NotFound, PermissionDenied } from '../../platform/refusal';

/**
 * OWNER: spends, invites, sets roles, removes, closes; one a pool. ADULT: spends. CHILD: does not spend from the pool.
 * All of them put points in, set their own share, see the pool, and leave.
 */
export const POOL_ROLES = ['OWNER', 'ADULT', 'CHILD'] as const;
export type PoolRole = (typeof POOL_ROLES)[number];

/** Who may spend the household's points. */
export function spendsFromPool(role: PoolRole): boolean {
  return role !== 'CHILD';
}

/** Most members of one pool, open invitations counted. */
export const MOST_HOUSEHOLD = 10;

/** Somebody's place in a household pool. */
export interface Membership {
  readonly id: Uuid;
  readonly poolId: Uuid;
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  readonly role: PoolRole;
  /** The part, 0 to 1, of what the member earns that goes into the pool. */
  readonly share: Ratio;
  readonly joinedAt: Date;
}

const COLUMNS = 'id, pool_id, member_id, wallet_id, role, share_numerator, share_denominator, joined_at';

/**
 * The members of a pool whom the transaction's principal may see, first joined first. Who opened it comes before
 * whoever joined at that instant.
 */
export async function readMemberships(client: PoolClient, poolId: Uuid): Promise<Membership[]> {
  const { rows } = await client.query<MembershipRow>({
    name: 'household-members',
    text: `SELECT ${COLUMNS} FROM household_member WHERE pool_id = $1 AND joined_at IS NOT NULL AND ended_at IS NULL ORDER BY joined_at, invitation_ends_at, id`,
    values: [poolId],
  });
  return rows.map(toMembership);
}

/** Thrown to members of a pool; whoever is not in it hears that there is none. */
export class NotPoolOwner extends PermissionDenied {
  constructor() {
    super('Only its owner may do this with a pool.');
  }
}

/** The pool that a member is in. Throws NotFound, and NotPoolOwner where `only` the owner may go on. */
export async function requireMembership(client: PoolClient, memberId: Uuid, only?: 'OWNER'): Promise<Membership> {
  const { rows } = await client.query<MembershipRow>({
    name: 'household-membership',
    text: `SELECT ${COLUMNS} FROM household_member WHERE member_id = $1 AND joined_at IS NOT NULL AND ended_at IS NULL`,
    values: [memberId],
  });
  const [row] = rows;
  if (!row) throw new NotFound('Pool');
  if (only && row.role !== only) throw new NotPoolOwner();
  return toMembership(row);
}

/** Whoever changes a pool waits here for the others: what is counted in it stays so until the transaction ends. */
export async function lockHousehold(client: PoolClient, id: Uuid): Promise<void> {
  await takeLock(client, LOCKS.HOUSEHOLD, id);
}

/**
 * Throws NotFound for a member who is closed or merged. An active one stays active until the transaction ends: closing
 * waits, and then finds the member in a pool.
 */
export async function requireActive(client: PoolClient, memberId: Uuid): Promise<void> {
  const { rowCount } = await client.query("SELECT FROM member WHERE id = $1 AND status = 'ACTIVE' FOR SHARE", [memberId]);
  if (!rowCount) throw new NotFound('Member');
}

/** What a purchase of a member puts into the pool, and whether the member may spend from it. */
export type PoolAccess = Pick<Membership, 'id' | 'poolId' | 'role' | 'share'>;

/** The pools that these wallets' members are in, by wallet. For what a brand asks: it is not to be shown. */
export async function readPoolAccess(client: PoolClient, walletIds: readonly Uuid[]): Promise<Map<Uuid, PoolAccess>> {
  const [pools] = await pipelineReads(client, [poolAccess(walletIds)]);
  return pools;
}

/** As readPoolAccess. */
export function poolAccess(walletIds: readonly Uuid[]): Reading<Map<Uuid, PoolAccess>> {
  return {
    text: 'SELECT wallet_id, id, pool_id, role, share_numerator, share_denominator FROM pools_of_wallets($1::uuid[])',
    values: [uuidArray(walletIds)],
    take: (rows: readonly PoolRow[]) =>
      new Map(
        rows.map(([walletId, id, poolId, role, share_numerator, share_denominator]) => [
          walletId,
          { id, poolId, role, share: toShare({ share_numerator, share_denominator }) },
        ]),
      ),
  };
}

type PoolRow = readonly [walletId: string, id: string, poolId: string, role: PoolRole, share_numerator: string, share_denominator: string];

type MembershipRow = RowOf<Omit<Membership, 'share'>> & ShareRow;

function toMembership(row: MembershipRow): Membership {
  return {
    id: row.id,
    poolId: row.pool_id,
    memberId: row.member_id,
    walletId: row.wallet_id,
    role: row.role,
    share: toShare(row),
    joinedAt: row.joined_at,
  };
}

interface ShareRow {
  readonly share_numerator: string;
  readonly share_denominator: string;
}

function toShare(row: ShareRow): Ratio {
  return ratio(BigInt(row.share_numerator), BigInt(row.share_denominator));
}
