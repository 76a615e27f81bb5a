import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import type { Uuid } from '../../platform/ids';
import { withMember } from '../identification/asking-member';
import { LOOKS_AT_MEMBERS } from './find-member';

/** Points that a clawback could not take, because the wallet had spent them. */
export interface Arrears {
  readonly currency: string;
  /** Whose clawback it was. */
  readonly brandId: Uuid;
  /** In the currency's smallest unit. */
  readonly points: number;
  /** How many of them later earns have not filled yet. */
  readonly left: number;
  readonly occurredAt: Date;
}

const MOST_ARREARS = 100;

/**
 * What a wallet still owes, oldest first, at most 100. What comes in fills it in this order. A brand sees those of its
 * own clawbacks.
 */
export function readArrears(app: App, principal: Principal, memberId: Uuid): Promise<Arrears[]> {
  return withMember(app, principal, { by: 'id', memberId }, LOOKS_AT_MEMBERS, async ({ client }, { walletId }) => {
    const { rows } = await client.query<{ currency: string; party_id: Uuid; amount: string; remaining: string; occurred_at: Date }>({
      name: 'open-arrears',
      text: `SELECT c.code AS currency, r.party_id, r.amount, r.remaining, r.occurred_at
             FROM account a JOIN arrears r ON r.account_id = a.id JOIN currency c ON c.id = a.currency_id
             WHERE a.owner_id = $1 AND a.kind = 'WALLET' AND r.remaining > 0 ORDER BY c.code, r.seq LIMIT ${MOST_ARREARS}`,
      values: [walletId],
    });
    return rows.map((row) => ({
      currency: row.currency,
      brandId: row.party_id,
      points: Number(row.amount),
      left: Number(row.remaining),
      occurredAt: row.occurred_at,
    }));
  });
}
