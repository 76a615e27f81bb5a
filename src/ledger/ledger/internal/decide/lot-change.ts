import type { Uuid } from '../../../../platform/ids';
import type { Posting } from './posting-in-progress';
import type { LotKey, WalletState } from './wallet-state';

/** What names a change of dates: the place is among those of one id. */
export interface ChangeName {
  readonly id: Uuid;
  readonly position: number;
  readonly creditId: Uuid | null;
}

/** So many points move from one lot of a wallet to another. */
export interface DateChange<From extends LotKey = LotKey> {
  readonly from: From;
  readonly to: LotKey;
  readonly amount: number;
}

/** Writes down that points have other dates from now on. */
export function recordChange(posting: Posting, wallet: WalletState, { from, to, amount }: DateChange, name: ChangeName): void {
  const { request, state } = posting;
  state.writes.lotChanges.push({
    ...name,
    postingId: request.id,
    account: wallet.account,
    contributor: from.contributor,
    from: { originId: from.originId, expiresOn: from.expiresOn, availableOn: from.availableOn },
    to: { originId: to.originId, expiresOn: to.expiresOn, availableOn: to.availableOn },
    amount,
    occurredAt: request.occurredAt,
    recordedAt: request.recordedAt,
  });
}
