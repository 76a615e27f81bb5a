import type { App } from '../app';

const failed = new WeakMap<App, number>();

/** Counts cards, codes and numbers that were looked up for a brand and are nobody's. */
export function countFailedLookUps(app: App, more: number): void {
  if (more > 0) failed.set(app, failedLookUps(app) + more);
}

/** How many this process has met. */
export function failedLookUps(app: App): number {
  return failed.get(app) ?? 0;
}
