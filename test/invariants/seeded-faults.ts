import type * as ApplyCancellation from '../../src/ledger/ledger/internal/decide/apply-cancellation';
import type * as ApplyConvert from '../../src/ledger/ledger/internal/decide/apply-convert';
import type * as ApplyDates from '../../src/ledger/ledger/internal/decide/apply-dates';
import type * as ApplyReversal from '../../src/ledger/ledger/internal/decide/apply-reversal';
import type * as BatchStates from '../../src/ledger/ledger/internal/decide/batch-state';
import type * as ConversionShares from '../../src/ledger/ledger/internal/decide/conversion-shares';
import type * as EndedSince from '../../src/ledger/ledger/internal/decide/ended-since';
import type * as ExpiredLots from '../../src/ledger/ledger/internal/decide/expired-lots';
import type * as GracedLot from '../../src/ledger/ledger/internal/decide/graced-lot';
import type * as Lots from '../../src/ledger/ledger/internal/decide/lots';
import type * as PostingsInProgress from '../../src/ledger/ledger/internal/decide/posting-in-progress';
import type * as WalletStates from '../../src/ledger/ledger/internal/decide/wallet-state';
import type * as PostingLedgers from '../../src/ledger/ledger/posting-ledger';
import { NEVER } from '../../src/ledger/points/calendar';
import type { TestApp } from '../support/test-app';

/**
 * A check that cannot fail is a defect. Each fault replaces one function of the kernel by a wrong one, which breaks
 * nothing by itself: no constraint of the database, no assertion of the kernel. The comparison that is green for the
 * kernel (ledger-model.test.ts) must be red with it.
 */
const KERNEL = '../../src/ledger/ledger/internal/';
const replaced = new Set<string>();

/** The module with some of its functions replaced, for what is required from then on. */
export function replace<M extends object>(name: string, change: (actual: M) => Partial<M>): void {
  replaced.add(name);
  jest.doMock(`${KERNEL}${name}`, () => {
    const actual = jest.requireActual<M>(`${KERNEL}${name}`);
    return { ...actual, ...change(actual) };
  });
}

/** Requires modules of its own, with the faults in them. */
export async function isolated<T>(faults: () => void, work: () => Promise<T>): Promise<T> {
  let result: T | undefined;
  try {
    await jest.isolateModulesAsync(async () => {
      faults();
      result = await work();
    });
  } finally {
    for (const name of replaced) jest.dontMock(`${KERNEL}${name}`);
    replaced.clear();
  }
  return result as T;
}

type Posting = PostingsInProgress.Posting;

/** The posting as it would be on another day. */
function onDay(posting: Posting, days: number): Posting {
  return Object.create(posting, { request: { value: { ...posting.request, day: posting.request.day + days } } });
}

export const uncheckedRowCounts = () => replace('rows/row-counts', () => ({ requireRowCount: () => undefined }));

export const FAULTS: Readonly<Record<string, () => void>> = {
  'lot order: the issue month does not count': () =>
    replace<typeof WalletStates>('decide/wallet-state', ({ compareLots }) => ({
      compareLots: (a, b) => compareLots({ ...a, issueMonth: 0 }, { ...b, issueMonth: 0 }),
    })),
  'lot order: a lot that is made goes to the end': () => replace<typeof WalletStates>('decide/wallet-state', () => ({ compareLots: () => 0 })),
  'lot order: what expires last is consumed first': () =>
    replace<typeof Lots>('decide/lots', ({ takeFrom }) => ({
      consume: (posting, wallet, amount, to) => {
        const there = wallet.lots.filter((lot) => lot.availableOn <= posting.request.day && posting.request.day < Math.min(lot.expiresOn, wallet.slidesUntil));
        return takeFrom(posting, there.reverse(), amount, to).allocations;
      },
    })),
  'rounding: the shares of a conversion are rounded down from the soonest to expire': () =>
    replace<typeof ConversionShares>('decide/conversion-shares', () => ({
      conversionShares: (amounts, received) => {
        const given = amounts.reduce((sum, amount) => sum + amount, 0);
        let [soFar, paid] = [0, 0];
        return amounts.map((amount) => {
          soFar += amount;
          const share = Math.floor((soFar * received) / given) - paid;
          paid += share;
          return share;
        });
      },
    })),
  'allocation: the last lot of several is not recorded': () =>
    replace<typeof PostingsInProgress>('decide/posting-in-progress', ({ Posting }) => {
      const { addAllocations } = Posting.prototype;
      Posting.prototype.addAllocations = function (id, account, allocations, first) {
        return addAllocations.call(this, id, account, allocations.length > 1 ? allocations.slice(0, -1) : allocations, first);
      };
      return {};
    }),
  'allocation: they are recorded in another order': () =>
    replace<typeof PostingsInProgress>('decide/posting-in-progress', ({ Posting }) => {
      const { addAllocations } = Posting.prototype;
      Posting.prototype.addAllocations = function (id, account, allocations, first) {
        return addAllocations.call(this, id, account, [...allocations].reverse(), first);
      };
      return {};
    }),
  'allocation: a refund does not know what was consumed last': () =>
    replace<typeof PostingsInProgress>('decide/posting-in-progress', ({ Posting }) => {
      const { addTransfer } = Posting.prototype;
      Posting.prototype.addTransfer = function (transfer, allocations = [], filled = 0) {
        return addTransfer.call(this, transfer, [...allocations].reverse(), filled);
      };
      return {};
    }),
  'arrears: the youngest is filled first': () =>
    replace<typeof Lots>('decide/lots', ({ addToLot }) => ({
      addToLot: (posting, wallet, ...rest) => {
        wallet.arrearsRows.reverse();
        const filled = addToLot(posting, wallet, ...rest);
        wallet.arrearsRows.reverse();
        return filled;
      },
    })),
  'arrears: what is earned goes past them': () =>
    replace<typeof Lots>('decide/lots', () => ({
      addToLot: (posting, wallet, _transfer, key, amount) => {
        posting.shiftLot(posting.lotOf(wallet, key), amount, 0);
        return 0;
      },
    })),
  'arrears: points that are over fill them': () =>
    replace<typeof Lots>('decide/lots', ({ addToLot }) => ({ addToLot: (posting, ...rest) => addToLot(onDay(posting, -100_000), ...rest) })),
  'arrears: what a hold gives back, and what is confirmed, lies beside them': () =>
    replace('decide/fill-arrears', () => ({ fillArrearsFromLots: () => undefined, keepArrearsFilled: () => undefined })),
  'arrears: they are filled from what waits to be confirmed': () =>
    replace<typeof Lots>('decide/lots', ({ addToLot }) => ({
      addToLot: (posting, wallet, id, key, amount) =>
        addToLot(posting, wallet, id, key.availableOn === NEVER ? { ...key, availableOn: NEVER - 1 } : key, amount),
    })),
  'grace: what comes back is younger than it was': () =>
    replace<typeof GracedLot>('decide/graced-lot', () => ({ endAfterAway: (_key, end, day, { graceDays }) => Math.max(end, day + graceDays) })),
  'grace: it is given each time': () =>
    replace<typeof GracedLot>('decide/graced-lot', ({ endAfterAway }) => ({
      endAfterAway: (key, ...rest) => endAfterAway({ originId: Math.abs(key.originId) }, ...rest),
    })),
  'grace: it makes what had lapsed live again': () => replace<typeof ApplyDates>('decide/apply-dates', () => ({ dateWhatLapsed: () => undefined })),
  'expired: what ended unspent is paid for again': () => replace('decide/take-back-expired', () => ({ takeBackExpired: () => 0 })),
  'expired: what ended of a shared lot counts for each that comes back': () =>
    replace<typeof ExpiredLots>('decide/expired-lots', ({ expiredOf }) => ({ expiredOf: (...asked) => expiredOf(...asked).map((each) => ({ ...each })) })),
  'order: what comes back fills arrears in the opposite one': () =>
    replace<typeof Lots>('decide/lots', ({ inOrder }) => ({ inOrder: (posting, portions) => inOrder(posting, portions).reverse() })),
  'expiry: points can be spent on the day on which they end': () =>
    replace<typeof WalletStates>('decide/wallet-state', () => ({
      isSpendable: (lot, wallet, day) => lot.availableOn <= day && day <= Math.min(lot.expiresOn, wallet.slidesUntil),
    })),
  'expiry: the worker books it a day late': () =>
    replace<typeof ApplyDates>('decide/apply-dates', ({ end }) => ({
      end: (posting, step) => end(step.code === 'EXPIRY' ? onDay(posting, -1) : posting, step),
    })),
  'expiry: what had lapsed lives again': () => replace<typeof ApplyDates>('decide/apply-dates', () => ({ dateWhatLapsed: () => undefined })),
  'expiry: a wallet that has lapsed stays so, whatever comes in': () => replace<typeof WalletStates>('decide/wallet-state', () => ({ hasLapsed: () => false })),
  'expiry: what is given away forgets that its wallet slides': () =>
    replace<typeof Lots>('decide/lots', ({ mergeLots }) => ({
      dated: (portions, _from, contributor) => mergeLots(portions.map((portion) => ({ ...portion, contributor }))),
    })),
  'expiry: holds do not end': () => replace('decide/apply-step', () => ({ catchUp: () => undefined })),
  'idempotency: the content is not compared': () => replace<typeof BatchStates>('decide/batch-state', () => ({ isSameContent: () => true })),
  'told late: what was booked since is gone': () => replace<typeof EndedSince>('decide/ended-since', () => ({ lendEnded: () => undefined })),
  'told late: what was not used of what was booked since stays': () =>
    replace<typeof EndedSince>('decide/ended-since', () => ({ returnLoans: () => undefined })),
  'told late: what kept a wallet alive did not': () => replace<typeof EndedSince>('decide/ended-since', () => ({ keepAlive: () => undefined })),
  'told late: what lapsed since comes as it was dated': () =>
    replace<typeof EndedSince>('decide/ended-since', ({ lendEnded }) => ({
      lendEnded: (posting) => {
        posting.state.lapses.clear();
        lendEnded(posting);
      },
    })),
  'floor: points are spendable before they are available': () =>
    replace<typeof WalletStates>('decide/wallet-state', () => ({ isSpendable: (lot, wallet, day) => day < Math.min(lot.expiresOn, wallet.slidesUntil) })),
  'pool: it forgets whose points they were': () =>
    replace<typeof Lots>('decide/lots', ({ dated }) => ({ dated: (portions, from) => dated(portions, from, 0) })),
  'age: converted points live as long as the other currency lets them': () =>
    replace<typeof ApplyConvert>('decide/apply-convert', ({ convert }) => ({ convert: (posting, step) => convert(posting, { ...step, expiry: 'OWN' }) })),
  'reversal: it is not led to the wallet that survived': () =>
    replace<typeof ApplyReversal>('decide/apply-reversal', ({ clawBack, reinstate }) => ({
      clawBack: (posting, { wallet: _, ...step }) => clawBack(posting, step),
      reinstate: (posting, { wallet: _, ...step }) => reinstate(posting, step),
    })),
  'cancellation: what it gives again counts as taken back still': () =>
    replace<typeof ApplyCancellation>('decide/apply-cancellation', ({ cancelClawback }) => ({
      cancelClawback: (posting, step) => {
        const credit = posting.state.transfers.get(step.credit) as BatchStates.TransferState;
        const { reversed } = credit;
        cancelClawback(posting, step);
        posting.change(credit, { reversed });
      },
    })),
  'cancellation: what it gives again has aged': () =>
    replace<typeof ApplyCancellation>('decide/apply-cancellation', ({ cancelClawback }) => ({
      cancelClawback: (posting, step) => cancelClawback(posting, { ...step, away: { ...step.away, graceDays: 0 } }),
    })),
  'cancellation: what came back is not the first to be taken again': () =>
    replace<typeof ApplyCancellation>('decide/apply-cancellation', ({ cancelReinstatement }) => ({
      cancelReinstatement: (posting, step) => {
        const [reversal, debit] = [step.cancels, step.debit].map((id) => posting.state.transfers.get(id) as BatchStates.TransferState);
        const { allocations } = debit;
        posting.change(reversal, { filledLots: [] });
        posting.change(debit, { allocations: allocations.map((each) => ({ ...each, contributor: -1 })) });
        cancelReinstatement(posting, step);
        posting.change(debit, { allocations });
      },
    })),
  'undo: a refused posting leaves what its first steps did': () =>
    replace<typeof PostingsInProgress>('decide/posting-in-progress', ({ Posting }) => {
      Posting.prototype.undo = () => undefined;
      return {};
    }),
};

/** A ledger on the test's database made of modules with faults in them; closed when the work is done. */
export async function withFaultyLedger<T>(test: TestApp, faults: () => void, work: (faulty: TestApp) => Promise<T>): Promise<T> {
  return isolated(faults, async () => {
    const { createLedger } = require('../../src/ledger/ledger/posting-ledger') as typeof PostingLedgers;
    const ledger = createLedger({ connectionString: test.database.urls.kernel, clock: test.clock, log: test.app.log });
    try {
      return await work({ ...test, app: { ...test.app, ledger } });
    } finally {
      await ledger.close();
    }
  });
}
