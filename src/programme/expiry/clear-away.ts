import type { App } from '../../app';
import { dayToIso } from '../../ledger/points/calendar';
import type { DueAccount } from './find-due';

/**
 * Deletes lots that are past and empty, and lets wallets that slid away empty have no end again. Neither says anything
 * any more, and the next look stays short. When a wallet slid away is kept, for what happened before and is told later.
 * A merged wallet keeps its end: what comes back of it later had that one. It runs under the wallets' locks, in the
 * order in which postings take them. The version moves, so that whoever remembers the account reads it again. Returns
 * whether there was anything.
 */
export async function clearAway(app: App, accounts: readonly DueAccount[]): Promise<boolean> {
  const ids = accounts.map(({ account }) => account);
  const days = accounts.map(({ day }) => dayToIso(day));
  return app.ledger.transaction(async (client) => {
    await client.query('SELECT FROM account WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE', [ids]);
    // Two statements: the second must not see what the first deletes.
    const lots = await client.query(
      `WITH gone AS (
         DELETE FROM lot l USING unnest($1::bigint[], $2::date[]) AS d (account_id, day)
         WHERE l.account_id = d.account_id AND l.expires_on <= d.day AND l.remaining = 0 AND l.held = 0 RETURNING l.account_id)
       UPDATE account SET version = version + 1 WHERE id IN (SELECT account_id FROM gone)`,
      [ids, days],
    );
    const wallets = await client.query(
      `UPDATE account a SET slides_until = 'infinity', slid_away_on = slides_until, version = a.version + 1 FROM unnest($1::bigint[], $2::date[]) AS d (account_id, day)
       WHERE a.id = d.account_id AND a.slides_until <= d.day AND a.merged_into IS NULL AND NOT EXISTS (SELECT FROM lot l WHERE l.account_id = a.id AND (l.remaining > 0 OR l.held > 0))`,
      [ids, days],
    );
    return lots.rowCount !== 0 || wallets.rowCount !== 0;
  });
}
