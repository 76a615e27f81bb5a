import type { App } from '../../app';
import { requireBrandOrOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { dayOf, dayToIso } from '../../ledger/points/calendar';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { NotFound } from '../../platform/refusal';
import { type AccountTotals, brandOf, READERS, requireBooksReader, type TotalsRow, toTotals } from './account-balances';

/** The terms of the identity: what put points out, and where they are. */
export const TERMS = {
  ISSUED: 'Points awarded for purchases and as bonuses.',
  OPENING: 'Points brought in from an earlier programme.',
  GOODWILL: 'Points given as goodwill.',
  CLAWED_BACK: 'Points taken back after returns, those that had expired unspent with them: less than was put out.',
  CONVERTED_IN: 'Points that came from other currencies: more than was put out.',
  FILLED_ARREARS: 'Points that never reached a lot, since they filled what an earlier clawback could not find.',
  ACTIVE: 'Points in wallets and pools that can be spent.',
  PENDING: 'Points in wallets and pools that can be spent from a later day on.',
  HELD: 'Points set aside by open holds.',
  LAPSED: 'Points whose time is over; the worker has not booked it yet.',
  ARREARS: 'Points that clawbacks could not find and no credit has filled since: less than is accounted for.',
  REDEEMED: 'Points spent.',
  REFUNDED: 'Points spent and given back: less than was redeemed.',
  REDEEMED_AT_ISSUER: 'Points spent at the brand that issued them.',
  REFUNDED_AT_ISSUER: 'Points given back of those spent at the brand that issued them.',
  REDEEMED_ELSEWHERE: 'Points spent at other brands.',
  REFUNDED_ELSEWHERE: 'Points given back of those spent at other brands.',
  EXPIRED: 'Points whose end was booked: expired, or left in a wallet that was closed; less those of purchases that came back.',
  CONVERTED_OUT: 'Points converted into other currencies.',
  FEES: 'Points kept as fees of conversions.',
  REMAINDERS: 'Points too few for a conversion to give anything for, and kept.',
} as const;
export type TermName = keyof typeof TERMS;

export interface ConservationTerm {
  readonly term: TermName;
  /** Which side of the identity it is on. */
  readonly side: 'PUT_OUT' | 'ACCOUNTED_FOR';
  /** +1 or -1: whether it adds to its side. */
  readonly sign: 1 | -1;
  /** In the currency's smallest unit; not below zero in sound books. */
  readonly points: bigint;
}

export interface Conservation {
  readonly currency: string;
  /** null: of the whole coalition; otherwise of the points that this brand issued, wherever they are. */
  readonly brandId: Uuid | null;
  readonly takenAt: Date;
  readonly terms: readonly ConservationTerm[];
  /** What was put out less what is accounted for: 0 in sound books. */
  readonly difference: bigint;
  /** What was moved on the summed accounts of whoever asks, in the same snapshot. */
  readonly accounts: readonly AccountTotals[];
}

/**
 * The proof, in one snapshot of the books, that no point was made or lost. For the operator it is of the whole
 * currency: summed accounts on one side, wallets' own lots on the other. For a brand (or for the operator, of a brand)
 * it is of the points that the brand issued. There it compares what the journal says left their lots with what is in
 * them.
 */
export async function readConservation(app: App, principal: Principal, code: string, askedBrand: Uuid | null): Promise<Conservation> {
  const asker = brandOf(principal);
  if (asker === null) requireBooksReader(principal);
  const brandId = asker === null ? askedBrand : requireBrandOrOperator(principal, READERS, askedBrand);
  // It looks at every lot: who asks again meanwhile gets the proof that is being drawn up, instead of another one.
  const key = `${asker} ${brandId} ${code}`;
  let running = underWay.get(app);
  if (!running) underWay.set(app, (running = new Map()));
  let proof = running.get(key);
  if (!proof) {
    proof = drawUp(app, principal, code, brandId).finally(() => running.delete(key));
    running.set(key, proof);
  }
  return proof;
}

const underWay = new WeakMap<App, Map<string, Promise<Conservation>>>();

async function drawUp(app: App, principal: Principal, code: string, brandId: Uuid | null): Promise<Conservation> {
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const currency = requireCurrency(await app.coalition.snapshot(client), code, 'currency');
    const takenAt = app.clock.now();
    const today = dayToIso(dayOf(takenAt, currency.timeZone));
    await client.query("SET LOCAL statement_timeout = '60s'");
    // One statement, so one snapshot: nothing that is posted meanwhile is on one side only.
    const { rows } = await client.query<{ accounts: TotalsRow[]; figures: Figure[] }>(
      brandId === null ? WHOLE : OF_ISSUER,
      brandId === null ? [currency.id, today] : [currency.id, today, brandId],
    );
    const { accounts, figures } = only(rows);
    // Row-level security shows nobody another brand's totals.
    if (brandId !== null && figures.length === 0) throw new NotFound('Brand');
    const terms = brandId === null ? termsOfWhole(figures) : termsOfIssuer(figures);
    return { currency: code, brandId, takenAt, terms, difference: differenceOf(terms), accounts: accounts.map(toTotals) };
  });
}

/** Put out less accounted for. */
export function differenceOf(terms: readonly Omit<ConservationTerm, 'term'>[]): bigint {
  return terms.reduce((sum, { side, sign, points }) => sum + BigInt(sign) * (side === 'PUT_OUT' ? points : -points), 0n);
}

/**
 * A sum by what it is: an account's kind and side, a transfer's code, or a part of lots. Text, since JSON has no exact
 * numbers of that size.
 */
interface Figure {
  readonly name: string;
  readonly at_issuer?: boolean;
  readonly points: string;
}

function termsOfWhole(figures: readonly Figure[]): ConservationTerm[] {
  const of = (...names: string[]) => figures.filter(({ name }) => names.includes(name)).reduce((sum, { points }) => sum + BigInt(points), 0n);
  return [
    putOut('ISSUED', of('ISSUED debits')),
    putOut('OPENING', of('OPENING debits')),
    putOut('GOODWILL', of('GOODWILL debits')),
    putOut('CLAWED_BACK', of('ISSUED credits', 'OPENING credits', 'GOODWILL credits'), -1),
    accountedFor('ACTIVE', of('ACTIVE')),
    accountedFor('PENDING', of('PENDING')),
    accountedFor('HELD', of('HELD')),
    accountedFor('LAPSED', of('LAPSED')),
    accountedFor('ARREARS', of('ARREARS'), -1),
    accountedFor('REDEEMED', of('REDEEMED credits')),
    accountedFor('REFUNDED', of('REDEEMED debits'), -1),
    accountedFor('EXPIRED', of('EXPIRED credits') - of('EXPIRED debits')),
    accountedFor('CONVERTED_OUT', of('CONVERSION credits')),
    accountedFor('CONVERTED_IN', of('CONVERSION debits'), -1),
    accountedFor('FEES', of('FEE credits') - of('FEE debits')),
    accountedFor('REMAINDERS', of('REMAINDER credits') - of('REMAINDER debits')),
  ];
}

const REDEEMING = ['BURN', 'CAPTURE'];
const REFUNDING = ['REFUND', 'REINSTATEMENT', 'REINSTATEMENT_CANCELLATION'];

function termsOfIssuer(figures: readonly Figure[]): ConservationTerm[] {
  const of = (names: readonly string[], atIssuer?: boolean) =>
    figures
      .filter((figure) => names.includes(figure.name) && (atIssuer === undefined || figure.at_issuer === atIssuer))
      .reduce((sum, { points }) => sum + BigInt(points), 0n);
  return [
    putOut('ISSUED', -of(['EARN', 'BONUS'])),
    putOut('OPENING', -of(['OPENING'])),
    putOut('GOODWILL', -of(['GOODWILL'])),
    putOut('CONVERTED_IN', -of(['CONVERSION_IN'])),
    putOut('CLAWED_BACK', of(['CLAWBACK', 'CLAWBACK_CANCELLATION']) - of(['EXPIRED_CLAWBACK']), -1),
    putOut('FILLED_ARREARS', of(['FILL']), -1),
    accountedFor('ACTIVE', of(['ACTIVE'])),
    accountedFor('PENDING', of(['PENDING'])),
    accountedFor('HELD', of(['HELD'])),
    accountedFor('LAPSED', of(['LAPSED'])),
    accountedFor('REDEEMED_AT_ISSUER', of(REDEEMING, true)),
    accountedFor('REFUNDED_AT_ISSUER', -of(REFUNDING, true), -1),
    accountedFor('REDEEMED_ELSEWHERE', of(REDEEMING, false)),
    accountedFor('REFUNDED_ELSEWHERE', -of(REFUNDING, false), -1),
    accountedFor('EXPIRED', of(['EXPIRY', 'CLOSURE', 'EXPIRY_CANCELLATION']) + of(['EXPIRED_CLAWBACK'])),
    accountedFor('CONVERTED_OUT', of(['CONVERSION_OUT'])),
    accountedFor('FEES', of(['FEE'])),
    accountedFor('REMAINDERS', of(['REMAINDER'])),
  ];
}

function putOut(term: TermName, points: bigint, sign: 1 | -1 = 1): ConservationTerm {
  return { term, side: 'PUT_OUT', sign, points };
}

function accountedFor(term: TermName, points: bigint, sign: 1 | -1 = 1): ConservationTerm {
  return { term, side: 'ACCOUNTED_FOR', sign, points };
}

/** Most accounts that are shown one by one; sums are of all. */
const MOST_SHOWN = 1_000;

const TOTALS = (own: string) => `
  totals AS MATERIALIZED (
    SELECT t.account_id, a.kind, a.owner_id, c.code, c.kind AS currency_kind, t.debits, t.credits
    FROM account_totals(ARRAY(SELECT id FROM account WHERE currency_id = $1 AND NOT guarded ${own}), NULL) t
    JOIN account a ON a.id = t.account_id JOIN currency c ON c.id = a.currency_id)`;

const ANSWER = `
  SELECT (SELECT coalesce(json_agg(f), '[]') FROM figures f) AS figures,
    (SELECT coalesce(json_agg(t), '[]') FROM (SELECT account_id::text, kind, owner_id, code, currency_kind, debits::text, credits::text FROM totals ORDER BY account_id LIMIT ${MOST_SHOWN}) t) AS accounts`;

const WHOLE = `
  WITH ${TOTALS('')}, in_lots AS (
    SELECT coalesce(sum(l.remaining) FILTER (WHERE e.ends > $2::date AND l.available_on <= $2::date), 0) AS active,
      coalesce(sum(l.remaining) FILTER (WHERE e.ends > $2::date AND l.available_on > $2::date), 0) AS pending,
      coalesce(sum(l.remaining) FILTER (WHERE e.ends <= $2::date), 0) AS lapsed, coalesce(sum(l.held), 0) AS held
    FROM lot l JOIN account a ON a.id = l.account_id CROSS JOIN LATERAL (SELECT least(l.expires_on, a.slides_until) AS ends) e WHERE a.currency_id = $1
  ), figures AS (
    SELECT kind || ' debits' AS name, sum(debits)::text AS points FROM totals GROUP BY kind
    UNION ALL SELECT kind || ' credits', sum(credits)::text FROM totals GROUP BY kind
    UNION ALL SELECT p.name, p.points::text FROM in_lots i CROSS JOIN LATERAL (VALUES ('ACTIVE', i.active), ('PENDING', i.pending), ('LAPSED', i.lapsed), ('HELD', i.held)) p (name, points)
    UNION ALL SELECT 'ARREARS', coalesce(sum(r.remaining), 0)::text FROM arrears r JOIN account a ON a.id = r.account_id WHERE a.currency_id = $1 AND r.remaining > 0
  ) ${ANSWER}`;

const OF_ISSUER = `
  WITH ${TOTALS('AND owner_id = $3')}, figures AS (
    SELECT i.term AS name, i.at_issuer, i.points::text AS points FROM issuer_terms($3, $1::smallint, $2::date) i
  ) ${ANSWER}`;
