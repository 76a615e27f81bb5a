import fc from 'fast-check';
import { chooseBatch } from '../../../src/ledger/ledger/internal/batch/choose-batch';
import type { PostingRequest } from '../../../src/ledger/ledger/posting';

const LANES = 2;

interface Waiting {
  readonly at: number;
  readonly request: PostingRequest;
}

const waitingFor = (lists: readonly (readonly number[])[]): Waiting[] =>
  lists.map((wallets, at) => ({ at, request: { loads: { wallets } } as unknown as PostingRequest }));
const walletsOf = (batch: readonly Waiting[]) => batch.flatMap((each) => [...each.request.loads.wallets]);
const choose = (waiting: Waiting[], inFlight: Iterable<number>, isOurs: (request: PostingRequest) => boolean = () => true, most = 1_000) =>
  chooseBatch(waiting, { inFlight: new Set(inFlight), isOurs, most, scan: 4_000 });

describe('choose a batch', () => {
  it('passes over whatever waits for a wallet in flight', () => {
    const waiting = waitingFor([[1], [2], [2, 3], [3], [4]]);
    expect(choose(waiting, [2]).map((each) => each.at)).toEqual([0, 4]);
    expect(waiting.map((each) => each.at)).toEqual([1, 2, 3]);
  });

  it('takes no more, and looks no further, than it may', () => {
    expect(choose(waitingFor([[1], [2], [3]]), [], () => true, 2).map((each) => each.at)).toEqual([0, 1]);
    const waiting = waitingFor([[1], [2], [3], [4]]);
    expect(chooseBatch(waiting, { inFlight: new Set([1, 2]), isOurs: () => true, most: 9, scan: 3 }).map((each) => each.at)).toEqual([2]);
    expect(waiting.map((each) => each.at)).toEqual([0, 1, 3]);
  });

  const requests = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 3 }), { maxLength: 40 });

  it('serves everybody, each wallet in order and in one batch at a time', () => {
    fc.assert(
      fc.property(requests, fc.array(fc.nat(), { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 8 }), (lists, turns, most) => {
        const waiting = waitingFor(lists);
        const lanes: Waiting[][] = Array.from({ length: LANES }, () => []);
        const served: Waiting[] = [];
        const isOurs =
          (lane: number) =>
          ({ loads: { wallets } }: PostingRequest) =>
            wallets.length === 0 ? lane === 0 : wallets.some((wallet) => wallet % LANES === lane);
        const turn = (lane: number) => {
          served.push(...lanes[lane].splice(0));
          const inFlight = lanes.flatMap(walletsOf);
          lanes[lane] = choose(waiting, inFlight, isOurs(lane), most);
          expect(walletsOf(lanes[lane]).filter((wallet) => inFlight.includes(wallet))).toEqual([]);
          expect(lanes[lane].length).toBeLessThanOrEqual(most);
        };
        for (const each of turns) turn(each % LANES);
        for (let round = 0; round <= lists.length; round++) for (let lane = 0; lane < LANES; lane++) turn(lane);
        served.push(...lanes.flat());
        expect(waiting).toEqual([]);
        for (let wallet = 0; wallet <= 6; wallet++) {
          const order = served.filter((each) => each.request.loads.wallets.includes(wallet)).map((each) => each.at);
          expect(order).toEqual([...order].sort((a, b) => a - b));
        }
      }),
      { numRuns: 500 },
    );
  });
});
