import type { Pool } from 'pg';
import type { AccountId } from '../../src/ledger/posting';
import { dayFromIso } from '../../src/points/calendar';
import type { MemoryBook } from './memory-book';
import { lotName, type NaiveLedger } from './naive-ledger';

/** All that is recorded, as text: the model's, the pure decision's and the database's can be compared line by line. */
export interface Books {
  readonly wallets: string[];
  readonly lots: string[];
  readonly arrears: string[];
  readonly holds: string[];
  readonly counters: string[];
  readonly transfers: string[];
  readonly allocations: string[];
  readonly fills: string[];
  readonly postings: string[];
}

type Lines = { [K in keyof Books]: string[] };

function empty(): Lines {
  return { wallets: [], lots: [], arrears: [], holds: [], counters: [], transfers: [], allocations: [], fills: [], postings: [] };
}

function sorted(books: Lines): Books {
  for (const lines of Object.values(books)) lines.sort();
  return books;
}

export function fromModel(model: NaiveLedger): Books {
  const books = empty();
  const { wallets, holds, transfers, counters } = model.state;
  for (const [id, wallet] of wallets) {
    const held = wallet.points.filter((point) => point.held).length;
    const arrears = wallet.arrears.reduce((sum, each) => sum + each.left, 0);
    books.wallets.push(`${id}: ${wallet.credited} ${wallet.debited} held ${held} arrears ${arrears} movements ${wallet.movements}`);
    for (const lot of new Set(wallet.points.map(lotName))) {
      const points = wallet.points.filter((point) => lotName(point) === lot);
      books.lots.push(`${id} ${lot}: ${points.filter((point) => !point.held).length} held ${points.filter((point) => point.held).length}`);
    }
    for (const each of wallet.arrears) if (each.left > 0) books.arrears.push(`${id} ${each.id}: ${each.left}`);
  }
  for (const [id, hold] of holds) {
    books.holds.push(`${id}: ${hold.account} ${hold.to} ${hold.points.length} ${hold.state} ${hold.captured}`);
    books.allocations.push(`${id}: ${hold.allocations.join(', ')}`);
  }
  for (const [id, each] of transfers) {
    const lot = each.lot ? lotName(each.lot) : '-';
    books.transfers.push(`${id}: ${each.debit} ${each.credit} ${each.amount} ${each.code} ${each.reverses} lot ${lot} after ${each.balance} ${each.movement}`);
    if (each.allocations.length > 0) books.allocations.push(`${id}: ${each.allocations.join(', ')}`);
    for (const fill of each.fills) books.fills.push(`${id} ${fill}`);
  }
  for (const [key, value] of counters) books.counters.push(`${key}: ${value}`);
  for (const [id, { outcome }] of model.postings) books.postings.push(`${id}: ${outcome.refused?.code ?? 'ACCEPTED'}`);
  return sorted(books);
}

export function fromMemory(book: MemoryBook, accounts: readonly AccountId[]): Books {
  const books = empty();
  const { writes } = book;
  for (const account of accounts) {
    const wallet = book.wallet(account);
    books.wallets.push(`${account}: ${wallet.credits} ${wallet.debits} held ${wallet.held} arrears ${wallet.arrears} movements ${wallet.seq}`);
    for (const lot of wallet.lots) if (lot.remaining + lot.held > 0) books.lots.push(`${account} ${lotName(lot)}: ${lot.remaining} held ${lot.held}`);
    for (const row of wallet.arrearsRows) if (row.remaining > 0) books.arrears.push(`${account} ${row.id}: ${row.remaining}`);
  }
  for (const { id } of writes.holds) {
    const hold = book.hold(id);
    if (hold) books.holds.push(`${id}: ${hold.account} ${hold.creditAccount} ${hold.amount} ${hold.state} ${hold.captured}`);
  }
  for (const each of writes.transfers) {
    const after = each.debitAfter ?? each.creditAfter;
    const lot = each.lot ? lotName(each.lot) : '-';
    books.transfers.push(
      `${each.id}: ${each.debitAccount} ${each.creditAccount} ${each.amount} ${each.code} ${each.reverses} lot ${lot} after ${after?.balance} ${after?.seq}`,
    );
  }
  const allocations = new Map<string, string[]>();
  for (const each of writes.allocations) {
    const list = allocations.get(each.transferId) ?? [];
    allocations.set(each.transferId, list);
    list[each.position] = `${lotName(each)} x${Math.abs(each.amount)}`;
  }
  for (const [id, list] of allocations) books.allocations.push(`${id}: ${list.join(', ')}`);
  for (const each of writes.fills) books.fills.push(`${each.transferId} ${each.arrearsId}: ${lotName(each)} x${each.amount}`);
  for (const counter of book.counters()) books.counters.push(`${counter.account} ${counter.key}: ${counter.value}`);
  for (const each of writes.postings) books.postings.push(`${each.id}: ${each.outcome.refusal?.code ?? 'ACCEPTED'}`);
  return sorted(books);
}

/** Of these wallets; everything else in the database is somebody else's. */
export async function fromDatabase(owner: Pool, accounts: readonly AccountId[]): Promise<Books> {
  const books = empty();
  const rows = async (text: string) => (await owner.query(text, [accounts])).rows;
  for (const row of await rows('SELECT * FROM account WHERE id = ANY($1)'))
    books.wallets.push(`${row.id}: ${row.credits} ${row.debits} held ${row.held} arrears ${row.arrears} movements ${row.seq}`);
  const day = "to_char(%, 'YYYY-MM-DD')";
  const days = ['expires_on', 'available_on']
    .map((name) => `CASE WHEN isfinite(${name}) THEN ${day.replace('%', name)} ELSE ${name}::text END AS ${name}`)
    .join(', ');
  const lotOf = (row: { origin_id: number; expires_on: string; available_on: string }) =>
    lotName({ originId: row.origin_id, expiresOn: dayFromIso(row.expires_on), availableOn: dayFromIso(row.available_on) });
  for (const row of await rows(`SELECT account_id, origin_id, ${days}, remaining, held FROM lot WHERE account_id = ANY($1) AND remaining + held > 0`))
    books.lots.push(`${row.account_id} ${lotOf(row)}: ${row.remaining} held ${row.held}`);
  for (const row of await rows('SELECT * FROM arrears WHERE account_id = ANY($1) AND remaining > 0'))
    books.arrears.push(`${row.account_id} ${row.id}: ${row.remaining}`);
  for (const row of await rows('SELECT * FROM hold WHERE account_id = ANY($1)'))
    books.holds.push(`${row.id}: ${row.account_id} ${row.credit_account} ${row.amount} ${row.state} ${row.captured}`);
  const transferDays = days.replaceAll('expires_on', 'lot_expires_on').replaceAll('available_on', 'lot_available_on').replaceAll('AS lot_', 'AS ');
  for (const row of await rows(`SELECT *, ${transferDays} FROM transfer WHERE debit_account = ANY($1) OR credit_account = ANY($1)`)) {
    const lot = row.origin_id === null ? '-' : lotOf(row);
    const after = `${row.debit_balance_after ?? row.credit_balance_after} ${row.debit_seq ?? row.credit_seq}`;
    books.transfers.push(`${row.id}: ${row.debit_account} ${row.credit_account} ${row.amount} ${row.code} ${row.reverses} lot ${lot} after ${after}`);
  }
  const allocations = new Map<string, string[]>();
  for (const row of await rows(`SELECT transfer_id, position, origin_id, ${days}, amount FROM allocation WHERE account_id = ANY($1)`)) {
    const list = allocations.get(row.transfer_id) ?? [];
    allocations.set(row.transfer_id, list);
    list[row.position] = `${lotOf(row)} x${Math.abs(Number(row.amount))}`;
  }
  for (const [id, list] of allocations) books.allocations.push(`${id}: ${list.join(', ')}`);
  for (const row of await rows(`SELECT transfer_id, arrears_id, origin_id, ${days}, amount FROM arrears_fill WHERE account_id = ANY($1)`))
    books.fills.push(`${row.transfer_id} ${row.arrears_id}: ${lotOf(row)} x${row.amount}`);
  for (const row of await rows('SELECT * FROM counter WHERE account_id = ANY($1)')) books.counters.push(`${row.account_id} ${row.key}: ${row.value}`);
  return sorted(books);
}
