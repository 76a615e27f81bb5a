import type { Logger } from 'pino';

/**
 * Resolves when the process is asked to stop: SIGINT, SIGTERM, SIGHUP, or, for a child, when its parent is gone. Asked a second time,
 * a second or more after the first (npm passes Ctrl-C on once more at once), it ends without waiting.
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

/** Closes in order, each whatever became of the one before; the whole within `graceMs`, or the process ends as it is. */
export async function closeInOrder(
  log: Logger,
  graceMs: number,
  steps: readonly { readonly name: string; readonly close: () => Promise<unknown> }[],
): Promise<void> {
  const timer = setTimeout(() => {
    log.error({ graceMs }, 'not everything could be finished in time (TESSERA_SHUTDOWN_SECONDS); what was acknowledged is safe');
    process.exit(1);
  }, graceMs);
  for (const { name, close } of steps)
    try {
      await close();
    } catch (error) {
      log.error({ err: error, step: name }, 'could not be closed properly');
    }
  clearTimeout(timer);
}
