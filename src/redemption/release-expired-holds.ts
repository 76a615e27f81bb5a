import type { App } from '../app';
import { derivedUuid, type Uuid } from '../ids';
import { contentHash } from '../ledger/idempotency';
import type { AccountId, PostingRequest } from '../ledger/posting';
import { dayOf } from '../points/calendar';

/**
 * Books the end of holds that have expired by now, oldest first, at most `limit`; returns how many it released. Safe to run anywhere and
 * any number of times: each hold's release is one posting, whose id is derived from the hold. The clock has decided already; this only frees the lots.
 */
export async function releaseExpiredHolds(app: App, limit: number): Promise<number> {
  const now = app.clock.now();
  const { holds, currencies } = await app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    const { rows } = await client.query({
      name: 'expired-holds',
      text: "SELECT id, party_id, account_id, currency_id, expires_at FROM hold WHERE state = 'OPEN' AND expires_at <= $1 ORDER BY expires_at LIMIT $2",
      values: [now, limit],
    });
    return { holds: rows, currencies: (await app.coalition.snapshot(client)).currenciesById };
  });
  const outcomes = await Promise.all(
    holds.map((hold) => {
      const timeZone = currencies.get(hold.currency_id)?.timeZone ?? 'UTC';
      return app.ledger.post(releaseOf({ id: hold.id, party: hold.party_id, account: Number(hold.account_id), expiresAt: hold.expires_at }, timeZone, now));
    }),
  );
  return outcomes.filter((outcome) => outcome.refusal === null && !outcome.duplicate).length;
}

function releaseOf(hold: { id: Uuid; party: Uuid; account: AccountId; expiresAt: Date }, timeZone: string, now: Date): PostingRequest {
  return {
    id: derivedUuid('hold-expiry', hold.id),
    party: hold.party,
    kind: 'RELEASE_EXPIRED_HOLD',
    contentHash: contentHash('RELEASE_EXPIRED_HOLD', { hold: hold.id }),
    occurredAt: hold.expiresAt.getTime(),
    day: dayOf(hold.expiresAt, timeZone),
    recordedAt: now.getTime(),
    loads: { wallets: [hold.account], holds: [hold.id] },
    plan: () => ({ steps: [{ do: 'release', holdId: hold.id, as: 'EXPIRED' }], answer: { holdId: hold.id } }),
  };
}
