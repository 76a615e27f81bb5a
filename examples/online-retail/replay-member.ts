import { type BrandCode, type BrandPurchase, type BrandReturn, burnPoints, type MemberHistory } from './member-events';

/** What a member's wallet holds after a mutation, as its answer says. */
export interface WalletBalance {
  /** Points that can be spent, held ones apart. */
  readonly active: number;
  readonly arrears: number;
}

/** What the driver asks of the platform. All of it may be sent twice. A larger urgency is sent sooner. */
export interface Tills {
  enrol(brand: BrandCode, customer: string): Promise<void>;
  redeem(
    burn: { readonly on: BrandPurchase; readonly customer: string; readonly points: number },
    urgency: number,
  ): Promise<{ readonly redemptionId: string; readonly balance: WalletBalance }>;
  purchase(
    bought: { readonly purchase: BrandPurchase; readonly customer: string; readonly redemptionId: string | null },
    urgency: number,
  ): Promise<{ readonly purchaseId: string; readonly points: number; readonly balance: WalletBalance }>;
  takeBack(returned: BrandReturn, purchaseId: string, urgency: number): Promise<TakenBack>;
}

/**
 * What a return did to the member's points. A brand that knows the member by a card alone is not told the balance after
 * it, but can work it out.
 */
export interface TakenBack {
  readonly clawedBack: number;
  /** Points of clawedBack that the wallet had no longer. */
  readonly arrearsMade: number;
  readonly reinstated: number;
  /** Points of reinstated that paid arrears. */
  readonly arrearsFilled: number;
}

/** Gross points of one brand. */
export interface BrandTally {
  issued: number;
  clawedBack: number;
  redeemed: number;
  reinstated: number;
}

/** What the mutations' answers add up to. */
export class Tally {
  readonly brands = new Map<BrandCode, BrandTally>();
  readonly balances = new Map<string, WalletBalance>();
  redemptions = 0;
  clawbacks = 0;
  reinstatements = 0;
  /** Points that clawbacks did not find in their wallets. */
  arrearsArisen = 0;

  brand(code: BrandCode): BrandTally {
    let tally = this.brands.get(code);
    if (!tally) this.brands.set(code, (tally = { issued: 0, clawedBack: 0, redeemed: 0, reinstated: 0 }));
    return tally;
  }
}

/** How many requests a member's history is at most. */
export function requestsOf(history: MemberHistory): number {
  return history.events.reduce((sum, event) => sum + (event.kind === 'RETURNS' ? event.returns.length : event.purchases.length + (event.burnOn ? 1 : 0)), 0);
}

/**
 * Sends one member's events, each after the answer to the one before: the last answer says how much a burn may take.
 */
export async function replayMember(history: MemberHistory, tills: Tills, tally: Tally, onDone: (requests: number) => void): Promise<void> {
  const { customer, events } = history;
  const purchaseIds = new Map<BrandPurchase, string>();
  let left = requestsOf(history);
  let balance: WalletBalance = { active: 0, arrears: 0 };
  const done = (): void => {
    left--;
    onDone(1);
  };
  await tills.enrol(brandOfFirstPurchase(history), customer);
  for (const event of events) {
    if (event.kind === 'RETURNS') {
      for (const returned of event.returns) {
        const purchaseId = purchaseIds.get(returned.purchase);
        if (purchaseId === undefined) throw new Error(`${returned.reference} comes before its purchase`);
        const answer = await tills.takeBack(returned, purchaseId, left);
        const after = balanceAfter(answer, balance);
        tallyReturn(tally, returned.purchase.brand, answer, after.arrears - balance.arrears);
        balance = after;
        done();
      }
      continue;
    }
    let redemptionId: string | null = null;
    if (event.burnOn) {
      const points = burnPoints(balance.active - balance.arrears, event.burnOn.amountPence);
      if (points > 0) {
        const burned = await tills.redeem({ on: event.burnOn, customer, points }, left);
        tally.redemptions++;
        tally.brand(event.burnOn.brand).redeemed += points;
        ({ redemptionId, balance } = burned);
      }
      done();
    }
    for (const purchase of event.purchases) {
      const earned = await tills.purchase({ purchase, customer, redemptionId: purchase === event.burnOn ? redemptionId : null }, left);
      tally.brand(purchase.brand).issued += earned.points;
      purchaseIds.set(purchase, earned.purchaseId);
      balance = earned.balance;
      done();
    }
  }
  tally.balances.set(customer, balance);
}

/** What the wallet holds after a return. */
export function balanceAfter({ clawedBack, arrearsMade, reinstated, arrearsFilled }: TakenBack, before: WalletBalance): WalletBalance {
  return {
    active: before.active - (clawedBack - arrearsMade) + (reinstated - arrearsFilled),
    arrears: before.arrears + arrearsMade - arrearsFilled,
  };
}

function tallyReturn(tally: Tally, brand: BrandCode, { clawedBack, arrearsMade, reinstated }: TakenBack, arrearsGrown: number): void {
  const brandTally = tally.brand(brand);
  if (clawedBack > 0) tally.clawbacks++;
  brandTally.clawedBack += clawedBack;
  if (reinstated > 0) tally.reinstatements++;
  brandTally.reinstated += reinstated;
  // What a reinstatement fills at once has not arisen.
  tally.arrearsArisen += reinstated === 0 ? arrearsMade : Math.max(0, arrearsGrown);
}

function brandOfFirstPurchase({ customer, events }: MemberHistory): BrandCode {
  for (const event of events) if (event.kind === 'PURCHASES' && event.purchases[0]) return event.purchases[0].brand;
  throw new Error(`customer ${customer} bought nothing`);
}
