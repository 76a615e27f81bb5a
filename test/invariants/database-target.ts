import { newUuid, type Uuid } from '../../src/ids';
import type { AccountId } from '../../src/ledger/posting';
import { dayFromIso } from '../../src/points/calendar';
import { type Brand, LedgerBook, TERMS } from '../support/ledger-book';
import type { TestApp } from '../support/test-app';
import { fromDatabase } from './books';
import { orConflict, type Target } from './model-run';
import type { Origin } from './naive-ledger';
import { MONTHS } from './random-asks';

/** Brands and their origins, opened once for all runs on one database. */
export class TargetOwners {
  private constructor(
    readonly book: LedgerBook,
    readonly brands: readonly Brand[],
    readonly originIds: ReadonlyMap<string, number>,
    readonly origins: ReadonlyMap<number, Origin>,
  ) {}

  static async open(test: TestApp): Promise<TargetOwners> {
    const book = await LedgerBook.open(test.app.ledger, test.database);
    const brands: Brand[] = [];
    for (const code of ['AXLE', 'BREW', 'CAB']) brands.push(await book.brand(code));
    const originIds = new Map<string, number>();
    const origins = new Map<number, Origin>();
    // Backwards: an origin's id says nothing about its place in the order.
    for (const [at, { id, code }] of [...brands.entries()].reverse())
      for (const month of MONTHS.map((each) => dayFromIso(`${each}-01`)).reverse()) {
        const originId = await test.app.ledger.lotOrigin({
          issuer: id,
          issuerCode: code,
          currencyId: book.currencyId,
          issueMonth: month,
          termsId: TERMS,
          offerId: null,
        });
        originIds.set(`${at} ${month}`, originId);
        origins.set(originId, { issuer: code, month });
      }
    return new TargetOwners(book, brands, originIds, origins);
  }
}

/** Three new wallets of the ledger itself; requests of one batch go to post() at once. */
export async function databaseTarget({ app, database }: TestApp, { book, brands, originIds, origins }: TargetOwners): Promise<Target> {
  const holders: Uuid[] = [newUuid(), newUuid(), newUuid()];
  const wallets: AccountId[] = await app.ledger.openAccounts(holders.map((owner) => ({ kind: 'WALLET', owner, currencyId: book.currencyId })));
  const originOf = (brand: number, month: number) => originIds.get(`${brand} ${month}`) as number;
  // Every run counts its keys from 1 again: another party, so that they are other postings.
  const party = { ...brands[0], id: newUuid() };
  return {
    world: { brands: [party, ...brands.slice(1)], wallets, originOf },
    origins,
    post: (requests) => Promise.all(requests.map((request) => orConflict(app.ledger.post(request)))),
    lock: (wallet, locked) => app.ledger.setSpendLock(holders[wallet], locked),
    async books() {
      const books = await fromDatabase(database.owner, wallets);
      const { rows } = await database.owner.query("SELECT id, coalesce(result->'refusal'->>'code', outcome) AS outcome FROM posting WHERE party_id = $1", [
        party.id,
      ]);
      return { ...books, postings: rows.map((row) => `${row.id}: ${row.outcome}`).sort() };
    },
  };
}
