import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { requireBrand, requireOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { findCurrency } from '../../coalition/coalition/require-currency';
import { type Day, dayToIso } from '../../ledger/points/calendar';
import { parseDecimal } from '../../ledger/points/decimal';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { PERIOD_COLUMNS, type Period, type PeriodRow, readPeriod, toPeriod } from '../clearing/periods';
import type { StatementContent, StatementLine } from './statement';

/** A statement as it was frozen. */
export interface StatementRecord {
  readonly id: Uuid;
  readonly brandId: Uuid;
  readonly period: Period;
  readonly closedAt: Date;
  readonly content: StatementContent;
  /** The canonical JSON that the hash is of. */
  readonly text: string;
  readonly hash: Buffer;
}

/** One obligation behind a statement's line. It names neither member nor basket. */
export interface StatementEntry {
  readonly eventTransferId: Uuid;
  readonly leg: number;
  /** null when nothing was to be paid. */
  readonly moneyTransferId: Uuid | null;
  readonly points: bigint;
  /** Micro-units; as owed by its debtor, never below 0. */
  readonly amount: bigint;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
}

/**
 * Statements are for the brand that they are of and for the operator: API clients with the scope, staff who deal with
 * money. Throws PermissionDenied.
 */
function requireReader(principal: Principal): void {
  if (principal.kind === 'staff' && principal.ofOperator) requireOperator(principal, ['FINANCE', 'PROGRAMME_MANAGER']);
  else requireBrand(principal, { scope: 'statements', roles: ['FINANCE', 'PROGRAMME_MANAGER'] });
}

function reading<T>(app: App, principal: Principal, read: (client: PoolClient, snapshot: CoalitionSnapshot) => Promise<T>): Promise<T> {
  requireReader(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => read(client, await app.coalition.snapshot(client)));
}

/**
 * The months of a points currency that have been opened, latest first; `limit` of them before `after`. Throws NotFound
 * for the currency.
 */
export async function listPeriods(app: App, principal: Principal, currency: string, page: { limit: number; after: Day | null }): Promise<Period[]> {
  return reading(app, principal, async (client, snapshot) => {
    const { rows } = await client.query<PeriodRow>(
      `SELECT ${PERIOD_COLUMNS} FROM period p
       WHERE currency_id = $1 AND ($2::date IS NULL OR month < $2::date) ORDER BY month DESC LIMIT $3`,
      [findCurrency(snapshot, currency).id, page.after === null ? null : dayToIso(page.after), page.limit],
    );
    return rows.map(toPeriod);
  });
}

/** A month; null while it has had no event and was not closed. Throws NotFound for the currency. */
export async function findPeriod(app: App, principal: Principal, currency: string, month: Day): Promise<Period | null> {
  return reading(app, principal, (client, snapshot) => readPeriod(client, findCurrency(snapshot, currency).id, month));
}

const STATEMENTS = `
  SELECT s.id AS statement_id, s.brand_id, s.closed_at AS stated_at, s.content, s.hash,
    ${PERIOD_COLUMNS}
  FROM statement s JOIN period p ON p.id = s.period_id JOIN brand b ON b.id = s.brand_id`;

/**
 * The statements of a month that the principal may see (its own brand's; the operator: all), by brand code; `limit` of
 * them after that code.
 */
export async function listStatementsOfPeriod(
  app: App,
  principal: Principal,
  periodId: Uuid,
  page: { limit: number; after: string | null },
): Promise<StatementRecord[]> {
  return reading(app, principal, async (client) => {
    const text = `${STATEMENTS} WHERE s.period_id = $1 AND ($2::text IS NULL OR b.code > $2) ORDER BY b.code LIMIT $3`;
    return (await client.query<StatementRow>(text, [periodId, page.after, page.limit])).rows.map(toStatement);
  });
}

export interface StatementFilter {
  /** Code of a points currency. */
  readonly currency: string;
  /** Null: every brand that the principal may see. */
  readonly brandId: Uuid | null;
}

/** Statements, latest month first, brands A to Z within it. Throws NotFound for the currency. */
export async function listStatements(
  app: App,
  principal: Principal,
  filter: StatementFilter,
  page: { limit: number; after: { month: Day; code: string } | null },
): Promise<StatementRecord[]> {
  return reading(app, principal, async (client, snapshot) => {
    const { rows } = await client.query<StatementRow>(
      `${STATEMENTS} WHERE p.currency_id = $1 AND ($2::uuid IS NULL OR s.brand_id = $2)
         AND ($3::date IS NULL OR p.month < $3::date OR (p.month = $3::date AND b.code > $4::text))
       ORDER BY p.month DESC, b.code LIMIT $5`,
      [findCurrency(snapshot, filter.currency).id, filter.brandId, page.after && dayToIso(page.after.month), page.after?.code ?? null, page.limit],
    );
    return rows.map(toStatement);
  });
}

/** Throws NotFound, also for another brand's. */
export async function findStatement(app: App, principal: Principal, id: Uuid): Promise<StatementRecord> {
  return reading(app, principal, async (client) => {
    const { rows } = await client.query<StatementRow>(`${STATEMENTS} WHERE s.id = $1`, [id]);
    const [row] = rows;
    if (!row) throw new NotFound('Statement');
    return toStatement(row);
  });
}

/** The obligations behind a line, in the order of their events; `limit` of them after that place. */
export async function listEntries(
  app: App,
  principal: Principal,
  statement: StatementRecord,
  line: StatementLine,
  page: { limit: number; after: { eventTransferId: Uuid; leg: number } | null },
): Promise<StatementEntry[]> {
  return reading(app, principal, async (client, snapshot) => {
    const idOf = (code: string | null) => (code === null ? null : (snapshot.brandsByCode.get(code)?.id ?? null));
    const { rows } = await client.query<RowOf<StatementEntry>>(
      `SELECT event_transfer_id, leg, money_transfer_id, points::text, amount::text, occurred_at, recorded_at FROM obligation
       WHERE period_id = $1 AND kind = $2 AND price = $3::bigint AND adjusts_month IS NOT DISTINCT FROM $4::date
         AND debtor_brand_id = $5 AND creditor_brand_id = $6 AND issuer_brand_id IS NOT DISTINCT FROM $7::uuid AND redeemer_brand_id IS NOT DISTINCT FROM $8::uuid
         AND ($9::uuid IS NULL OR (event_transfer_id, leg) > ($9::uuid, $10::smallint))
       ORDER BY event_transfer_id, leg LIMIT $11`,
      [
        statement.period.id,
        line.kind,
        String(parseDecimal(line.price, 6)),
        line.adjusts ? `${line.adjusts}-01` : null,
        ...(line.owedBy === 'BRAND' ? [statement.brandId, idOf(line.counterparty)] : [idOf(line.counterparty), statement.brandId]),
        idOf(line.issuer),
        idOf(line.redeemer),
        page.after?.eventTransferId ?? null,
        page.after?.leg ?? null,
        page.limit,
      ],
    );
    return rows.map((row) => ({
      eventTransferId: row.event_transfer_id,
      leg: row.leg,
      moneyTransferId: row.money_transfer_id,
      points: BigInt(row.points),
      amount: BigInt(row.amount),
      occurredAt: row.occurred_at,
      recordedAt: row.recorded_at,
    }));
  });
}

type StatementRow = PeriodRow & {
  readonly statement_id: Uuid;
  readonly brand_id: Uuid;
  readonly stated_at: Date;
  readonly content: string;
  readonly hash: Buffer;
};

function toStatement(row: StatementRow): StatementRecord {
  return {
    id: row.statement_id,
    brandId: row.brand_id,
    period: toPeriod(row),
    closedAt: row.stated_at,
    content: JSON.parse(row.content) as StatementContent,
    text: row.content,
    hash: row.hash,
  };
}
