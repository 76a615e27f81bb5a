import type { PoolClient } from 'pg';
import { DAY_MS } from '../../platform/clock';
import type { Uuid } from '../../platform/ids';
import type { Principal, Suspension } from '../access/principal';
import { suspension } from '../coalition/terms-in-force';

/**
 * All that the API clients of a suspended brand may do until its settling days have passed: tell what happened before.
 * Each of these judges the brand by what it was at occurredAt (requireTerms, requireFollowUpTime).
 */
const SETTLES: ReadonlySet<string> = new Set(['recordPurchase', 'recordPurchases', 'captureHold', 'voidHold', 'refundRedemption', 'recordReturn']);

/**
 * Throws BRAND_SUSPENDED for whatever a principal of a suspended brand asks for, but for what settles. `operation`: a
 * query or mutation.
 */
export function requireAllowedWhileSuspended(principal: Principal, operation: string, now: Date): void {
  const { suspended } = principal;
  if (!suspended) return;
  const settles = now.getTime() < suspended.settlesUntil.getTime();
  if (settles && principal.kind === 'client' && SETTLES.has(operation)) return;
  const until = settles ? ` Until ${suspended.settlesUntil.toISOString()} its API clients may tell what happened before.` : '';
  throw suspension.refuse('BRAND_SUSPENDED', {
    code: suspended.code,
    since: suspended.since,
    next: `nothing of this is done for it until it is resumed.${until}`,
  });
}

/** The brand's suspension; undefined while there is none. For who may see it: the authenticator. */
export async function readSuspension(client: PoolClient, brandId: Uuid): Promise<Suspension | undefined> {
  const { rows } = await client.query<{ code: string; settling_days: number; since: Date }>({
    name: 'find-suspension',
    text: `SELECT code, settling_days, (SELECT max(at) FROM brand_event WHERE brand_id = b.id AND status = 'SUSPENDED') AS since
           FROM brand b WHERE id = $1 AND status = 'SUSPENDED'`,
    values: [brandId],
  });
  const [row] = rows;
  if (!row) return undefined;
  const { code, settling_days, since } = row;
  return { code, since, settlesUntil: new Date(since.getTime() + settling_days * DAY_MS) };
}
