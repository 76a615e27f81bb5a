import type { PoolClient } from 'pg';
import type { AccountId } from '../../ledger/ledger/posting';
import type { Uuid } from '../../platform/ids';

/** What a brand's look at a balance rests on. */
export type Over = 'a confirmed link' | 'any link';

/**
 * Whether the transaction's brand may be told what the wallet's account holds. Without a link it settles its own
 * purchases and redemptions, but is not told the balance.
 */
export async function seesWallet(client: PoolClient, account: AccountId, over: Over = 'a confirmed link'): Promise<boolean> {
  // Row-level security shows an account over a confirmed link, a wallet over any.
  const { rowCount } = await client.query(
    over === 'any link'
      ? { name: 'sees-wallet-of', text: 'SELECT FROM wallet WHERE id = wallet_of_account($1)', values: [account] }
      : { name: 'sees-wallet', text: "SELECT FROM account WHERE id = $1 AND kind = 'WALLET'", values: [account] },
  );
  return rowCount === 1;
}

/** The same, of the wallet itself: where the account that was spent from is a household's. */
export async function seesMember(client: PoolClient, walletId: Uuid, over: Over): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'sees-member',
    text: `SELECT FROM wallet w JOIN brand_link l ON l.member_id = w.member_id
           WHERE w.id = $1 AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL AND ($2 OR l.confirmed_at IS NOT NULL)`,
    values: [walletId, over === 'any link'],
  });
  return rowCount === 1;
}
