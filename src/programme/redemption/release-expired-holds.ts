import type { App } from '../../app';
import { contentHash } from '../../ledger/ledger/idempotency';
import type { AccountId, PostingRequest } from '../../ledger/ledger/posting';
import { dayOf } from '../../ledger/points/calendar';
import { lookingAgain } from '../../members/identification/surviving-accounts';
import { derivedUuid, type Uuid } from '../../platform/ids';
import { type FormerContributors, formerContributors } from '../sharing/former-contributors';

const OPEN_TOO_LONG = "FROM hold WHERE state = 'OPEN' AND expires_at <= $1";
/** Another posting was there first, and freed its lots in passing. */
const AWAITING_RELEASE = 'FROM hold WHERE awaits_release';

/** Whether there are holds whose end is to be booked by a moment ($1). */
export const HOLDS_DUE = `SELECT EXISTS (SELECT ${OPEN_TOO_LONG}) OR EXISTS (SELECT ${AWAITING_RELEASE}) AS due`;

/** The first $2 of them, by an index each. */
const FIRST_DUE = `SELECT h.id, h.party_id, h.account_id, h.currency_id, h.expires_at, CASE a.kind WHEN 'POOL' THEN a.owner_id END AS pool_id
  FROM ((SELECT * ${OPEN_TOO_LONG} ORDER BY expires_at LIMIT $2) UNION ALL (SELECT * ${AWAITING_RELEASE} ORDER BY expires_at LIMIT $2)) h
  JOIN account a ON a.id = h.account_id ORDER BY h.expires_at LIMIT $2`;

/**
 * Books the end of holds that have expired by now, oldest first, at most `limit`; returns how many it released. Safe to
 * run anywhere and any number of times: each hold's release is one posting, whose id is derived from the hold. The
 * clock has decided already; this frees the lots, and gives back what in a pool is of contributors who have left.
 */
export async function releaseExpiredHolds(app: App, limit: number): Promise<number> {
  const now = app.clock.now();
  const { holds, currencies } = await app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    const { rows } = await client.query<{ id: Uuid; party_id: Uuid; account_id: string; currency_id: number; expires_at: Date; pool_id: Uuid | null }>({
      name: 'expired-holds',
      text: FIRST_DUE,
      values: [now, limit],
    });
    return { holds: rows, currencies: (await app.coalition.snapshot(client)).currenciesById };
  });
  const outcomes = await Promise.all(
    holds.map((hold) => {
      const timeZone = currencies.get(hold.currency_id)?.timeZone ?? 'UTC';
      const ended = { id: hold.id, party: hold.party_id, account: Number(hold.account_id), expiresAt: hold.expires_at };
      return lookingAgain(async () => {
        const former = await formerContributors(app, [{ redemptionId: hold.id, poolId: hold.pool_id, account: ended.account }]);
        return app.ledger.post(releaseOf(ended, former, timeZone, app.clock.now()));
      });
    }),
  );
  return outcomes.filter((outcome) => outcome.refusal === null && !outcome.duplicate).length;
}

interface EndedHold {
  readonly id: Uuid;
  readonly party: Uuid;
  readonly account: AccountId;
  readonly expiresAt: Date;
}

function releaseOf(hold: EndedHold, former: FormerContributors, timeZone: string, now: Date): PostingRequest {
  return {
    id: derivedUuid('hold-expiry', hold.id),
    party: hold.party,
    kind: 'RELEASE_EXPIRED_HOLD',
    contentHash: contentHash('RELEASE_EXPIRED_HOLD', { hold: hold.id }),
    occurredAt: hold.expiresAt.getTime(),
    day: dayOf(hold.expiresAt, timeZone),
    recordedAt: now.getTime(),
    loads: { wallets: [hold.account, ...former.loads], holds: [hold.id], counters: former.counters },
    shows: [hold.account],
    plan: former.giveBack(() => ({ steps: [{ do: 'release', holdId: hold.id, as: 'EXPIRED' }], answer: { holdId: hold.id } })),
  };
}
