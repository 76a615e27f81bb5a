import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { hasTerms } from '../../coalition/coalition/terms-in-force';
import type { AccountId, PostingOutcome } from '../../ledger/ledger/posting';
import type { Uuid } from '../../platform/ids';
import { balancesIf, balancesWhere, type ToldOutcome, tellsBalance } from './what-is-told';

/** What a brand's look at a balance rests on. */
export type Over = 'a confirmed link' | 'any link';

/** Whether the transaction's brand has such a link with the member whose wallet the account is of. */
export async function seesWallet(client: PoolClient, account: AccountId, over: Over = 'a confirmed link'): Promise<boolean> {
  // Row-level security shows an account over a confirmed link, a wallet over any.
  const { rowCount } = await client.query(
    over === 'any link'
      ? { name: 'sees-wallet-of', text: 'SELECT FROM wallet WHERE id = wallet_of_account($1)', values: [account] }
      : { name: 'sees-wallet', text: "SELECT FROM account WHERE id = $1 AND kind = 'WALLET'", values: [account] },
  );
  return rowCount === 1;
}

/** What an earlier event of the brand's was about. */
interface OwnEvent {
  readonly brandId: Uuid;
  readonly currencyId: number;
}

/**
 * Whether a brand is told what the account holds that an earlier event of its own was about. Without a link, or without
 * terms, it settles its own purchases and redemptions, but is not told the balance.
 */
export function tellsOfEvent(snapshot: CoalitionSnapshot, { brandId, currencyId }: OwnEvent, linked: boolean, over: Over, now: Date): boolean {
  const proof = !linked ? 'NONE' : over === 'any link' ? 'CARD' : 'MEMBER';
  return tellsBalance({ proof, linked, repeated: true, dryRun: false, hasTerms: hasTerms(snapshot, brandId, currencyId, now) });
}

/**
 * What is told of a repeated request: as it may be told today. `brandId`: the brand that asks, which is told over a
 * confirmed link, in currencies that it has terms for; null: the member, who is told of the own wallet.
 */
export function tellAgain(app: App, brandId: Uuid | null) {
  return async (client: PoolClient, { balances }: PostingOutcome): Promise<(outcome: PostingOutcome) => ToldOutcome> => {
    if (balances.length === 0) return balancesIf(false);
    const { rows } = await client.query<{ id: string; currency_id: number }>({
      name: 'sees-wallets',
      text: "SELECT id, currency_id FROM account WHERE id = ANY ($1::bigint[]) AND kind = 'WALLET'",
      values: [balances.map(({ account }) => account)],
    });
    const seen = new Map(rows.map((row) => [Number(row.id), row.currency_id]));
    if (brandId === null) return balancesWhere((account) => seen.has(account));
    const [snapshot, now] = [await app.coalition.snapshot(client), app.clock.now()];
    return balancesWhere((account) => {
      const currencyId = seen.get(account);
      return currencyId !== undefined && tellsOfEvent(snapshot, { brandId, currencyId }, true, 'a confirmed link', now);
    });
  };
}

/** As seesWallet, of the wallet itself: where the account that was spent from is a household's. */
export async function seesMember(client: PoolClient, walletId: Uuid, over: Over): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'sees-member',
    text: `SELECT FROM wallet w JOIN brand_link l ON l.member_id = w.member_id
           WHERE w.id = $1 AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL AND ($2 OR l.confirmed_at IS NOT NULL)`,
    values: [walletId, over === 'any link'],
  });
  return rowCount === 1;
}
