import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { capRefusals } from '../../coalition/coalition/amount-limits';
import { termsRefusals } from '../../coalition/coalition/terms-in-force';
import { sameOutcome } from '../../ledger/ledger/find-posting';
import { contentHash, postingId } from '../../ledger/ledger/idempotency';
import { creditRefusals, postingRefusals } from '../../ledger/ledger/ledger-refusals';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { PostingOutcome, PostingRequest } from '../../ledger/ledger/posting';
import { StateMoved } from '../../ledger/ledger/state-moved';
import { knowPresented, presentedFor } from '../../members/identification/know-presented';
import { type HashedRef, hashedRefContent, hashRef } from '../../members/identification/member-ref';
import { identificationRefusals } from '../../members/identification/member-refusals';
import { isFound } from '../../members/identification/resolve-members';
import { lookingAgain } from '../../members/identification/surviving-accounts';
import { type ToldBalance, type ToldOutcome } from '../../members/identification/what-is-told';
import { refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { itemAt, only } from '../../platform/one-of';
import { isRefusal } from '../../platform/refusal';
import { velocityLimits } from '../limits/velocity-limit';
import { referenceRefusals } from '../postings/claim-reference';
import { soughtReference } from '../postings/look-at-references';
import { lookUp } from '../postings/look-up';
import { type RedemptionRules, redemptionRules } from '../redemption/redemption-rule';
import { earningRuleRefusals, earningRules } from './earning-rule';
import { type PurchaseAnswer, planPurchaseRefusals } from './plan-purchase';
import type { RecordPurchase } from './purchase-command';
import { purchaseReceipt } from './purchase-receipt';
import { type AskedPurchase, type NotOne, requestPurchases } from './purchase-requests';
import { toldPurchases } from './told-purchases';

// Purchases have a road of their own, not runPosting's. Those of a bulk are looked up, planned and told in one pass.
// With promises and copies for each of them one took 104 us of processor time instead of 80 (docs/performance.md). And
// all are planned before the first is posted, so that a member's purchases keep their order.

/** What is refused of a purchase. */
export const recordPurchaseRefusals = refusals(
  postingRefusals,
  termsRefusals,
  identificationRefusals,
  referenceRefusals,
  earningRuleRefusals,
  planPurchaseRefusals,
  capRefusals,
  creditRefusals,
);

/** What a purchase came to; the same for every repetition of the request. */
export interface RecordedPurchase extends PurchaseAnswer {
  /** null: the brand may not be told it, or not any more (see tellsBalance). */
  readonly balance: ToldBalance | null;
  readonly dryRun: boolean;
  /** It was booked before, by the same key or by the same receipt: this is its first answer. */
  readonly duplicate: boolean;
  /** It was booked under another key: its reference tells that it is the same receipt. */
  readonly byReference: boolean;
}

/** One purchase; see recordPurchases. Throws its refusal. */
export function recordPurchase(app: App, principal: Principal, command: RecordPurchase): Promise<RecordedPurchase> {
  return recordAlone(app, principal, command, 'input');
}

/** A member who was merged meanwhile is looked up again. */
function recordAlone(app: App, principal: Principal, command: RecordPurchase, field: string): Promise<RecordedPurchase> {
  return lookingAgain(async () => {
    const result = only(await record(app, principal, [command], () => field));
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/**
 * Records what members bought at the brand and credits what it earns. A receipt that is booked already, by whichever
 * way it came, is answered with its first answer; a reference of something else throws REFERENCE_TAKEN. In the order of
 * the commands; a refused one does not harm the others. A bulk costs one transaction to look everything up, then its
 * postings go to the ledger together. `fieldOf`: where each stands in the request.
 */
export async function recordPurchases(
  app: App,
  principal: Principal,
  commands: readonly RecordPurchase[],
  fieldOf: (at: number) => string = (at) => `input.${at}`,
): Promise<PromiseSettledResult<RecordedPurchase>[]> {
  const results = await record(app, principal, commands, fieldOf);
  const moved = results.flatMap((result, at) => (result.status === 'rejected' && result.reason instanceof StateMoved ? [at] : []));
  const again = await Promise.allSettled(moved.map((at) => recordAlone(app, principal, itemAt(commands, at), fieldOf(at))));
  for (const [i, at] of moved.entries()) results[at] = itemAt(again, i);
  return results;
}

const NO_RULES: RedemptionRules['byId'] = new Map();

async function record(
  app: App,
  principal: Principal,
  commands: readonly RecordPurchase[],
  fieldOf: (at: number) => string,
): Promise<PromiseSettledResult<RecordedPurchase>[]> {
  const brandId = requireBrand(principal, { scope: 'purchases' });
  const now = app.clock.now();
  const sought = commands.map((command) => ({
    id: command.dryRun ? null : postingId(brandId, command.idempotencyKey),
    member: hashRef(app.keys, brandId, command.member, command.occurredAt),
    redemptionIds: command.redemptionIds,
    reference: soughtReference('PURCHASE', command, now),
  }));
  const looked = await orEach(commands, lookUp(app, brandId, sought));
  if (Array.isArray(looked)) return looked;
  const { found, version, snapshot } = looked;
  const rules = await earningRules(app, version);
  const limits = await velocityLimits(app, version);
  const redemptionRulesById = commands.some(({ redemptionIds }) => redemptionIds.length > 0) ? (await redemptionRules(app, version)).byId : NO_RULES;
  const asked = commands.map((command, at) => {
    const { id, member } = itemAt(sought, at);
    const each = itemAt(found, at);
    return { command, id: id ?? newUuid(), hash: hashOf(command, member), member, found: each, receipt: purchaseReceipt(command, each), field: fieldOf(at) };
  });
  // All requests are made before the first is posted, so that a member's purchases keep their order.
  const requests = await requestPurchases(app, { brandId, now, nowText: now.toISOString(), snapshot, rules, redemptionRulesById, limits }, asked);
  const outcomes = await Promise.allSettled(asked.map((each, at) => post(app, each, itemAt(requests, at))));
  const booked = outcomes.map((outcome, at) => ({ asked: itemAt(asked, at), outcome }));
  const told = await toldPurchases(app, { brandId, snapshot, now }, booked);
  const results = told.map((outcome, at) => toResult(outcome, itemAt(asked, at)));
  // Also of repetitions: the first request may have been cut off before.
  const met = booked.flatMap(
    ({
      asked: {
        command,
        member: ref,
        found: { member },
      },
      outcome,
    }) => {
      if (outcome.status === 'rejected' || outcome.value.refusal || command.dryRun) return [];
      return isFound(member) && member.toKnow ? presentedFor(outcome.value, ref) : [];
    },
  );
  if (met.length > 0) await knowPresented(app, brandId, met);
  return results;
}

/** What refuses all of them (too many wait, no database) is the answer of each. */
async function orEach<T>(commands: readonly RecordPurchase[], look: Promise<T>): Promise<T | PromiseRejectedResult[]> {
  return look.catch((reason) => {
    if (!isRefusal(reason)) throw reason;
    return commands.map(() => ({ status: 'rejected' as const, reason }));
  });
}

/** The hash of a request's content, by which its key is known again. */
export function purchaseHash(app: App, brandId: Uuid, command: RecordPurchase): Buffer {
  return hashOf(command, hashRef(app.keys, brandId, command.member));
}

/** Of every field but the key and dryRun. Each is named: a spread would cost more than the hash. */
function hashOf(command: RecordPurchase, member: HashedRef): Buffer {
  const content: Omit<RecordPurchase, 'idempotencyKey' | 'dryRun' | 'member'> & { readonly member: unknown } = {
    channel: command.channel,
    currency: command.currency,
    instrument: command.instrument,
    lines: command.lines,
    member: hashedRefContent(member),
    moneyCurrency: command.moneyCurrency,
    occurredAt: command.occurredAt,
    redemptionIds: command.redemptionIds,
    reference: command.reference,
  };
  return contentHash('RECORD_PURCHASE', content);
}

function post(app: App, { command, id, hash, found: { stored }, receipt }: AskedPurchase, request: PostingRequest | NotOne | null): Promise<PostingOutcome> {
  if (stored) return new Promise((resolve) => resolve(sameOutcome(stored, hash)));
  if (receipt?.is === 'repeated') return Promise.resolve(receipt.first.outcome);
  if (receipt?.is === 'taken') return Promise.reject(receipt.refusal);
  if (!request || request instanceof Error) return Promise.reject(request ?? new Error(`purchase ${id} was neither stored nor planned`));
  return command.dryRun ? app.ledger.preview(request) : app.ledger.post(request);
}

function toResult(outcome: PromiseSettledResult<ToldOutcome>, asked: AskedPurchase): PromiseSettledResult<RecordedPurchase> {
  if (outcome.status === 'rejected') return outcome;
  try {
    return { status: 'fulfilled', value: toRecorded(outcome.value, asked) };
  } catch (reason) {
    return { status: 'rejected', reason };
  }
}

function toRecorded(outcome: ToldOutcome, { command: { dryRun }, found: { stored }, receipt }: AskedPurchase): RecordedPurchase {
  const answer = acceptedAnswer(outcome) as PurchaseAnswer;
  return {
    purchaseId: answer.purchaseId,
    currency: answer.currency,
    points: answer.points,
    forgone: answer.forgone,
    moneyCurrency: answer.moneyCurrency,
    amount: answer.amount,
    eligibleAmount: answer.eligibleAmount,
    paidWithPoints: answer.paidWithPoints,
    leftOut: answer.leftOut,
    ruleId: answer.ruleId,
    expiresOn: answer.expiresOn,
    availableOn: answer.availableOn,
    confirmBy: answer.confirmBy,
    occurredAt: answer.occurredAt,
    balance: outcome.balances[0] ?? null,
    dryRun,
    duplicate: outcome.duplicate,
    byReference: !stored && receipt?.is === 'repeated',
  };
}
