const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/**
 * Somebody who did not answer is left alone for a while, each time for twice as long: whoever asks meanwhile is told so
 * at once.
 */
export class BackOff {
  private failures = 0;
  private askAgainAt = 0;

  /** Whether it is too early to ask again. */
  waits(now: Date): boolean {
    return now.getTime() < this.askAgainAt;
  }

  /** Whether nobody answered the last time. */
  get hasFailed(): boolean {
    return this.failures > 0;
  }

  failed(now: Date): void {
    this.askAgainAt = now.getTime() + Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures++);
  }

  succeeded(): void {
    this.failures = 0;
    this.askAgainAt = 0;
  }
}
