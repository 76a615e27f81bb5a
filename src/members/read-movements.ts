import type { Principal } from '../access/principal';
import type { App } from '../app';
import type { Uuid } from '../ids';
import type { TransferCode } from '../ledger/posting';
import { withMember } from './asking-member';
import { LOOKS_AT_MEMBERS } from './find-member';
import { readWalletAccounts } from './read-balances';

/** One movement of a wallet's account. */
export interface Movement {
  readonly transferId: Uuid;
  /** Its place in the account's order of movements. */
  readonly seq: number;
  readonly code: TransferCode;
  /** In the currency's smallest unit: above zero into the wallet, below zero out of it. */
  readonly points: number;
  /** The brand at which it happened. */
  readonly brandId: Uuid;
  /** The wallet's balance after it, holds not counted; null for a brand, which sees only its own movements. */
  readonly balanceAfter: number | null;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
}

/** Which page of the statement: newest first, movements before the place `before`. */
export interface StatementPage {
  readonly currency: string;
  readonly limit: number;
  readonly before: number | null;
}

/** A wallet's movements in a currency, newest first. A brand sees those that it asked for itself; row-level security decides. */
export function readMovements(app: App, principal: Principal, memberId: Uuid, page: StatementPage): Promise<Movement[]> {
  const sawAll = principal.kind === 'member' || (principal.kind === 'staff' && principal.ofOperator);
  return withMember(app, principal, { by: 'id', memberId }, LOOKS_AT_MEMBERS, async ({ client }, { walletId }) => {
    const account = (await readWalletAccounts(app, client, walletId)).find(({ currency }) => currency.code === page.currency);
    if (!account) return [];
    const { rows } = await client.query({
      name: 'wallet-movements',
      text: MOVEMENTS,
      values: [account.account, page.before ?? Number.MAX_SAFE_INTEGER, page.limit],
    });
    return rows.map((row) => ({
      transferId: row.id,
      seq: Number(row.seq),
      code: row.code,
      points: Number(row.points),
      brandId: row.party_id,
      balanceAfter: sawAll ? Number(row.balance_after) : null,
      occurredAt: row.occurred_at,
      recordedAt: row.recorded_at,
    }));
  });
}

// Two ranges of the two unique order indexes, each already in order, so that a page costs its own length however long the history is.
const MOVEMENTS = `
  SELECT * FROM (
    (SELECT id, debit_seq AS seq, code, -amount AS points, party_id, debit_balance_after AS balance_after, occurred_at, recorded_at
     FROM transfer WHERE debit_account = $1 AND debit_seq < $2 AND debit_seq IS NOT NULL ORDER BY debit_seq DESC LIMIT $3)
    UNION ALL
    (SELECT id, credit_seq, code, amount, party_id, credit_balance_after, occurred_at, recorded_at
     FROM transfer WHERE credit_account = $1 AND credit_seq < $2 AND credit_seq IS NOT NULL ORDER BY credit_seq DESC LIMIT $3)
  ) movements ORDER BY seq DESC LIMIT $3`;
