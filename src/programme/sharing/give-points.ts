import { z } from 'zod';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { amountRefusals, capRefusals } from '../../coalition/coalition/amount-limits';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { requireTerms, termsRefusals } from '../../coalition/coalition/terms-in-force';
import { creditRefusals, debitRefusals, postingRefusals } from '../../ledger/ledger/ledger-refusals';
import { currencyCode, dryRun, idempotencyKey, occurredAt, somePoints } from '../../ledger/ledger/request-fields';
import { findActingMember, memberContent, requireAsker } from '../../members/identification/acting-member';
import { type MemberRef, memberRefContent } from '../../members/identification/member-ref';
import { lookUpRefusals } from '../../members/identification/member-refusals';
import { tellAgain, tellsOfEvent } from '../../members/identification/sees-wallet';
import { whileProved } from '../../members/identification/surviving-accounts';
import { balancesIf, type ToldBalance } from '../../members/identification/what-is-told';
import { numberRefusals } from '../../members/identification/what-proves';
import { refusals } from '../../platform/define-refusal';
import { newUuid } from '../../platform/ids';
import { InvalidInput } from '../../platform/refusal';
import { velocityLimits } from '../limits/velocity-limit';
import { limitsFor, velocityCounters } from '../limits/within-limits';
import { whenOf } from '../postings/posting-time';
import { planOrRefusal, runPosting } from '../postings/run-posting';
import { findRecipient } from './find-recipient';
import { giftRuleRefusals, giftRules, requireGiftRule } from './gift-rule';
import { type GiftAnswer, givenCounter, planGift } from './plan-gift';

/** What is refused where points are given. */
export const givePointsRefusals = refusals(
  postingRefusals,
  termsRefusals,
  giftRuleRefusals,
  amountRefusals,
  capRefusals,
  lookUpRefusals,
  numberRefusals,
  debitRefusals,
  creditRefusals,
);

export const givePointsSchema = z.object({
  idempotencyKey,
  /** null: whoever asks. */
  from: z.custom<MemberRef | null>(),
  to: z.custom<MemberRef>(),
  currency: currencyCode,
  points: somePoints,
  occurredAt,
  dryRun,
});
export type GivePoints = z.output<typeof givePointsSchema>;

/** Points that were given; the same for every repetition of the request. Nothing in it is about the receiver. */
export interface GivenPoints extends GiftAnswer {
  /** The giver's; null: the giver is no longer linked with the brand. */
  readonly balance: ToldBalance | null;
  readonly dryRun: boolean;
  readonly duplicate: boolean;
}

/**
 * Gives points of one member to another: asked for by the giver, or by a brand for a member that it has enrolled or
 * linked. The points keep their issuer and age. Refuses as givePointsRefusals lists; throws NotFound (giver or
 * receiver), PermissionDenied.
 */
export async function givePoints(app: App, principal: Principal, command: GivePoints): Promise<GivenPoints> {
  const asker = requireAsker(principal, command.from, 'input.from');
  const { party, brandId } = asker;
  // Points that have expired since could be given away as of then.
  if (brandId === null && command.occurredAt) throw new InvalidInput('input.occurredAt', 'A member gives now.');
  const { idempotencyKey, dryRun, ...content } = command;
  return runPosting(app, principal, {
    kind: 'GIVE_POINTS',
    party,
    idempotencyKey,
    dryRun,
    content: { ...content, from: memberContent(app, asker), to: memberRefContent(app.keys, party, command.to) },
    tellAgain: tellAgain(app, brandId),
    async look(tx, { id, now }) {
      const version = await app.coalition.version(tx.client);
      const snapshot = await app.coalition.at(version);
      const currency = requireCurrency(snapshot, command.currency);
      const giver = await findActingMember(app, tx, asker, id);
      const recipient = await findRecipient(app, tx, asker, command.to, 'input.to');
      if (recipient.memberId === giver.memberId) throw new InvalidInput('input.to', 'Points are given to somebody else.');
      const [rules, limits] = [await giftRules(app, version), await velocityLimits(app, version)];
      // A member asks of the own wallet.
      const told = brandId === null || tellsOfEvent(snapshot, { brandId, currencyId: currency.id }, true, 'a confirmed link', now);
      return { tell: balancesIf(told), giver, recipient, snapshot, currency, rules, limits };
    },
    async plan({ giver, recipient, snapshot, currency, rules, limits: all }, { id, now }) {
      const when = whenOf(command, now, currency);
      const [from, to] = await app.ledger.openAccounts([
        { kind: 'WALLET', owner: giver.walletId, currencyId: currency.id },
        { kind: 'WALLET', owner: recipient.walletId, currencyId: currency.id },
      ]);
      const limits = limitsFor(all, { act: 'GIFT', currency, account: from, brandId, ...when });
      return {
        when,
        // What the receiver has is nobody's to know.
        shows: [from],
        loads: { wallets: [from, to], counters: [{ account: from, key: givenCounter(when.day) }, ...velocityCounters(limits)] },
        plan: planOrRefusal(() => {
          if (brandId !== null) requireTerms(snapshot, { brandId, currencyId: currency.id, act: 'redeem' }, when.occurredAt, now);
          const rule = requireGiftRule(rules, currency, when.occurredAt);
          const proved = { account: from, proofsEnded: giver.proofsEnded };
          const who = { brandId, from: { ...giver, account: from }, to: { ...recipient, account: to } };
          return whileProved(proved, [from, to], planGift({ giftId: newUuid(), postingId: id, who, currency, rule, limits, points: command.points, when }));
        }),
      };
    },
    answer: ({ answer, balance, duplicate }) => ({ ...answer, balance, dryRun, duplicate }),
  });
}
