import { itemAt } from '../src/platform/one-of';
/** What a closed loop of callers came to: each sends its next request when it has the answer to its last. */
export interface Measured {
  readonly callers: number;
  readonly perSecond: number;
  /** Milliseconds from asking to the answer. */
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

/** Runs `count` requests through so many callers at once; `call` gets the request's number and the caller's. */
export async function closedLoop(callers: number, count: number, call: (request: number, caller: number) => Promise<unknown>): Promise<Measured> {
  const waits = new Float64Array(count);
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      while (next < count) {
        const request = next++;
        const asked = performance.now();
        await call(request, caller);
        waits[request] = performance.now() - asked;
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  waits.sort();
  return { callers, perSecond: count / seconds, p50: waits[Math.floor(count / 2)] ?? 0, p99: waits[Math.floor(count * 0.99)] ?? 0, count };
}

export function middle(values: number[]): number {
  return itemAt(
    values.sort((a, b) => a - b),
    Math.floor(values.length / 2),
  );
}

/** Several rounds of the same as one: rates and waits are those of the round in the middle. */
export function median(rounds: readonly Measured[]): Measured {
  return {
    callers: itemAt(rounds, 0).callers,
    perSecond: middle(rounds.map((round) => round.perSecond)),
    p50: middle(rounds.map((round) => round.p50)),
    p99: middle(rounds.map((round) => round.p99)),
    count: rounds.reduce((sum, round) => sum + round.count, 0),
  };
}
