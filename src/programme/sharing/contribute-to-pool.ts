import { z } from 'zod';
import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { debitRefusals, postingRefusals } from '../../ledger/ledger/ledger-refusals';
import type { Plan } from '../../ledger/ledger/posting';
import { currencyCode, dryRun, idempotencyKey, somePoints } from '../../ledger/ledger/request-fields';
import { requireMembership } from '../../members/households/household';
import { readWallets } from '../../members/identification/resolve-members';
import { balancesIf, type ToldBalance } from '../../members/identification/what-is-told';
import { refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { whenOf } from '../postings/posting-time';
import { runPosting } from '../postings/run-posting';
import { standingCounters, standingOf } from './standing';

/** What is refused where points are put into a pool. */
export const contributeToPoolRefusals = refusals(postingRefusals, debitRefusals);

export const contributeToPoolSchema = z.object({ idempotencyKey, currency: currencyCode, points: somePoints, dryRun });
export type ContributeToPool = z.output<typeof contributeToPoolSchema>;

/** What it came to; stored with it. */
type ContributionAnswer = { readonly poolId: Uuid; readonly currency: string; readonly points: number; readonly occurredAt: string };

/** Points put into the pool; the same for every repetition of the request. */
export interface PoolContribution extends ContributionAnswer {
  /** The member's own. */
  readonly balance: ToldBalance;
  readonly poolBalance: ToldBalance;
  readonly dryRun: boolean;
  readonly duplicate: boolean;
}

/**
 * Puts spendable points of the member into the pool; they stay the member's to take back. Refuses as
 * contributeToPoolRefusals lists; throws NotFound.
 */
export async function contributeToPool(app: App, principal: Principal, command: ContributeToPool): Promise<PoolContribution> {
  const memberId = requireMemberLogin(principal);
  const { idempotencyKey, dryRun, ...content } = command;
  return runPosting(app, principal, {
    kind: 'CONTRIBUTE_TO_POOL',
    party: memberId,
    idempotencyKey,
    dryRun,
    content,
    tellAgain: () => balancesIf(true),
    async look({ client }) {
      const currency = requireCurrency(await app.coalition.snapshot(client), command.currency);
      const membership = await requireMembership(client, memberId);
      const member = (await readWallets(client, [memberId])).get(memberId);
      if (!member) throw new NotFound('Member');
      // The member asks, of the own wallet and pool.
      return { tell: balancesIf(true), currency, membership, locked: member.locked };
    },
    async plan({ currency, membership: { id: membershipId, poolId, walletId }, locked }, { now }) {
      const [wallet, pool] = await app.ledger.openAccounts([
        { kind: 'WALLET', owner: walletId, currencyId: currency.id },
        { kind: 'POOL', owner: poolId, currencyId: currency.id },
      ]);
      const transferId = newUuid();
      return {
        when: whenOf({ occurredAt: null }, now, currency),
        loads: { wallets: [wallet, pool], counters: standingCounters(pool, [membershipId]) },
        plan(view): Plan<ContributionAnswer> {
          // As if it had come later: the member has left, or the pool was closed.
          if (standingOf(view, pool, membershipId) === 'ENDED') throw new NotFound('Pool');
          if (locked) throw debitRefusals.refuse('WALLET_LOCKED');
          return {
            steps: [{ do: 'give', id: transferId, from: wallet, to: pool, amount: command.points, code: 'POOL_CONTRIBUTION', termsId: null }],
            answer: { poolId, currency: currency.code, points: command.points, occurredAt: now.toISOString() },
          };
        },
      };
    },
    answer({ answer, balances: [balance, poolBalance], duplicate }) {
      if (!balance || !poolBalance) throw new Error('a member is told of the own wallet and pool');
      return { ...answer, balance, poolBalance, dryRun, duplicate };
    },
  });
}
