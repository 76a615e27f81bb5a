import type { Clock } from '../clock';

/** A quota of one kind, refilled evenly over a minute. */
export interface Quota {
  /** As the headers name it. */
  readonly name: string;
  readonly perMinute: number;
}

export interface Allowance {
  readonly allowed: boolean;
  /** RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers); Retry-After when refused. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Bucket {
  readonly left: number[];
  at: number;
}

const WINDOW_SECONDS = 60;
const MOST_CLIENTS = 50_000;

/**
 * Counts what each client uses, in this process: a token bucket a quota. Where several gateways run, a client has its quota at each.
 * A client may go into debt by its last request, so that one that costs more than is left just now need not wait for a whole bucket.
 */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();
  private readonly policy: string;

  constructor(
    private readonly quotas: readonly Quota[],
    private readonly clock: Clock,
  ) {
    this.policy = quotas.map(({ name, perMinute }) => `"${name}";q=${perMinute};w=${WINDOW_SECONDS}`).join(', ');
  }

  /** Takes `costs` (one a quota, in their order) from the client's quotas, unless one is used up. */
  take(client: string, costs: readonly number[]): Allowance {
    const bucket = this.refilled(client);
    const exhausted = bucket.left.map((left, index) => ({ left, index })).filter(({ left, index }) => costs[index] > 0 && left < 1);
    if (exhausted.length === 0) for (const [index, cost] of costs.entries()) bucket.left[index] -= cost;
    const waits = exhausted.map(({ left, index }) => Math.ceil(((1 - left) * WINDOW_SECONDS) / this.quotas[index].perMinute));
    return {
      allowed: exhausted.length === 0,
      headers: { 'ratelimit-policy': this.policy, ratelimit: this.standing(bucket), ...(waits.length > 0 && { 'retry-after': String(Math.max(1, ...waits)) }) },
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
      for (const [index, { perMinute }] of this.quotas.entries()) bucket.left[index] = Math.min(perMinute, bucket.left[index] + share * perMinute);
      bucket.at = now;
      this.buckets.delete(client);
    }
    this.buckets.set(client, bucket);
    return bucket;
  }

  private standing(bucket: Bucket): string {
    return this.quotas
      .map(({ name, perMinute }, index) => {
        const left = bucket.left[index];
        return `"${name}";r=${Math.max(0, Math.floor(left))};t=${Math.ceil(((perMinute - left) * WINDOW_SECONDS) / perMinute)}`;
      })
      .join(', ');
  }
}
