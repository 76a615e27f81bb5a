import type { AlongsideTable } from '../../ledger/ledger/alongside';

/** What was given by whom to whom; written by the kernel with the gift's posting. Columns as in the migration. */
export const GIFT = {
  name: 'gift',
  columns: {
    id: 'uuid',
    wallet_id: 'uuid',
    member_id: 'uuid',
    to_wallet_id: 'uuid',
    to_member_id: 'uuid',
    brand_id: 'uuid',
    posting_id: 'uuid',
    currency_id: 'int2',
    points: 'int8',
    rule_id: 'uuid',
    occurred_at: 'timestamptz',
    recorded_at: 'timestamptz',
  },
} as const satisfies AlongsideTable;
