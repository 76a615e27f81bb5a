import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import type { Uuid } from '../../platform/ids';
import { withMember } from '../identification/asking-member';
import { LOOKS_AT_MEMBERS } from './find-member';

/** Points set aside at a brand. */
export interface OpenHold {
  readonly holdId: Uuid;
  readonly currency: string;
  readonly points: number;
  readonly brandId: Uuid;
  readonly occurredAt: Date;
  readonly expiresAt: Date;
}

const MOST_HOLDS = 100;

/** Holds that are open now, soonest to end first, at most 100. A brand sees its own. */
export function readHolds(app: App, principal: Principal, memberId: Uuid): Promise<OpenHold[]> {
  return withMember(app, principal, { by: 'id', memberId }, LOOKS_AT_MEMBERS, async ({ client }, { walletId }) => {
    const { rows } = await client.query<{ id: Uuid; currency: string; amount: string; party_id: Uuid; occurred_at: Date; expires_at: Date }>({
      name: 'open-holds',
      text: `SELECT h.id, c.code AS currency, h.amount, h.party_id, h.occurred_at, h.expires_at
             FROM wallet w CROSS JOIN LATERAL wallet_accounts(w.id) a JOIN hold h ON h.account_id = a.id JOIN currency c ON c.id = a.currency_id
             WHERE w.id = $1 AND h.state = 'OPEN' AND h.expires_at > $2 ORDER BY h.expires_at, h.id LIMIT ${MOST_HOLDS}`,
      values: [walletId, app.clock.now()],
    });
    return rows.map((row) => ({
      holdId: row.id,
      currency: row.currency,
      points: Number(row.amount),
      brandId: row.party_id,
      occurredAt: row.occurred_at,
      expiresAt: row.expires_at,
    }));
  });
}
