import type { Clock } from '../../platform/clock';
import { itemAt } from '../../platform/one-of';

/** A quota of one kind, refilled evenly over a minute. */
export interface Quota {
  /** As the headers name it. */
  readonly name: string;
  readonly perMinute: number;
}

export interface Allowance {
  readonly allowed: boolean;
  /**
   * RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers), as things stand when they are asked for;
   * Retry-After when refused.
   */
  readonly headers: () => Readonly<Record<string, string>>;
}

interface Bucket {
  /** A quota each, in their order. */
  left: readonly number[];
  at: number;
}

const WINDOW_SECONDS = 60;
const MOST_CLIENTS = 50_000;

/**
 * Counts what each client uses, in this process: a token bucket for each quota. With several gateways a client has its
 * quota at each. A client's last request may take it into debt, so that one that costs more than is left need not wait
 * for a whole bucket.
 */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();
  private readonly policy: string;
  /** The last in the map's order. */
  private latest: string | null = null;

  constructor(
    private readonly quotas: readonly Quota[],
    private readonly clock: Clock,
  ) {
    this.policy = quotas.map(({ name, perMinute }) => `"${name}";q=${perMinute};w=${WINDOW_SECONDS}`).join(', ');
  }

  /** Takes `costs` (one a quota, in their order) from the client's quotas, unless one is used up. */
  take(client: string, costs: readonly number[]): Allowance {
    const bucket = this.refilled(client);
    let wait = 0;
    for (const [at, { perMinute }] of this.quotas.entries()) {
      const left = itemAt(bucket.left, at);
      if (itemAt(costs, at) > 0 && left < 1) wait = Math.max(wait, 1, Math.ceil(((1 - left) * WINDOW_SECONDS) / perMinute));
    }
    if (wait === 0) bucket.left = bucket.left.map((left, at) => left - itemAt(costs, at));
    return {
      allowed: wait === 0,
      headers: () => ({ 'ratelimit-policy': this.policy, ratelimit: this.standing(bucket), ...(wait > 0 && { 'retry-after': String(wait) }) }),
    };
  }

  private refilled(client: string): Bucket {
    const now = this.clock.real().getTime();
    let bucket = this.buckets.get(client);
    if (!bucket) {
      // A full bucket is the same as none: the one idle for longest is forgotten first.
      if (this.buckets.size >= MOST_CLIENTS) this.buckets.delete(this.buckets.keys().next().value as string);
      bucket = { left: this.quotas.map(({ perMinute }) => perMinute), at: now };
    } else {
      const share = Math.max(0, now - bucket.at) / (WINDOW_SECONDS * 1_000);
      const { left } = bucket;
      bucket.left = this.quotas.map(({ perMinute }, at) => Math.min(perMinute, itemAt(left, at) + share * perMinute));
      bucket.at = now;
      if (client === this.latest) return bucket;
      this.buckets.delete(client);
    }
    this.buckets.set(client, bucket);
    this.latest = client;
    return bucket;
  }

  private standing({ left }: Bucket): string {
    const standings = this.quotas.map(({ name, perMinute }, at) => {
      const there = itemAt(left, at);
      const seconds = Math.ceil(((perMinute - there) * WINDOW_SECONDS) / perMinute);
      return `"${name}";r=${Math.max(0, Math.floor(there))};t=${seconds}`;
    });
    return standings.join(', ');
  }
}
