import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { requireMemberLogin, requireOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import type { AccountId } from '../../ledger/ledger/posting';
import { dayOf, dayToIso } from '../../ledger/points/calendar';
import { type Membership, type PoolRole, readMemberships } from '../../members/households/household';
import { type ToldBalance, toldBalance } from '../../members/identification/what-is-told';
import { type Expiry, nextExpiries, readStanding } from '../../members/members/read-balances';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { NotFound } from '../../platform/refusal';

/** An invitation that nobody has answered yet. Who was invited is not said before they join. */
export interface OpenInvitation {
  readonly invitationId: Uuid;
  readonly role: PoolRole;
  readonly invitedAt: Date;
  readonly endsAt: Date;
}

/** A household pool as its members and the operator see it. */
export interface HouseholdPool {
  readonly poolId: Uuid;
  readonly openedAt: Date;
  /** null: it is open. */
  readonly closedAt: Date | null;
  readonly members: readonly Membership[];
  readonly invitations: readonly OpenInvitation[];
}

/** Who may look at pools: members of the pool, with a login of their own, and the operator's staff. */
export function requirePoolReader(principal: Principal): void {
  if (principal.kind === 'member') requireMemberLogin(principal);
  else requireOperator(principal, ['SUPPORT', 'COMPLIANCE_OFFICER']);
}

/** A pool that whoever asks may see. Throws PermissionDenied, NotFound. */
export async function findPool(app: App, principal: Principal, poolId: Uuid): Promise<HouseholdPool> {
  requirePoolReader(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<{ opened_at: Date; closed_at: Date | null }>('SELECT id, opened_at, closed_at FROM household_pool WHERE id = $1', [
      poolId,
    ]);
    const [pool] = rows;
    if (!pool) throw new NotFound('Pool');
    return {
      poolId,
      openedAt: pool.opened_at,
      closedAt: pool.closed_at,
      members: await readMemberships(client, poolId),
      invitations: await readInvitations(client, poolId, app.clock.now()),
    };
  });
}

/** The pool that the asking member is in, or null. Throws PermissionDenied. */
export async function findOwnPool(app: App, principal: Principal): Promise<HouseholdPool | null> {
  requireMemberLogin(principal);
  const { rows } = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query<{ id: Uuid | null }>('SELECT current_pool() AS id'),
  );
  const { id } = only(rows);
  return id === null ? null : findPool(app, principal, id);
}

async function readInvitations(client: PoolClient, poolId: Uuid, now: Date): Promise<OpenInvitation[]> {
  const { rows } = await client.query<OpenInvitation>(
    `SELECT id AS "invitationId", role, invited_at AS "invitedAt", invitation_ends_at AS "endsAt" FROM household_member
     WHERE pool_id = $1 AND joined_at IS NULL AND ended_at IS NULL AND invitation_ends_at > $2 ORDER BY invited_at, id`,
    [poolId, now],
  );
  return rows;
}

/** What is left in a pool of what somebody put in, held points counted. */
export interface ContributorPart {
  readonly memberId: Uuid;
  readonly points: number;
}

/** What a pool holds of one currency. */
export interface PoolBalance extends ToldBalance {
  readonly currency: string;
  readonly nextExpiries: readonly Expiry[];
  readonly contributors: readonly ContributorPart[];
}

/** An account of a pool. */
export interface PoolAccount {
  readonly account: AccountId;
  readonly currency: PointCurrency;
}

/**
 * A pool's accounts in which there ever was something, by currency code, as far as the transaction's principal may see
 * them.
 */
export async function readPoolAccounts(app: App, client: PoolClient, poolId: Uuid): Promise<PoolAccount[]> {
  const { currenciesById } = await app.coalition.snapshot(client);
  const { rows } = await client.query<{ id: string; currency_id: number }>({
    name: 'pool-accounts',
    text: "SELECT id, currency_id FROM account WHERE owner_id = $1 AND kind = 'POOL' AND credits > 0",
    values: [poolId],
  });
  return rows
    .map((row) => ({ account: Number(row.id), currency: currenciesById.get(row.currency_id) as PointCurrency }))
    .sort((a, b) => (a.currency.code < b.currency.code ? -1 : 1));
}

/** What a pool holds, a currency each, by code. Throws PermissionDenied. */
export async function readPoolBalances(app: App, principal: Principal, poolId: Uuid): Promise<PoolBalance[]> {
  requirePoolReader(principal);
  const now = app.clock.now();
  const found = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const parts: (PoolAccount & Pick<PoolBalance, 'contributors'>)[] = [];
    for (const each of await readPoolAccounts(app, client, poolId)) {
      const today = dayOf(now, each.currency.timeZone);
      const { rows } = await client.query<{ member_id: Uuid; points: string }>({
        name: 'pool-parts',
        text: PARTS,
        values: [poolId, each.account, dayToIso(today)],
      });
      const contributors = rows.map((row) => ({ memberId: row.member_id, points: Number(row.points) }));
      parts.push({ ...each, contributors });
    }
    return parts;
  });
  return Promise.all(
    found.map(async ({ contributors, ...each }) => {
      const standing = await readStanding(app, each);
      return { ...toldBalance(standing.balance, true), currency: each.currency.code, nextExpiries: nextExpiries(standing), contributors };
    }),
  );
}

// Sliding expiry ends what is in an account together, whatever its lots say. What a hold has taken it may still spend.
const PARTS = `
  SELECT c.member_id, sum(CASE WHEN least(l.expires_on, a.slides_until) > $3::date THEN l.remaining + l.held ELSE l.held END)::text AS points
  FROM lot l JOIN account a ON a.id = l.account_id JOIN pool_contributors($1) c ON c.pool_account = l.account_id AND c.wallet_account = l.contributor_id
  WHERE l.account_id = $2 AND l.remaining + l.held > 0 GROUP BY c.member_id
  HAVING sum(CASE WHEN least(l.expires_on, a.slides_until) > $3::date THEN l.remaining + l.held ELSE l.held END) > 0 ORDER BY c.member_id`;
