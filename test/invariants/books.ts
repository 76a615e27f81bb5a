import type { Pool } from 'pg';
import type { AccountId } from '../../src/ledger/ledger/posting';
import { dayFromIso } from '../../src/ledger/points/calendar';
import type { MemoryBook } from './memory-book';
import type { NaiveLedger } from './naive-ledger';
import { counted, lotName, owedBy } from './naive-points';

/** What wallets have, as text: the model's, the pure decision's and the database's can be compared line by line. */
export interface Balances {
  readonly wallets: string[];
  readonly lots: string[];
  readonly arrears: string[];
}

/** All that is recorded. */
export interface Books extends Balances {
  readonly holds: string[];
  /** What has ended of lots and was not taken back. */
  readonly expired: string[];
  readonly counters: string[];
  readonly transfers: string[];
  readonly allocations: string[];
  readonly fills: string[];
  readonly lotChanges: string[];
  readonly postings: string[];
}

function empty(): Books {
  return { wallets: [], lots: [], arrears: [], holds: [], expired: [], counters: [], transfers: [], allocations: [], fills: [], lotChanges: [], postings: [] };
}

function sorted<T extends object>(books: T): T {
  for (const lines of Object.values(books)) lines.sort();
  return books;
}

export function balancesOfModel({ state }: NaiveLedger): Balances {
  const books: Balances = { wallets: [], lots: [], arrears: [] };
  for (const [id, wallet] of state.wallets) {
    const held = wallet.points.filter((point) => point.hold !== null);
    const { credited, debited, movements, slidesUntil, closed, mergedInto } = wallet;
    const rest = `slides until ${slidesUntil}${closed ? ' closed' : ''} merged into ${mergedInto}`;
    books.wallets.push(`${id}: ${credited} ${debited} held ${held.length} arrears ${owedBy(wallet)} movements ${movements} ${rest}`);
    const heldOf = new Map(counted(held));
    for (const [lot, count] of counted(wallet.points)) {
      const heldThere = heldOf.get(lot) ?? 0;
      books.lots.push(`${id} ${lot.name}: ${count - heldThere} held ${heldThere}`);
    }
    for (const each of wallet.arrears) if (each.left > 0) books.arrears.push(`${id} ${each.id}: ${each.left}`);
  }
  return sorted(books);
}

export function balancesInMemory(book: MemoryBook): Balances {
  const books: Balances = { wallets: [], lots: [], arrears: [] };
  for (const wallet of book.all()) {
    const { account, credits, debits, held, arrears, seq, slidesUntil, closedAt, mergedInto } = wallet;
    const rest = `slides until ${slidesUntil}${closedAt === null ? '' : ' closed'} merged into ${mergedInto}`;
    books.wallets.push(`${account}: ${credits} ${debits} held ${held} arrears ${arrears} movements ${seq} ${rest}`);
    for (const lot of wallet.lots) if (lot.remaining + lot.held > 0) books.lots.push(`${account} ${lotName(lot)}: ${lot.remaining} held ${lot.held}`);
    for (const row of wallet.arrearsRows) if (row.remaining > 0) books.arrears.push(`${account} ${row.id}: ${row.remaining}`);
  }
  return sorted(books);
}

export function fromModel(model: NaiveLedger): Books {
  const books: Books = { ...empty(), ...balancesOfModel(model) };
  const { holds, transfers, counters, changes } = model.state;
  for (const [id, hold] of holds) {
    books.holds.push(`${id}: ${hold.account} ${hold.to} ${hold.points.length} ${hold.state} ${hold.captured}`);
    books.allocations.push(`${id}: ${counted(hold.points).map(([lot, count]) => `${hold.account} ${lot.name} x${count}`)}`);
  }
  for (const [id, each] of transfers) {
    books.transfers.push(
      `${id}: ${each.debit} ${each.credit} ${each.amount} ${each.code} ${each.reverses} lot ${each.creditedLot} after ${each.debitAfter} / ${each.creditAfter}`,
    );
    if (each.allocations.length > 0) books.allocations.push(`${id}: ${each.allocations}`);
    const fills = new Map<string, number>();
    for (const { arrears, lot } of each.fills) fills.set(`${arrears}: ${lot.name}`, (fills.get(`${arrears}: ${lot.name}`) ?? 0) + 1);
    for (const [fill, count] of fills) books.fills.push(`${id} ${fill} x${count}`);
  }
  for (const [key, value] of counters) books.counters.push(`${key}: ${value}`);
  for (const [account, points] of model.state.expired)
    for (const [lot, count] of counted(points.map(({ lot }) => ({ lot, hold: null })))) books.expired.push(`${account} ${lot.name}: ${count}`);
  books.lotChanges.push(...changes);
  for (const [id, { outcome }] of model.postings) books.postings.push(`${id}: ${outcome.refused?.code ?? 'ACCEPTED'}`);
  return sorted(books);
}

export function fromMemory(book: MemoryBook): Books {
  const books: Books = { ...empty(), ...balancesInMemory(book) };
  const { writes } = book;
  for (const { id } of writes.holds) {
    const hold = book.hold(id);
    if (hold) books.holds.push(`${id}: ${hold.account} ${hold.creditAccount} ${hold.amount} ${hold.state} ${hold.captured}`);
  }
  for (const each of writes.transfers) {
    const lot = each.lot ? lotName(each.lot) : '-';
    const [from, to] = [each.debitAfter, each.creditAfter].map((after) => (after ? `${after.balance} ${after.seq}` : '-'));
    books.transfers.push(
      `${each.id}: ${each.debitAccount} ${each.creditAccount} ${each.amount} ${each.code} ${each.reverses} lot ${lot} after ${from} / ${to}`,
    );
  }
  const allocations = new Lists();
  for (const each of writes.allocations) allocations.put(each.transferId, each.position, `${each.account} ${lotName(each)} x${each.amount}`);
  books.allocations.push(...allocations.lines());
  for (const each of writes.fills) books.fills.push(`${each.transferId} ${each.arrearsId}: ${lotName(each)} x${each.amount}`);
  for (const row of book.expired()) if (row.left > 0) books.expired.push(`${row.account} ${lotName(row)}: ${row.left}`);
  for (const counter of book.counters()) books.counters.push(`${counter.account} ${counter.key}: ${counter.value}`);
  for (const { id, account, contributor, from, to, amount, creditId } of writes.lotChanges)
    books.lotChanges.push(`${id}: ${account} ${lotName({ contributor, ...from })} -> ${lotName({ contributor, ...to })} x${amount} ${creditId}`);
  for (const each of writes.postings) books.postings.push(`${each.id}: ${each.outcome.refusal?.code ?? 'ACCEPTED'}`);
  return sorted(books);
}

/** Of these wallets; everything else in the database is somebody else's. */
export async function fromDatabase(owner: Pool, accounts: readonly AccountId[]): Promise<Books> {
  const books = empty();
  const rows = async (text: string) => (await owner.query(text, [accounts])).rows;
  const days = (prefix: string) =>
    ['expires_on', 'available_on']
      .map((name) => `CASE WHEN isfinite(${prefix}${name}) THEN to_char(${prefix}${name}, 'YYYY-MM-DD') ELSE ${prefix}${name}::text END AS ${prefix}${name}`)
      .join(', ');
  const lotOf = (row: Record<string, string>, prefix = '') =>
    lotName({
      originId: Number(row.origin_id),
      expiresOn: dayFromIso(row[`${prefix}expires_on`]),
      availableOn: dayFromIso(row[`${prefix}available_on`]),
      contributor: Number(row.contributor_id ?? 0),
    });
  for (const row of await rows('SELECT *, slides_until::text AS slides FROM account WHERE id = ANY($1)')) {
    const rest = `slides until ${dayFromIso(row.slides)}${row.closed_at === null ? '' : ' closed'} merged into ${row.merged_into}`;
    books.wallets.push(`${row.id}: ${row.credits} ${row.debits} held ${row.held} arrears ${row.arrears} movements ${row.seq} ${rest}`);
  }
  for (const row of await rows(
    `SELECT account_id, origin_id, contributor_id, ${days('')}, remaining, held FROM lot WHERE account_id = ANY($1) AND remaining + held > 0`,
  ))
    books.lots.push(`${row.account_id} ${lotOf(row)}: ${row.remaining} held ${row.held}`);
  for (const row of await rows('SELECT * FROM arrears WHERE account_id = ANY($1) AND remaining > 0'))
    books.arrears.push(`${row.account_id} ${row.id}: ${row.remaining}`);
  for (const row of await rows('SELECT * FROM hold WHERE account_id = ANY($1)'))
    books.holds.push(`${row.id}: ${row.account_id} ${row.credit_account} ${row.amount} ${row.state} ${row.captured}`);
  for (const row of await rows(`SELECT *, ${days('lot_')} FROM transfer WHERE debit_account = ANY($1) OR credit_account = ANY($1)
      OR (code = 'EXPIRED_CLAWBACK' AND reverses IN (SELECT id FROM transfer WHERE credit_account = ANY($1)))`)) {
    const lot = row.origin_id === null ? '-' : lotOf(row, 'lot_');
    const [from, to] = ['debit', 'credit'].map((side) => (row[`${side}_seq`] === null ? '-' : `${row[`${side}_balance_after`]} ${row[`${side}_seq`]}`));
    books.transfers.push(`${row.id}: ${row.debit_account} ${row.credit_account} ${row.amount} ${row.code} ${row.reverses} lot ${lot} after ${from} / ${to}`);
  }
  const allocations = new Lists();
  for (const row of await rows(
    `SELECT transfer_id, position, account_id, origin_id, contributor_id, ${days('')}, amount FROM allocation WHERE account_id = ANY($1)`,
  ))
    allocations.put(row.transfer_id, row.position, `${row.account_id} ${lotOf(row)} x${row.amount}`);
  books.allocations.push(...allocations.lines());
  for (const row of await rows(`SELECT transfer_id, arrears_id, origin_id, ${days('')}, amount FROM arrears_fill WHERE account_id = ANY($1)`))
    books.fills.push(`${row.transfer_id} ${row.arrears_id}: ${lotOf(row)} x${row.amount}`);
  for (const row of await rows(
    `SELECT account_id, origin_id, contributor_id, ${days('')}, amount - returned AS left FROM expired_lot WHERE account_id = ANY($1) AND amount > returned`,
  ))
    books.expired.push(`${row.account_id} ${lotOf(row)}: ${row.left}`);
  for (const row of await rows('SELECT * FROM counter WHERE account_id = ANY($1)')) books.counters.push(`${row.account_id} ${row.key}: ${row.value}`);
  for (const row of await rows(`SELECT *, ${days('from_')}, ${days('to_')} FROM lot_change WHERE account_id = ANY($1)`))
    books.lotChanges.push(
      `${row.id}: ${row.account_id} ${lotOf(row, 'from_')} -> ${lotOf({ ...row, origin_id: row.to_origin_id }, 'to_')} x${row.amount} ${row.credit_id}`,
    );
  return sorted(books);
}

/** Lists by id, filled in any order. */
class Lists {
  private readonly lists = new Map<string, string[]>();

  put(id: string, at: number, line: string): void {
    const list = this.lists.get(id) ?? [];
    this.lists.set(id, list);
    list[at] = line;
  }

  lines(): string[] {
    return [...this.lists].map(([id, list]) => `${id}: ${list}`);
  }
}
