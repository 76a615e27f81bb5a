import type { App } from '../../app';
import { hasTerms } from '../../coalition/coalition/terms-in-force';
import type { PostingOutcome } from '../../ledger/ledger/posting';
import { isFound } from '../../members/identification/resolve-members';
import { asTold, type ToldOutcome, tellsOfNamed } from '../../members/identification/what-is-told';
import { itemAt } from '../../platform/one-of';
import type { AskedPurchase, PurchaseContext } from './purchase-requests';

/** A purchase that was asked for, and what became of it. */
export interface BookedPurchase {
  readonly asked: AskedPurchase;
  readonly outcome: PromiseSettledResult<PostingOutcome>;
}

/**
 * The outcomes as the brand may be told them today: see tellsBalance. Of repetitions, only what the member who is named
 * now has.
 */
export async function toldPurchases(
  app: App,
  { brandId, snapshot, now }: Pick<PurchaseContext, 'brandId' | 'snapshot' | 'now'>,
  booked: readonly BookedPurchase[],
): Promise<PromiseSettledResult<ToldOutcome>[]> {
  const accounts = new Map<BookedPurchase, number>();
  const repeated = booked.flatMap((each) => {
    const { outcome, asked } = each;
    const currency = snapshot.currenciesByCode.get(asked.command.currency);
    const { member } = asked.found;
    if (outcome.status === 'rejected' || !currency || !isFound(member) || !isRepeated(outcome.value, asked)) return [];
    return { each, account: { kind: 'WALLET' as const, owner: member.walletId, currencyId: currency.id } };
  });
  if (repeated.length > 0) {
    const opened = await app.ledger.openAccounts(repeated.map(({ account }) => account));
    for (const [at, { each }] of repeated.entries()) accounts.set(each, itemAt(opened, at));
  }
  return booked.map((each) => {
    const { asked, outcome } = each;
    if (outcome.status === 'rejected') return outcome;
    const { stored, member } = asked.found;
    const currency = snapshot.currenciesByCode.get(asked.command.currency);
    const told =
      currency !== undefined &&
      isFound(member) &&
      tellsOfNamed(member, {
        repeated: stored !== null || asked.receipt?.is === 'repeated',
        dryRun: asked.command.dryRun,
        hasTerms: hasTerms(snapshot, brandId, currency.id, now),
      });
    return { status: 'fulfilled', value: asTold(outcome.value, told, accounts.get(each) ?? null) };
  });
}

function isRepeated({ duplicate }: PostingOutcome, { receipt }: AskedPurchase): boolean {
  return duplicate || receipt?.is === 'repeated';
}
