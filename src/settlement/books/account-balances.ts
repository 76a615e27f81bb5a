import type { ClientBase } from 'pg';
import type { App } from '../../app';
import { type BrandPermission, requireBrand, requireOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { AccountKind } from '../../ledger/ledger/ledger';
import type { AccountId } from '../../ledger/ledger/posting';
import { type MemberOrSelf, withMember } from '../../members/identification/asking-member';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { NotFound, PermissionDenied } from '../../platform/refusal';
import { requireSettled } from './settled-instant';

/** What was moved on an account, up to an instant: points in the currency's smallest unit, money in micro-units. */
export interface AccountTotals {
  readonly account: AccountId;
  readonly kind: AccountKind;
  /** A brand's, a wallet's, a pool's or a route's, as the kind says. */
  readonly owner: Uuid;
  readonly currency: { readonly code: string; readonly kind: 'POINTS' | 'MONEY' };
  readonly debits: bigint;
  readonly credits: bigint;
}

/** Who may see what the accounts of a brand hold. */
export const READERS: BrandPermission = { scope: 'statements', roles: ['FINANCE', 'PROGRAMME_MANAGER', 'COMPLIANCE_OFFICER'] };

/**
 * Balances of summed accounts in a currency (points or money) as of an instant, or now: a brand's own, all of them for
 * the operator. In order of the accounts' ids, after one. Throws NOT_SETTLED_YET.
 */
export async function readAccountBalances(
  app: App,
  principal: Principal,
  currency: string,
  at: Date | null,
  page: { limit: number; after: AccountId | null },
): Promise<AccountTotals[]> {
  requireBooksReader(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    if (at) await requireSettled(app, client, at);
    const { rows } = await client.query<{ id: string }>({
      name: 'own-summed-accounts',
      text: SUMMED,
      values: [currency, page.after ?? 0, page.limit, brandOf(principal)],
    });
    return totalsOf(
      client,
      rows.map(({ id }) => id),
      at,
    );
  });
}

/**
 * The posted balance of a member's wallet as of an instant: for the member and for the operator. Throws
 * NOT_SETTLED_YET, NotFound.
 */
export async function readWalletBalanceAt(app: App, principal: Principal, member: MemberOrSelf, currency: string, at: Date): Promise<AccountTotals> {
  if (!(principal.kind === 'member' && principal.brandId === null) && !(principal.kind === 'staff' && principal.ofOperator))
    throw new PermissionDenied('Past balances are for the member and for the operator: a brand sees what a wallet holds now.');
  return withMember(app, principal, member, { scope: 'members', roles: ['SUPPORT', 'FINANCE', 'COMPLIANCE_OFFICER'] }, async ({ client }, { walletId }) => {
    await requireSettled(app, client, at);
    const { rows } = await client.query<{ id: string }>(
      "SELECT a.id FROM account a JOIN currency c ON c.id = a.currency_id WHERE a.owner_id = $1 AND a.kind = 'WALLET' AND c.code = $2",
      [walletId, currency],
    );
    const [wallet] = rows;
    if (!wallet) throw new NotFound('Account');
    return only(await totalsOf(client, [wallet.id], at));
  });
}

/**
 * The posted balance of a household pool as of an instant, for whoever may see the pool; null: it has never had points
 * of the currency. Throws NOT_SETTLED_YET.
 */
export async function readPoolBalanceAt(app: App, principal: Principal, poolId: Uuid, currency: string, at: Date): Promise<AccountTotals | null> {
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    await requireSettled(app, client, at);
    const { rows } = await client.query<{ id: string }>(
      "SELECT a.id FROM account a JOIN currency c ON c.id = a.currency_id WHERE a.owner_id = $1 AND a.kind = 'POOL' AND c.code = $2",
      [poolId, currency],
    );
    const [totals] = await totalsOf(
      client,
      rows.map(({ id }) => id),
      at,
    );
    return totals ?? null;
  });
}

/** Throws PermissionDenied unless a brand or the operator asks, in a role that may see what accounts hold. */
export function requireBooksReader(principal: Principal): void {
  if (principal.kind === 'staff' && principal.ofOperator) requireOperator(principal, READERS.roles);
  else requireBrand(principal, READERS);
}

/** null: the operator, who sees every brand's. */
export function brandOf(principal: Principal): Uuid | null {
  return principal.kind === 'member' || (principal.kind === 'staff' && principal.ofOperator) ? null : principal.brandId;
}

/** Totals of accounts that whoever asks may see, by their ids; the database passes over others. */
async function totalsOf(client: ClientBase, accounts: readonly string[], at: Date | null): Promise<AccountTotals[]> {
  const { rows } = await client.query<TotalsRow>({ name: 'account-totals', text: TOTALS, values: [accounts, at] });
  return rows.map(toTotals);
}

export type TotalsRow = RowOf<Pick<AccountTotals, 'kind' | 'debits' | 'credits'>> & {
  readonly account_id: string;
  readonly owner_id: Uuid;
  readonly code: string;
  readonly currency_kind: 'POINTS' | 'MONEY';
};

export function toTotals(row: TotalsRow): AccountTotals {
  return {
    account: Number(row.account_id),
    kind: row.kind,
    owner: row.owner_id,
    currency: { code: row.code, kind: row.currency_kind },
    debits: BigInt(row.debits),
    credits: BigInt(row.credits),
  };
}

const SUMMED = `
  SELECT a.id FROM account a JOIN currency c ON c.id = a.currency_id
  WHERE c.code = $1 AND NOT a.guarded AND a.id > $2 AND ($4::uuid IS NULL OR a.owner_id = $4) ORDER BY a.id LIMIT $3`;

const TOTALS = `
  SELECT t.account_id::text, a.kind, a.owner_id, c.code, c.kind AS currency_kind, t.debits::text, t.credits::text
  FROM account_totals($1::bigint[], $2) t JOIN account a ON a.id = t.account_id JOIN currency c ON c.id = a.currency_id ORDER BY t.account_id`;
