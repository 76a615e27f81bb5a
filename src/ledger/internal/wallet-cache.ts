import type { AccountId } from '../posting';
import type { BatchState, WalletState } from './batch-state';

/**
 * Wallets of recent batches with their lots, kept between batches: most of what a posting reads. One is believed only while its account's row, locked
 * by the batch that uses it, has the version it was kept at: whatever changes a wallet or its lots raises it, in this process or another. Arrears,
 * holds and counters are not kept.
 * A batch takes out what it works on and gives it back after its commit; what belonged to a batch that failed is thus forgotten by itself.
 */
export class WalletCache {
  private readonly kept = new Map<AccountId, WalletState>();
  private lots = 0;

  /** `maxLots` bounds the memory: a lot takes about 200 bytes, a wallet counts as one lot more. */
  constructor(private readonly maxLots: number) {}

  take(account: AccountId): WalletState | undefined {
    const wallet = this.kept.get(account);
    if (wallet) this.forget(wallet);
    return wallet;
  }

  /** The wallets of a batch that is committed: as they are now, at the versions that its writes gave them. */
  keep({ wallets, writes }: BatchState): void {
    const emptied = new Set<AccountId>();
    for (const lot of writes.lots) {
      if (lot.remaining === 0 && lot.held === 0) emptied.add(lot.account);
      else if (!lot.loaded || lot.loaded.remaining !== lot.remaining || lot.loaded.held !== lot.held) lot.loaded = { remaining: lot.remaining, held: lot.held };
    }
    for (const wallet of wallets.values()) {
      if (wallet.changed) wallet.version++;
      wallet.changed = false;
      // As if they were read now: emptied lots are not.
      if (emptied.has(wallet.account)) wallet.lots = wallet.lots.filter((lot) => lot.remaining > 0 || lot.held > 0);
      if (wallet.arrearsRows.length > 0) wallet.arrearsRows = [];
      if (wallet.expiringHolds.length > 0) wallet.expiringHolds = [];
      this.kept.set(wallet.account, wallet);
      this.lots += wallet.lots.length + 1;
    }
    // Whoever was not used for longest goes first.
    for (const wallet of this.kept.values()) {
      if (this.lots <= this.maxLots) break;
      this.forget(wallet);
    }
  }

  private forget(wallet: WalletState): void {
    this.kept.delete(wallet.account);
    this.lots -= wallet.lots.length + 1;
  }
}
