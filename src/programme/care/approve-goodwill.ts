import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { CoalitionSnapshot, PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { activeTermsRefusals } from '../../coalition/coalition/terms-in-force';
import { findPosting, sameOutcome } from '../../ledger/ledger/find-posting';
import { contentHash } from '../../ledger/ledger/idempotency';
import { creditRefusals } from '../../ledger/ledger/ledger-refusals';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { PostingOutcome, PostingRequest } from '../../ledger/ledger/posting';
import { ALWAYS, dayOf, monthStart } from '../../ledger/points/calendar';
import { brandThatAsks, isTold } from '../../members/identification/asking-member';
import { findWallets } from '../../members/identification/member-look';
import { type ResolvedMember, requireOpenWallet } from '../../members/identification/resolve-members';
import { type ToldBalance, toldBalance } from '../../members/identification/what-is-told';
import { refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { notNow } from '../../platform/not-now';
import { NotFound } from '../../platform/refusal';
import { activity } from '../expiry/activity';
import { expiryDate } from '../expiry/expiry-date';
import { type DecideProposal, decide, findDecidable } from './decide-proposal';
import { requireFunding } from './goodwill-terms';
import type { Proposal } from './proposal';
import { proposalRefusals } from './proposal';

/** What is refused where goodwill is approved. */
export const approveGoodwillRefusals = refusals(notNow, proposalRefusals, activeTermsRefusals, creditRefusals);

export interface ApprovedGoodwill {
  readonly proposal: Proposal;
  readonly currency: string;
  /** null: whoever asks is a brand that knows the member over no confirmed link, or has no terms for the currency. */
  readonly balance: ToldBalance | null;
}

/**
 * Approves goodwill and gives the points: a lot of the funder's, of its own code, paid for like an issue. Approving
 * again changes nothing, and finishes what was cut off. Refuses as approveGoodwillRefusals lists; throws
 * PermissionDenied, NotFound.
 */
export async function approveGoodwill(app: App, principal: Principal, command: DecideProposal): Promise<ApprovedGoodwill> {
  const found = await findDecidable(app, principal, 'GOODWILL', command, 'APPROVED');
  const facts = await findFacts(app, principal, found);
  // Given already: it stays so whatever has become of the wallet and the terms since.
  if (facts.given) return toApproved(found, facts, facts.given);
  const request = await givingOf(app, found, facts);
  // What the ledger would refuse is told before anybody has approved it.
  acceptedAnswer(await app.ledger.preview(request));
  const proposal = await decide(app, principal, 'GOODWILL', command, 'APPROVED');
  return toApproved(proposal, facts, await app.ledger.post(request));
}

function toApproved(proposal: Proposal, { currency, told }: Facts, outcome: PostingOutcome): ApprovedGoodwill {
  acceptedAnswer(outcome);
  return { proposal, currency: currency.code, balance: toldBalance(outcome.balances[0], told) };
}

interface Facts {
  readonly member: ResolvedMember;
  /** Whether the answer tells what the wallet holds. */
  readonly told: boolean;
  readonly currency: PointCurrency;
  readonly snapshot: CoalitionSnapshot;
  /** What became of it when it was approved before. */
  readonly given: PostingOutcome | null;
}

async function findFacts(app: App, principal: Principal, { id, memberId, currencyId }: Proposal): Promise<Facts> {
  const { snapshot, member, stored } = await app.database.transaction(databasePrincipal(principal), async ({ client }) => ({
    snapshot: await app.coalition.snapshot(client),
    member: (await findWallets(client, [memberId])).get(memberId),
    stored: await findPosting(client, id),
  }));
  if (!member) throw new NotFound('Member');
  const currency = snapshot.currenciesById.get(currencyId ?? 0);
  if (!currency) throw new Error(`proposal ${id} names no currency`);
  const brandId = brandThatAsks(principal);
  const told = brandId === null || isTold(brandId, member, currency.id, snapshot, app.clock.now());
  return { member, told, currency, snapshot, given: stored && sameOutcome(stored, hashOf(id)) };
}

function hashOf(proposalId: Uuid): Buffer {
  return contentHash('GIVE_GOODWILL', { proposal: proposalId });
}

async function givingOf(app: App, proposal: Proposal, { member, currency, snapshot }: Facts): Promise<PostingRequest> {
  const { id, brandId, decidingBrandId: funderId, points } = proposal;
  if (points === null) throw new Error(`proposal ${id} names no points`);
  requireOpenWallet(member);
  const now = app.clock.now();
  const termsId = requireFunding(snapshot, funderId, currency, now);
  const day = dayOf(now, currency.timeZone);
  const [wallet, from] = await app.ledger.openAccounts([
    { kind: 'WALLET', owner: member.walletId, currencyId: currency.id },
    { kind: 'GOODWILL', owner: funderId, currencyId: currency.id },
  ]);
  const issuerCode = snapshot.brandsById.get(funderId)?.code ?? '';
  const originId = await app.ledger.lotOrigin({ issuer: funderId, issuerCode, currencyId: currency.id, issueMonth: monthStart(day), termsId, offerId: null });
  const lot = { originId, expiresOn: expiryDate(currency.expiry, day), availableOn: ALWAYS };
  const transferId = newUuid();
  return {
    // The proposal's own id: however often it is approved, it is given once.
    id,
    party: brandId,
    kind: 'GIVE_GOODWILL',
    contentHash: hashOf(id),
    occurredAt: now.getTime(),
    day,
    recordedAt: now.getTime(),
    loads: { wallets: [wallet] },
    plan: () => ({
      steps: [...activity(currency.expiry, wallet, day), { do: 'credit', id: transferId, from, to: wallet, amount: points, code: 'GOODWILL', lot, termsId }],
      answer: { proposalId: id, points },
    }),
  };
}
