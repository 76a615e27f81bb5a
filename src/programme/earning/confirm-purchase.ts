import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { currencyById } from '../../coalition/coalition/require-currency';
import { findPosting, sameOutcome } from '../../ledger/ledger/find-posting';
import { contentHash, postingId } from '../../ledger/ledger/idempotency';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { PostingOutcome, PostingRequest } from '../../ledger/ledger/posting';
import { idempotencyKey, occurredAt } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { seesWallet } from '../../members/identification/sees-wallet';
import { lookingAgain, type SurvivingAccounts, survivingAccounts } from '../../members/identification/surviving-accounts';
import { type ToldBalance, toldBalance } from '../../members/identification/what-is-told';
import { newUuid, type Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { activity } from '../expiry/activity';
import { orRefusal, requireFollowUpTime } from '../postings/posting-time';
import { type PurchaseFact, readPurchase } from '../purchases/read-purchase';
import { awardCounter, confirmedLot } from './award';
import { planConfirmation } from './plan-confirmation';

export const confirmPurchaseSchema = z.object({ idempotencyKey, purchaseId: z.string(), occurredAt });
export type ConfirmPurchase = z.output<typeof confirmPurchaseSchema>;

/** Points that can be spent now; the same for every repetition of the request. */
export interface ConfirmedPurchase {
  readonly purchaseId: Uuid;
  readonly currency: string;
  /** What the purchase stands for, in the currency's smallest unit: what it earned less what came back. */
  readonly points: number;
  /** First local day on which they can no longer be spent; null: they do not expire by themselves. */
  readonly expiresOn: string | null;
  readonly confirmedAt: string;
  /** null: the member is no longer linked with the brand. */
  readonly balance: ToldBalance | null;
  readonly duplicate: boolean;
}

/**
 * What the points of a purchase waited for has happened: they can be spent from now on, and expire as if they had been
 * so since the purchase. It must be told by the deadline, whenever it happened: the answer must not hang on whether a
 * worker has taken the points back meanwhile. Throws NoPendingAward, AwardConfirmed, AwardCancelled,
 * OccurredAtOutOfRange, NotFound (purchase), IDEMPOTENCY_CONFLICT.
 */
export async function confirmPurchase(app: App, principal: Principal, command: ConfirmPurchase): Promise<ConfirmedPurchase> {
  const brandId = requireBrand(principal, { scope: 'purchases' });
  const { idempotencyKey: key, ...content } = command;
  const hash = contentHash('CONFIRM_PURCHASE', content);
  const id = postingId(brandId, key);
  return lookingAgain(() => confirmOnce(app, principal, command, { brandId, id, hash }));
}

async function confirmOnce(
  app: App,
  principal: Principal,
  command: ConfirmPurchase,
  { brandId, id, hash }: { brandId: Uuid; id: Uuid; hash: Buffer },
): Promise<ConfirmedPurchase> {
  const found = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const stored = await findPosting(client, id);
    if (stored) return { stored, linked: await seesWallet(client, stored.outcome.balances[0]?.account ?? 0) };
    const purchase = await readPurchase(client, command.purchaseId);
    // Of another brand: row-level security has answered already; the operator's staff see it, but may not act on it.
    if (!purchase || purchase.brandId !== brandId) throw new NotFound('Purchase');
    const survivors = await survivingAccounts(client, [purchase.account]);
    const linked = await seesWallet(client, survivors.of(purchase.account));
    return { stored: null, linked, purchase, survivors, snapshot: await app.coalition.snapshot(client) };
  });
  if (found.stored) return toConfirmed(sameOutcome(found.stored, hash), found.linked);
  return toConfirmed(await app.ledger.post(toRequest(found, command, { id, hash, now: app.clock.now() })), found.linked);
}

function toConfirmed(outcome: PostingOutcome, linked: boolean): ConfirmedPurchase {
  const answer = acceptedAnswer(outcome) as unknown as Omit<ConfirmedPurchase, 'balance' | 'duplicate'>;
  return { ...answer, balance: toldBalance(outcome.balances[0], linked), duplicate: outcome.duplicate };
}

function toRequest(
  { purchase, survivors, snapshot }: { purchase: PurchaseFact; survivors: SurvivingAccounts; snapshot: CoalitionSnapshot },
  command: ConfirmPurchase,
  { id, hash, now }: { id: Uuid; hash: Buffer; now: Date },
): PostingRequest {
  const currency = currencyById(snapshot, purchase.currencyId);
  const happenedAt = command.occurredAt ?? now;
  const toldOn = dayOf(now, currency.timeZone);
  // A till whose clock runs ahead may be beyond midnight, and so beyond the deadline, although it tells in time.
  const day = Math.min(dayOf(happenedAt, currency.timeZone), toldOn);
  const inTime = orRefusal(() => requireFollowUpTime(snapshot, purchase, happenedAt, now));
  const wallet = survivors.of(purchase.account);
  return {
    id,
    party: purchase.brandId,
    kind: 'CONFIRM_PURCHASE',
    contentHash: hash,
    occurredAt: happenedAt.getTime(),
    day,
    recordedAt: now.getTime(),
    loads: {
      wallets: survivors.loads,
      transfers: purchase.earnTransferId === null ? [] : [purchase.earnTransferId],
      counters: [{ account: purchase.account, key: awardCounter(purchase.id) }],
    },
    plan: survivors.guard(
      'refused' in inTime
        ? () => inTime
        : planConfirmation({
            postingId: id,
            changeId: newUuid(),
            purchase,
            wallet,
            currency: currency.code,
            toldOn,
            lot: confirmedLot(currency.expiry, dayOf(purchase.occurredAt, currency.timeZone), day),
            activity: activity(currency.expiry, wallet, day),
            occurredAt: happenedAt,
            recordedAt: now,
          }),
    ),
  };
}
