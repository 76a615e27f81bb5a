import type { Decision, decide as realDecide } from '../../src/ledger/ledger/internal/decide/decide';
import type { OriginState } from '../../src/ledger/ledger/internal/decide/wallet-state';
import type { AccountId, PostingOutcome } from '../../src/ledger/ledger/posting';
import { dayFromIso } from '../../src/ledger/points/calendar';
import { newUuid } from '../../src/platform/ids';
import { balancesInMemory, fromMemory } from './books';
import { MemoryBook } from './memory-book';
import type { Target } from './model-run';
import { MONTHS, PLACES } from './random-commands';
import { BRANDS, type World } from './world';

/** Ids of memory's accounts: nothing is in them, so that all runs share them. */
function memoryWorld(): { world: World; states: ReadonlyMap<number, OriginState>; summed: ReadonlyMap<AccountId, number> } {
  const summed = new Map<AccountId, number>();
  let last = 100;
  const open = (currency: number) => {
    summed.set(++last, currency);
    return last;
  };
  const accounts = (currency: number) => ({
    issued: open(currency),
    opening: open(currency),
    goodwill: open(currency),
    redeemed: open(currency),
    expired: open(currency),
  });
  const brands = BRANDS.map((code) => ({ id: newUuid(), code, of: [accounts(0), accounts(1)] }));
  const routes = [0, 1].map((currency) => ({ out: open(currency), into: open(1 - currency), fee: open(currency), remainder: open(currency) }));
  // Brand by brand, the last one first: an origin's id says nothing about its place in the order.
  const originOf = (brand: number, month: number, currency: number) => (3 - brand) * 100 + currency * 10 + (9 - month);
  const states = new Map<number, OriginState>();
  for (const [brand, { id, code }] of brands.entries())
    for (const [month, name] of MONTHS.entries())
      for (const currency of [0, 1]) {
        const state = { issuer: id, issuerCode: code, issueMonth: dayFromIso(`${name}-01`) };
        // With its twin, for what has had its grace.
        states.set(originOf(brand, month, currency), state).set(-originOf(brand, month, currency), state);
      }
  const origins = new Map([...states].map(([id, state]) => [id, { issuerId: state.issuer, issuer: state.issuerCode, month: state.issueMonth }]));
  return { world: { party: brands[0].id, brands, wallets: PLACES.map((_, at) => at + 1), routes, origins, originOf }, states, summed };
}

const MEMORY = memoryWorld();

export function emptyMemoryBook(): { world: World; book: MemoryBook } {
  const { world, states, summed } = MEMORY;
  return { world, book: new MemoryBook(states, summed, new Map(world.wallets.map((account, at) => [account, PLACES[at].currency]))) };
}

/** The pure decision over a book in memory. */
export function memoryTarget(decide: typeof realDecide): Target {
  const { world, book } = emptyMemoryBook();
  return {
    world,
    post(requests) {
      const state = book.load(requests);
      const decisions = decide(state, requests);
      book.keep(state);
      return decisions.map(outcomeOf);
    },
    lock: (place, locked) => book.lock(world.wallets[place], locked),
    balances: () => balancesInMemory(book),
    books: () => fromMemory(book),
  };
}

function outcomeOf(decision: Decision): PostingOutcome | null {
  if (decision.is === 'failed') throw decision.error;
  return decision.is === 'conflict' ? null : decision.outcome;
}
