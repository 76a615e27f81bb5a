import { z } from 'zod';
import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { findPosting, sameOutcome } from '../../ledger/ledger/find-posting';
import { contentHash, postingId } from '../../ledger/ledger/idempotency';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { LedgerView, PostingOutcome } from '../../ledger/ledger/posting';
import { currencyCode, dryRun, idempotencyKey, somePoints } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { requireMembership } from '../../members/households/household';
import { WalletLocked } from '../../members/identification/member-refusals';
import { readWallets } from '../../members/identification/resolve-members';
import { type ToldBalance, toldBalance } from '../../members/identification/what-is-told';
import { newUuid, type Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { standingCounters, standingOf } from './standing';

export const contributeToPoolSchema = z.object({ idempotencyKey, currency: currencyCode, points: somePoints, dryRun });
export type ContributeToPool = z.output<typeof contributeToPoolSchema>;

/** Points put into the pool; the same for every repetition of the request. */
export interface PoolContribution {
  readonly poolId: Uuid;
  readonly currency: string;
  readonly points: number;
  readonly occurredAt: string;
  /** The member's own. */
  readonly balance: ToldBalance;
  readonly poolBalance: ToldBalance;
  readonly dryRun: boolean;
  readonly duplicate: boolean;
}

/**
 * Puts spendable points of the member into the pool; they stay the member's to take back. Throws INSUFFICIENT_POINTS,
 * WALLET_LOCKED, IDEMPOTENCY_CONFLICT, NotFound.
 */
export async function contributeToPool(app: App, principal: Principal, command: ContributeToPool): Promise<PoolContribution> {
  const memberId = requireMemberLogin(principal);
  const { idempotencyKey: key, dryRun, ...content } = command;
  const hash = contentHash('CONTRIBUTE_TO_POOL', content);
  const id = postingId(memberId, key);
  const found = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const stored = dryRun ? null : await findPosting(client, id);
    if (stored) return { stored };
    const currency = requireCurrency(await app.coalition.snapshot(client), command.currency);
    const { id: membershipId, poolId, walletId } = await requireMembership(client, memberId);
    const member = (await readWallets(client, [memberId])).get(memberId);
    if (!member) throw new NotFound('Member');
    return { stored: null, currency, membershipId, poolId, walletId, locked: member.locked };
  });
  if (found.stored) return toContribution(sameOutcome(found.stored, hash), false);
  const { currency, membershipId, poolId, walletId, locked } = found;
  const [wallet, pool] = await app.ledger.openAccounts([
    { kind: 'WALLET', owner: walletId, currencyId: currency.id },
    { kind: 'POOL', owner: poolId, currencyId: currency.id },
  ]);
  const now = app.clock.now();
  const transferId = newUuid();
  const request = {
    id,
    party: memberId,
    kind: 'CONTRIBUTE_TO_POOL',
    contentHash: hash,
    occurredAt: now.getTime(),
    day: dayOf(now, currency.timeZone),
    recordedAt: now.getTime(),
    loads: { wallets: [wallet, pool], counters: standingCounters(pool, [membershipId]) },
    plan: (view: LedgerView) => {
      // As if it had come later: the member has left, or the pool was closed.
      if (standingOf(view, pool, membershipId) === 'ENDED') throw new NotFound('Pool');
      if (locked) return { refused: new WalletLocked().toData() };
      const step = { do: 'give', id: transferId, from: wallet, to: pool, amount: command.points, code: 'POOL_CONTRIBUTION', termsId: null } as const;
      return { steps: [step], answer: { poolId, currency: currency.code, points: command.points, occurredAt: now.toISOString() } };
    },
  };
  return toContribution(dryRun ? await app.ledger.preview({ ...request, id: newUuid() }) : await app.ledger.post(request), dryRun);
}

function toContribution(outcome: PostingOutcome, dryRun: boolean): PoolContribution {
  const answer = acceptedAnswer(outcome) as unknown as Omit<PoolContribution, 'balance' | 'poolBalance' | 'dryRun' | 'duplicate'>;
  // The member asks, of the own wallet and pool.
  const [balance, poolBalance] = outcome.balances.map((each) => toldBalance(each, true));
  return { ...answer, balance, poolBalance, dryRun, duplicate: outcome.duplicate };
}
