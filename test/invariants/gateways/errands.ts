import type { TestCoalition } from '../../support/api';
import type { randomFrom } from '../run-settings';
import type { Errand, Told } from './client-log';

const REFUSAL = '... on Refusal { code message retrySafe }';

const DOCUMENTS = {
  recordPurchase: `mutation ($input: RecordPurchaseInput!) { recordPurchase(input: $input) { ... on RecordedPurchase { purchaseId points duplicate } ${REFUSAL} } }`,
  redeem: `mutation ($input: RedeemInput!) { redeem(input: $input) { ... on Redemption { redemptionId points duplicate } ${REFUSAL} } }`,
  hold: `mutation ($input: HoldInput!) { hold(input: $input) { ... on Redemption { redemptionId points duplicate } ${REFUSAL} } }`,
  captureHold: `mutation ($input: CaptureHoldInput!) { captureHold(input: $input) { ... on CapturedHold { points released duplicate } ${REFUSAL} } }`,
  voidHold: `mutation ($input: VoidHoldInput!) { voidHold(input: $input) { ... on VoidedHold { released duplicate } ${REFUSAL} } }`,
  refundRedemption: `mutation ($input: RefundRedemptionInput!) { refundRedemption(input: $input) { ... on Refund { points duplicate } ${REFUSAL} } }`,
  givePoints: `mutation ($input: GivePointsInput!) { givePoints(input: $input) { ... on Gift { points duplicate } ${REFUSAL} } }`,
  convert: `mutation ($input: ConvertInput!) { convert(input: $input) { ... on ConvertedPoints { points received duplicate } ${REFUSAL} } }`,
  recordReturn: `mutation ($input: RecordReturnInput!) { recordReturn(input: $input) { ... on RecordedReturn { clawedBack reinstated duplicate } ${REFUSAL} } }`,
} as const;

const THERE = { from: 'FLP', to: 'MLS' };
const BACK = { from: 'MLS', to: 'FLP' };

type Mutation = keyof typeof DOCUMENTS;
/** Everything that is asked for. */
export const MUTATIONS = Object.keys(DOCUMENTS);
/**
 * Those that are about no earlier answer: whoever asks for nothing else does not notice by them that an earlier one was
 * lost.
 */
export const FORGETFUL = ['recordPurchase', 'redeem', 'givePoints', 'convert'];

/** Something that an accepted errand left behind, for a later one to be about. */
interface Left {
  readonly brand: string;
  readonly id: string;
  readonly points: number;
}

/**
 * What callers ask for, made up as they go: each earlier answer may be what a later request is about. `only`: of these
 * mutations.
 */
export class Errands {
  private readonly holds: Left[] = [];
  private readonly spent: Left[] = [];
  private readonly bought: Left[] = [];
  private made = 0;

  constructor(
    private readonly coalition: TestCoalition,
    private readonly cards: readonly string[],
    private readonly run: string,
    private readonly random: ReturnType<typeof randomFrom>,
    private readonly only: readonly string[] = MUTATIONS,
  ) {}

  next(): Errand {
    for (;;) {
      const errand = this.any();
      if (errand && this.only.includes(errand.mutation)) return errand;
    }
  }

  private any(): Errand | undefined {
    const { random } = this;
    const dice = random.int(100);
    const brand = random.pick(['FUEL', 'TAXI']);
    const member = { identifier: { kind: 'CARD', value: random.pick(this.cards) } };
    const points = 10 * (1 + random.int(12));
    const pays = { currency: 'FLP', member, points, purchaseAmount: { amount: '500', currency: 'EUR' } };
    if (dice < 36) {
      const lines = [{ sku: 'THING', quantity: '2', unitPrice: String(5 + random.int(60)) }];
      return this.errand('recordPurchase', brand, { member, currency: 'FLP', moneyCurrency: 'EUR', lines });
    }
    if (dice < 50) return this.errand('redeem', brand, pays);
    // FUEL has enrolled them all.
    if (dice < 56) return this.errand('givePoints', 'FUEL', { from: member, to: this.other(member), currency: 'FLP', points });
    if (dice < 60) return this.errand('convert', 'FUEL', { member, ...random.pick([THERE, BACK]), points });
    if (dice < 72) return this.errand('hold', brand, pays);
    const about = dice < 86 ? take(this.holds, random) : dice < 92 ? take(this.spent, random) : take(this.bought, random);
    if (!about) return undefined;
    // What stays captured keeps the rule's minimum and step, which are 10.
    const part = 10 * (1 + random.int(Math.max(1, Math.floor(about.points / 10))));
    if (dice < 80) return this.errand('captureHold', about.brand, { redemptionId: about.id, points: part });
    if (dice < 86) return this.errand('voidHold', about.brand, { redemptionId: about.id });
    if (dice < 92) return this.errand('refundRedemption', about.brand, { redemptionId: about.id, points: part });
    return this.errand('recordReturn', about.brand, { purchaseId: about.id, lines: [{ lineNo: 1, quantity: '1' }] });
  }

  /** Takes note of what an answer makes possible. */
  heard({ errand, said, thing }: Told): void {
    const { brand } = errand;
    if (said !== 'ACCEPTED') return;
    if (errand.mutation === 'hold') this.holds.push({ brand, id: thing.redemptionId, points: thing.points });
    if (errand.mutation === 'redeem') this.spent.push({ brand, id: thing.redemptionId, points: thing.points });
    if (errand.mutation === 'recordPurchase') this.bought.push({ brand, id: thing.purchaseId, points: thing.points });
  }

  private other(member: { identifier: { kind: string; value: string } }) {
    const others = this.cards.filter((card) => card !== member.identifier.value);
    return { identifier: { kind: 'CARD', value: this.random.pick(others) } };
  }

  private errand(mutation: Mutation, brand: string, input: Record<string, unknown>): Errand {
    const { id: party, freshToken } = this.coalition.brands[brand];
    const key = `${this.run}/${this.made++}`;
    return { key, party, brand, token: freshToken, mutation, document: DOCUMENTS[mutation], input: { idempotencyKey: key, ...input } };
  }
}

function take(from: Left[], random: ReturnType<typeof randomFrom>): Left | undefined {
  return from.length === 0 ? undefined : from.splice(random.int(from.length), 1)[0];
}
