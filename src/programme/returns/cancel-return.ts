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
import { dryRun, idempotencyKey, occurredAt } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { seesWallet } from '../../members/identification/sees-wallet';
import { lookingAgain, type SurvivingAccounts, survivingAccounts } from '../../members/identification/surviving-accounts';
import { type ToldBalance, toldBalance, withoutBalances } from '../../members/identification/what-is-told';
import { newUuid, type Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { awardCounter } from '../earning/award';
import { orRefusal, requireFollowUpTime } from '../postings/posting-time';
import type { PurchaseFact } from '../purchases/read-purchase';
import { planReturnCancellation } from './plan-return-cancellation';
import { type ReturnFact, readReturn } from './read-return';
import { cancelledCounter, returnCounters } from './return-counters';

export const cancelReturnSchema = z.object({ idempotencyKey, returnId: z.string(), occurredAt, dryRun });
export type CancelReturn = z.output<typeof cancelReturnSchema>;

/** A return that counts no longer; the same for every repetition of the request. */
export interface CancelledReturn {
  readonly returnId: Uuid;
  readonly purchaseId: Uuid;
  readonly currency: string;
  /** Points that the return took back, given to the member again, in the currency's smallest unit. */
  readonly pointsGivenBack: number;
  /** Points of those that paid what the member owed: what was left of the return's own arrears first. */
  readonly arrearsFilled: number;
  /** Points that the return gave back, taken again. */
  readonly pointsTakenBack: number;
  readonly occurredAt: string;
  /** null: the member's link with the brand is not confirmed, or there is none. */
  readonly balance: ToldBalance | null;
  readonly dryRun: boolean;
  readonly duplicate: boolean;
}

/**
 * Undoes a return that was recorded by mistake, booked when this happens, in the open month. What it clawed back comes
 * back with its issue month and end; what it gave back is taken again, from the same lots, then from any. Its goods can
 * be returned again, and its reference is free. Throws ReturnAlreadyCancelled, ReturnNotCancellable, AwardCancelled,
 * INSUFFICIENT_POINTS, WALLET_CLOSED, OccurredAtOutOfRange, BrandSuspended, NotFound (return), IDEMPOTENCY_CONFLICT.
 */
export async function cancelReturn(app: App, principal: Principal, command: CancelReturn): Promise<CancelledReturn> {
  const brandId = requireBrand(principal, { scope: 'purchases' });
  const { idempotencyKey: key, dryRun: _dryRun, ...content } = command;
  const hash = contentHash('CANCEL_RETURN', content);
  const id = postingId(brandId, key);
  return lookingAgain(() => cancelOnce(app, principal, command, { brandId, id, hash }));
}

async function cancelOnce(
  app: App,
  principal: Principal,
  command: CancelReturn,
  { brandId, id, hash }: { brandId: Uuid; id: Uuid; hash: Buffer },
): Promise<CancelledReturn> {
  const { dryRun } = command;
  const found = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const stored = dryRun ? null : await findPosting(client, id);
    if (stored) return { stored, linked: await seesWallet(client, stored.outcome.balances[0]?.account ?? 0) };
    const read = await readReturn(client, command.returnId);
    // Of another brand: row-level security has answered already; the operator's staff see it, but may not act on it.
    if (!read || read.fact.brandId !== brandId) throw new NotFound('Return');
    const survivors = await survivingAccounts(client, [read.purchase.account, ...read.fact.reinstatements.map(({ account }) => account)]);
    const linked = await seesWallet(client, survivors.of(read.purchase.account));
    return { stored: null, linked, ...read, survivors, snapshot: await app.coalition.snapshot(client) };
  });
  const { linked } = found;
  if (found.stored) return toCancelled(sameOutcome(found.stored, hash), { linked, dryRun: false });
  const request = toRequest(found, command, { id, hash, now: app.clock.now() });
  const outcome = dryRun ? await app.ledger.preview({ ...request, id: newUuid() }) : await app.ledger.post(request);
  return toCancelled(outcome, { linked, dryRun });
}

function toCancelled(outcome: PostingOutcome, { linked, dryRun }: { linked: boolean; dryRun: boolean }): CancelledReturn {
  // What a household's pool holds is for none of its members' brands to know.
  const told = linked && outcome.balances.length === 1 ? outcome : withoutBalances(outcome);
  const answer = acceptedAnswer(outcome.refusal ? told : outcome) as unknown as Omit<CancelledReturn, 'balance' | 'dryRun' | 'duplicate'>;
  return { ...answer, balance: toldBalance(outcome.balances[0], linked), dryRun, duplicate: outcome.duplicate };
}

interface Found {
  readonly fact: ReturnFact;
  readonly purchase: PurchaseFact;
  readonly survivors: SurvivingAccounts;
  readonly snapshot: CoalitionSnapshot;
}

function toRequest(
  { fact, purchase, survivors, snapshot }: Found,
  command: CancelReturn,
  { id, hash, now }: { id: Uuid; hash: Buffer; now: Date },
): PostingRequest {
  const currency = currencyById(snapshot, purchase.currencyId);
  const happenedAt = command.occurredAt ?? now;
  const original = { brandId: purchase.brandId, termsId: purchase.termsId, occurredAt: fact.occurredAt };
  const inTime = orRefusal(() => requireFollowUpTime(snapshot, original, happenedAt, now));
  const { account } = purchase;
  const reversing = [...(fact.clawback ? [fact.clawback] : []), ...fact.reinstatements];
  return {
    id,
    party: purchase.brandId,
    kind: 'CANCEL_RETURN',
    contentHash: hash,
    occurredAt: happenedAt.getTime(),
    day: dayOf(happenedAt, currency.timeZone),
    recordedAt: now.getTime(),
    loads: {
      wallets: survivors.loads,
      transfers: reversing.flatMap((each) => [each.id, each.reverses]),
      cancelled: fact.clawback ? [fact.clawback.id] : [],
      counters: [
        { account, key: cancelledCounter(fact.id) },
        ...returnCounters(purchase),
        ...(purchase.award?.deadline == null ? [] : [{ account, key: awardCounter(purchase.id) }]),
      ],
    },
    shows: survivors.loads,
    plan: survivors.guard(
      'refused' in inTime
        ? () => inTime
        : planReturnCancellation({
            postingId: id,
            fact,
            purchase,
            survivors,
            currency,
            givingId: newUuid(),
            takingIds: fact.reinstatements.map(() => newUuid()),
            occurredAt: happenedAt,
            recordedAt: now,
            recordedOn: dayOf(now, currency.timeZone),
          }),
    ),
  };
}
