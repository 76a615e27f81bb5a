import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { currencyById } from '../../coalition/coalition/require-currency';
import { findPosting, sameOutcome } from '../../ledger/ledger/find-posting';
import { contentHash, postingId } from '../../ledger/ledger/idempotency';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { AccountId, LedgerView, Plan, PostingRequest } from '../../ledger/ledger/posting';
import { type Day, dayOf } from '../../ledger/points/calendar';
import { readPoolAccess } from '../../members/households/household';
import { seesMember, seesWallet } from '../../members/identification/sees-wallet';
import { lookingAgain, type SurvivingAccounts, survivingAccounts } from '../../members/identification/surviving-accounts';
import { type ToldBalance, toldBalance } from '../../members/identification/what-is-told';
import type { Uuid } from '../../platform/ids';
import { NotFound, type RefusalData } from '../../platform/refusal';
import { type RedemptionFact, readRedemptions, usedCounter } from '../postings/attached-redemptions';
import { orRefusal, requireFollowUpTime } from '../postings/posting-time';
import { formerContributors } from '../sharing/former-contributors';
import { type RedemptionRule, redemptionRules } from './redemption-rule';

/** A request about an earlier redemption: a capture, void or refund. */
export interface FollowUpCommand {
  readonly idempotencyKey: string;
  readonly redemptionId: Uuid;
  /** null: now. */
  readonly occurredAt: Date | null;
}

/** What the plan of a follow-up is made from. */
export interface FollowUpFacts {
  readonly redemption: RedemptionFact;
  /** That it was made under: what stays spent keeps its minimum and step. */
  readonly rule: RedemptionRule;
  /** Where its wallet's points are: of a merged member, the survivor's. */
  readonly survivors: Pick<SurvivingAccounts, 'of'>;
  /** The wallet's account in which it is counted that the redemption pays for a purchase. */
  readonly usedIn: AccountId;
  readonly currency: Pick<PointCurrency, 'code' | 'graceDays' | 'timeZone' | 'expiry'>;
  readonly day: Day;
  readonly occurredAt: Date;
  readonly now: Date;
}

export interface FollowUp {
  readonly kind: 'CAPTURE_HOLD' | 'VOID_HOLD' | 'REFUND_REDEMPTION';
  readonly plan: (facts: FollowUpFacts) => (view: LedgerView) => Plan | { refused: RefusalData };
}

/** What became of the redemption; the same for every repetition of the request. */
export interface FollowedUp {
  readonly redemptionId: Uuid;
  readonly currency: string;
  /** Points captured, released or refunded by this request. */
  readonly points: number;
  /** Of a capture: points of the hold that were released. */
  readonly released: number;
  /** Decimal text with six decimals: what those points pay. */
  readonly moneyValue: string;
  readonly moneyCurrency: string;
  readonly occurredAt: string;
  /** null: see seesBalance. */
  readonly balance: ToldBalance | null;
  readonly duplicate: boolean;
}

/** What captureHold, voidHold and refundRedemption share: look up, plan, post. */
export async function followUp(app: App, principal: Principal, command: FollowUpCommand, followUp: FollowUp): Promise<FollowedUp> {
  const brandId = requireBrand(principal, { scope: 'redemptions' });
  const { idempotencyKey: key, ...content } = command;
  const hash = contentHash(followUp.kind, content);
  const id = postingId(brandId, key);
  return lookingAgain(() => followUpOnce(app, principal, command, followUp, { brandId, id, hash }));
}

async function followUpOnce(
  app: App,
  principal: Principal,
  command: FollowUpCommand,
  followUp: FollowUp,
  { brandId, id, hash }: { brandId: Uuid; id: Uuid; hash: Buffer },
): Promise<FollowedUp> {
  const found = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const stored = await findPosting(client, id);
    const redemption = (await readRedemptions(client, [command.redemptionId])).get(command.redemptionId);
    const survivors = await survivingAccounts(client, redemption ? [redemption.account] : []);
    const linked = redemption !== undefined && (await seesBalance(client, followUp.kind, redemption, survivors));
    if (stored) return { stored, linked };
    // The operator's staff see every brand's redemptions, but may act on their own only.
    if (!redemption || redemption.brandId !== brandId) throw new NotFound('Redemption');
    return { stored: null, linked, redemption, survivors, snapshot: await app.coalition.snapshot(client) };
  });
  if (found.stored) return toFollowedUp(sameOutcome(found.stored, hash), found.linked);
  const { redemption, survivors, snapshot } = found;
  const currency = currencyById(snapshot, redemption.currencyId);
  const rule = (await redemptionRules(app, snapshot.version)).byId.get(redemption.ruleId);
  if (!rule) throw new Error(`the rule of redemption ${redemption.id} is missing`);
  const now = app.clock.now();
  const occurredAt = command.occurredAt ?? now;
  const day = dayOf(occurredAt, currency.timeZone);
  // What comes free in a pool whose contributor has left goes on to their own wallet.
  const usedIn = redemption.poolId === null ? redemption.account : await walletOf(app, redemption);
  const former = await formerContributors(app, [{ ...redemption, redemptionId: redemption.id }]);
  const inTime = orRefusal(() => requireFollowUpTime(snapshot, redemption, occurredAt, now));
  const request: PostingRequest = {
    id,
    party: brandId,
    kind: followUp.kind,
    contentHash: hash,
    occurredAt: occurredAt.getTime(),
    day,
    recordedAt: now.getTime(),
    loads: {
      wallets: [...new Set([...survivors.loads, ...former.loads, usedIn])],
      holds: redemption.kind === 'HOLD' ? [redemption.id] : [],
      transfers: redemption.spentBy === null ? [] : [redemption.spentBy],
      counters: [...former.counters, { account: usedIn, key: usedCounter(redemption.id) }],
    },
    shows: survivors.loads,
    plan:
      'refused' in inTime
        ? () => inTime
        : former.giveBack(survivors.guard(followUp.plan({ redemption, rule, survivors, usedIn, currency, day, occurredAt, now }))),
  };
  return toFollowedUp(await app.ledger.post(request), found.linked);
}

async function walletOf(app: App, { walletId, currencyId }: RedemptionFact): Promise<AccountId> {
  const [account] = await app.ledger.openAccounts([{ kind: 'WALLET', owner: walletId, currencyId }]);
  return account;
}

/**
 * A brand settles what it has begun, but knows the balance no longer once the member was unlinked, or has left the
 * household whose points these are. A capture tells what a burn would: the card that was shown for the hold is enough.
 * What gives points back tells it over a confirmed link only.
 */
async function seesBalance(
  client: PoolClient,
  kind: FollowUp['kind'],
  { account, walletId, poolId }: RedemptionFact,
  survivors: SurvivingAccounts,
): Promise<boolean> {
  const over = kind === 'CAPTURE_HOLD' ? 'any link' : 'a confirmed link';
  if (poolId === null) return seesWallet(client, survivors.of(account), over);
  if (!(await seesMember(client, walletId, over))) return false;
  return (await readPoolAccess(client, [walletId])).get(walletId)?.poolId === poolId;
}

function toFollowedUp(outcome: Awaited<ReturnType<App['ledger']['post']>>, linked: boolean): FollowedUp {
  const answer = acceptedAnswer(outcome) as unknown as Omit<FollowedUp, 'balance' | 'duplicate'>;
  return { ...answer, balance: toldBalance(outcome.balances[0], linked), duplicate: outcome.duplicate };
}
