import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { currencyById } from '../../coalition/coalition/require-currency';
import { timeRefusals } from '../../coalition/coalition/terms-in-force';
import { postingRefusals } from '../../ledger/ledger/ledger-refusals';
import type { AccountId, Planner } from '../../ledger/ledger/posting';
import { readPoolAccess } from '../../members/households/household';
import { type Over, seesMember, seesWallet, tellsOfEvent } from '../../members/identification/sees-wallet';
import { type SurvivingAccounts, survivingAccounts } from '../../members/identification/surviving-accounts';
import { balancesIf, type ToldBalance } from '../../members/identification/what-is-told';
import { refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { type RedemptionFact, readRedemptions, usedCounter } from '../postings/attached-redemptions';
import { requireFollowUpTime, whenOf } from '../postings/posting-time';
import { planOrRefusal, runPosting } from '../postings/run-posting';
import { formerContributors } from '../sharing/former-contributors';
import type { FollowUpAnswer, FollowUpFacts } from './plan-follow-up';
import { redemptionRules } from './redemption-rule';

/** What is refused of whatever follows a redemption. */
export const followUpRefusals = refusals(postingRefusals, timeRefusals);

/** A request about an earlier redemption: a capture, void or refund. */
export interface FollowUpCommand {
  readonly idempotencyKey: string;
  readonly redemptionId: Uuid;
  /** null: now. */
  readonly occurredAt: Date | null;
}

export interface FollowUp {
  readonly kind: 'CAPTURE_HOLD' | 'VOID_HOLD' | 'REFUND_REDEMPTION';
  readonly plan: (facts: FollowUpFacts) => Planner<FollowUpAnswer>;
}

/** What became of the redemption; the same for every repetition of the request. */
export interface FollowedUp extends FollowUpAnswer {
  /** null: see isLinked, tellsOfEvent. */
  readonly balance: ToldBalance | null;
  readonly duplicate: boolean;
}

/** What captureHold, voidHold and refundRedemption share: look up, plan, post. */
export async function followUp(app: App, principal: Principal, command: FollowUpCommand, { kind, plan }: FollowUp): Promise<FollowedUp> {
  const brandId = requireBrand(principal, { scope: 'redemptions' });
  const { idempotencyKey, ...content } = command;
  const find = async (client: PoolClient) => {
    const redemption = (await readRedemptions(client, [command.redemptionId])).get(command.redemptionId);
    if (!redemption) return null;
    const survivors = await survivingAccounts(client, [redemption.account]);
    const snapshot = await app.coalition.snapshot(client);
    const over = OVER[kind];
    const linked = await isLinked(client, over, redemption, survivors);
    return { redemption, survivors, snapshot, told: tellsOfEvent(snapshot, redemption, linked, over, app.clock.now()) };
  };
  return runPosting(app, principal, {
    kind,
    party: brandId,
    idempotencyKey,
    content,
    tellAgain: async (client) => balancesIf((await find(client))?.told ?? false),
    async look({ client }) {
      const found = await find(client);
      // The operator's staff see every brand's redemptions, but may act on their own only.
      if (found?.redemption.brandId !== brandId) throw new NotFound('Redemption');
      return { ...found, tell: balancesIf(found.told) };
    },
    async plan({ redemption, survivors, snapshot }, { now }) {
      const currency = currencyById(snapshot, redemption.currencyId);
      const rule = (await redemptionRules(app, snapshot.version)).byId.get(redemption.ruleId);
      if (!rule) throw new Error(`the rule of redemption ${redemption.id} is missing`);
      const when = whenOf(command, now, currency);
      // What comes free in a pool whose contributor has left goes on to their own wallet.
      const usedIn = redemption.poolId === null ? redemption.account : await walletOf(app, redemption);
      const former = await formerContributors(app, [{ ...redemption, redemptionId: redemption.id }]);
      return {
        when,
        loads: {
          wallets: [...new Set([...survivors.loads, ...former.loads, usedIn])],
          holds: redemption.kind === 'HOLD' ? [redemption.id] : [],
          transfers: redemption.spentBy === null ? [] : [redemption.spentBy],
          counters: [...former.counters, { account: usedIn, key: usedCounter(redemption.id) }],
        },
        shows: survivors.loads,
        plan: planOrRefusal(() => {
          requireFollowUpTime(snapshot, redemption, when.occurredAt, now);
          return former.giveBack(survivors.guard(plan({ redemption, rule, survivors, usedIn, currency, when })));
        }),
      };
    },
    answer: ({ answer, balance, duplicate }) => ({ ...answer, balance, duplicate }),
  });
}

async function walletOf(app: App, { walletId, currencyId }: RedemptionFact): Promise<AccountId> {
  const [account] = await app.ledger.openAccounts([{ kind: 'WALLET', owner: walletId, currencyId }]);
  return account;
}

/**
 * A capture tells what a burn would: the card that was shown for the hold is enough. What gives points back tells the
 * balance over a confirmed link only.
 */
const OVER: Readonly<Record<FollowUp['kind'], Over>> = { CAPTURE_HOLD: 'any link', VOID_HOLD: 'a confirmed link', REFUND_REDEMPTION: 'a confirmed link' };

/**
 * A brand settles what it has begun, but knows the balance no longer once the member was unlinked, or has left the
 * household whose points these are.
 */
async function isLinked(client: PoolClient, over: Over, { account, walletId, poolId }: RedemptionFact, survivors: SurvivingAccounts): Promise<boolean> {
  if (poolId === null) return seesWallet(client, survivors.of(account), over);
  if (!(await seesMember(client, walletId, over))) return false;
  return (await readPoolAccess(client, [walletId])).get(walletId)?.poolId === poolId;
}
