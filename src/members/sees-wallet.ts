import type { PoolClient } from 'pg';
import type { Uuid } from '../ids';
import type { AccountId } from '../ledger/posting';

/**
 * Whether the transaction's principal may see the wallet that the account is of. A brand settles its own purchases and redemptions after the
 * member was unlinked too, but then knows the balance no longer.
 */
export async function seesWallet(client: PoolClient, account: AccountId): Promise<boolean> {
  const { rowCount } = await client.query({ name: 'sees-wallet', text: "SELECT FROM account WHERE id = $1 AND kind = 'WALLET'", values: [account] });
  return rowCount === 1;
}

/** The same, of the wallet itself: where the account that was spent from is a household's. */
export async function seesMember(client: PoolClient, walletId: Uuid): Promise<boolean> {
  const { rowCount } = await client.query({ name: 'sees-member', text: 'SELECT FROM wallet WHERE id = $1', values: [walletId] });
  return rowCount === 1;
}
