import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { walletClosingRefusals } from '../../ledger/ledger/ledger-refusals';
import type { AccountId } from '../../ledger/ledger/posting';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';

/** What is refused where wallets are closed. */
export const closingRefusals = refusals(
  walletClosingRefusals,
  defineRefusal('MEMBER_IN_HOUSEHOLD', {
    description: 'The member is in a household pool: leave it first.',
    retrySafe: false,
    message: 'This member is in a household pool. Leave it first: their own points come back then.',
  }),
);

/** Throws MEMBER_IN_HOUSEHOLD. */
export async function requireNoHousehold(client: PoolClient, walletId: Uuid): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pools_of_wallets(ARRAY[$1::uuid])', [walletId]);
  if (rowCount) throw closingRefusals.refuse('MEMBER_IN_HOUSEHOLD');
}

/**
 * The wallet's account in each of the coalition's currencies, opened where there was none. A request that found the
 * wallet open a moment ago must find it closed, in whatever currency it comes.
 */
export async function everyAccount(app: App, walletId: Uuid, currencies: readonly PointCurrency[]): Promise<{ account: AccountId; currency: PointCurrency }[]> {
  const accounts = await app.ledger.openAccounts(currencies.map(({ id }) => ({ kind: 'WALLET' as const, owner: walletId, currencyId: id })));
  return currencies.map((currency, at) => ({ account: itemAt(accounts, at), currency }));
}
