import type { NewAllocation, NewClaim, NewFill, NewLotChange, NewPosting, NewTransfer } from '../decide/batch-state';
import type { ArrearsState, HoldState } from '../decide/wallet-state';
import { statement } from './statement';

/**
 * What a batch adds: facts that are never changed, and new holds and arrears. Arrays of one length stand side by side
 * in a SELECT. FROM unnest(...) would first store each of them, which costs about 0.7 us a transfer.
 */
export const INSERT_POSTINGS = statement({
  name: 'insert-postings',
  text: `INSERT INTO posting (id, party_id, kind, content_hash, outcome, result, occurred_at, recorded_at)
    SELECT unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::text[]), unnest($4::bytea[]), unnest($5::text[]), unnest($6::text[])::json,
      unnest($7::timestamptz[]), unnest($8::timestamptz[])`,
  types: ['uuid', 'uuid', 'text', 'bytea', 'text', 'text', 'timestamptz', 'timestamptz'],
  put([id, party, kind, contentHash, outcome, result, occurredAt, recordedAt], row: NewPosting) {
    const { answer, refusal, balances } = row.outcome;
    id.uuid(row.id);
    party.uuid(row.party);
    kind.text(row.kind);
    contentHash.bytea(row.contentHash);
    outcome.text(refusal ? 'REFUSED' : 'ACCEPTED');
    result.text(JSON.stringify({ answer, refusal, balances }));
    occurredAt.timestamptz(row.occurredAt);
    recordedAt.timestamptz(row.recordedAt);
  },
});

export const INSERT_TRANSFERS = statement({
  name: 'insert-transfers',
  text: `INSERT INTO transfer (id, posting_id, party_id, debit_account, credit_account, currency_id, amount, code, reverses, hold_id, origin_id, lot_expires_on,
      lot_available_on, debit_balance_after, debit_seq, credit_balance_after, credit_seq, terms_id, occurred_at, recorded_at)
    SELECT unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::smallint[]), unnest($7::bigint[]), unnest($8::text[]), unnest($9::uuid[]), unnest($10::uuid[]), unnest($11::int[]), unnest($12::date[]), unnest($13::date[]), unnest($14::bigint[]), unnest($15::bigint[]), unnest($16::bigint[]), unnest($17::bigint[]), unnest($18::uuid[]), unnest($19::timestamptz[]), unnest($20::timestamptz[])`,
  types: [
    ...(['uuid', 'uuid', 'uuid', 'int8', 'int8', 'int2', 'int8', 'text', 'uuid', 'uuid'] as const),
    ...(['int4', 'date', 'date', 'int8', 'int8', 'int8', 'int8', 'uuid', 'timestamptz', 'timestamptz'] as const),
  ],
  put(columns, row: NewTransfer) {
    const { lot, debitAfter, creditAfter } = row;
    columns[0].uuid(row.id);
    columns[1].uuid(row.postingId);
    columns[2].uuid(row.party);
    columns[3].int8(row.debitAccount);
    columns[4].int8(row.creditAccount);
    columns[5].int2(row.currencyId);
    columns[6].int8(row.amount);
    columns[7].text(row.code);
    columns[8].uuid(row.reverses);
    columns[9].uuid(row.holdId);
    columns[10].int4(lot ? lot.originId : null);
    columns[11].date(lot ? lot.expiresOn : null);
    columns[12].date(lot ? lot.availableOn : null);
    columns[13].int8(debitAfter ? debitAfter.balance : null);
    columns[14].int8(debitAfter ? debitAfter.seq : null);
    columns[15].int8(creditAfter ? creditAfter.balance : null);
    columns[16].int8(creditAfter ? creditAfter.seq : null);
    columns[17].uuid(row.termsId);
    columns[18].timestamptz(row.occurredAt);
    columns[19].timestamptz(row.recordedAt);
  },
});

export const INSERT_ALLOCATIONS = statement({
  name: 'insert-allocations',
  text: `INSERT INTO allocation (transfer_id, position, account_id, origin_id, expires_on, available_on, amount, contributor_id)
    SELECT unnest($1::uuid[]), unnest($2::smallint[]), unnest($3::bigint[]), unnest($4::int[]), unnest($5::date[]), unnest($6::date[]), unnest($7::bigint[]), unnest($8::bigint[])`,
  types: ['uuid', 'int2', 'int8', 'int4', 'date', 'date', 'int8', 'int8'],
  put([transferId, position, account, originId, expiresOn, availableOn, amount, contributor], row: NewAllocation) {
    transferId.uuid(row.transferId);
    position.int2(row.position);
    account.int8(row.account);
    originId.int4(row.originId);
    expiresOn.date(row.expiresOn);
    availableOn.date(row.availableOn);
    amount.int8(row.amount);
    contributor.int8(row.contributor);
  },
});

export const INSERT_FILLS = statement({
  name: 'insert-fills',
  text: `INSERT INTO arrears_fill (transfer_id, arrears_id, origin_id, expires_on, available_on, account_id, amount)
    SELECT unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::int[]), unnest($4::date[]), unnest($5::date[]), unnest($6::bigint[]), unnest($7::bigint[])`,
  types: ['uuid', 'uuid', 'int4', 'date', 'date', 'int8', 'int8'],
  put([transferId, arrearsId, originId, expiresOn, availableOn, account, amount], row: NewFill) {
    transferId.uuid(row.transferId);
    arrearsId.uuid(row.arrearsId);
    originId.int4(row.originId);
    expiresOn.date(row.expiresOn);
    availableOn.date(row.availableOn);
    account.int8(row.account);
    amount.int8(row.amount);
  },
});

export const INSERT_HOLDS = statement({
  name: 'insert-holds',
  text: `INSERT INTO hold (id, posting_id, party_id, account_id, credit_account, currency_id, amount, captured, state, terms_id, occurred_at, expires_at, settled_at, held_on,
      expires_on, grace_days, awaits_release)
    SELECT unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::smallint[]), unnest($7::bigint[]), unnest($8::bigint[]), unnest($9::text[]), unnest($10::uuid[]), unnest($11::timestamptz[]), unnest($12::timestamptz[]), unnest($13::timestamptz[]), unnest($14::date[]), unnest($15::date[]), unnest($16::smallint[]), unnest($17::boolean[])`,
  types: [
    'uuid',
    'uuid',
    'uuid',
    'int8',
    'int8',
    'int2',
    'int8',
    'int8',
    'text',
    'uuid',
    'timestamptz',
    'timestamptz',
    'timestamptz',
    'date',
    'date',
    'int2',
    'bool',
  ],
  put(
    [id, postingId, party, account, credit, currencyId, amount, captured, state, termsId, occurredAt, expiresAt, settledAt, heldOn, expiresOn, grace, awaits],
    hold: HoldState,
  ) {
    id.uuid(hold.id);
    postingId.uuid(hold.postingId);
    party.uuid(hold.party);
    account.int8(hold.account);
    credit.int8(hold.creditAccount);
    currencyId.int2(hold.currencyId);
    amount.int8(hold.amount);
    captured.int8(hold.captured);
    state.text(hold.state);
    termsId.uuid(hold.termsId);
    occurredAt.timestamptz(hold.occurredAt);
    expiresAt.timestamptz(hold.expiresAt);
    settledAt.timestamptz(hold.settledAt);
    heldOn.date(hold.heldOn);
    expiresOn.date(hold.expiresOn);
    grace.int2(hold.graceDays);
    awaits.bool(hold.awaitsRelease);
  },
});

export const INSERT_ARREARS = statement({
  name: 'insert-arrears',
  text: `INSERT INTO arrears (account_id, id, party_id, code, amount, remaining, seq, terms_id, occurred_at)
    SELECT unnest($1::bigint[]), unnest($2::uuid[]), unnest($3::uuid[]), 'CLAWBACK', unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::bigint[]),
      unnest($7::uuid[]), unnest($8::timestamptz[])`,
  types: ['int8', 'uuid', 'uuid', 'int8', 'int8', 'int8', 'uuid', 'timestamptz'],
  put([account, id, party, amount, remaining, seq, termsId, occurredAt], row: ArrearsState) {
    account.int8(row.account);
    id.uuid(row.id);
    party.uuid(row.party);
    amount.int8(row.amount);
    remaining.int8(row.remaining);
    seq.int8(row.seq);
    termsId.uuid(row.termsId);
    occurredAt.timestamptz(row.occurredAt);
  },
});

export const INSERT_LOT_CHANGES = statement({
  name: 'insert-lot-changes',
  text: `INSERT INTO lot_change (id, position, posting_id, account_id, origin_id, contributor_id, credit_id, from_expires_on, from_available_on, to_expires_on,
      to_available_on, amount, occurred_at, recorded_at, to_origin_id)
    SELECT unnest($1::uuid[]), unnest($2::smallint[]), unnest($3::uuid[]), unnest($4::bigint[]), unnest($5::int[]), unnest($6::bigint[]), unnest($7::uuid[]), unnest($8::date[]), unnest($9::date[]), unnest($10::date[]), unnest($11::date[]), unnest($12::bigint[]), unnest($13::timestamptz[]), unnest($14::timestamptz[]), unnest($15::int[])`,
  types: ['uuid', 'int2', 'uuid', 'int8', 'int4', 'int8', 'uuid', 'date', 'date', 'date', 'date', 'int8', 'timestamptz', 'timestamptz', 'int4'],
  put(
    [id, position, postingId, account, originId, contributor, creditId, fromEnd, fromStart, toEnd, toStart, amount, occurredAt, recordedAt, toOrigin],
    row: NewLotChange,
  ) {
    id.uuid(row.id);
    position.int2(row.position);
    postingId.uuid(row.postingId);
    account.int8(row.account);
    originId.int4(row.from.originId);
    contributor.int8(row.contributor);
    creditId.uuid(row.creditId);
    fromEnd.date(row.from.expiresOn);
    fromStart.date(row.from.availableOn);
    toEnd.date(row.to.expiresOn);
    toStart.date(row.to.availableOn);
    amount.int8(row.amount);
    occurredAt.timestamptz(row.occurredAt);
    recordedAt.timestamptz(row.recordedAt);
    toOrigin.int4(row.to.originId);
  },
});

/**
 * Those that another process has taken meanwhile are passed over, and the count of rows tells. A constraint's error
 * would end the transaction.
 */
export const INSERT_CLAIMS = statement({
  name: 'insert-claims',
  text: `INSERT INTO claim (name, turn, party_id, posting_id, made_id)
    SELECT unnest($1::uuid[]), unnest($2::bigint[]), unnest($3::uuid[]), unnest($4::uuid[]), unnest($5::uuid[]) ON CONFLICT (name, turn) DO NOTHING`,
  types: ['uuid', 'int8', 'uuid', 'uuid', 'uuid'],
  put([name, turn, party, postingId, made], claim: NewClaim) {
    name.uuid(claim.name);
    turn.int8(claim.turn);
    party.uuid(claim.party);
    postingId.uuid(claim.postingId);
    made.uuid(claim.made);
  },
});
