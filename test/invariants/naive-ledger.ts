import type { Uuid } from '../../src/ids';
import type { AccountId, LotTarget, Step } from '../../src/ledger/posting';
import type { Day } from '../../src/points/calendar';

/**
 * The ledger as the design document tells it, too simple to be wrong: every single point is an object that lies in a wallet, is held or is gone.
 * Written without a look at the kernel; only the request's language (Step) is shared.
 */
export interface Ask {
  readonly id: Uuid;
  readonly content: string;
  readonly occurredAt: number;
  readonly day: Day;
  readonly wallets: readonly AccountId[];
  readonly steps: readonly Step[];
  /** Refused CAP_REACHED when the counter stands at or above it. */
  readonly cap: { readonly account: AccountId; readonly key: string; readonly most: number } | null;
}

interface Point {
  readonly origin: number;
  readonly availableOn: Day;
  expiresOn: Day;
  held: boolean;
}

interface Wallet {
  points: Point[];
  arrears: { id: Uuid; left: number }[];
  credited: number;
  debited: number;
  movements: number;
  locked: boolean;
}

interface Hold {
  readonly account: AccountId;
  readonly to: AccountId;
  readonly points: Point[];
  readonly allocations: Runs;
  readonly expiresAt: number;
  captured: number;
  state: 'OPEN' | 'CAPTURED' | 'VOIDED' | 'EXPIRED';
}

/** Runs of points of the same lot, in order: "origin expires available xN". */
export type Runs = string[];

interface Transfer {
  readonly debit: AccountId;
  readonly credit: AccountId;
  readonly amount: number;
  readonly code: string;
  readonly reverses: Uuid | null;
  readonly balance: number;
  readonly movement: number;
  readonly lot: LotTarget | null;
  /** Which points it took from their lots, or gave back to them, and which of what it brought filled which arrears. */
  readonly allocations: Runs;
  readonly fills: string[];
  /** What a burn consumed and no refund has given back yet, in order. */
  readonly consumed: Point[];
  reversed: number;
}

export interface Origin {
  readonly issuer: string;
  readonly month: Day;
}

export interface Refused {
  readonly code: string;
  readonly figure?: number;
}

export interface NaiveOutcome {
  readonly duplicate: boolean;
  readonly refused: Refused | null;
  readonly balances: { active: number; pending: number; held: number; arrears: number; spendable: number }[];
  /** What the plan was shown before its steps: see viewed() of random-asks. */
  readonly seen: string;
}

class No extends Error {
  constructor(readonly refused: Refused) {
    super(refused.code);
  }
}

export function lotName(lot: { originId?: number; origin?: number; expiresOn: Day; availableOn: Day }): string {
  return `${lot.originId ?? lot.origin} ${lot.expiresOn} ${lot.availableOn}`;
}

function runs(points: readonly Point[]): Runs {
  const counted: [string, number][] = [];
  for (const point of points) {
    const last = counted.at(-1);
    if (last && last[0] === lotName(point)) last[1]++;
    else counted.push([lotName(point), 1]);
  }
  return counted.map(([lot, count]) => `${lot} x${count}`);
}

export class NaiveLedger {
  state = { wallets: new Map<AccountId, Wallet>(), holds: new Map<Uuid, Hold>(), transfers: new Map<Uuid, Transfer>(), counters: new Map<string, number>() };
  readonly postings = new Map<Uuid, { content: string; outcome: NaiveOutcome }>();

  constructor(
    readonly origins: ReadonlyMap<number, Origin>,
    wallets: readonly AccountId[],
  ) {
    for (const id of wallets) this.state.wallets.set(id, { points: [], arrears: [], credited: 0, debited: 0, movements: 0, locked: false });
  }

  post(ask: Ask, look: () => string = () => ''): NaiveOutcome | 'conflict' {
    const earlier = this.postings.get(ask.id);
    if (earlier) return earlier.content === ask.content ? { ...earlier.outcome, duplicate: true } : 'conflict';
    const before = structuredClone(this.state);
    this.expireHolds(ask);
    const seen = look();
    const refused = this.attempt(ask);
    if (refused) {
      this.state = structuredClone(before);
      this.expireHolds(ask);
    }
    const outcome = { duplicate: false, refused, balances: ask.wallets.map((id) => this.balances(id, ask.day)), seen };
    if (refused) this.state = before;
    this.postings.set(ask.id, { content: ask.content, outcome });
    return outcome;
  }

  balances(id: AccountId, day: Day) {
    const { points, arrears } = this.wallet(id);
    const free = points.filter((point) => !point.held);
    const active = free.filter((point) => point.availableOn <= day && day < point.expiresOn).length;
    const pending = free.filter((point) => point.availableOn > day && day < point.expiresOn).length;
    const owed = arrears.reduce((sum, each) => sum + each.left, 0);
    return { active, pending, held: points.length - free.length, arrears: owed, spendable: Math.max(0, active - owed) };
  }

  wallet(id: AccountId): Wallet {
    return this.state.wallets.get(id) as Wallet;
  }

  /** An expired hold counts as released, whoever was late. */
  private expireHolds({ wallets, occurredAt }: Ask): void {
    for (const hold of this.state.holds.values())
      if (hold.state === 'OPEN' && hold.expiresAt <= occurredAt && wallets.includes(hold.account)) this.endHold(hold, 'EXPIRED', 0);
  }

  private endHold(hold: Hold, state: Hold['state'], captured: number): Point[] {
    const wallet = this.wallet(hold.account);
    const gone = hold.points.slice(0, captured);
    for (const point of hold.points) point.held = false;
    wallet.points = wallet.points.filter((point) => !gone.includes(point));
    Object.assign(hold, { state, captured });
    return gone;
  }

  private attempt(ask: Ask): Refused | null {
    try {
      if (ask.cap && (this.state.counters.get(`${ask.cap.account} ${ask.cap.key}`) ?? 0) >= ask.cap.most) throw new No({ code: 'CAP_REACHED' });
      for (const step of ask.steps) this.step(ask, step);
      return null;
    } catch (error) {
      if (error instanceof No) return error.refused;
      throw error;
    }
  }

  private step(ask: Ask, step: Step): void {
    switch (step.do) {
      case 'credit':
        return this.bring(step.id, step.from, step.to, step.code, null, step.lot, this.coin(step.lot, step.amount));
      case 'debit':
        return this.take(step.id, step.from, step.to, step.code, null, step.amount, this.payable(ask, step.from, step.amount));
      case 'hold': {
        const points = this.payable(ask, step.from, step.amount);
        for (const point of points) point.held = true;
        this.state.holds.set(step.id, {
          account: step.from,
          to: step.to,
          points,
          allocations: runs(points),
          expiresAt: step.expiresAt,
          captured: 0,
          state: 'OPEN',
        });
        return;
      }
      case 'capture': {
        const hold = this.openHold(step.holdId, ask.occurredAt);
        if (step.amount > hold.points.length) throw new No({ code: 'CAPTURE_EXCEEDS_HOLD' });
        return this.take(step.id, hold.account, hold.to, 'CAPTURE', null, step.amount, this.endHold(hold, 'CAPTURED', step.amount));
      }
      case 'release':
        if (step.as === 'EXPIRED' && this.state.holds.get(step.holdId)?.state === 'EXPIRED') return;
        this.endHold(this.openHold(step.holdId, ask.occurredAt), step.as, 0);
        return;
      case 'clawBack': {
        const original = this.reversible(step.reverses, step.amount);
        const own = lotName(original.lot as LotTarget);
        const issuer = (lot: { origin: number }) => this.origins.get(lot.origin)?.issuer;
        const ownIssuer = this.origins.get((original.lot as LotTarget).originId)?.issuer;
        const free = this.inOrder(this.wallet(original.credit).points.filter((point) => !point.held && ask.day < point.expiresOn));
        const rank = (point: Point) => (lotName(point) === own ? 0 : issuer(point) === ownIssuer ? 1 : 2);
        const points = [0, 1, 2].flatMap((wanted) => free.filter((point) => rank(point) === wanted)).slice(0, step.amount);
        original.reversed += step.amount;
        return this.take(step.id, original.credit, original.debit, 'CLAWBACK', step.reverses, step.amount, points);
      }
      case 'reinstate': {
        const original = this.reversible(step.reverses, step.amount);
        original.reversed += step.amount;
        // Last consumed, first given back.
        const points = original.consumed.splice(original.consumed.length - step.amount).reverse();
        for (const point of points) point.expiresOn = Math.max(point.expiresOn, step.expiresNotBefore);
        const lots = [...new Set(points.map(lotName))];
        const together = lots.flatMap((lot) => points.filter((point) => lotName(point) === lot));
        return this.bring(step.id, original.credit, original.debit, step.code, step.reverses, null, together);
      }
      case 'count': {
        const key = `${step.account} ${step.key}`;
        this.state.counters.set(key, (this.state.counters.get(key) ?? 0) + step.by);
        return;
      }
      case 'move':
        throw new Error('money is not part of the model');
    }
  }

  private coin(lot: LotTarget, amount: number): Point[] {
    return Array.from({ length: amount }, () => ({ origin: lot.originId, availableOn: lot.availableOn, expiresOn: lot.expiresOn, held: false }));
  }

  /** Soonest to expire, oldest issue month, issuer's code A to Z; then the one that was available first. */
  private inOrder(points: readonly Point[]): Point[] {
    const key = (point: Point) => ({ ...(this.origins.get(point.origin) as Origin), ...point });
    return points
      .map((point) => ({ point, by: key(point) }))
      .sort(
        ({ by: a }, { by: b }) =>
          a.expiresOn - b.expiresOn || a.month - b.month || (a.issuer < b.issuer ? -1 : a.issuer > b.issuer ? 1 : 0) || a.availableOn - b.availableOn,
      )
      .map(({ point }) => point);
  }

  private payable({ day }: Ask, id: AccountId, amount: number): Point[] {
    const wallet = this.wallet(id);
    if (wallet.locked) throw new No({ code: 'WALLET_LOCKED' });
    const { spendable } = this.balances(id, day);
    if (amount > spendable) throw new No({ code: 'INSUFFICIENT_POINTS', figure: spendable });
    return this.inOrder(wallet.points.filter((point) => !point.held && point.availableOn <= day && day < point.expiresOn)).slice(0, amount);
  }

  private openHold(id: Uuid, occurredAt: number): Hold {
    const hold = this.state.holds.get(id) as Hold;
    if (hold.state === 'EXPIRED' || (hold.state === 'OPEN' && hold.expiresAt <= occurredAt)) throw new No({ code: 'HOLD_EXPIRED' });
    if (hold.state !== 'OPEN') throw new No({ code: 'HOLD_NOT_OPEN' });
    return hold;
  }

  private reversible(id: Uuid, amount: number): Transfer {
    const original = this.state.transfers.get(id) as Transfer;
    const left = original.amount - original.reversed;
    if (amount > left) throw new No({ code: 'REVERSAL_EXCEEDS_ORIGINAL', figure: left });
    return original;
  }

  /** Points into a wallet: the oldest arrears swallow theirs first. */
  private bring(id: Uuid, debit: AccountId, credit: AccountId, code: string, reverses: Uuid | null, lot: LotTarget | null, points: Point[]): void {
    const wallet = this.wallet(credit);
    const allocations = reverses ? runs(points) : [];
    const swallowed: { arrears: Uuid; point: Point }[] = [];
    for (const point of points) {
      const owed = wallet.arrears.find((each) => each.left > 0);
      if (!owed) {
        wallet.points.push(point);
        continue;
      }
      owed.left--;
      swallowed.push({ arrears: owed.id, point });
    }
    const fills = [...new Set(swallowed.map((each) => each.arrears))].flatMap((arrears) =>
      runs(swallowed.filter((each) => each.arrears === arrears).map((each) => each.point)).map((run) => `${arrears}: ${run}`),
    );
    wallet.credited += points.length;
    this.record(id, wallet, { debit, credit, amount: points.length, code, reverses, lot, allocations, fills, consumed: [] });
  }

  /** Points out of a wallet; what it does not have becomes arrears. */
  private take(id: Uuid, debit: AccountId, credit: AccountId, code: string, reverses: Uuid | null, amount: number, points: Point[]): void {
    const wallet = this.wallet(debit);
    wallet.points = wallet.points.filter((point) => !points.includes(point));
    if (amount > points.length) wallet.arrears.push({ id, left: amount - points.length });
    wallet.debited += amount;
    this.record(id, wallet, { debit, credit, amount, code, reverses, lot: null, allocations: runs(points), fills: [], consumed: reverses ? [] : [...points] });
  }

  private record(id: Uuid, wallet: Wallet, transfer: Omit<Transfer, 'balance' | 'movement' | 'reversed'>): void {
    this.state.transfers.set(id, { ...transfer, balance: wallet.credited - wallet.debited, movement: ++wallet.movements, reversed: 0 });
  }
}
