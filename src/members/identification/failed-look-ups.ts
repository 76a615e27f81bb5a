import type { App } from '../../app';
import type { Uuid } from '../../platform/ids';
import type { Refusal } from '../../platform/refusal';
import { lookUpRefusals } from './member-refusals';

const HOUR_MS = 3_600_000;
/** Brands that are remembered at a time. */
const MOST_COUNTED = 10_000;

/**
 * Who looks members up that may be nobody's. The tills of a brand, its files and each member have counts of their own:
 * none uses up another's. 'trial': files of a dry run, which bring many at once; 'file': other files, of which only
 * those count that make nobody a member.
 */
export interface LooksUp {
  readonly as: 'till' | 'trial' | 'file' | 'member';
  /** The brand, or the member. */
  readonly id: Uuid;
}

/** How many times what a brand's tills may fail in an hour. */
const SHARES = { till: 1, trial: 100, file: 1, member: 1 / 100 } as const;

interface Tried {
  /** Failed look-ups that still count, which fade evenly over an hour. */
  count: number;
  at: number;
}

interface Kept {
  failed: number;
  readonly tried: Readonly<Record<LooksUp['as'], Map<Uuid, Tried>>>;
}

const kept = new WeakMap<App, Kept>();

/** Counts cards, codes and numbers that were looked up and are nobody's. */
export function countFailedLookUps(app: App, by: LooksUp, more: number): void {
  if (more === 0) return;
  const counts = countsOf(app);
  counts.failed += more;
  const tried = fadedOf(app, by) ?? { count: 0, at: app.clock.real().getTime() };
  tried.count += more;
  const all = counts.tried[by.as];
  all.delete(by.id);
  all.set(by.id, tried);
  if (all.size > MOST_COUNTED) all.delete(all.keys().next().value as Uuid);
}

/**
 * The refusal for whom the asking brand or member does not know yet, once it has tried too many that are nobody's; on
 * this process.
 */
export function lookUpsUsedUp(app: App, by: LooksUp): Refusal | null {
  const most = mostOf(app, by);
  return (fadedOf(app, by)?.count ?? 0) >= most ? lookUpRefusals.refuse('FAILED_LOOK_UPS_USED_UP', { perHour: most }) : null;
}

/** How many this process has met. */
export function failedLookUps(app: App): number {
  return countsOf(app).failed;
}

function mostOf(app: App, { as }: LooksUp): number {
  return Math.max(1, Math.round(app.config.failedLookUpsPerHour * SHARES[as]));
}

function countsOf(app: App): Kept {
  let counts = kept.get(app);
  if (!counts) kept.set(app, (counts = { failed: 0, tried: { till: new Map(), trial: new Map(), file: new Map(), member: new Map() } }));
  return counts;
}

function fadedOf(app: App, by: LooksUp): Tried | null {
  const tried = countsOf(app).tried[by.as].get(by.id);
  if (!tried) return null;
  const now = app.clock.real().getTime();
  tried.count = Math.max(0, tried.count - ((now - tried.at) / HOUR_MS) * mostOf(app, by));
  tried.at = now;
  return tried;
}
