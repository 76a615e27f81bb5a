import { type AlongsideRow, alongside } from '../../ledger/ledger/alongside';
import type { Uuid } from '../../platform/ids';
import type { Obligation } from './obligation';
import type { PointsEvent } from './points-event';

const OBLIGATION = {
  name: 'obligation',
  columns: {
    event_transfer_id: 'uuid',
    leg: 'int2',
    money_transfer_id: 'uuid',
    period_id: 'uuid',
    points_currency_id: 'int2',
    settlement_currency_id: 'int2',
    kind: 'text',
    debtor_brand_id: 'uuid',
    creditor_brand_id: 'uuid',
    issuer_brand_id: 'uuid',
    redeemer_brand_id: 'uuid',
    points: 'int8',
    price: 'int8',
    amount: 'int8',
    supply_kind: 'text',
    terms_id: 'uuid',
    occurred_at: 'timestamptz',
    adjusts_month: 'date',
    recorded_at: 'timestamptz',
  },
} as const;

/** Where and when an obligation is booked. */
export interface Booking {
  /** The event's place among its obligations, from 0. */
  readonly leg: number;
  /** null when nothing is to be paid (a price of 0). */
  readonly moneyTransferId: Uuid | null;
  readonly periodId: Uuid;
  readonly settlementCurrencyId: number;
  /** First day of the month that the event belongs to, when that was closed already. */
  readonly adjustsMonth: string | null;
  /** ms since 1970. */
  readonly recordedAt: number;
}

/** The row that is written with an obligation's money transfer. */
export function obligationRow(event: PointsEvent, obligation: Obligation, booking: Booking): AlongsideRow {
  return alongside(OBLIGATION, {
    event_transfer_id: event.transferId,
    leg: booking.leg,
    money_transfer_id: booking.moneyTransferId,
    period_id: booking.periodId,
    points_currency_id: event.currencyId,
    settlement_currency_id: booking.settlementCurrencyId,
    kind: obligation.kind,
    debtor_brand_id: obligation.debtorId,
    creditor_brand_id: obligation.creditorId,
    issuer_brand_id: obligation.issuerId,
    redeemer_brand_id: obligation.redeemerId,
    points: toSafeNumber(obligation.points),
    price: toSafeNumber(obligation.price),
    amount: toSafeNumber(obligation.amount),
    supply_kind: obligation.supply,
    terms_id: obligation.termsId,
    occurred_at: event.occurredAt.getTime(),
    adjusts_month: booking.adjustsMonth,
    recorded_at: booking.recordedAt,
  });
}

/** The ledger counts in numbers; priceEvent has split what is larger. */
export function toSafeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond what one transfer can carry`);
  return number;
}
