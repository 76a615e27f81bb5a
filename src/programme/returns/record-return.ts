import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { currencyById } from '../../coalition/coalition/require-currency';
import { findPosting, sameOutcome } from '../../ledger/ledger/find-posting';
import { contentHash, postingId } from '../../ledger/ledger/idempotency';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { AccountId, PostingOutcome, PostingRequest } from '../../ledger/ledger/posting';
import { decimal, dryRun, idempotencyKey, occurredAt, optionalText, plainText } from '../../ledger/ledger/request-fields';
import { MAX_POINTS } from '../../ledger/points/amount';
import { dayOf } from '../../ledger/points/calendar';
import { seesWallet } from '../../members/identification/sees-wallet';
import { lookingAgain, type SurvivingAccounts, survivingAccounts, survivingMember } from '../../members/identification/surviving-accounts';
import { type ToldBalance, toldBalance } from '../../members/identification/what-is-told';
import { newUuid, type Uuid } from '../../platform/ids';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { awardCounter } from '../earning/award';
import { type EarningRules, earningRules } from '../earning/earning-rules';
import type { JudgedReference } from '../postings/claim-reference';
import { lookAtReference, soughtReference } from '../postings/look-at-references';
import { orRefusal, requireFollowUpTime } from '../postings/posting-time';
import { termsById } from '../postings/terms-by-id';
import { type PurchaseFact, readPurchase } from '../purchases/read-purchase';
import { type FormerContributors, formerContributors } from '../sharing/former-contributors';
import { planReturn } from './plan-return';
import { returnCounters } from './return-counters';
import { returnReceipt } from './return-receipt';
import type { ReturnedGoods } from './returned-goods';

const goodsSchema = z
  .object({
    lineNo: z.number().int().min(1, 'Lines count from 1.').nullish(),
    sku: plainText(100).nullish(),
    quantity: decimal(3, { above: 0n, below: 10n ** 14n }, 'A quantity is above zero, with at most three decimals.').nullish(),
    amount: decimal(6, { above: 0n, below: MAX_POINTS }, 'An amount is above zero, with at most six decimals.').nullish(),
  })
  .refine(({ lineNo, sku }) => lineNo != null || sku != null, 'Name the line: send its lineNo, or the sku of the goods.')
  .refine(({ lineNo, sku }) => lineNo == null || sku == null, 'Name the line by lineNo or by sku, not by both.')
  .refine(({ quantity, amount }) => quantity != null || amount != null, {
    path: ['quantity'],
    message: 'Say how many come back (quantity), or how much money is given back without goods (amount).',
  })
  .refine(({ quantity, amount }) => quantity == null || amount == null, {
    path: ['amount'],
    message: 'Goods take their money along: name a quantity or an amount, not both.',
  })
  .transform(
    ({ lineNo, sku, quantity, amount }): ReturnedGoods => ({
      lineNo: lineNo ?? null,
      sku: sku ?? null,
      // What is left out is not in the content.
      ...(quantity == null ? { amount: amount ?? undefined } : { quantity }),
    }),
  );

export const recordReturnSchema = z.object({
  idempotencyKey,
  purchaseId: z.string(),
  occurredAt,
  reference: optionalText(200),
  lines: z
    .array(goodsSchema)
    .min(1, 'A return has at least one line.')
    .max(500, 'A return has at most 500 lines.')
    .refine((lines) => new Set(lines.map(({ lineNo, sku }) => lineNo ?? `sku ${sku}`)).size === lines.length, 'Each line or sku is named once.'),
  dryRun,
});
export type RecordReturn = z.output<typeof recordReturnSchema>;

/** What a return came to; the same for every repetition of the request. */
export interface RecordedReturn {
  readonly returnId: Uuid;
  readonly purchaseId: Uuid;
  readonly currency: string;
  /** Earned points taken back of the member, in the currency's smallest unit. */
  readonly clawedBack: number;
  /** Earned points that had expired unspent: they are not taken again; absent: recorded before it was told. */
  readonly expired?: number;
  /** Burned points given back. */
  readonly reinstated: number;
  /** Points of clawedBack that the member had no longer, and owes from now on; absent: recorded before it was told. */
  readonly arrearsMade?: number;
  /** Points of reinstated that paid what was owed; absent: as above. */
  readonly arrearsFilled?: number;
  /** Points that the purchase still stands for. */
  readonly pointsKept: number;
  readonly moneyCurrency: string;
  /** Decimal text with nine decimals: what is left of the purchase. */
  readonly amountLeft: string;
  /**
   * Money to give back, decimal text with nine decimals; null or absent: it was not worked out, for a purchase or a
   * return of before it was.
   */
  readonly moneyBack?: string | null;
  /** Quantities as decimal text with three decimals. */
  readonly lines: readonly { readonly lineNo: number; readonly quantity: string; readonly left: string }[];
  readonly occurredAt: string;
  /** null: the member is no longer linked with the brand. */
  readonly balance: ToldBalance | null;
  readonly dryRun: boolean;
  readonly duplicate: boolean;
}

/**
 * Takes goods of a purchase back: claws back what it earned too much, and gives burned points back as the terms say (by
 * default once what is left costs less than they pay). Throws ReturnExceedsPurchase, OccurredAtOutOfRange, NotFound
 * (purchase), IDEMPOTENCY_CONFLICT.
 */
export async function recordReturn(app: App, principal: Principal, command: RecordReturn): Promise<RecordedReturn> {
  const brandId = requireBrand(principal, { scope: 'purchases' });
  const { idempotencyKey: key, dryRun: _dryRun, reference, ...content } = command;
  // What is left out, as it once always was, is not in the content.
  const hash = contentHash('RECORD_RETURN', { ...content, reference: reference ?? undefined });
  const id = postingId(brandId, key);
  return lookingAgain(() => recordOnce(app, principal, command, { brandId, id, hash }));
}

async function recordOnce(
  app: App,
  principal: Principal,
  command: RecordReturn,
  { brandId, id, hash }: { brandId: Uuid; id: Uuid; hash: Buffer },
): Promise<RecordedReturn> {
  const { dryRun } = command;
  const now = app.clock.now();
  const found = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const stored = dryRun ? null : await findPosting(client, id);
    if (stored) return { stored, linked: await seesWallet(client, stored.outcome.balances[0]?.account ?? 0) };
    const version = await app.coalition.version(client);
    const purchase = await readPurchase(client, command.purchaseId);
    // Of another brand: row-level security has answered already; the operator's staff see it, but may not act on it.
    if (!purchase || purchase.brandId !== brandId) throw new NotFound('Purchase');
    const survivors = await survivingAccounts(client, [purchase.account, ...purchase.paidBy.map(({ account }) => account)]);
    const linked = await seesWallet(client, survivors.of(purchase.account));
    const snapshot = await app.coalition.at(version);
    const sought = soughtReference('RETURN', { ...command, currency: currencyById(snapshot, purchase.currencyId).code }, now);
    const reference = await lookAtReference(app, client, brandId, sought, version);
    const receipt = reference && returnReceipt({ ...command, hash }, purchase, await survivingMember(client, purchase.memberId), reference);
    return { stored: null, linked, purchase, survivors, receipt, snapshot, rules: await earningRules(app, version) };
  });
  const { linked } = found;
  if (found.stored) return toRecorded(sameOutcome(found.stored, hash), { linked, dryRun: false });
  if (found.receipt?.is === 'taken') throw found.receipt.refusal;
  if (found.receipt?.is === 'repeated') return toRecorded(found.receipt.first.outcome, { linked, dryRun });
  const former = await formerContributors(app, found.purchase.paidBy);
  const { brandId: owner, currencyId } = found.purchase;
  const [expired] = await app.ledger.openAccounts([{ kind: 'EXPIRED', owner, currencyId }]);
  const request = toRequest({ ...found, former, expired }, command, { id, hash, now });
  const outcome = dryRun ? await app.ledger.preview({ ...request, id: newUuid() }) : await app.ledger.post(request);
  return toRecorded(outcome, { linked, dryRun });
}

function toRecorded(outcome: PostingOutcome, { linked, dryRun }: { linked: boolean; dryRun: boolean }): RecordedReturn {
  const answer = acceptedAnswer(outcome) as unknown as Omit<RecordedReturn, 'balance' | 'dryRun' | 'duplicate'>;
  return { ...answer, balance: toldBalance(outcome.balances[0], linked), dryRun, duplicate: outcome.duplicate };
}

interface Found {
  readonly purchase: PurchaseFact;
  readonly survivors: SurvivingAccounts;
  /** null: it has no reference. */
  readonly receipt: JudgedReference | null;
  /** Of the households that paid for it. */
  readonly former: FormerContributors;
  /** The account of the brand's points that expired. */
  readonly expired: AccountId;
  readonly snapshot: CoalitionSnapshot;
  readonly rules: EarningRules;
}

function toRequest(
  { purchase, survivors, receipt, former, expired, snapshot, rules }: Found,
  command: RecordReturn,
  { id, hash, now }: { id: Uuid; hash: Buffer; now: Date },
): PostingRequest {
  command.lines.forEach(({ lineNo, sku, amount }, i) => {
    if (!purchase.lines.some((line) => (sku === null ? line.lineNo === lineNo : line.sku === sku))) {
      throw new InvalidInput(`input.lines.${i}.${sku === null ? 'lineNo' : 'sku'}`, 'The purchase has no such line.');
    }
    if (purchase.lines.every((line) => line.kind === 'DISCOUNT' || (sku === null ? line.lineNo !== lineNo : line.sku !== sku))) {
      throw new InvalidInput(`input.lines.${i}`, 'A discount does not come back by itself: it is part of the lines that it lies on.');
    }
    if (amount !== undefined && purchase.arithmetic === 1) {
      throw new InvalidInput(`input.lines.${i}.amount`, 'This purchase was recorded before money could be given back without goods. Name a quantity.');
    }
  });
  const currency = currencyById(snapshot, purchase.currencyId);
  const rule = rules.byId.get(purchase.ruleId);
  const terms = termsById(snapshot, purchase.termsId);
  if (!rule) throw new Error(`the rule of purchase ${purchase.id} is missing`);
  const happenedAt = command.occurredAt ?? now;
  const day = dayOf(happenedAt, currency.timeZone);
  const returnId = newUuid();
  const inTime = orRefusal(() => requireFollowUpTime(snapshot, purchase, happenedAt, now));
  return {
    id,
    party: purchase.brandId,
    kind: 'RECORD_RETURN',
    contentHash: hash,
    occurredAt: happenedAt.getTime(),
    day,
    recordedAt: now.getTime(),
    loads: {
      wallets: [...new Set([...survivors.loads, ...former.loads])],
      transfers: [...(purchase.earnTransferId === null ? [] : [purchase.earnTransferId]), ...purchase.paidBy.map(({ spentBy }) => spentBy)],
      expired: purchase.earnTransferId === null ? [] : [purchase.earnTransferId],
      counters: [
        ...returnCounters(purchase),
        ...(purchase.award?.deadline == null ? [] : [{ account: purchase.account, key: awardCounter(purchase.id) }]),
        ...former.counters,
      ],
    },
    claims: receipt?.is === 'free' ? [receipt.claim(returnId)] : undefined,
    shows: survivors.loads,
    plan:
      'refused' in inTime
        ? () => inTime
        : former.giveBack(
            survivors.guard(
              planReturn({
                returnId,
                postingId: id,
                clawbackId: newUuid(),
                expired: { id: newUuid(), from: expired },
                reinstatementIds: purchase.paidBy.map(() => newUuid()),
                purchase,
                survivors,
                currency,
                rule,
                refundOrder: terms.refundOrder,
                goods: command.lines,
                reference: command.reference,
                occurredAt: happenedAt,
                recordedAt: now,
                recordedOn: dayOf(now, currency.timeZone),
              }),
            ),
          ),
  };
}
