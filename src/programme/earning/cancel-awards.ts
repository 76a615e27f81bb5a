import type { App } from '../../app';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { alongside } from '../../ledger/ledger/alongside';
import { contentHash } from '../../ledger/ledger/idempotency';
import type { AccountId, LedgerView, Plan, PostingRequest } from '../../ledger/ledger/posting';
import { StateMoved } from '../../ledger/ledger/state-moved';
import { type Day, dayFromIso, dayOf, dayStart, dayToIso } from '../../ledger/points/calendar';
import type { RowOf } from '../../platform/database/row-of';
import { derivedUuid, newUuid, type Uuid } from '../../platform/ids';
import { doneUpTo, setDone } from '../expiry/progress';
import { Undone } from '../expiry/undone';
import { AWARD_RESOLUTION } from '../purchases/fact-tables';
import { awardCounter, CANCELLED } from './award';

/** Awards cancelled at a time. */
const BATCH = 500;
/** Awards recorded about midnight, by a gateway whose clock is behind, are still seen on these days. */
const DAYS_LOOKED_BACK = 2;

/**
 * Takes back what brands have not confirmed by its deadline; returns how many purchases that were. Safe to run anywhere
 * and any number of times: each cancellation is one posting, whose id is derived from the purchase. The clock has
 * decided already: nobody can spend what was not confirmed in time. One that cannot be cancelled stops no other. It is
 * named in what is thrown at the end, and tried again by the next run.
 */
export async function cancelAwards(app: App): Promise<number> {
  const now = app.clock.now();
  const undone = new Undone();
  const currencies = await app.database.transaction({ kind: 'worker' }, async ({ client }) => (await app.coalition.snapshot(client)).currenciesById);
  let cancelled = 0;
  for (const currency of currencies.values()) cancelled += await cancelOf(app, currency, now, undone);
  if (cancelled > 0) app.log.info({ cancelled }, 'points that were not confirmed in time are taken back');
  undone.throwAny('awards that could not be taken back');
  return cancelled;
}

async function cancelOf(app: App, currency: PointCurrency, now: Date, undone: Undone): Promise<number> {
  const today = dayOf(now, currency.timeZone);
  const done = await app.database.transaction({ kind: 'worker' }, ({ client }) => doneUpTo(client, currency.id, 'AWARDS'));
  let cancelled = 0;
  let after: { dueOn: string; purchaseId: Uuid } = { dueOn: dayToIso(done), purchaseId: LAST_ID };
  for (;;) {
    const page = await readDue(app, currency.id, after, today);
    const outcomes = await undone.each(
      page.filter(({ state }) => state === null),
      ({ purchaseId }) => `of purchase ${purchaseId}`,
      (award) => app.ledger.post(cancellationOf(award, currency, app.clock.now())),
    );
    cancelled += outcomes.filter((outcome) => outcome?.duplicate === false).length;
    const last = page.at(-1);
    if (!last || page.length < BATCH) break;
    after = last;
  }
  const settled = today - DAYS_LOOKED_BACK;
  // What is undone is to be found again, however long it takes.
  if (settled > done && undone.isEmpty) await app.database.transaction({ kind: 'worker' }, ({ client }) => setDone(client, currency.id, 'AWARDS', settled));
  return cancelled;
}

/** After every id. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

interface DueAward {
  readonly dueOn: string;
  readonly purchaseId: Uuid;
  readonly walletId: Uuid;
  readonly brandId: Uuid;
  /** Of the wallet that has the points now: of a merged one's survivor. */
  readonly account: AccountId;
  /** That wallet is closed for good: its points have ended with it. */
  readonly closed: boolean;
  /** Of the wallet that earned them. */
  readonly earnedBy: AccountId;
  readonly earnTransferId: Uuid;
  readonly deadline: Day;
  readonly state: string | null;
}

type DueRow = RowOf<Omit<DueAward, 'account' | 'earnedBy' | 'deadline'>> & {
  readonly survivor: string;
  readonly account_id: string;
  readonly deadline: string;
};

async function readDue(app: App, currencyId: number, after: { dueOn: string; purchaseId: Uuid }, today: Day): Promise<DueAward[]> {
  return app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    const { rows } = await client.query<DueRow>({ name: 'due-awards', text: DUE, values: [currencyId, after.dueOn, after.purchaseId, dayToIso(today), BATCH] });
    return rows.map((row) => ({
      dueOn: row.due_on,
      purchaseId: row.purchase_id,
      walletId: row.wallet_id,
      brandId: row.brand_id,
      account: Number(row.survivor),
      closed: row.closed,
      earnedBy: Number(row.account_id),
      earnTransferId: row.earn_transfer_id,
      deadline: dayFromIso(row.deadline),
      state: row.state,
    }));
  });
}

const DUE = `
  SELECT a.due_on::text, a.purchase_id, a.wallet_id, a.brand_id, a.account_id, a.earn_transfer_id, a.deadline::text, r.state,
    s.id AS survivor, s.closed
  FROM purchase_award a LEFT JOIN award_resolution r ON r.wallet_id = a.wallet_id AND r.purchase_id = a.purchase_id
  CROSS JOIN LATERAL surviving_account(a.account_id) s
  WHERE a.currency_id = $1 AND (a.due_on, a.purchase_id) > ($2::date, $3::uuid) AND a.due_on <= $4::date
  ORDER BY a.due_on, a.purchase_id LIMIT $5`;

/**
 * Takes effect at the very end of its deadline's day: then the points are still where they were, and can be taken from
 * there before any others.
 */
function cancellationOf(award: DueAward, currency: PointCurrency, now: Date): PostingRequest {
  const id = derivedUuid('award-cancellation', award.purchaseId);
  const occurredAt = dayStart(award.deadline + 1, currency.timeZone).getTime() - 1;
  return {
    id,
    party: award.brandId,
    kind: 'CANCEL_AWARD',
    contentHash: contentHash('CANCEL_AWARD', { purchaseId: award.purchaseId }),
    occurredAt,
    day: award.deadline,
    recordedAt: now.getTime(),
    loads: {
      wallets: [...new Set([award.account, award.earnedBy])],
      transfers: [award.earnTransferId],
      counters: [{ account: award.earnedBy, key: awardCounter(award.purchaseId) }],
    },
    plan: planCancellation(award, { postingId: id, clawbackId: newUuid(), occurredAt, recordedAt: now.getTime() }),
  };
}

/** Takes back what is left of the award, unless it was confirmed or cancelled meanwhile. Pure. */
function planCancellation(award: DueAward, made: { postingId: Uuid; clawbackId: Uuid; occurredAt: number; recordedAt: number }): (view: LedgerView) => Plan {
  const key = awardCounter(award.purchaseId);
  return (view) => {
    const earned = view.transfer(award.earnTransferId);
    if (!earned) throw new Error(`purchase ${award.purchaseId} has an award, but no transfer ${award.earnTransferId}`);
    if (view.counter(award.earnedBy, key) !== 0) return { steps: [], answer: { purchaseId: award.purchaseId, points: 0 } };
    // Thrown, so that it is looked up again: the points may be elsewhere by now.
    if (view.wallet(award.account).closed !== award.closed) throw new StateMoved(`account ${award.account} was merged or closed since it was looked up`);
    const points = award.closed ? 0 : earned.amount - earned.reversed;
    const wallet = award.account === award.earnedBy ? {} : { wallet: award.account };
    return {
      steps: [
        { do: 'count', account: award.earnedBy, key, by: CANCELLED },
        ...(points > 0 ? [{ do: 'clawBack' as const, id: made.clawbackId, reverses: earned.id, amount: points, expired: null, ...wallet }] : []),
      ],
      rows: [
        alongside(AWARD_RESOLUTION, {
          wallet_id: award.walletId,
          purchase_id: award.purchaseId,
          brand_id: award.brandId,
          posting_id: made.postingId,
          state: 'CANCELLED',
          points,
          occurred_at: made.occurredAt,
          recorded_at: made.recordedAt,
        }),
      ],
      answer: { purchaseId: award.purchaseId, points },
    };
  };
}
