import { contentHash, postingId } from '../src/ledger/ledger/idempotency';
import type { AccountId, PostingRequest, Step } from '../src/ledger/ledger/posting';
import { ALWAYS, type Day, dayOf, monthStart } from '../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../src/platform/ids';
import { itemAt } from '../src/platform/one-of';
import { type FilledLedger, TERMS, type TrafficBrand } from './fill-ledger';
import { seededRandom, zipf } from './zipf';

/**
 * What a coalition's day looks like to the ledger: 70% earns, 20% burns, 5% holds, their captures (3.5%) and voids
 * (0.5%), 1% gifts between members. Besides, 2% are sent twice, and 3% ask for more than there is. Wallets by Zipf's
 * law, brands evenly.
 */
export class LedgerTraffic {
  private readonly random: () => number;
  private readonly wallet: () => AccountId;
  private readonly recent: PostingRequest[] = [];
  private readonly holds: { wallet: AccountId; brand: TrafficBrand; id: Uuid; amount: number; at: number }[] = [];
  private made = 0;

  constructor(
    private readonly filled: FilledLedger,
    private readonly seed: number,
  ) {
    this.random = seededRandom(seed);
    const pick = zipf(filled.wallets, this.random);
    this.wallet = () => filled.firstWallet + pick();
  }

  /** The next requests, made before they are timed: who asks pays for making them. */
  take(count: number): PostingRequest[] {
    return Array.from({ length: count }, () => this.next());
  }

  private next(): PostingRequest {
    if (this.random() < 0.02 && this.recent.length > 0) return itemAt(this.recent, Math.floor(this.random() * this.recent.length));
    const request = this.fresh();
    // Every now and then one is remembered, to be sent again.
    if (this.made % 10 === 0) {
      if (this.recent.length < 200) this.recent.push(request);
      else this.recent[this.made % 200] = request;
    }
    return request;
  }

  private fresh(): PostingRequest {
    const brand = itemAt(this.filled.brands, Math.floor(this.random() * this.filled.brands.length));
    const from = this.wallet();
    const amount = 1 + Math.floor(this.random() * 500);
    const id = newUuid();
    if (this.random() < 0.03)
      return this.request(brand, [from], [{ do: 'debit', id, from, to: brand.redeemed, amount: 1_000_000_000_000, code: 'BURN', termsId: TERMS }]);
    const kind = this.random();
    if (kind < 0.7) {
      const expiresOn = monthStart(dayOf(new Date(), 'UTC')) + 365 + 30 * Math.floor(this.random() * 5);
      const lot = { originId: brand.originId, expiresOn, availableOn: ALWAYS };
      return this.request(brand, [from], [{ do: 'credit', id, from: brand.issued, to: from, amount, code: 'EARN', lot, termsId: TERMS }]);
    }
    if (kind < 0.9) return this.request(brand, [from], [{ do: 'debit', id, from, to: brand.redeemed, amount, code: 'BURN', termsId: TERMS }]);
    const oldest = this.holds[0];
    // A hold is captured a good while after it was made, whoever of the callers was slow.
    if (kind < 0.95 || !oldest || oldest.at > this.made - 5_000) {
      this.holds.push({ wallet: from, brand, id, amount, at: this.made });
      return this.request(brand, [from], [{ do: 'hold', id, from, to: brand.redeemed, amount, ...holdFor(86_400_000), termsId: TERMS }]);
    }
    if (kind < 0.99) {
      this.holds.shift();
      const part = this.random() < 0.7 ? oldest.amount : Math.ceil(oldest.amount / 2);
      const step: Step =
        kind < 0.985
          ? { do: 'capture', id, holdId: oldest.id, amount: part, bookedOn: today() }
          : { do: 'release', holdId: oldest.id, as: 'VOIDED', bookedOn: today() };
      return this.request(oldest.brand, [oldest.wallet], [step], [oldest.id]);
    }
    let to = this.wallet();
    while (to === from) to = this.wallet();
    return this.request(brand, [from, to], [{ do: 'give', id, from, to, amount, code: 'GIFT', termsId: null }]);
  }

  private request(brand: TrafficBrand, wallets: AccountId[], steps: Step[], holds: Uuid[] = []): PostingRequest {
    const key = `${this.seed}-${this.made++}`;
    const now = new Date();
    const first = itemAt(steps, 0);
    const plan = { steps, answer: { transferId: 'id' in first ? first.id : null } };
    return {
      id: postingId(brand.id, key),
      party: brand.id,
      kind: 'BENCH',
      contentHash: contentHash('BENCH', { key }),
      occurredAt: now.getTime(),
      day: dayOf(now, 'UTC'),
      recordedAt: now.getTime(),
      loads: { wallets, holds },
      plan: () => plan,
    };
  }
}

function today(): Day {
  return dayOf(new Date(), 'UTC');
}

function holdFor(milliseconds: number) {
  const end = new Date(Date.now() + milliseconds);
  return { expiresAt: end.getTime(), expiresOn: dayOf(end, 'UTC'), graceDays: 30 };
}
