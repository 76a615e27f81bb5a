import type { AccountId } from '../posting';
import type { LotState, WalletState } from './batch-state';

/** The lots of a wallet as they were when its account had that version. */
interface KeptLots {
  readonly version: number;
  readonly lots: LotState[];
}

/**
 * Lots of the wallets of recent batches, kept between batches: most of what a posting reads. Believed only while the account's row, locked by the
 * batch that uses them, has the version they were kept at: whatever changes lots raises it, in this process or another.
 * A batch takes out what it works on and puts it back after its commit; what belonged to a batch that failed is thus forgotten by itself.
 */
export class WalletCache {
  private readonly kept = new Map<AccountId, KeptLots>();
  private lots = 0;

  /** `maxLots` bounds the memory: a lot takes about 200 bytes, a wallet counts as one lot more. */
  constructor(private readonly maxLots: number) {}

  take(account: AccountId): KeptLots | undefined {
    const kept = this.kept.get(account);
    if (kept) this.forget(account, kept);
    return kept;
  }

  /** The wallets of a batch that is committed: as they are now, at the version that its writes gave them. */
  keep(wallets: Iterable<WalletState>): void {
    for (const wallet of wallets) {
      const lots = settled(wallet.lots);
      this.kept.set(wallet.account, { version: wallet.changed ? wallet.version + 1 : wallet.version, lots });
      this.lots += lots.length + 1;
    }
    // Whoever was not used for longest goes first.
    for (const [account, kept] of this.kept) {
      if (this.lots <= this.maxLots) break;
      this.forget(account, kept);
    }
  }

  private forget(account: AccountId, kept: KeptLots): void {
    this.kept.delete(account);
    this.lots -= kept.lots.length + 1;
  }
}

/** The lots as they would be read now: emptied ones are not. */
function settled(lots: LotState[]): LotState[] {
  let emptied = false;
  for (const lot of lots) {
    if (lot.remaining === 0 && lot.held === 0) emptied = true;
    else if (!lot.loaded) lot.loaded = { remaining: lot.remaining, held: lot.held };
    else if (lot.loaded.remaining !== lot.remaining || lot.loaded.held !== lot.held) lot.loaded = { remaining: lot.remaining, held: lot.held };
  }
  return emptied ? lots.filter((lot) => lot.remaining > 0 || lot.held > 0) : lots;
}
