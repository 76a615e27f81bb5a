import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { currencyById } from '../../coalition/coalition/require-currency';
import { timeRefusals } from '../../coalition/coalition/terms-in-force';
import { creditRefusals, fundsRefusals, postingRefusals } from '../../ledger/ledger/ledger-refusals';
import type { PostingOutcome } from '../../ledger/ledger/posting';
import { dryRun, idempotencyKey, occurredAt } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { seesWallet, tellAgain, tellsOfEvent } from '../../members/identification/sees-wallet';
import { survivingAccounts } from '../../members/identification/surviving-accounts';
import { balancesIf, type ToldBalance, type ToldOutcome, withoutBalances } from '../../members/identification/what-is-told';
import { refusals } from '../../platform/define-refusal';
import { newUuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { requireFollowUpTime, whenOf } from '../postings/posting-time';
import { planOrRefusal, runPosting } from '../postings/run-posting';
import { type CancellationAnswer, planCancellationRefusals, planReturnCancellation } from './plan-return-cancellation';
import { readReturn } from './read-return';
import { cancelledCounter, returnCounters } from './return-counters';

/** What is refused where a return is cancelled. */
export const cancelReturnRefusals = refusals(postingRefusals, timeRefusals, planCancellationRefusals, creditRefusals, fundsRefusals);

export const cancelReturnSchema = z.object({ idempotencyKey, returnId: z.string(), occurredAt, dryRun });
export type CancelReturn = z.output<typeof cancelReturnSchema>;

/** A return that counts no longer; the same for every repetition of the request. */
export interface CancelledReturn extends CancellationAnswer {
  /** null: the member's link with the brand is not confirmed, or the brand has no terms for the currency. */
  readonly balance: ToldBalance | null;
  readonly dryRun: boolean;
  readonly duplicate: boolean;
}

/**
 * Undoes a return that was recorded by mistake, booked when this happens, in the open month. What it clawed back comes
 * back with its issue month and end. What it gave back is taken again, from the same lots, then from any. Its goods can
 * be returned again, and its reference is free. Refuses as cancelReturnRefusals lists; throws NotFound (return).
 */
export async function cancelReturn(app: App, principal: Principal, command: CancelReturn): Promise<CancelledReturn> {
  const brandId = requireBrand(principal, { scope: 'purchases' });
  const { idempotencyKey, dryRun, ...content } = command;
  return runPosting(app, principal, {
    kind: 'CANCEL_RETURN',
    party: brandId,
    idempotencyKey,
    dryRun,
    content,
    tellAgain: async (client, first) => tellCancelled(await tellAgain(app, brandId)(client, first)),
    async look({ client }, { now }) {
      const read = await readReturn(client, command.returnId);
      // Of another brand: row-level security has answered already; the operator's staff see it, but may not act on it.
      if (!read || read.fact.brandId !== brandId) throw new NotFound('Return');
      const survivors = await survivingAccounts(client, [read.purchase.account, ...read.fact.reinstatements.map(({ account }) => account)]);
      const linked = await seesWallet(client, survivors.of(read.purchase.account));
      const snapshot = await app.coalition.snapshot(client);
      const tell = tellCancelled(balancesIf(tellsOfEvent(snapshot, read.purchase, linked, 'a confirmed link', now)));
      return { tell, ...read, survivors, snapshot };
    },
    plan({ fact, purchase, survivors, snapshot }, { id, now }) {
      const currency = currencyById(snapshot, purchase.currencyId);
      const when = whenOf(command, now, currency);
      const original = { brandId, termsId: purchase.termsId, occurredAt: fact.occurredAt };
      const reversing = [...(fact.clawback ? [fact.clawback] : []), ...fact.reinstatements];
      const ids = { postingId: id, giving: newUuid(), taking: fact.reinstatements.map(() => newUuid()) };
      const plan = planOrRefusal(() => {
        requireFollowUpTime(snapshot, original, when.occurredAt, now);
        return planReturnCancellation({ ids, fact, purchase, survivors, currency, when: { ...when, recordedOn: dayOf(now, currency.timeZone) } });
      });
      return {
        when,
        loads: {
          wallets: survivors.loads,
          transfers: reversing.flatMap((each) => [each.id, each.reverses]),
          cancelled: fact.clawback ? [fact.clawback.id] : [],
          counters: [{ account: purchase.account, key: cancelledCounter(fact.id) }, ...returnCounters(purchase)],
        },
        shows: survivors.loads,
        plan: survivors.guard(plan),
      };
    },
    answer: ({ answer, balance, duplicate }) => ({ ...answer, balance, dryRun, duplicate }),
  });
}

/**
 * How many points are short may be a household's pool to say. What that holds is for none of its members' brands to
 * know.
 */
function tellCancelled(tell: (outcome: PostingOutcome) => ToldOutcome): (outcome: PostingOutcome) => ToldOutcome {
  return (outcome) => (outcome.refusal && outcome.balances.length !== 1 ? withoutBalances(outcome) : tell(outcome));
}
