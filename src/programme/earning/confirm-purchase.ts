import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { currencyById } from '../../coalition/coalition/require-currency';
import { timeRefusals } from '../../coalition/coalition/terms-in-force';
import { postingRefusals } from '../../ledger/ledger/ledger-refusals';
import { idempotencyKey, occurredAt } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { seesWallet, tellAgain, tellsOfEvent } from '../../members/identification/sees-wallet';
import { survivingAccounts } from '../../members/identification/surviving-accounts';
import { balancesIf, type ToldBalance } from '../../members/identification/what-is-told';
import { refusals } from '../../platform/define-refusal';
import { newUuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { activity } from '../expiry/activity';
import { requireFollowUpTime, whenOf } from '../postings/posting-time';
import { planOrRefusal, runPosting } from '../postings/run-posting';
import { readPurchase } from '../purchases/read-purchase';
import { awardCounter, confirmedLot } from './award';
import { awardRefusals, type ConfirmationAnswer, planConfirmation } from './plan-confirmation';
/** What is refused where the points of a purchase are confirmed. */
export const confirmPurchaseRefusals = refusals(postingRefusals, timeRefusals, awardRefusals);

export const confirmPurchaseSchema = z.object({ idempotencyKey, purchaseId: z.string(), occurredAt });
export type ConfirmPurchase = z.output<typeof confirmPurchaseSchema>;

/** Points that can be spent now; the same for every repetition of the request. */
export interface ConfirmedPurchase extends ConfirmationAnswer {
  /** null: the member's link with the brand is not confirmed, or the brand has no terms for the currency. */
  readonly balance: ToldBalance | null;
  readonly duplicate: boolean;
}

/**
 * What the points of a purchase waited for has happened: they can be spent from now on, and expire as if they had been
 * so since the purchase. It must be told by the deadline, whenever it happened: the answer must not hang on whether a
 * worker has taken the points back meanwhile. Refuses as confirmPurchaseRefusals lists; throws NotFound (purchase).
 */
export async function confirmPurchase(app: App, principal: Principal, command: ConfirmPurchase): Promise<ConfirmedPurchase> {
  const brandId = requireBrand(principal, { scope: 'purchases' });
  const { idempotencyKey, ...content } = command;
  return runPosting(app, principal, {
    kind: 'CONFIRM_PURCHASE',
    party: brandId,
    idempotencyKey,
    content,
    tellAgain: tellAgain(app, brandId),
    async look({ client }, { now }) {
      const purchase = await readPurchase(client, command.purchaseId);
      // Of another brand: row-level security has answered already; the operator's staff see it, but may not act on it.
      if (!purchase || purchase.brandId !== brandId) throw new NotFound('Purchase');
      const survivors = await survivingAccounts(client, [purchase.account]);
      const linked = await seesWallet(client, survivors.of(purchase.account));
      const snapshot = await app.coalition.snapshot(client);
      const tell = balancesIf(tellsOfEvent(snapshot, purchase, linked, 'a confirmed link', now));
      return { tell, purchase, survivors, snapshot };
    },
    plan: ({ purchase, survivors, snapshot }, { id, now }) => {
      const currency = currencyById(snapshot, purchase.currencyId);
      const when = whenOf(command, now, currency);
      const toldOn = dayOf(now, currency.timeZone);
      // A till whose clock runs ahead may be beyond midnight, and so beyond the deadline, although it tells in time.
      const day = Math.min(when.day, toldOn);
      const wallet = survivors.of(purchase.account);
      const plan = planOrRefusal(() => {
        requireFollowUpTime(snapshot, purchase, when.occurredAt, now);
        return planConfirmation({
          ...{ postingId: id, changeId: newUuid(), purchase, wallet, currency: currency.code, when, toldOn },
          lot: confirmedLot(currency.expiry, dayOf(purchase.occurredAt, currency.timeZone), day),
          activity: activity(currency.expiry, wallet, day),
        });
      });
      return {
        when: { ...when, day },
        loads: {
          wallets: survivors.loads,
          transfers: purchase.earnTransferId === null ? [] : [purchase.earnTransferId],
          counters: [{ account: purchase.account, key: awardCounter(purchase.id) }],
        },
        plan: survivors.guard(plan),
      };
    },
    answer: ({ answer, balance, duplicate }) => ({ ...answer, balance, duplicate }),
  });
}
