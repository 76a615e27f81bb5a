import { databasePrincipal, type Principal } from '../access/principal';
import type { App } from '../app';
import { activity } from '../expiry/activity';
import { expiryDate } from '../expiry/expiry-date';
import { newUuid } from '../ids';
import { contentHash } from '../ledger/idempotency';
import { acceptedAnswer } from '../ledger/outcome';
import type { BalanceAfter, PostingRequest } from '../ledger/posting';
import { readWallets } from '../members/resolve-members';
import { ALWAYS, dayOf, monthStart } from '../points/calendar';
import { NotFound } from '../refusal';
import { type DecideProposal, decide, findDecidable } from './decide-proposal';
import { requireFunding } from './goodwill-terms';
import type { Proposal } from './proposal';

export interface ApprovedGoodwill {
  readonly proposal: Proposal;
  readonly currency: string;
  readonly balance: BalanceAfter;
}

/**
 * Approves goodwill and gives the points: a lot of the funder's, of its own code, paid for like an issue. Approving again changes nothing, and
 * finishes what was cut off. Throws PermissionDenied, NotFound, ProposalDecided, ProposalLapsed, SecondPersonNeeded, TermsNotActive, WALLET_CLOSED,
 * BALANCE_OUT_OF_RANGE, OVERLOADED.
 */
export async function approveGoodwill(app: App, principal: Principal, command: DecideProposal): Promise<ApprovedGoodwill> {
  const found = await findDecidable(app, principal, 'GOODWILL', command, 'APPROVED');
  const { request, currency } = await toRequest(app, principal, found);
  // What the ledger would refuse is told before anybody has approved it.
  acceptedAnswer(await app.ledger.preview(request));
  const proposal = await decide(app, principal, 'GOODWILL', command, 'APPROVED');
  const outcome = await app.ledger.post(request);
  acceptedAnswer(outcome);
  return { proposal, currency, balance: outcome.balances[0] };
}

async function toRequest(app: App, principal: Principal, proposal: Proposal): Promise<{ request: PostingRequest; currency: string }> {
  const { id, brandId, decidingBrandId: funderId, points } = proposal;
  const now = app.clock.now();
  const { snapshot, member } = await app.database.transaction(databasePrincipal(principal), async ({ client }) => ({
    snapshot: await app.coalition.snapshot(client),
    member: (await readWallets(client, [proposal.memberId])).get(proposal.memberId),
  }));
  if (!member) throw new NotFound('Member');
  const currency = snapshot.currenciesById.get(proposal.currencyId ?? 0);
  if (!currency || points === null) throw new Error(`proposal ${id} names no points`);
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
    currency: currency.code,
    request: {
      // The proposal's own id: however often it is approved, it is given once.
      id,
      party: brandId,
      kind: 'GIVE_GOODWILL',
      contentHash: contentHash('GIVE_GOODWILL', { proposal: id }),
      occurredAt: now.getTime(),
      day,
      recordedAt: now.getTime(),
      loads: { wallets: [wallet] },
      plan: () => ({
        steps: [...activity(currency.expiry, wallet, day), { do: 'credit', id: transferId, from, to: wallet, amount: points, code: 'GOODWILL', lot, termsId }],
        answer: { proposalId: id, points },
      }),
    },
  };
}
