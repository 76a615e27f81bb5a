import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import type { AccountId } from '../../ledger/ledger/posting';
import type { Uuid } from '../../platform/ids';
import { Refusal } from '../../platform/refusal';

/** The member is in a household whose points are not the member's alone to take along. */
export class MemberInHousehold extends Refusal {
  constructor() {
    super({ code: 'MEMBER_IN_HOUSEHOLD', retrySafe: false, message: 'This member is in a household pool. Leave it first: their own points come back then.' });
  }
}

/** Throws MemberInHousehold. */
export async function requireNoHousehold(client: PoolClient, walletId: Uuid): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pools_of_wallets(ARRAY[$1::uuid])', [walletId]);
  if (rowCount) throw new MemberInHousehold();
}

/**
 * The wallet's account in each of the coalition's currencies, opened where there was none: a request that found the wallet open a moment ago must
 * find it closed in whatever currency it comes with.
 */
export async function everyAccount(app: App, walletId: Uuid, currencies: readonly PointCurrency[]): Promise<{ account: AccountId; currency: PointCurrency }[]> {
  const accounts = await app.ledger.openAccounts(currencies.map(({ id }) => ({ kind: 'WALLET' as const, owner: walletId, currencyId: id })));
  return accounts.map((account, at) => ({ account, currency: currencies[at] }));
}
