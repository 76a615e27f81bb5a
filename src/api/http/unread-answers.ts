import type { ServerResponse } from 'node:http';

/** How often it is looked which answers are still not read; no answer is given up any earlier. */
const LOOK_MS = 5_000;

/**
 * Closes the connections of clients that do not read their answers, since what waits for them is kept in memory. A
 * client that reads so slowly that an answer is not through within the time is closed too.
 */
export class UnreadAnswers {
  /** Answers under way; when each was first seen to wait for its reader. */
  private readonly waitingSince = new Map<ServerResponse, number | null>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly mostMs: number) {
    this.timer = setInterval(() => this.look(performance.now()), Math.min(LOOK_MS, mostMs / 2)).unref();
  }

  /** From here on the answer is watched, until it has been read or its connection is lost. */
  watch(response: ServerResponse): void {
    this.waitingSince.set(response, null);
  }

  /** The answer's connection is of no more concern: call it when the response closes. */
  forget(response: ServerResponse): void {
    this.waitingSince.delete(response);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private look(now: number): void {
    for (const [response, since] of this.waitingSince) {
      const waits = !response.writableFinished && (response.writableEnded || response.writableNeedDrain);
      if (!waits) this.waitingSince.set(response, null);
      else if (since === null) this.waitingSince.set(response, now);
      else if (now - since >= this.mostMs) response.socket?.destroy();
    }
  }
}
