import { itemAt } from './one-of';

/**
 * Time is an argument: domain code asks the App's clock, so that expiry, holds and periods can be tested and replayed.
 */
export interface Clock {
  /** The coalition's time: what happens is booked and judged by it. */
  now(): Date;
  /**
   * The machine's time, which no test clock moves: for tokens, rate limits and whatever else the outside world has a
   * part in.
   */
  real(): Date;
  /** When, by the machine's clock, this clock has shown the instant for the first time. */
  realAt(instant: Date): Date;
  /** Whether it was moved ahead of the machine's. */
  isAhead(): boolean;
}

/** Of 24 hours: for periods that no time zone has a part in. */
export const DAY_MS = 86_400_000;

export const systemClock: Clock = { now: () => new Date(), real: () => new Date(), realAt: (instant) => instant, isAhead: () => false };

/** A clock that stands still until it is moved; for tests. */
export class ManualClock implements Clock {
  constructor(private at: Date) {}

  now(): Date {
    return new Date(this.at);
  }

  real(): Date {
    return this.now();
  }

  realAt(instant: Date): Date {
    return instant;
  }

  isAhead(): boolean {
    return false;
  }

  set(at: Date): void {
    this.at = at;
  }

  advance(milliseconds: number): void {
    this.at = new Date(this.at.getTime() + milliseconds);
  }
}

/** One step of a test clock. */
export interface ClockMove {
  /** How far the clock is ahead of the machine's from then on. */
  readonly aheadMs: number;
  /** When it was moved, by the machine's clock. */
  readonly movedAt: Date;
}

/** The clock of a sandbox: the machine's, and as far ahead as it was moved. Never goes back. */
export class SandboxClock implements Clock {
  private moves: readonly ClockMove[] = [];

  constructor(private readonly machine: Clock) {}

  isAhead(): boolean {
    return this.aheadMs > 0;
  }

  now(): Date {
    return new Date(this.machine.now().getTime() + this.aheadMs);
  }

  real(): Date {
    return this.machine.real();
  }

  realAt(instant: Date): Date {
    const at = instant.getTime();
    for (let i = this.moves.length - 1; i >= 0; i--) {
      const { aheadMs, movedAt } = itemAt(this.moves, i);
      if (at >= movedAt.getTime() + aheadMs) return new Date(at - aheadMs);
      // What the clock skipped, it showed when it was moved.
      if (at >= movedAt.getTime() + (this.moves[i - 1]?.aheadMs ?? 0)) return movedAt;
    }
    return instant;
  }

  private get aheadMs(): number {
    return this.moves.at(-1)?.aheadMs ?? 0;
  }

  /** Takes over all moves there were, the smallest first; an older list than the one it has changes nothing. */
  follow(moves: readonly ClockMove[]): void {
    if ((moves.at(-1)?.aheadMs ?? 0) > this.aheadMs) this.moves = moves;
  }
}
