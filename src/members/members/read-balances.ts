import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import type { AccountId, BalanceAfter, LotView } from '../../ledger/ledger/posting';
import { type Day, dayOf, dayToIso, NEVER } from '../../ledger/points/calendar';
import { newUuid, type Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { isTold } from '../identification/asking-member';
import type { ResolvedMember } from '../identification/resolve-members';

/** A wallet's account in one points currency. */
export interface WalletAccount {
  readonly account: AccountId;
  readonly currency: PointCurrency;
}

/** Points that can no longer be spent from a day on. */
export interface Expiry {
  /** 'YYYY-MM-DD' in the currency's time zone. */
  readonly on: string;
  readonly points: number;
}

const MOST_EXPIRIES = 10;
const MOST_DAYS = 100;

/**
 * The wallet's accounts that had a movement, by currency code. Others are there too: a refused request opens one, and a
 * merge opens one in every currency. `brandId`: the brand that asks, which is shown currencies that it has terms for.
 */
export async function readWalletAccounts(
  app: App,
  client: PoolClient,
  member: Pick<ResolvedMember, 'walletId' | 'proof'>,
  brandId: Uuid | null,
): Promise<WalletAccount[]> {
  const snapshot = await app.coalition.snapshot(client);
  const now = app.clock.now();
  const { rows } = await client.query<{ id: string; currency_id: number }>({
    name: 'wallet-accounts',
    text: "SELECT id, currency_id FROM account WHERE owner_id = $1 AND kind = 'WALLET' AND seq > 0",
    values: [member.walletId],
  });
  return rows
    .filter((row) => brandId === null || isTold(brandId, member, row.currency_id, snapshot, now))
    .map((row) => ({ account: Number(row.id), currency: snapshot.currenciesById.get(row.currency_id) as PointCurrency }))
    .sort((a, b) => (a.currency.code < b.currency.code ? -1 : 1));
}

/** Points earned that cannot be spent yet. */
export interface PendingPoints {
  readonly points: number;
  /** 'YYYY-MM-DD', the first local day on which they can be; null: once their brand confirms them. */
  readonly availableOn: string | null;
  /** The last local day on which it can; null: it need not. */
  readonly confirmBy: string | null;
}

/** What a debit would find now, and in which lots. */
export interface Standing {
  readonly balance: BalanceAfter;
  readonly lots: readonly LotView[];
  /** The currency's local day. */
  readonly today: Day;
}

/**
 * Asked of the ledger, in one look. So expired holds and lots count as they do when points are spent, whether or not
 * their end is booked.
 */
export async function readStanding(app: App, { account, currency }: WalletAccount): Promise<Standing> {
  const now = app.clock.now();
  const today = dayOf(now, currency.timeZone);
  let lots: readonly LotView[] = [];
  const outcome = await app.ledger.preview({
    id: newUuid(),
    party: newUuid(),
    kind: 'BALANCE',
    contentHash: Buffer.alloc(32),
    occurredAt: now.getTime(),
    day: today,
    recordedAt: now.getTime(),
    loads: { wallets: [account] },
    plan: (view) => {
      lots = view.lots(account);
      return { steps: [], answer: {} };
    },
  });
  return { balance: only(outcome.balances), lots, today };
}

/**
 * Points by the next days on which some expire, soonest first: of their own, or with their wallet where expiry slides.
 * Held ones are left out, since a hold may still spend them. So are those that wait to be confirmed, which do not
 * expire. All days, at most 10 of them, unless said otherwise.
 */
export function nextExpiries({ lots, today }: Standing, { until, limit } = { until: NEVER, limit: MOST_EXPIRIES }): Expiry[] {
  const ending = lots.filter(({ availableOn, endsOn }) => availableOn !== NEVER && endsOn > today && endsOn <= until && endsOn !== NEVER);
  const days = [...summed(ending, ({ endsOn }) => endsOn)].sort(([a], [b]) => a - b);
  return days.slice(0, limit).map(([on, points]) => ({ on: dayToIso(on), points }));
}

/**
 * Pending points by the day on which they can be spent, soonest first. Those to be confirmed come last, by their
 * deadlines. At most 100 days.
 */
export function pendingPoints({ lots, today }: Standing): PendingPoints[] {
  const pending = lots.filter(({ availableOn, endsOn }) => availableOn > today && endsOn > today);
  const byDay = (sums: Map<Day, number>) => [...sums].sort(([a], [b]) => a - b);
  const later = summed(
    pending.filter(({ availableOn }) => availableOn !== NEVER),
    ({ availableOn }) => availableOn,
  );
  const unconfirmed = summed(
    pending.filter(({ availableOn }) => availableOn === NEVER),
    ({ endsOn }) => endsOn - 1,
  );
  return [
    ...byDay(later).map(([on, points]) => ({ points, availableOn: dayToIso(on), confirmBy: null })),
    ...byDay(unconfirmed).map(([deadline, points]) => ({ points, availableOn: null, confirmBy: dayToIso(deadline) })),
  ].slice(0, MOST_DAYS);
}

function summed(lots: readonly LotView[], dayOfLot: (lot: LotView) => Day): Map<Day, number> {
  const sums = new Map<Day, number>();
  for (const lot of lots) sums.set(dayOfLot(lot), (sums.get(dayOfLot(lot)) ?? 0) + lot.points);
  return sums;
}
