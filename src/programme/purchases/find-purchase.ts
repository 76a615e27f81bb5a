import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { type Day, dayOf, dayToIso } from '../../ledger/points/calendar';
import { requireReader } from '../../members/identification/asking-member';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { byPurchase, type OfPurchase, type PurchaseFact, readPurchases } from './read-purchase';

/** What came back of a purchase at one time. */
export interface PurchaseReturn {
  readonly id: Uuid;
  readonly clawedBack: number;
  readonly reinstated: number;
  readonly reference: string | null;
  /** Decimal text with nine decimals; null: not worked out, before it was. */
  readonly moneyBack: string | null;
  readonly occurredAt: Date;
  /** When it was cancelled, as a mistake, and counts no longer; null: it counts. */
  readonly cancelledAt: Date | null;
}

export const AWARD_STATES = ['AVAILABLE', 'PENDING', 'CONFIRMED', 'CANCELLED'] as const;

/** What has become of the points that a purchase earned. */
export interface AwardNow {
  readonly state: (typeof AWARD_STATES)[number];
  /**
   * 'YYYY-MM-DD', local: the first day on which they can be spent, where that was not the day of the purchase; null
   * also when they are to be confirmed.
   */
  readonly availableOn: string | null;
  /** The last local day on which they can be confirmed; null: they need not be. */
  readonly confirmBy: string | null;
}

export interface FoundPurchase extends Omit<PurchaseFact, 'award'> {
  /** null: nothing was earned. */
  readonly award: AwardNow | null;
  readonly currency: string;
  /** Oldest first, at most 100. */
  readonly returns: readonly PurchaseReturn[];
  /** Quantity that came back so far, decimal text with three decimals, by line number. */
  readonly returned: ReadonlyMap<number, string>;
  /**
   * Money given back without goods that lies on those that are left, decimal text with nine decimals, by line number.
   */
  readonly reduced: ReadonlyMap<number, string>;
}

/** Who may look at purchases: their brand, the operator, the member. */
export const LOOKS_AT_PURCHASES = { scope: 'purchases', roles: ['SUPPORT', 'PROGRAMME_MANAGER'] } as const;

/** A purchase with what came back of it. Throws PermissionDenied, NotFound. */
export async function findPurchase(app: App, principal: Principal, id: Uuid): Promise<FoundPurchase> {
  requireReader(principal, LOOKS_AT_PURCHASES);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const [purchase] = await foundPurchases(app, client, [id]);
    if (!purchase) throw new NotFound('Purchase');
    return purchase;
  });
}

/** Purchases that the transaction's principal may see, in the order of their ids, each with what came back of it. */
export async function foundPurchases(app: App, client: PoolClient, ids: readonly Uuid[]): Promise<FoundPurchase[]> {
  const facts = await readPurchases(client, ids);
  const keys = [[...facts.values()].map(({ walletId }) => walletId), [...facts.keys()]];
  const returns = byPurchase(
    (await client.query<OfPurchase & RowOf<PurchaseReturn, 'clawedBack' | 'reinstated'>>({ name: 'read-returns', text: RETURNS, values: keys })).rows,
  );
  const lines = byPurchase(
    (
      await client.query<OfPurchase & { line_no: number; returned: string; reduced: string }>({
        name: 'read-returned-lines',
        text: RETURNED_LINES,
        values: keys,
      })
    ).rows,
  );
  const { currenciesById } = await app.coalition.snapshot(client);
  return ids.flatMap((id) => {
    const purchase = facts.get(id);
    if (!purchase) return [];
    const currency = currenciesById.get(purchase.currencyId);
    const returned = lines.get(id) ?? [];
    return {
      ...purchase,
      award: purchase.points === 0 ? null : awardNow(purchase, dayOf(app.clock.now(), currency?.timeZone ?? 'UTC')),
      currency: currency?.code ?? '',
      returns: (returns.get(id) ?? []).map((row) => ({
        id: row.id,
        clawedBack: Number(row.clawed_back),
        reinstated: Number(row.reinstated),
        reference: row.reference,
        moneyBack: row.money_back,
        occurredAt: row.occurred_at,
        cancelledAt: row.cancelled_at,
      })),
      returned: new Map(returned.map((row) => [row.line_no, row.returned])),
      reduced: new Map(returned.map((row) => [row.line_no, row.reduced])),
    };
  });
}

const RETURNS = `
  SELECT k.purchase_id, r.* FROM unnest($1::uuid[], $2::uuid[]) AS k (wallet_id, purchase_id)
  CROSS JOIN LATERAL (
    SELECT r.id, r.clawed_back, r.reinstated, r.reference, r.money_back::text, r.occurred_at, r.recorded_at, c.occurred_at AS cancelled_at
    FROM purchase_return r LEFT JOIN purchase_return_cancellation c ON c.wallet_id = r.wallet_id AND c.return_id = r.id
    WHERE r.wallet_id = k.wallet_id AND r.purchase_id = k.purchase_id ORDER BY r.recorded_at, r.id LIMIT 100) r
  ORDER BY k.purchase_id, r.recorded_at, r.id`;
const RETURNED_LINES = `
  SELECT k.purchase_id, l.line_no, sum(l.quantity)::text AS returned, sum(l.reduction)::text AS reduced
  FROM unnest($1::uuid[], $2::uuid[]) AS k (wallet_id, purchase_id)
  JOIN purchase_return r ON r.wallet_id = k.wallet_id AND r.purchase_id = k.purchase_id
  JOIN purchase_return_line l ON l.wallet_id = r.wallet_id AND l.return_id = r.id
  WHERE NOT EXISTS (SELECT FROM purchase_return_cancellation c WHERE c.wallet_id = r.wallet_id AND c.return_id = r.id)
  GROUP BY k.purchase_id, l.line_no`;

/** An award that was not confirmed by its deadline counts as cancelled, whether or not that has been booked. */
function awardNow({ award }: PurchaseFact, today: Day): AwardNow {
  if (!award) return { state: 'AVAILABLE', availableOn: null, confirmBy: null };
  const { availableOn, deadline, resolution } = award;
  const dates = { availableOn: availableOn === null ? null : dayToIso(availableOn), confirmBy: deadline === null ? null : dayToIso(deadline) };
  if (deadline !== null) return { state: resolution?.state ?? (today > deadline ? 'CANCELLED' : 'PENDING'), ...dates };
  return { state: availableOn !== null && today < availableOn ? 'PENDING' : 'AVAILABLE', ...dates };
}
