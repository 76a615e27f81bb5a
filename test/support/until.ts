import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than anything takes on however slow a machine: it ends what hangs, and judges nothing. */
const PATIENCE_MS = 120_000;

/** Waits until it is so, looking again after some milliseconds; throws when it never comes. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, pauseMs = 20): Promise<void> {
  for (const deadline = performance.now() + PATIENCE_MS; !(await isSo()); await sleep(pauseMs))
    if (performance.now() > deadline) throw new Error(`after two minutes it is not yet so that ${what}`);
}
