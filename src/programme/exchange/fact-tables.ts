import type { AlongsideTable } from '../../ledger/ledger/alongside';

/** A conversion, written in the transaction of its posting. Columns as in the migration. */
export const CONVERSION = {
  name: 'conversion',
  columns: {
    id: 'uuid',
    wallet_id: 'uuid',
    brand_id: 'uuid',
    member_id: 'uuid',
    posting_id: 'uuid',
    from_account_id: 'int8',
    to_account_id: 'int8',
    from_currency_id: 'int2',
    to_currency_id: 'int2',
    rate_id: 'uuid',
    quote_id: 'uuid',
    points: 'int8',
    fee: 'int8',
    remainder: 'int8',
    base: 'int8',
    bonus: 'int8',
    in_transfer_id: 'uuid',
    fee_transfer_id: 'uuid',
    remainder_transfer_id: 'uuid',
    occurred_at: 'timestamptz',
    recorded_at: 'timestamptz',
  },
} as const satisfies AlongsideTable;
