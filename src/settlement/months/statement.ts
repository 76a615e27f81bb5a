import { createHash } from 'node:crypto';
import type { ClearingModel } from '../../coalition/coalition/coalition-snapshot';
import { canonicalJson } from '../../ledger/ledger/idempotency';
import { type Day, dayToIso } from '../../ledger/points/calendar';
import { formatDecimal } from '../../ledger/points/decimal';
import { minorUnitDecimals } from '../../ledger/points/money-currencies';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import type { ObligationKind } from '../clearing/obligation';
import { monthToText } from '../clearing/periods';
import { roundPayables } from './round-payable';

/**
 * What the obligations of one period come to, for one kind, pair of brands, issuer, redeemer, price and adjusted month.
 */
export interface ObligationSum {
  readonly kind: ObligationKind;
  readonly debtorId: Uuid;
  readonly creditorId: Uuid;
  readonly issuerId: Uuid | null;
  readonly redeemerId: Uuid | null;
  readonly price: bigint;
  /** Set when the events belong to that earlier month, which was closed already. */
  readonly adjustsMonth: Day | null;
  readonly points: bigint;
  /** Micro-units, as posted to the money ledger. */
  readonly amount: bigint;
  readonly entries: number;
}

/** A brand that gets a statement of the period. */
export interface Party {
  readonly id: Uuid;
  readonly code: string;
  /** What rounding left over in its statement before: micro-units, positive when it still has to pay them. */
  readonly openingBalance: bigint;
  readonly paymentDays: number;
}

/** What all statements of a period say alike. */
export interface StatedPeriod {
  readonly currency: string;
  readonly scale: number;
  readonly settlementCurrency: string;
  readonly clearingModel: ClearingModel;
  readonly timeZone: string;
  readonly month: Day;
  /**
   * Payment days count from it: the month's last day, or the local day on which the statements are drawn up where that
   * is later.
   */
  readonly payableFrom: Day;
}

/** One line as it stands in the content: money is positive where the brand pays. */
export interface StatementLine {
  readonly kind: ObligationKind;
  readonly counterparty: string;
  readonly owedBy: 'BRAND' | 'COUNTERPARTY';
  readonly issuer: string | null;
  readonly redeemer: string | null;
  /** Smallest units of the points currency. */
  readonly points: string;
  readonly price: string;
  readonly amount: string;
  /** How many money transfers (or entries priced at 0) stand behind it. */
  readonly entries: number;
  /** 'YYYY-MM' on adjustments. */
  readonly adjusts?: string;
}

/** A statement's content; amounts are decimal strings, positive where the brand pays. */
export interface StatementContent {
  readonly format: 'tessera-statement/1';
  readonly brand: string;
  readonly currency: string;
  readonly scale: number;
  readonly settlementCurrency: string;
  readonly clearingModel: ClearingModel;
  readonly month: string;
  readonly timeZone: string;
  readonly openingBalance: string;
  readonly lines: readonly StatementLine[];
  readonly adjustments: readonly StatementLine[];
  readonly bilateral: readonly { readonly counterparty: string; readonly net: string }[];
  readonly net: string;
  readonly payable: string;
  readonly carried: string;
  readonly dueOn: string;
}

export interface Statement {
  readonly brandId: Uuid;
  readonly net: bigint;
  readonly payableMinor: bigint;
  readonly carried: bigint;
  readonly dueOn: Day;
  /** Canonical JSON: the same facts and terms give the same bytes on every machine and day. */
  readonly content: string;
  readonly hash: Buffer;
}

/**
 * The statements of a period, one a party, from what its obligations come to: a pure function. Throws unless everything
 * nets to zero.
 */
export function drawUpStatements(period: StatedPeriod, parties: readonly Party[], sums: readonly ObligationSum[]): Statement[] {
  const ordered = [...parties].sort((a, b) => (a.code < b.code ? -1 : 1));
  const codes = new Map(ordered.map((party) => [party.id, party.code]));
  const stated = ordered.map((party) => ({ party, net: sums.reduce((net, sum) => net + paidBy(party.id, sum), 0n) }));
  const microsPerMinor = microsPerMinorUnit(period.settlementCurrency);
  const rounded = roundPayables(
    stated.map(({ party, net }) => party.openingBalance + net),
    microsPerMinor,
  );
  return stated.map(({ party, net }, at) => {
    const dueOn = period.payableFrom + party.paymentDays;
    const { payableMinor, carried } = itemAt(rounded, at);
    const own = sums.filter((sum) => sum.debtorId === party.id || sum.creditorId === party.id);
    const content: StatementContent = {
      format: 'tessera-statement/1',
      brand: party.code,
      currency: period.currency,
      scale: period.scale,
      settlementCurrency: period.settlementCurrency,
      clearingModel: period.clearingModel,
      month: monthToText(period.month),
      timeZone: period.timeZone,
      openingBalance: micros(party.openingBalance),
      lines: toLines(
        party.id,
        own.filter(({ adjustsMonth }) => adjustsMonth === null),
        codes,
      ),
      adjustments: toLines(
        party.id,
        own.filter(({ adjustsMonth }) => adjustsMonth !== null),
        codes,
      ),
      bilateral: bilateralNets(party.id, own, codes),
      net: micros(net),
      payable: micros(payableMinor * microsPerMinor),
      carried: micros(carried),
      dueOn: dayToIso(dueOn),
    };
    const text = canonicalJson(content);
    return { brandId: party.id, net, payableMinor, carried, dueOn, content: text, hash: createHash('sha256').update(text).digest() };
  });
}

/** 10,000 for a currency with cents, 1,000,000 for the yen. */
function microsPerMinorUnit(currency: string): bigint {
  const decimals = minorUnitDecimals(currency);
  if (decimals === null) throw new Error(`${currency} is no money that can be settled in`);
  return 10n ** BigInt(6 - decimals);
}

function paidBy(brand: Uuid, sum: ObligationSum): bigint {
  return sum.debtorId === brand ? sum.amount : sum.creditorId === brand ? -sum.amount : 0n;
}

function micros(amount: bigint): string {
  return formatDecimal(amount, 6);
}

function toLines(brand: Uuid, sums: readonly ObligationSum[], codes: ReadonlyMap<Uuid, string>): StatementLine[] {
  return sums
    .map((sum): StatementLine => {
      const isOwed = sum.debtorId === brand;
      const line = {
        kind: sum.kind,
        counterparty: codeOf(codes, isOwed ? sum.creditorId : sum.debtorId),
        owedBy: isOwed ? ('BRAND' as const) : ('COUNTERPARTY' as const),
        issuer: sum.issuerId && codeOf(codes, sum.issuerId),
        redeemer: sum.redeemerId && codeOf(codes, sum.redeemerId),
        points: sum.points.toString(),
        price: micros(sum.price),
        amount: micros(paidBy(brand, sum)),
        entries: sum.entries,
      };
      return sum.adjustsMonth === null ? line : { ...line, adjusts: monthToText(sum.adjustsMonth) };
    })
    .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

function sortKey({ adjusts, kind, counterparty, issuer, redeemer, price, owedBy }: StatementLine): string {
  return [adjusts ?? '', kind, counterparty, issuer ?? '', redeemer ?? '', price.padStart(30), owedBy].join('\n');
}

function bilateralNets(brand: Uuid, sums: readonly ObligationSum[], codes: ReadonlyMap<Uuid, string>): { counterparty: string; net: string }[] {
  const nets = new Map<string, bigint>();
  for (const sum of sums) {
    const counterparty = codeOf(codes, sum.debtorId === brand ? sum.creditorId : sum.debtorId);
    nets.set(counterparty, (nets.get(counterparty) ?? 0n) + paidBy(brand, sum));
  }
  return [...nets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([counterparty, net]) => ({ counterparty, net: micros(net) }));
}

function codeOf(codes: ReadonlyMap<Uuid, string>, brand: Uuid): string {
  const code = codes.get(brand);
  if (code === undefined) throw new Error(`brand ${brand} owes or is owed in the period but gets no statement`);
  return code;
}
