import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { currencyById } from '../../coalition/coalition/require-currency';
import { timeRefusals } from '../../coalition/coalition/terms-in-force';
import { postingRefusals } from '../../ledger/ledger/ledger-refusals';
import { decimal, dryRun, idempotencyKey, occurredAt, optionalText, plainText } from '../../ledger/ledger/request-fields';
import { MAX_POINTS } from '../../ledger/points/amount';
import { seesWallet, tellAgain, tellsOfEvent } from '../../members/identification/sees-wallet';
import { survivingAccounts, survivingMember } from '../../members/identification/surviving-accounts';
import { balancesIf, type ToldBalance } from '../../members/identification/what-is-told';
import { refusals } from '../../platform/define-refusal';
import { newUuid } from '../../platform/ids';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { earningRules } from '../earning/earning-rule';
import { MOST_LINES } from '../earning/purchase-command';
import { referenceRefusals } from '../postings/claim-reference';
import { lookAtReference, soughtReference } from '../postings/look-at-references';
import { requireFollowUpTime, whenOf } from '../postings/posting-time';
import { planOrRefusal, Repeated, runPosting } from '../postings/run-posting';
import { termsById } from '../postings/terms-by-id';
import { type PurchaseFact, readPurchase } from '../purchases/read-purchase';
import { formerContributors } from '../sharing/former-contributors';
import { planReturn, type ReturnAnswer } from './plan-return';
import { returnCounters } from './return-counters';
import { returnReceipt } from './return-receipt';
import type { ReturnedGoods } from './returned-goods';
import { returnedGoodsRefusals } from './returned-goods';

/** What is refused of a return. */
export const recordReturnRefusals = refusals(postingRefusals, timeRefusals, referenceRefusals, returnedGoodsRefusals);

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
    .max(MOST_LINES, `A return has at most ${MOST_LINES} lines.`)
    .refine((lines) => new Set(lines.map(({ lineNo, sku }) => lineNo ?? `sku ${sku}`)).size === lines.length, 'Each line or sku is named once.'),
  dryRun,
});
export type RecordReturn = z.output<typeof recordReturnSchema>;

/** What a return came to; the same for every repetition of the request. */
export interface RecordedReturn extends ReturnAnswer {
  /** null: the member's link with the brand is not confirmed, or the brand has no terms for the currency. */
  readonly balance: ToldBalance | null;
  readonly dryRun: boolean;
  readonly duplicate: boolean;
}

/**
 * Takes goods of a purchase back: claws back what it earned too much, and gives burned points back as the terms say. By
 * default that is once what is left costs less than they pay. Refuses as recordReturnRefusals lists; throws NotFound
 * (purchase).
 */
export async function recordReturn(app: App, principal: Principal, command: RecordReturn): Promise<RecordedReturn> {
  const brandId = requireBrand(principal, { scope: 'purchases' });
  const { idempotencyKey, dryRun, reference, ...content } = command;
  return runPosting(app, principal, {
    kind: 'RECORD_RETURN',
    party: brandId,
    idempotencyKey,
    dryRun,
    // What is left out, as it once always was, is not in the content.
    content: { ...content, reference: reference ?? undefined },
    tellAgain: tellAgain(app, brandId),
    async look({ client }, { hash, now }) {
      const version = await app.coalition.version(client);
      const purchase = await readPurchase(client, command.purchaseId);
      // Of another brand: row-level security has answered already; the operator's staff see it, but may not act on it.
      if (!purchase || purchase.brandId !== brandId) throw new NotFound('Purchase');
      const survivors = await survivingAccounts(client, [purchase.account, ...purchase.paidBy.map(({ account }) => account)]);
      const linked = await seesWallet(client, survivors.of(purchase.account));
      const snapshot = await app.coalition.at(version);
      const tell = balancesIf(tellsOfEvent(snapshot, purchase, linked, 'a confirmed link', now));
      const currency = currencyById(snapshot, purchase.currencyId);
      const sought = soughtReference('RETURN', { ...command, currency: currency.code }, now);
      const found = await lookAtReference(app, client, brandId, sought, version);
      const receipt = found && returnReceipt({ ...command, hash }, purchase, await survivingMember(client, purchase.memberId), found);
      if (receipt?.is === 'taken') throw receipt.refusal;
      if (receipt?.is === 'repeated') return new Repeated(receipt.first.outcome, tell);
      const rule = (await earningRules(app, version)).byId.get(purchase.ruleId);
      if (!rule) throw new Error(`the rule of purchase ${purchase.id} is missing`);
      return { tell, purchase, survivors, receipt, snapshot, currency, rule };
    },
    async plan({ purchase, survivors, receipt, snapshot, currency, rule }, { id, now }) {
      requireLines(purchase, command.lines);
      const when = whenOf(command, now, currency);
      const former = await formerContributors(app, purchase.paidBy);
      const [expired] = await app.ledger.openAccounts([{ kind: 'EXPIRED', owner: brandId, currencyId: currency.id }]);
      const earned = purchase.earnTransferId === null ? [] : [purchase.earnTransferId];
      const returnId = newUuid();
      return {
        when,
        loads: {
          wallets: [...new Set([...survivors.loads, ...former.loads])],
          transfers: [...earned, ...purchase.paidBy.map(({ spentBy }) => spentBy)],
          expired: earned,
          counters: [...returnCounters(purchase), ...former.counters],
        },
        claims: receipt ? [receipt.claim(returnId)] : undefined,
        shows: survivors.loads,
        plan: planOrRefusal(() => {
          requireFollowUpTime(snapshot, purchase, when.occurredAt, now);
          const ids = { returnId, postingId: id, clawbackId: newUuid(), reinstatementIds: purchase.paidBy.map(() => newUuid()) };
          const terms = termsById(snapshot, purchase.termsId);
          const facts = { ids, expired: { id: newUuid(), from: expired }, purchase, survivors, currency, rule, terms, command, when };
          return former.giveBack(survivors.guard(planReturn(facts)));
        }),
      };
    },
    answer: ({ answer, balance, duplicate }) => ({ ...answer, balance, dryRun, duplicate }),
  });
}

/**
 * Throws InvalidInput where something is named that the purchase does not have, or that does not come back by itself.
 */
function requireLines(purchase: PurchaseFact, goods: readonly ReturnedGoods[]): void {
  for (const [i, { lineNo, sku, amount }] of goods.entries()) {
    const named = purchase.lines.filter((line) => (sku === null ? line.lineNo === lineNo : line.sku === sku));
    if (named.length === 0) throw new InvalidInput(`input.lines.${i}.${sku === null ? 'lineNo' : 'sku'}`, 'The purchase has no such line.');
    if (named.every(({ kind }) => kind === 'DISCOUNT'))
      throw new InvalidInput(`input.lines.${i}`, 'A discount does not come back by itself: it is part of the lines that it lies on.');
    if (amount !== undefined && purchase.arithmetic === 1)
      throw new InvalidInput(`input.lines.${i}.amount`, 'This purchase was recorded before money could be given back without goods. Name a quantity.');
  }
}
