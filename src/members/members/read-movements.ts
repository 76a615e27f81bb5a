import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import type { AccountId, TransferCode } from '../../ledger/ledger/posting';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { seesHousehold, withMember } from '../identification/asking-member';
import { LOOKS_AT_MEMBERS } from './find-member';

/** One movement of a wallet's account. */
export interface Movement extends Omit<AccountMovement, 'otherAccount' | 'holdId' | 'reverses' | 'balanceAfter'> {
  /** The account of a wallet that was merged into this one; null: its own. */
  readonly merged: AccountId | null;
  /** The wallet's balance after it, holds not counted; null for a brand, which sees only its own movements. */
  readonly balanceAfter: number | null;
}

/** One movement of a guarded account. */
export interface AccountMovement {
  readonly transferId: Uuid;
  /** Its place in the account's order of movements. */
  readonly seq: number;
  readonly code: TransferCode;
  /** In the currency's smallest unit: above zero into the wallet, below zero out of it. */
  readonly points: number;
  /** The brand at which it happened; null: a member asked for it. */
  readonly brandId: Uuid | null;
  /** The account's balance after it, holds not counted. */
  readonly balanceAfter: number;
  readonly otherAccount: AccountId;
  readonly holdId: Uuid | null;
  readonly reverses: Uuid | null;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
}

type MovementRow = RowOf<Omit<AccountMovement, 'transferId'>, 'seq' | 'points' | 'balanceAfter' | 'otherAccount'> & { readonly id: Uuid };

/** Which page of the statement: newest first, movements before the place `before`. */
export interface StatementPage {
  readonly currency: string;
  readonly limit: number;
  readonly before: number | null;
}

/** `merged`: the account of a wallet that was merged into this one, which `before` is a place of. */
export interface WalletStatementPage extends StatementPage {
  readonly merged?: AccountId | null;
}

/**
 * A wallet's movements in a currency, newest first; after them those of each wallet that was merged into it, newest
 * first too: each has balances of its own. A brand sees those that it asked for itself; row-level security decides.
 */
export function readMovements(app: App, principal: Principal, memberId: Uuid, page: WalletStatementPage): Promise<Movement[]> {
  const sawAll = (principal.kind === 'member' && principal.brandId === null) || (principal.kind === 'staff' && principal.ofOperator);
  return withMember(app, principal, { by: 'id', memberId }, LOOKS_AT_MEMBERS, async ({ client }, { memberId: id, walletId }) => {
    const { rows } = await client.query<{ id: string; own: boolean }>({ name: 'statement-accounts', text: ACCOUNTS, values: [id, walletId, page.currency] });
    const accounts = rows.map(({ id, own }) => ({ account: Number(id), merged: own ? null : Number(id) }));
    const first = page.before === null ? 0 : accounts.findIndex(({ merged }) => merged === (page.merged ?? null));
    const statement: Movement[] = [];
    for (const [at, { account, merged }] of accounts.entries()) {
      if (first < 0 || at < first) continue;
      if (statement.length >= page.limit) break;
      const left = { limit: page.limit - statement.length, before: at === first ? page.before : null };
      const movements = await readAccountMovements(client, account, left, seesHousehold(principal) ? [] : OF_HOUSEHOLDS);
      for (const { otherAccount: _other, holdId: _hold, reverses: _reverses, balanceAfter, ...movement } of movements)
        statement.push({ ...movement, merged, balanceAfter: sawAll ? balanceAfter : null });
    }
    return statement;
  });
}

/** Of the wallet and of those merged into it: its own first. */
const ACCOUNTS = `
  SELECT a.id, w.id = $2 AS own FROM wallets_of_member($1) AS w (id) CROSS JOIN LATERAL wallet_accounts(w.id) a JOIN currency c ON c.id = a.currency_id
  WHERE c.code = $3 ORDER BY own DESC, a.id DESC`;

/** A share of what is earned is booked with the purchase, and so the brand's own by row-level security. */
const OF_HOUSEHOLDS: readonly TransferCode[] = ['POOL_CONTRIBUTION', 'POOL_RETURN'];

/**
 * A guarded account's movements, newest first, as far as the transaction's principal may see them; without those of the
 * codes left out.
 */
export async function readAccountMovements(
  client: PoolClient,
  account: AccountId,
  page: Omit<StatementPage, 'currency'>,
  leftOut: readonly TransferCode[] = [],
): Promise<AccountMovement[]> {
  const values = [account, page.before ?? Number.MAX_SAFE_INTEGER, page.limit, leftOut];
  const { rows } = await client.query<MovementRow>({ name: 'account-movements', text: MOVEMENTS, values });
  return rows.map((row) => ({
    transferId: row.id,
    seq: Number(row.seq),
    code: row.code,
    points: Number(row.points),
    brandId: row.brand_id,
    balanceAfter: Number(row.balance_after),
    otherAccount: Number(row.other_account),
    holdId: row.hold_id,
    reverses: row.reverses,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
  }));
}

// A party that is no brand is a member: who that is, is not the other's to know.
// Two ranges of the two unique order indexes, each already in order, so that a page costs its own length however long
// the history is.
const MOVEMENTS = `
  SELECT movements.*, b.id AS brand_id FROM (
    (SELECT id, debit_seq AS seq, code, -amount AS points, party_id, debit_balance_after AS balance_after, credit_account AS other_account, hold_id, reverses,
       occurred_at, recorded_at
     FROM transfer WHERE debit_account = $1 AND debit_seq < $2 AND debit_seq IS NOT NULL AND code <> ALL ($4::text[]) ORDER BY debit_seq DESC LIMIT $3)
    UNION ALL
    (SELECT id, credit_seq, code, amount, party_id, credit_balance_after, debit_account, hold_id, reverses, occurred_at, recorded_at
     FROM transfer WHERE credit_account = $1 AND credit_seq < $2 AND credit_seq IS NOT NULL AND code <> ALL ($4::text[]) ORDER BY credit_seq DESC LIMIT $3)
  ) movements LEFT JOIN brand b ON b.id = party_id ORDER BY seq DESC LIMIT $3`;
