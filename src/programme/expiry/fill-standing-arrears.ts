import type { App } from '../../app';
import { contentHash } from '../../ledger/ledger/idempotency';
import type { AccountId } from '../../ledger/ledger/posting';
import { dayOf, dayToIso } from '../../ledger/points/calendar';
import { derivedUuid } from '../../platform/ids';

/** Wallets looked at, and posted, at a time. */
const BATCH = 500;

/**
 * Live points never lie beside arrears. Before the ledger kept to that, a hold could give them back beside some. This
 * books the fills of wallets that stand so; workers do it when they start. A posting does it to any wallet that it
 * touches, so each of these is one without a step. Safe to run any number of times. Returns how many wallets it was.
 */
export async function fillStandingArrears(app: App): Promise<number> {
  let filled = 0;
  let after: AccountId = 0;
  for (;;) {
    const { rows, currencies, operator } = await app.database.transaction({ kind: 'worker' }, async ({ client }) => {
      const snapshot = await app.coalition.snapshot(client);
      const found = await client.query<{ id: string; currency_id: number }>({
        name: 'standing-arrears',
        text: STANDING,
        values: [after, app.clock.now(), BATCH],
      });
      return { rows: found.rows, currencies: snapshot.currenciesById, operator: snapshot.operator };
    });
    const last = rows.at(-1);
    if (!last || !operator) break;
    const now = app.clock.now();
    await Promise.all(
      rows.map((row) => {
        const account = Number(row.id);
        const day = dayOf(now, currencies.get(row.currency_id)?.timeZone ?? 'UTC');
        const name = { account, day: dayToIso(day) };
        return app.ledger.post({
          id: derivedUuid('standing-arrears', String(account), name.day),
          party: operator.id,
          kind: 'FILL_ARREARS',
          contentHash: contentHash('FILL_ARREARS', name),
          occurredAt: now.getTime(),
          day,
          recordedAt: now.getTime(),
          loads: { wallets: [account] },
          plan: () => ({ steps: [], answer: name }),
        });
      }),
    );
    filled += rows.length;
    after = Number(last.id);
  }
  if (filled > 0) app.log.info({ wallets: filled }, 'points that lay beside arrears filled them');
  return filled;
}

const STANDING = `
  SELECT a.id, a.currency_id FROM account a JOIN point_currency p ON p.id = a.currency_id
  WHERE a.id > $1::bigint AND a.id IN (SELECT account_id FROM arrears WHERE remaining > 0) AND EXISTS (
    SELECT FROM lot l WHERE l.account_id = a.id AND l.remaining > 0 AND l.available_on < 'infinity'
      AND least(l.expires_on, a.slides_until) > ($2::timestamptz AT TIME ZONE p.time_zone)::date)
  ORDER BY a.id LIMIT $3`;
