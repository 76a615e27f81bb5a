import type { Uuid } from '../../../../platform/ids';
import type { RefusalData } from '../../../../platform/refusal';
import type { AccountId, BalanceAfter, Claim, Done, LedgerView, Plan, PostingOutcome, PostingRequest, WalletView } from '../../posting';
import { StateMoved } from '../../state-moved';
import { isOver } from './apply-hold';
import { applyStep, catchUp } from './apply-step';
import { type BatchState, claimKey, counterKey, isSameContent } from './batch-state';
import { returnLoans } from './ended-since';
import { keepArrearsFilled } from './fill-arrears';
import { dayIn, Posting, RefusedStep } from './posting-in-progress';
import { endOf, isSpendable, OWN, type WalletState } from './wallet-state';

/**
 * What became of one request of a batch. `failed` is a defect, of a plan for example: only its own caller hears of it,
 * and nothing is stored.
 */
export type Decision =
  | { readonly is: 'decided'; readonly outcome: PostingOutcome }
  | { readonly is: 'conflict' }
  | { readonly is: 'failed'; readonly error: unknown };

/**
 * Decides the postings of a batch in order, over what was loaded: no I/O, no clock, no randomness. Changes `state` and
 * collects its writes. A refused posting leaves no trace but its stored outcome, and a retry-safe refusal not even
 * that.
 */
export function decide(state: BatchState, requests: readonly PostingRequest[]): Decision[] {
  return requests.map((request) => decideOne(state, request));
}

function decideOne(state: BatchState, request: PostingRequest): Decision {
  const stored = state.postings.get(request.id);
  if (stored) {
    if (!isSameContent(stored, request.contentHash)) return { is: 'conflict' };
    return { is: 'decided', outcome: { ...stored.outcome, duplicate: true } };
  }
  if (request.claims?.some((claim) => state.claims.has(claimKey(claim))))
    return { is: 'failed', error: new StateMoved(`another posting has taken a name that ${request.kind} found free`) };
  const posting = new Posting(state, request);
  let plan: Plan | null = null;
  let refusal: RefusalData | null = null;
  let planned = 0;
  try {
    requireSoundLoads(state, request);
    catchUp(posting);
    planned = posting.progress();
    const decided = request.plan(viewOf(state, request));
    if ('refused' in decided) {
      refusal = decided.refused;
    } else {
      for (const [at, step] of decided.steps.entries()) {
        applyStep(posting, step);
        keepArrearsFilled(posting, at);
      }
      if (decided.steps.length === 0) keepArrearsFilled(posting, 0);
      plan = decided;
    }
  } catch (error) {
    if (!(error instanceof RefusedStep)) {
      posting.undo();
      return { is: 'failed', error };
    }
    refusal = error.refusal;
  }
  // Its balances are judged at its occurredAt, like those of an accepted one: without its steps, but with expired holds
  // released.
  if (refusal) posting.undo(planned);
  const outcome: PostingOutcome = {
    duplicate: false,
    answer: typeof plan?.answer === 'function' ? plan.answer(doneIn(state)) : (plan?.answer ?? null),
    refusal,
    balances: (request.shows ?? request.loads.wallets).map((account) => balanceAfter(walletView(requireWallet(state, account), dayIn(request, account)))),
    recordedAt: request.recordedAt,
  };
  if (refusal) posting.undo();
  else returnLoans(posting);
  // It rests on more than the ledger: whoever sends it again, be it in this batch, is judged anew.
  if (refusal?.retrySafe) return { is: 'decided', outcome };
  const { id, party, kind, contentHash, occurredAt, recordedAt } = request;
  state.postings.set(id, { contentHash, outcome });
  state.writes.postings.push({ id, party, kind, contentHash, outcome, occurredAt, recordedAt });
  if (plan?.rows) state.writes.rows.push(...(typeof plan.rows === 'function' ? plan.rows(doneIn(state)) : plan.rows));
  if (plan && request.claims) takeClaims(state, request, request.claims);
  return { is: 'decided', outcome };
}

function takeClaims({ claims, writes }: BatchState, { id, party }: PostingRequest, taken: readonly Claim[]): void {
  for (const claim of taken) {
    claims.add(claimKey(claim));
    writes.claims.push({ name: claim.name, turn: claim.turn, made: claim.made, party, postingId: id });
  }
}

function doneIn({ transfers }: BatchState): Done {
  const taken = (id: Uuid) => transfers.get(id)?.allocations.reduce((sum, { amount }) => sum + amount, 0) ?? 0;
  return {
    moved: (id) => transfers.get(id)?.amount ?? 0,
    arrears: (id) => (transfers.get(id)?.amount ?? 0) - taken(id),
    filled: (id) => transfers.get(id)?.filled ?? 0,
  };
}

/** What a plan may look at. Reading what was not declared is a defect of the plan, not a 0. */
export function viewOf(state: BatchState, request: PostingRequest): LedgerView {
  const { loads } = request;
  const declared = (account: AccountId) => {
    if (!loads.wallets.includes(account)) throw new Error(`${request.kind} looked at wallet account ${account} without declaring it`);
    return requireWallet(state, account);
  };
  return {
    wallet: (account) => walletView(declared(account), dayIn(request, account)),
    contributors: (pool) => new Set(declared(pool).lots.flatMap(({ remaining, contributor }) => (remaining > 0 && contributor !== OWN ? contributor : []))),
    lots(account) {
      const wallet = declared(account);
      const left = wallet.lots.filter((lot) => lot.remaining > 0);
      return left.map((lot) => ({ points: lot.remaining, availableOn: lot.availableOn, endsOn: endOf(lot, wallet) }));
    },
    hold(id) {
      if (!loads.holds?.includes(id)) throw new Error(`${request.kind} looked at hold ${id} without declaring it`);
      const hold = state.holds.get(id);
      if (!hold) return undefined;
      const { party, account, amount, captured, expiresAt } = hold;
      return { id, party, account, amount, captured, expiresAt, state: isOver(hold, request) ? 'EXPIRED' : hold.state };
    },
    transfer(id) {
      if (!loads.transfers?.includes(id)) throw new Error(`${request.kind} looked at transfer ${id} without declaring it`);
      return state.transfers.get(id);
    },
    counter(account, key) {
      if (!loads.counters?.some((each) => each.account === account && each.key === key))
        throw new Error(`${request.kind} looked at counter ${key} without declaring it`);
      return state.counters.get(counterKey(account, key))?.value ?? 0;
    },
  };
}

/** What is decided on must be locked: a counter without its wallet could be counted twice at once. */
function requireSoundLoads(state: BatchState, { kind, loads }: PostingRequest): void {
  for (const account of loads.wallets) requireWallet(state, account);
  for (const { account, key } of loads.counters ?? [])
    if (!loads.wallets.includes(account)) throw new Error(`${kind} loads counter ${key} without its wallet, account ${account}`);
}

function requireWallet(state: BatchState, account: number): WalletState {
  const wallet = state.wallets.get(account);
  if (!wallet) throw new Error(`wallet account ${account} does not exist`);
  return wallet;
}

export function walletView(wallet: WalletState, day: number): WalletView {
  let active = 0;
  let pending = 0;
  let lapsed = 0;
  for (const lot of wallet.lots) {
    if (isSpendable(lot, wallet, day)) active += lot.remaining;
    else if (day < endOf(lot, wallet)) pending += lot.remaining;
    else lapsed += lot.remaining;
  }
  const { account, credits, debits, held, arrears, spendLocked, proofsEnded, slidesUntil, closedAt } = wallet;
  const balance = credits - debits;
  const closed = closedAt !== null;
  const spendable = Math.max(0, active - arrears);
  return { account, balance, held, arrears, active, pending, lapsed, spendable, spendLocked, proofsEnded, slidesUntil, closed };
}

function balanceAfter({ account, active, pending, held, arrears, spendable }: WalletView): BalanceAfter {
  return { account, active, pending, held, arrears, spendable };
}
