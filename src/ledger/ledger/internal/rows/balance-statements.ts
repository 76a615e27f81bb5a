import type { CounterState, ExpiredState } from '../decide/batch-state';
import type { ArrearsState, HoldState, LotState, WalletState } from '../decide/wallet-state';
import { statement } from './statement';

/**
 * What a batch changes in rows that exist: wallets, lots, arrears, holds, counters. A wallet only at the version that
 * was decided on.
 */
export const UPDATE_WALLETS = statement({
  name: 'update-wallets',
  text: `UPDATE account a SET credits = x.credits, debits = x.debits, held = x.held, arrears = x.arrears, seq = x.seq, version = x.version + 1,
      slides_until = x.slides_until, closed_at = x.closed_at, merged_into = x.merged_into
    FROM (SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::bigint[]),
        unnest($7::date[]), unnest($8::timestamptz[]), unnest($9::bigint[]), unnest($10::bigint[]))
      AS x (id, credits, debits, held, arrears, seq, slides_until, closed_at, merged_into, version) WHERE a.id = x.id AND a.version = x.version`,
  types: ['int8', 'int8', 'int8', 'int8', 'int8', 'int8', 'date', 'timestamptz', 'int8', 'int8'],
  put([id, credits, debits, held, arrears, seq, slidesUntil, closedAt, mergedInto, version], wallet: WalletState) {
    id.int8(wallet.account);
    credits.int8(wallet.credits);
    debits.int8(wallet.debits);
    held.int8(wallet.held);
    arrears.int8(wallet.arrears);
    seq.int8(wallet.seq);
    slidesUntil.date(wallet.slidesUntil);
    closedAt.timestamptz(wallet.closedAt);
    mergedInto.int8(wallet.mergedInto);
    version.int8(wallet.version);
  },
});

const LOT_ARRAYS = '$1::bigint[], $2::date[], $3::date[], $4::text[], $5::int[], $6::date[], $7::bigint[], $8::bigint[], $9::bigint[]';
const LOT_VALUES = LOT_ARRAYS.split(', ')
  .map((array) => `unnest(${array})`)
  .join(', ');
const LOT_COLUMNS = 'account_id, expires_on, issue_month, issuer_code, origin_id, available_on, remaining, held, contributor_id';
/** A statement into whose columns lots go. */
function ofLots(name: string, text: string) {
  return statement({
    name,
    text,
    types: ['int8', 'date', 'date', 'text', 'int4', 'date', 'int8', 'int8', 'int8'],
    put([account, expiresOn, issueMonth, issuerCode, originId, availableOn, remaining, held, contributor], lot: LotState) {
      account.int8(lot.account);
      expiresOn.date(lot.expiresOn);
      issueMonth.date(lot.issueMonth);
      issuerCode.text(lot.issuerCode);
      originId.int4(lot.originId);
      availableOn.date(lot.availableOn);
      remaining.int8(lot.remaining);
      held.int8(lot.held);
      contributor.int8(lot.contributor);
    },
  });
}

export const UPDATE_LOTS = ofLots(
  'update-lots',
  `UPDATE lot l SET remaining = x.remaining, held = x.held
    FROM (SELECT ${LOT_VALUES}) AS x (${LOT_COLUMNS})
    WHERE l.account_id = x.account_id AND l.expires_on = x.expires_on AND l.issue_month = x.issue_month
      AND l.issuer_code = x.issuer_code AND l.origin_id = x.origin_id AND l.available_on = x.available_on AND l.contributor_id = x.contributor_id`,
);

/** A lot that was not loaded is new or stands empty: either way what the batch put into it is what it holds. */
export const UPSERT_LOTS = ofLots(
  'upsert-lots',
  `INSERT INTO lot AS l (${LOT_COLUMNS}) SELECT ${LOT_VALUES}
    ON CONFLICT (account_id, expires_on, issue_month, issuer_code, origin_id, available_on, contributor_id)
    DO UPDATE SET remaining = l.remaining + excluded.remaining, held = l.held + excluded.held`,
);

export const UPDATE_ARREARS = statement({
  name: 'update-arrears',
  text: `UPDATE arrears a SET remaining = x.remaining FROM unnest($1::bigint[], $2::uuid[], $3::bigint[]) AS x (account_id, id, remaining)
    WHERE a.account_id = x.account_id AND a.id = x.id`,
  types: ['int8', 'uuid', 'int8'],
  put([account, id, remaining], row: ArrearsState) {
    account.int8(row.account);
    id.uuid(row.id);
    remaining.int8(row.remaining);
  },
});

export const UPDATE_HOLDS = statement({
  name: 'update-holds',
  text: `UPDATE hold h SET state = x.state, captured = x.captured, settled_at = x.settled_at, awaits_release = x.awaits_release
    FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::boolean[]) AS x (id, state, captured, settled_at, awaits_release)
    WHERE h.id = x.id AND (h.state = 'OPEN' OR h.awaits_release)`,
  types: ['uuid', 'text', 'int8', 'timestamptz', 'bool'],
  put([id, state, captured, settledAt, awaits], hold: HoldState) {
    id.uuid(hold.id);
    state.text(hold.state);
    captured.int8(hold.captured);
    settledAt.timestamptz(hold.settledAt);
    awaits.bool(hold.awaitsRelease);
  },
});

export const UPSERT_COUNTERS = statement({
  name: 'upsert-counters',
  text: `INSERT INTO counter (account_id, key, value) SELECT unnest($1::bigint[]), unnest($2::text[]), unnest($3::bigint[])
    ON CONFLICT (account_id, key) DO UPDATE SET value = excluded.value`,
  types: ['int8', 'text', 'int8'],
  put([account, key, value], counter: CounterState) {
    account.int8(counter.account);
    key.text(counter.key);
    value.int8(counter.value);
  },
});

/** A statement into whose columns goes what has ended of lots. */
function ofExpired(name: string, text: string) {
  return statement({
    name,
    text,
    types: ['int8', 'int4', 'date', 'date', 'int8', 'int8', 'int8'],
    put([account, originId, expiresOn, availableOn, contributor, amount, returned], row: ExpiredState) {
      account.int8(row.account);
      originId.int4(row.originId);
      expiresOn.date(row.expiresOn);
      availableOn.date(row.availableOn);
      contributor.int8(row.contributor);
      amount.int8(row.expired);
      returned.int8(row.returned);
    },
  });
}

/** What has ended of lots, and what of that was taken back, added to what is there. */
export const UPDATE_EXPIRED = ofExpired(
  'update-expired',
  `UPDATE expired_lot e SET amount = e.amount + x.amount, returned = e.returned + x.returned
    FROM unnest($1::bigint[], $2::int[], $3::date[], $4::date[], $5::bigint[], $6::bigint[], $7::bigint[])
      AS x (account_id, origin_id, expires_on, available_on, contributor_id, amount, returned)
    WHERE e.account_id = x.account_id AND e.origin_id = x.origin_id AND e.expires_on = x.expires_on AND e.available_on = x.available_on
      AND e.contributor_id = x.contributor_id`,
);

/** The same of lots of which it is not known whether anything had ended before. */
export const UPSERT_EXPIRED = ofExpired(
  'upsert-expired',
  `INSERT INTO expired_lot AS e (account_id, origin_id, expires_on, available_on, contributor_id, amount, returned)
    SELECT unnest($1::bigint[]), unnest($2::int[]), unnest($3::date[]), unnest($4::date[]), unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::bigint[])
    ON CONFLICT (account_id, origin_id, expires_on, available_on, contributor_id) DO UPDATE SET amount = e.amount + excluded.amount, returned = e.returned + excluded.returned`,
);
