import type { AccountId } from '../../posting';
import type { BatchState } from '../decide/batch-state';
import type { WalletState } from '../decide/wallet-state';

/**
 * Wallets of recent batches with their lots: most of what a posting reads. A kept wallet counts only if its account's
 * row, under the batch's lock, still has the version that it was kept at. Whatever changes a wallet or its lots raises
 * that version, in this process or another. Of arrears and holds the sums are kept, which tell whether there are any. A
 * batch takes out what it works on and gives it back after its commit. So what a failed batch worked on is forgotten by
 * itself.
 */
export class WalletCache {
  /**
   * Two generations instead of an order of last use. When the recent ones fill their half, those not used since the
   * last time are forgotten.
   */
  private recent = new Map<AccountId, WalletState | undefined>();
  private older = new Map<AccountId, WalletState | undefined>();
  private recentLots = 0;

  /** `maxLots` bounds the memory: a lot takes about 200 bytes, a wallet counts as one lot more. */
  constructor(private readonly maxLots: number) {}

  take(account: AccountId): WalletState | undefined {
    const recent = this.recent.get(account);
    if (recent) {
      // Overwritten, not deleted: a map that shrinks and grows all the time is slow.
      this.recent.set(account, undefined);
      this.recentLots -= recent.lots.length;
      return recent;
    }
    const older = this.older.get(account);
    if (older) this.older.set(account, undefined);
    return older;
  }

  /** The wallets of a batch that is committed: as they are now, at the versions that its writes gave them. */
  keep({ wallets, writes }: BatchState): void {
    const emptied = new Set<AccountId>();
    for (const lot of writes.lots) {
      if (lot.remaining === 0 && lot.held === 0) emptied.add(lot.account);
      else if (!lot.loaded || lot.loaded.remaining !== lot.remaining || lot.loaded.held !== lot.held) lot.loaded = { remaining: lot.remaining, held: lot.held };
    }
    for (const [account, wallet] of wallets) {
      if (wallet.changed) wallet.version++;
      wallet.changed = false;
      // As if they were read now: emptied lots are not.
      if (emptied.has(account)) wallet.lots = wallet.lots.filter((lot) => lot.remaining > 0 || lot.held > 0);
      if (wallet.arrearsRows.length > 0) wallet.arrearsRows = [];
      if (wallet.expiringHolds.length > 0) wallet.expiringHolds = [];
      this.recent.set(account, wallet);
      this.recentLots += wallet.lots.length;
    }
    if (this.recentLots + this.recent.size < this.maxLots / 2) return;
    this.older = this.recent;
    this.recent = new Map();
    this.recentLots = 0;
  }
}
