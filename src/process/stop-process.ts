import type { Logger } from 'pino';

/**
 * Resolves when the process is asked to stop: SIGINT, SIGTERM, SIGHUP, or, for a child, when its parent is gone. Asked
 * again a second or more later, it ends without waiting. (npm passes Ctrl-C on once more at once.)
 */
export function untilStopped(log: Logger): Promise<string> {
  return new Promise((stop) => {
    let askedAt = 0;
    const ask = (why: string) => {
      if (askedAt === 0) {
        askedAt = performance.now();
        stop(why);
      } else if (why !== 'disconnect' && performance.now() - askedAt > 1_000) {
        log.warn('asked again: ending without waiting for what is in flight');
        process.exit(1);
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
    if (process.send) process.on('disconnect', () => ask('disconnect'));
  });
}

/** What a process has opened, closed in the opposite order. */
export class Closers {
  private readonly steps: { readonly name: string; readonly close: () => Promise<unknown> }[] = [];

  /** `graceMs` is for all of them together. */
  constructor(
    private readonly log: Logger,
    private readonly graceMs: number,
  ) {}

  add(name: string, close: () => Promise<unknown>): void {
    this.steps.unshift({ name, close });
  }

  /** Closes each, whatever became of the one before; when the time is over the process ends as it is. */
  async close(): Promise<void> {
    const timer = setTimeout(() => {
      this.log.error({ graceMs: this.graceMs }, 'not everything could be finished in time (TESSERA_SHUTDOWN_SECONDS); what was acknowledged is safe');
      process.exit(1);
    }, this.graceMs);
    for (const { name, close } of this.steps.splice(0))
      try {
        await close();
      } catch (error) {
        this.log.error({ err: error, step: name }, 'could not be closed properly');
      }
    clearTimeout(timer);
  }
}
