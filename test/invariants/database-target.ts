import type { AccountKind, Ledger } from '../../src/ledger/ledger/ledger';
import type { AccountId } from '../../src/ledger/ledger/posting';
import { dayFromIso } from '../../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../../src/platform/ids';
import { TERMS } from '../support/ledger-book';
import type { TestApp } from '../support/test-app';
import { fromDatabase } from './books';
import { orConflict, type Target } from './model-run';
import type { Origin } from './naive-points';
import { MONTHS, PLACES } from './random-commands';
import { BRANDS, type BrandAccounts, type World } from './world';

/** Ids of brands and routes, the same for every ledger that is opened on one database. */
export interface Owners {
  readonly currencies: readonly number[];
  readonly brands: readonly { readonly id: Uuid; readonly code: string }[];
  /** By the currency that is given. */
  readonly routes: readonly Uuid[];
}

export async function openOwners({ database }: TestApp): Promise<Owners> {
  const currencies: number[] = [];
  for (const code of ['FLP', 'SLD']) {
    const { rows } = await database.owner.query("INSERT INTO currency (code, kind, scale) VALUES ($1, 'POINTS', 0) RETURNING id", [code]);
    currencies.push(rows[0].id);
  }
  return { currencies, brands: BRANDS.map((code) => ({ id: newUuid(), code })), routes: [newUuid(), newUuid()] };
}

/** All that sequences share on one ledger: summed accounts and origins. A ledger knows only what was opened with it. */
export async function openWorld(ledger: Ledger, { currencies, brands, routes }: Owners): Promise<Omit<World, 'party' | 'wallets'>> {
  const open = async (kind: AccountKind, owner: Uuid, currency: number) => (await ledger.openAccounts([{ kind, owner, currencyId: currencies[currency] }]))[0];
  const accounts = async (owner: Uuid, currency: number): Promise<BrandAccounts> => ({
    issued: await open('ISSUED', owner, currency),
    opening: await open('OPENING', owner, currency),
    goodwill: await open('GOODWILL', owner, currency),
    redeemed: await open('REDEEMED', owner, currency),
    expired: await open('EXPIRED', owner, currency),
  });
  const opened: World['brands'][number][] = [];
  for (const { id, code } of brands) opened.push({ id, code, of: [await accounts(id, 0), await accounts(id, 1)] });
  const between: World['routes'][number][] = [];
  for (const [from, route] of routes.entries())
    between.push({
      out: await open('CONVERSION', route, from),
      into: await open('CONVERSION', route, 1 - from),
      fee: await open('FEE', route, from),
      remainder: await open('REMAINDER', route, from),
    });
  const ids = new Map<string, number>();
  const origins = new Map<number, Origin>();
  // Backwards: an origin's id says nothing about its place in the order.
  for (const currency of [0, 1])
    for (const [at, { id, code }] of [...brands.entries()].reverse())
      for (const [month, name] of [...MONTHS.entries()].reverse()) {
        const issueMonth = dayFromIso(`${name}-01`);
        const origin = await ledger.lotOrigin({ issuer: id, issuerCode: code, currencyId: currencies[currency], issueMonth, termsId: TERMS, offerId: null });
        ids.set(`${at} ${month} ${currency}`, origin);
        const known = { issuerId: id, issuer: code, month: issueMonth };
        origins.set(origin, known).set(-origin, known);
      }
  return { brands: opened, routes: between, origins, originOf: (brand, month, currency) => ids.get(`${brand} ${month} ${currency}`) as number };
}

/**
 * New wallets and pools of the ledger itself. Requests of one batch go to post() at once. Batches take turns at the
 * ledgers, so that each ledger finds a wallet that it remembers overtaken by another.
 */
export async function databaseTarget(
  { app, database }: TestApp,
  { currencies }: Owners,
  shared: Omit<World, 'party' | 'wallets'>,
  ledgers: readonly Ledger[] = [app.ledger],
): Promise<Target> {
  const holders: Uuid[] = PLACES.map(() => newUuid());
  const refs = PLACES.map(({ currency, pool }, at) => ({
    kind: pool ? ('POOL' as const) : ('WALLET' as const),
    owner: holders[at],
    currencyId: currencies[currency],
  }));
  const wallets: AccountId[] = await app.ledger.openAccounts(refs);
  // Every sequence counts its keys from 1 again: another party, so that they are other postings.
  const party = newUuid();
  let turn = 0;
  return {
    world: { ...shared, party, wallets },
    post(requests) {
      const ledger = ledgers[turn++ % ledgers.length];
      return Promise.all(requests.map((request) => orConflict(ledger.post(request))));
    },
    lock: (place, locked) => app.ledger.setSpendLock(holders[place], locked),
    async books() {
      const books = await fromDatabase(database.owner, wallets);
      const { rows } = await database.owner.query("SELECT id, coalesce(result->'refusal'->>'code', outcome) AS outcome FROM posting WHERE party_id = $1", [
        party,
      ]);
      return { ...books, postings: rows.map((row) => `${row.id}: ${row.outcome}`).sort() };
    },
  };
}
