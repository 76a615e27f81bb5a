import { derivedUuid } from '../../../../platform/ids';
import { NEVER } from '../../../points/calendar';
import type { AccountId, ExpiredPoints } from '../../posting';
import { dateWhatLapsed, endLots } from './apply-dates';
import type { TransferState } from './batch-state';
import { expiredOf, mayBeOf } from './expired-lots';
import type { Posting } from './posting-in-progress';
import { endOf, type WalletState } from './wallet-state';

/**
 * What expired unspent of a credit is not paid for again. As far as it goes, it moves from expired to where it was
 * issued, and its holder owes nothing for it. Where several credits share a lot, what expired of it counts once, for
 * whichever is taken back first. It makes no difference whether the end has been booked: what is over by the posting's
 * day is booked here. Returns how many points it was.
 */
export function takeBackExpired(posting: Posting, original: TransferState, wallet: WalletState, step: ExpiredPoints, amount: number): number {
  const { lot } = original;
  if (!lot) return 0;
  const accounts = accountsOnTheWay(posting, original.creditAccount, wallet.account);
  const booked = expiredOf(posting, accounts, lot).reduce((sum, { left }) => sum + left, 0);
  const day = posting.dayIn(wallet);
  dateWhatLapsed(posting, wallet, day);
  const over = wallet.lots.filter((each) => each.remaining > 0 && each.availableOn !== NEVER && mayBeOf(each, lot) && endOf(each, wallet) <= day);
  const unbooked = Math.min(
    Math.max(0, amount - booked),
    over.reduce((sum, { remaining }) => sum + remaining, 0),
  );
  if (unbooked > 0) endLots(posting, wallet, over, unbooked, { id: derivedUuid('end-before-clawback', step.id), to: step.from, code: 'EXPIRY' });
  let left = amount;
  for (const expired of expiredOf(posting, accounts, lot)) {
    const take = Math.min(left, expired.left);
    if (take === 0) continue;
    posting.change(expired, { left: expired.left - take, returned: expired.returned + take });
    left -= take;
  }
  const taken = amount - left;
  if (taken === 0) return 0;
  posting.checkSummed(step.from, original.currencyId);
  const { debitAccount: creditAccount, currencyId, termsId } = original;
  const common = { code: 'EXPIRED_CLAWBACK' as const, holdId: null, debitAfter: null, creditAfter: null };
  posting.addTransfer({ id: step.id, debitAccount: step.from, creditAccount, currencyId, amount: taken, reverses: original.id, lot, termsId, ...common });
  return taken;
}

/** The wallet that has a credit's points now, and those that had them before it was merged, the first one last. */
function accountsOnTheWay({ state }: Posting, from: AccountId, to: AccountId): AccountId[] {
  const way = [to];
  for (let at: AccountId | null = from; at !== null && !way.includes(at); at = state.wallets.get(at)?.mergedInto ?? null) way.push(at);
  return way;
}
