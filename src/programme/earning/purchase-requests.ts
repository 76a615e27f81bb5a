import type { App } from '../../app';
import { mostClearable } from '../../coalition/coalition/clearable-points';
import type { CoalitionSnapshot, PointCurrency, TermsVersion } from '../../coalition/coalition/coalition-snapshot';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { requireTerms } from '../../coalition/coalition/terms-in-force';
import type { AccountRef, LotOrigin } from '../../ledger/ledger/ledger';
import type { AccountId, PostingRequest } from '../../ledger/ledger/posting';
import { type Day, monthStart } from '../../ledger/points/calendar';
import { requireMoney } from '../../ledger/points/money-currencies';
import { type FoundMember, isFound, requireOpenWallet } from '../../members/identification/resolve-members';
import { whileOpen } from '../../members/identification/surviving-accounts';
import { newUuid, type Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { InvalidInput, isRefusal, NotFound, type Refusal, type RefusalData } from '../../platform/refusal';
import { activity } from '../expiry/activity';
import type { VelocityLimits } from '../limits/velocity-limit';
import { limitsFor, velocityCounters } from '../limits/within-limits';
import { type RedemptionFact, usedCounter } from '../postings/attached-redemptions';
import type { JudgedReference } from '../postings/claim-reference';
import type { LookedUp } from '../postings/look-up';
import { orRefusal, type When, whenOf } from '../postings/posting-time';
import { keepingRefusals } from '../postings/run-posting';
import type { RedemptionRules } from '../redemption/redemption-rule';
import { type AutomaticContribution, contributes } from '../sharing/automatic-contribution';
import { standingCounters } from '../sharing/standing';
import { awardDates } from './award';
import { type EarningRule, type EarningRules, requireEarningRule } from './earning-rule';
import { planPurchase } from './plan-purchase';
import type { RecordPurchase } from './purchase-command';

/** What purchases of a brand are judged by. */
export interface PurchaseContext {
  readonly brandId: Uuid;
  readonly now: Date;
  /** As answers have it. */
  readonly nowText: string;
  readonly snapshot: CoalitionSnapshot;
  readonly rules: EarningRules;
  /** Of what the purchases' redemptions were made under. */
  readonly redemptionRulesById: RedemptionRules['byId'];
  readonly limits: VelocityLimits;
}

/** A purchase, with what was found of it. */
export interface AskedPurchase {
  readonly command: RecordPurchase;
  /** Of its posting. */
  readonly id: Uuid;
  readonly hash: Buffer;
  readonly found: LookedUp;
  /** null: it has no reference. */
  readonly receipt: JudgedReference | null;
  /** Where it stands in the request. */
  readonly field: string;
}

/** Why no request is made of a purchase. Nothing is stored. */
export type NotOne = NotFound | InvalidInput | Refusal;

/**
 * Makes the ledger's request for each purchase, in their order. null for one that is booked already or whose reference
 * is taken. NotOne for one that names nobody or no redemption that the brand can know, or a currency or money that does
 * not exist. Accounts and origins of lots are asked for once, however many purchases there are.
 */
export async function requestPurchases(app: App, context: PurchaseContext, asked: readonly AskedPurchase[]): Promise<(PostingRequest | NotOne | null)[]> {
  const places = new Places(context.brandId, context.snapshot);
  const drafts = asked.map((each) => (each.found.stored || (each.receipt && each.receipt.is !== 'free') ? null : orWrong(() => draft(context, each, places))));
  const accounts = await app.ledger.openAccounts(places.accounts);
  const origins: number[] = [];
  for (const origin of places.origins) origins.push(await app.ledger.lotOrigin(origin));
  return drafts.map((each) => (each === null || each instanceof Error ? each : requestOf(context, each, accounts, origins)));
}

/** What is wrong with one entry is told in its place. */
function orWrong(work: () => Draft): Draft | NotOne {
  try {
    return work();
  } catch (error) {
    if (error instanceof NotFound || error instanceof InvalidInput || isRefusal(error)) return error;
    throw error;
  }
}

/** A purchase before the ledger has said where its points come from and go to. The numbers are places in Places. */
interface Draft {
  readonly asked: AskedPurchase;
  readonly member: FoundMember;
  readonly currency: PointCurrency;
  readonly redemptions: readonly RedemptionFact[];
  /** Of each of them. */
  readonly usedIn: readonly number[];
  readonly when: When;
  readonly wallet: number;
  readonly issued: number;
  /** null: nothing goes into a household's pool. */
  readonly pool: number | null;
  readonly agreed: { readonly refused: RefusalData } | { readonly is: Agreed };
}

interface Agreed {
  readonly terms: TermsVersion;
  readonly rule: EarningRule;
  readonly origin: number;
}

/** Accounts and origins of lots that purchases of a brand need, each of those that they share once. */
class Places {
  readonly accounts: AccountRef[] = [];
  readonly origins: LotOrigin[] = [];
  /** By currency. */
  private readonly issuedAt = new Map<number, number>();

  constructor(
    private readonly brandId: Uuid,
    private readonly snapshot: CoalitionSnapshot,
  ) {}

  account(kind: 'WALLET' | 'POOL' | 'ISSUED', owner: Uuid, currencyId: number): number {
    return this.accounts.push({ kind, owner, currencyId }) - 1;
  }

  issued(currencyId: number): number {
    let at = this.issuedAt.get(currencyId);
    if (at === undefined) this.issuedAt.set(currencyId, (at = this.account('ISSUED', this.brandId, currencyId)));
    return at;
  }

  origin(currencyId: number, termsId: Uuid, day: Day): number {
    const issueMonth = monthStart(day);
    const at = this.origins.findIndex((origin) => origin.currencyId === currencyId && origin.termsId === termsId && origin.issueMonth === issueMonth);
    if (at >= 0) return at;
    const issuerCode = this.snapshot.brandsById.get(this.brandId)?.code ?? '';
    return this.origins.push({ issuer: this.brandId, issuerCode, currencyId, issueMonth, termsId, offerId: null }) - 1;
  }
}

function draft({ brandId, now, snapshot, rules }: PurchaseContext, asked: AskedPurchase, places: Places): Draft {
  const { command, found, field } = asked;
  const currency = requireCurrency(snapshot, command.currency, `${field}.currency`);
  const { member } = found;
  if (!isFound(member)) throw member;
  const redemptions: RedemptionFact[] = [];
  for (const redemptionId of command.redemptionIds) {
    const redemption = found.redemptions.get(redemptionId);
    if (redemption?.brandId !== brandId) throw new NotFound('Redemption');
    redemptions.push(redemption);
  }
  const when = whenOf(command, now, currency);
  const { occurredAt, day } = when;
  requireMoney(command.moneyCurrency, day, `${field}.moneyCurrency`);
  const wallet = places.account('WALLET', member.walletId, currency.id);
  return {
    asked,
    member,
    currency,
    redemptions,
    // What was made from the wallet of a duplicate, before a merge, is counted there: it may have been used there.
    usedIn: redemptions.map(({ walletId, memberId, currencyId }) =>
      walletId === member.walletId || memberId !== member.memberId || currencyId !== currency.id ? wallet : places.account('WALLET', walletId, currency.id),
    ),
    when,
    wallet,
    issued: places.issued(currency.id),
    pool: contributes(found.pool) ? places.account('POOL', found.pool.poolId, currency.id) : null,
    agreed: orRefusal(() => {
      requireOpenWallet(member);
      const terms = requireTerms(snapshot, { brandId, currencyId: currency.id, act: 'issue' }, occurredAt, now);
      return {
        terms,
        rule: requireEarningRule(rules, brandId, currency, command.moneyCurrency, occurredAt),
        origin: places.origin(currency.id, terms.id, day),
      };
    }),
  };
}

function requestOf(context: PurchaseContext, drafted: Draft, accounts: readonly AccountId[], origins: readonly number[]): PostingRequest {
  const { brandId, now, nowText, snapshot } = context;
  const { asked, member, currency, redemptions, when, agreed } = drafted;
  const { command, id, hash, receipt } = asked;
  const purchaseId = newUuid();
  const wallet = itemAt(accounts, drafted.wallet);
  const contribution = contributionOf(drafted, accounts);
  const usedIn = drafted.usedIn.map((place) => itemAt(accounts, place));
  const counters = redemptions.map((redemption, at) => ({ account: itemAt(usedIn, at), key: usedCounter(redemption.id) }));
  if (contribution) counters.push(...standingCounters(contribution.pool, [contribution.membershipId]));
  // First the wallet: its balance is the answer's.
  const wallets = [wallet];
  for (const account of [contribution?.pool, ...redemptions.map(({ account }) => account), ...usedIn])
    if (account !== undefined && !wallets.includes(account)) wallets.push(account);
  const request = (plan: PostingRequest['plan']): PostingRequest => ({
    id,
    party: brandId,
    kind: 'RECORD_PURCHASE',
    contentHash: hash,
    occurredAt: when.occurredAt.getTime(),
    day: when.day,
    recordedAt: now.getTime(),
    // The household's balance is not the brand's to know.
    shows: [wallet],
    loads: { wallets, transfers: redemptions.flatMap(({ spentBy }) => spentBy ?? []), counters },
    claims: receipt?.is === 'free' ? [receipt.claim(purchaseId)] : undefined,
    plan,
  });
  if ('refused' in agreed) return request(() => agreed);
  const { terms, rule, origin } = agreed.is;
  const { occurredAt, day } = when;
  const velocity = limitsFor(context.limits, { act: 'EARN', currency, account: wallet, brandId, earningRuleId: rule.id, occurredAt, day });
  counters.push(...velocityCounters(velocity));
  const award = awardDates(currency.expiry, rule.availability, day);
  const plan = planPurchase({
    ids: { purchaseId, postingId: id, earnTransferId: newUuid() },
    who: { brandId, memberId: member.memberId, walletId: member.walletId, locked: member.locked },
    accounts: { wallet, issued: itemAt(accounts, drafted.issued) },
    currency,
    terms,
    rule,
    limits: { mostPoints: mostClearable(snapshot, currency), velocity },
    originId: itemAt(origins, origin),
    award,
    activity: activity(currency.expiry, wallet, day, award.deadline === null ? award.lot.availableOn : award.lot.expiresOn),
    contribution,
    paying: { redemptions, usedIn, rulesById: context.redemptionRulesById },
    command,
    when,
    occurredAtText: command.occurredAt?.toISOString() ?? nowText,
  });
  return request(keepingRefusals(whileOpen([wallet], plan)));
}

function contributionOf({ asked: { found }, pool }: Draft, accounts: readonly AccountId[]): AutomaticContribution | null {
  if (pool === null || !found.pool) return null;
  return { transferId: newUuid(), pool: itemAt(accounts, pool), membershipId: found.pool.id, share: found.pool.share };
}
