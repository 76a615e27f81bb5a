import type { PoolClient } from 'pg';
import type { AccountId } from '../ledger/posting';

/**
 * Whether the transaction's principal may see the wallet that the account is of. A brand settles its own purchases and redemptions after the
 * member was unlinked too, but then knows the balance no longer.
 */
export async function seesWallet(client: PoolClient, account: AccountId): Promise<boolean> {
  const { rowCount } = await client.query({ name: 'sees-wallet', text: "SELECT FROM account WHERE id = $1 AND kind = 'WALLET'", values: [account] });
  return rowCount === 1;
}
