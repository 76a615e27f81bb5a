import type { AlongsideTable } from '../../ledger/ledger/alongside';

/** Facts that the kernel writes in the transaction of their posting. Columns as in the migration. */
export const PURCHASE = {
  name: 'purchase',
  columns: {
    id: 'uuid',
    wallet_id: 'uuid',
    brand_id: 'uuid',
    member_id: 'uuid',
    account_id: 'int8',
    currency_id: 'int2',
    posting_id: 'uuid',
    earn_transfer_id: 'uuid',
    money_currency: 'text',
    amount: 'numeric',
    eligible_amount: 'numeric',
    paid_with_points: 'numeric',
    points: 'int8',
    channel: 'text',
    instrument: 'text',
    reference: 'text',
    rule_id: 'uuid',
    terms_id: 'uuid',
    arithmetic: 'int2',
    occurred_at: 'timestamptz',
    recorded_at: 'timestamptz',
  },
} as const satisfies AlongsideTable;

export const PURCHASE_LINE = {
  name: 'purchase_line',
  columns: {
    wallet_id: 'uuid',
    purchase_id: 'uuid',
    line_no: 'int2',
    brand_id: 'uuid',
    sku: 'text',
    category: 'text',
    quantity: 'numeric',
    unit_price: 'numeric',
    amount: 'numeric',
    kind: 'text',
    discount: 'numeric',
    tax: 'numeric',
    eligible: 'bool',
    exclusion: 'text',
  },
} as const satisfies AlongsideTable;

export const PURCHASE_REDEMPTION = {
  name: 'purchase_redemption',
  columns: { wallet_id: 'uuid', redemption_id: 'uuid', purchase_id: 'uuid', brand_id: 'uuid', points: 'int8', position: 'int2', value: 'numeric' },
} as const satisfies AlongsideTable;

export const PURCHASE_AWARD = {
  name: 'purchase_award',
  columns: {
    wallet_id: 'uuid',
    purchase_id: 'uuid',
    brand_id: 'uuid',
    account_id: 'int8',
    currency_id: 'int2',
    earn_transfer_id: 'uuid',
    points: 'int8',
    available_on: 'date',
    deadline: 'date',
    due_on: 'date',
    occurred_at: 'timestamptz',
    recorded_at: 'timestamptz',
  },
} as const satisfies AlongsideTable;

export const AWARD_RESOLUTION = {
  name: 'award_resolution',
  columns: {
    wallet_id: 'uuid',
    purchase_id: 'uuid',
    brand_id: 'uuid',
    posting_id: 'uuid',
    state: 'text',
    points: 'int8',
    occurred_at: 'timestamptz',
    recorded_at: 'timestamptz',
  },
} as const satisfies AlongsideTable;

export const PURCHASE_RETURN = {
  name: 'purchase_return',
  columns: {
    id: 'uuid',
    wallet_id: 'uuid',
    purchase_id: 'uuid',
    brand_id: 'uuid',
    posting_id: 'uuid',
    clawed_back: 'int8',
    expired: 'int8',
    reinstated: 'int8',
    reference: 'text',
    money_back: 'numeric',
    occurred_at: 'timestamptz',
    recorded_at: 'timestamptz',
  },
} as const satisfies AlongsideTable;

export const PURCHASE_RETURN_LINE = {
  name: 'purchase_return_line',
  columns: { wallet_id: 'uuid', return_id: 'uuid', purchase_id: 'uuid', line_no: 'int2', brand_id: 'uuid', quantity: 'numeric', reduction: 'numeric' },
} as const satisfies AlongsideTable;

export const PURCHASE_RETURN_CANCELLATION = {
  name: 'purchase_return_cancellation',
  columns: {
    wallet_id: 'uuid',
    return_id: 'uuid',
    purchase_id: 'uuid',
    brand_id: 'uuid',
    posting_id: 'uuid',
    given_back: 'int8',
    taken_back: 'int8',
    occurred_at: 'timestamptz',
    recorded_at: 'timestamptz',
  },
} as const satisfies AlongsideTable;

export const REDEMPTION = {
  name: 'redemption',
  columns: {
    id: 'uuid',
    wallet_id: 'uuid',
    brand_id: 'uuid',
    member_id: 'uuid',
    pool_id: 'uuid',
    account_id: 'int8',
    currency_id: 'int2',
    posting_id: 'uuid',
    kind: 'text',
    points: 'int8',
    money_value: 'int8',
    money_currency: 'text',
    purchase_amount: 'int8',
    channel: 'text',
    instrument: 'text',
    reference: 'text',
    rule_id: 'uuid',
    arithmetic: 'int2',
    terms_id: 'uuid',
    occurred_at: 'timestamptz',
    recorded_at: 'timestamptz',
  },
} as const satisfies AlongsideTable;
