import type { App } from '../app';
import type { Uuid } from '../ids';
import { Refusal } from '../refusal';

/** Too many cards and numbers that are nobody's were tried at a brand. Nothing is stored, and nothing told: whoever is looked for may exist or not. */
export class FailedLookUpsUsedUp extends Refusal {
  constructor(perHour: number) {
    super({
      code: 'FAILED_LOOK_UPS_USED_UP',
      message: `More than ${perHour} cards and numbers an hour were shown that are nobody's. Members whom you know are found; try others again later.`,
      retrySafe: true,
    });
  }
}

const HOUR_MS = 3_600_000;
/** Brands that are remembered at a time. */
const MOST_BRANDS = 10_000;

interface Tried {
  /** Failed look-ups that still count, which fade evenly over an hour. */
  count: number;
  at: number;
}

interface Kept {
  failed: number;
  readonly brands: Map<Uuid, Tried>;
}

const kept = new WeakMap<App, Kept>();

/** Counts cards, codes and numbers that were looked up for a brand and are nobody's. */
export function countFailedLookUps(app: App, brandId: Uuid, more: number): void {
  if (more === 0) return;
  const counts = countsOf(app);
  counts.failed += more;
  const tried = fadedOf(app, brandId) ?? { count: 0, at: app.clock.real().getTime() };
  tried.count += more;
  counts.brands.delete(brandId);
  counts.brands.set(brandId, tried);
  if (counts.brands.size > MOST_BRANDS) counts.brands.delete(counts.brands.keys().next().value as Uuid);
}

/** The refusal for whom the brand does not know yet, once it has tried too many that are nobody's; on this process. */
export function lookUpsUsedUp(app: App, brandId: Uuid): FailedLookUpsUsedUp | null {
  const most = app.config.failedLookUpsPerHour;
  return (fadedOf(app, brandId)?.count ?? 0) >= most ? new FailedLookUpsUsedUp(most) : null;
}

/** How many this process has met. */
export function failedLookUps(app: App): number {
  return countsOf(app).failed;
}

function countsOf(app: App): Kept {
  let counts = kept.get(app);
  if (!counts) kept.set(app, (counts = { failed: 0, brands: new Map() }));
  return counts;
}

function fadedOf(app: App, brandId: Uuid): Tried | null {
  const tried = countsOf(app).brands.get(brandId);
  if (!tried) return null;
  const now = app.clock.real().getTime();
  tried.count = Math.max(0, tried.count - ((now - tried.at) / HOUR_MS) * app.config.failedLookUpsPerHour);
  tried.at = now;
  return tried;
}
