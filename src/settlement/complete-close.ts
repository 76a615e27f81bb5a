import type { ClientBase } from 'pg';
import type { App } from '../app';
import type { CoalitionSnapshot, PointCurrency } from '../coalition/coalition-snapshot';
import { findTerms } from '../coalition/terms-in-force';
import { derivedUuid, type Uuid } from '../ids';
import { readCursor } from '../outbox/journal-cursor';
import { nextRanges } from '../outbox/next-ranges';
import { addMonths, dayFromIso, dayToIso } from '../points/calendar';
import { partiesTo } from './agreement-of';
import { CLEARING, clearRange } from './clear-events';
import { lockPeriod, type Period, toPeriod } from './periods';
import { drawUpStatements, type ObligationSum, type Party, type Statement } from './statement';

/** The periods whose statements are still to be drawn up, oldest first. */
export async function closingPeriods(client: ClientBase): Promise<Period[]> {
  const { rows } = await client.query({
    name: 'closing-periods',
    text: `SELECT id, currency_id, month::text, starts_at, ends_at, status, close_horizon::text, closing_at, closed_at FROM period WHERE status = 'CLOSING' ORDER BY month, currency_id`,
  });
  return rows.map(toPeriod);
}

/**
 * Draws up the statements of a closing month, and of those of its currency that are closing before it: clears what is left up to the cut-off,
 * sums the money ledger's obligations (never the points events again), and freezes one statement a brand, all in one transaction.
 * WAITING: a transaction older than the cut-off is still writing; try again shortly. Called twice or by two workers, it is done once.
 */
export async function completeClose(app: App, id: Uuid): Promise<'CLOSED' | 'WAITING'> {
  const closing = await app.database.transaction({ kind: 'worker' }, ({ client }) => closingPeriods(client));
  const last = closing.find((period) => period.id === id);
  if (!last) return 'CLOSED';
  for (const period of closing.filter(({ currencyId, month }) => currencyId === last.currencyId && month <= last.month)) {
    if (!(await clearUpToHorizon(app, period.closeHorizon ?? 0n))) return 'WAITING';
    await freezeStatements(app, period.id);
  }
  return 'CLOSED';
}

/** True once clearing has passed the cut-off. It does not rely on the queue: what is not cleared yet is cleared here. */
async function clearUpToHorizon(app: App, horizon: bigint): Promise<boolean> {
  for (;;) {
    const { position, range } = await app.database.transaction({ kind: 'worker' }, async ({ client }) => {
      const cursor = await readCursor(client, CLEARING);
      return { position: cursor.position, range: (await nextRanges(client, cursor.position))[0] };
    });
    if (position >= horizon) return true;
    // Without any transfer left, the cursor moves over empty journal up to the cut-off.
    const cleared = await clearRange(app, range ?? { from: position, to: horizon });
    if (cleared.position <= position) return false;
  }
}

async function freezeStatements(app: App, id: Uuid): Promise<void> {
  await app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    // A large month takes as long as it takes.
    await client.query('SET LOCAL statement_timeout = 0');
    const period = await lockPeriod(client, id);
    if (period?.status !== 'CLOSING') return;
    const snapshot = await app.coalition.snapshot(client);
    const currency = snapshot.currenciesById.get(period.currencyId);
    if (!currency) throw new Error(`there is no points currency ${period.currencyId}`);
    const sums = await sumObligations(client, period);
    const parties = partiesOf(snapshot, currency, period, sums, await openingBalances(client, period));
    const { code, scale, settlementCurrency, clearingModel, timeZone } = currency;
    const lastDay = addMonths(period.month, 1) - 1;
    const statements = drawUpStatements({ currency: code, scale, settlementCurrency, clearingModel, timeZone, month: period.month, lastDay }, parties, sums);
    const now = app.clock.now();
    await insertStatements(client, period, statements, now);
    await client.query(`UPDATE period SET status = 'CLOSED', closed_at = $2 WHERE id = $1`, [id, now]);
  });
}

/** Money is taken from the money ledger's transfers; an obligation that disagrees with its transfer stops the close. */
async function sumObligations(client: ClientBase, period: Period): Promise<ObligationSum[]> {
  const { rows } = await client.query(
    `SELECT o.kind, o.debtor_brand_id, o.creditor_brand_id, o.issuer_brand_id, o.redeemer_brand_id, o.price::text, o.adjusts_month::text,
       sum(o.points)::text AS points, coalesce(sum(t.amount), 0)::text AS amount, count(*)::int AS entries,
       min(o.event_transfer_id::text) FILTER (WHERE coalesce(t.amount, 0) <> o.amount) AS disagrees
     FROM obligation o LEFT JOIN transfer t ON t.id = o.money_transfer_id
     WHERE o.period_id = $1
     GROUP BY o.kind, o.debtor_brand_id, o.creditor_brand_id, o.issuer_brand_id, o.redeemer_brand_id, o.price, o.adjusts_month`,
    [period.id],
  );
  return rows.map((row) => {
    if (row.disagrees) throw new Error(`the obligation of event ${row.disagrees} and its money transfer disagree`);
    return {
      kind: row.kind,
      debtorId: row.debtor_brand_id,
      creditorId: row.creditor_brand_id,
      issuerId: row.issuer_brand_id,
      redeemerId: row.redeemer_brand_id,
      price: BigInt(row.price),
      adjustsMonth: row.adjusts_month === null ? null : dayFromIso(row.adjusts_month),
      points: BigInt(row.points),
      amount: BigInt(row.amount),
      entries: row.entries,
    };
  });
}

/** What rounding left of each brand's last statement. */
async function openingBalances(client: ClientBase, period: Period): Promise<Map<Uuid, bigint>> {
  const { rows } = await client.query(
    `SELECT s.brand_id, s.carried_remainder::text AS carried FROM statement s
     WHERE s.period_id = (SELECT id FROM period WHERE currency_id = $1 AND month < $2::date AND status IN ('CLOSED', 'SETTLED') ORDER BY month DESC LIMIT 1)`,
    [period.currencyId, dayToIso(period.month)],
  );
  return new Map(rows.map((row) => [row.brand_id, BigInt(row.carried)]));
}

/**
 * Who gets a statement: every brand with terms for the currency that began before the month ended, though nothing be owed (a statement of 0 says so),
 * everyone who owes or is owed, and, where it clears through the operator, the operator.
 */
function partiesOf(
  snapshot: CoalitionSnapshot,
  currency: PointCurrency,
  period: Period,
  sums: readonly ObligationSum[],
  opening: ReadonlyMap<Uuid, bigint>,
): Party[] {
  const ids = new Set<Uuid>(sums.flatMap((sum) => [sum.debtorId, sum.creditorId]));
  for (const [id, balance] of opening) if (balance !== 0n) ids.add(id);
  const begun = snapshot.partnerships.filter(
    ({ currencyId, terms }) => currencyId === currency.id && terms.some(({ effectiveFrom }) => effectiveFrom < period.endsAt),
  );
  for (const { brandId, partnerBrandId } of begun) ids.add(brandId).add(partnerBrandId);
  const operatorId = snapshot.operator?.id;
  if (operatorId && currency.clearingModel === 'ISSUER' && !sums.some((sum) => sum.debtorId === operatorId || sum.creditorId === operatorId))
    ids.delete(operatorId);
  const days = new Map([...ids].filter((id) => id !== operatorId).map((id) => [id, paymentDays(snapshot, currency, id, period)]));
  // The operator pays and is paid when the last brand is.
  if (operatorId && ids.has(operatorId)) days.set(operatorId, Math.max(0, ...days.values()));
  const known = new Set([...partiesTo(snapshot, currency)]);
  return [...days].map(([id, each]) => {
    const brand = snapshot.brandsById.get(id);
    if (!brand || !known.has(id)) throw new Error(`brand ${id} has no terms for ${currency.code} and cannot owe or be owed`);
    return { id, code: brand.code, openingBalance: opening.get(id) ?? 0n, paymentDays: each };
  });
}

/** As the terms in force at the month's end say; of a brand that has left, as its last ones said. */
function paymentDays(snapshot: CoalitionSnapshot, currency: PointCurrency, brand: Uuid, period: Period): number {
  const lastInstant = new Date(period.endsAt.getTime() - 1);
  const inForce = findTerms(snapshot, brand, currency.id, lastInstant);
  if (inForce) return inForce.paymentDays;
  const own = snapshot.partnerships.filter(
    ({ currencyId, brandId, partnerBrandId }) => currencyId === currency.id && (brandId === brand || partnerBrandId === brand),
  );
  const versions = own.flatMap(({ terms }) => terms).filter(({ effectiveFrom }) => effectiveFrom <= lastInstant);
  return versions.sort((a, b) => a.effectiveFrom.getTime() - b.effectiveFrom.getTime()).at(-1)?.paymentDays ?? 0;
}

async function insertStatements(client: ClientBase, period: Period, statements: readonly Statement[], now: Date): Promise<void> {
  for (const { brandId, net, payableMinor, carried, dueOn, content, hash } of statements)
    await client.query(
      `INSERT INTO statement (id, period_id, brand_id, net, payable_minor, carried_remainder, due_on, content, hash, closed_at)
       VALUES ($1, $2, $3, $4::bigint, $5::bigint, $6::bigint, $7::date, $8, $9, $10)`,
      [
        derivedUuid('statement', period.id, brandId),
        period.id,
        brandId,
        net.toString(),
        payableMinor.toString(),
        carried.toString(),
        dayToIso(dueOn),
        content,
        hash,
        now,
      ],
    );
}
