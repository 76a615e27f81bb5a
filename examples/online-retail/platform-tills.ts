import { setTimeout as sleep } from 'node:timers/promises';
import { BulkLane } from './bulk-lane';
import type { GraphQLClient } from './graphql-client';
import { backoff } from './http-client';
import type { BrandCode, BrandPurchase, BrandReturn } from './member-events';
import { type Answer, accepted, isRefusal, REFUSAL, type RefusalAnswer } from './refusals';
import type { TakenBack, Tills, WalletBalance } from './replay-member';
import { MONEY } from './setup';

const BALANCE = 'balance { active arrears }';

const ENROL = `mutation Enrol($input: [EnrolMemberInput!]!) { enrolMembers(input: $input) { __typename ${REFUSAL} } }`;
const REDEEM = `mutation Redeem($input: RedeemInput!) { redeem(input: $input) { __typename ... on Redemption { redemptionId ${BALANCE} } ${REFUSAL} } }`;
const PURCHASES = `mutation Purchases($input: [RecordPurchaseInput!]!) { recordPurchases(input: $input) { __typename ... on RecordedPurchase { purchaseId points ${BALANCE} } ${REFUSAL} } }`;
const RETURN = `mutation Return($input: RecordReturnInput!) { recordReturn(input: $input) { __typename ... on RecordedReturn { clawedBack arrearsMade reinstated arrearsFilled } ${REFUSAL} } }`;

/** How much goes together and at once, for each brand. */
export interface Pace {
  /** Purchases in one request: up to 100. */
  readonly bulk: number;
  /** Bulks on their way at once. */
  readonly bulksInFlight: number;
}

/** Lines in one request: keeps it below a megabyte. */
const MAX_LINES = 3_000;
const MAX_SINGLES_IN_FLIGHT = 32;
const RETRIES = 60;

interface Bought {
  readonly purchase: BrandPurchase;
  readonly customer: string;
  readonly redemptionId: string | null;
}
interface Earned {
  readonly purchaseId: string;
  readonly points: number;
  readonly balance: WalletBalance;
}

/** The five brands' tills at the platform, each with its own credentials. */
export function platformTills(brands: ReadonlyMap<BrandCode, GraphQLClient>, currency: string, pace: Pace): Tills {
  const clientOf = (brand: BrandCode): GraphQLClient => brands.get(brand) as GraphQLClient;
  const enrolments = new Map([...brands].map(([brand, client]) => [brand, enrolmentLane(client, brand)]));
  const purchases = new Map([...brands].map(([brand, client]) => [brand, purchaseLane(client, currency, pace)]));
  const singles = new Map([...brands.keys()].map((brand) => [brand, singlesLane()]));
  const single = <Data>(brand: BrandCode, query: string, input: unknown, urgency: number): Promise<Data> =>
    (singles.get(brand) as SinglesLane).submit(() => clientOf(brand).run<Data>(query, { input }), urgency) as Promise<Data>;

  return {
    enrol: (brand, customer) => (enrolments.get(brand) as BulkLane<string, undefined>).submit(customer, 0),
    purchase: (bought, urgency) => (purchases.get(bought.purchase.brand) as BulkLane<Bought, Earned>).submit(bought, urgency),
    async redeem({ on, customer, points }, urgency) {
      const input = {
        idempotencyKey: `${currency}/burn/${on.reference}`,
        member: memberOf(customer),
        currency,
        points,
        occurredAt: on.at,
        purchaseAmount: { amount: decimal(on.amountPence * 10), currency: MONEY },
        channel: 'shop',
        reference: on.reference,
      };
      return untilAnswered(`burn for ${on.reference}`, async () => {
        const { redeem } = await single<{ redeem: Answer<{ redemptionId: string; balance: WalletBalance }> }>(on.brand, REDEEM, input, urgency);
        return redeem;
      });
    },
    async takeBack({ purchase, reference, at, lines }: BrandReturn, purchaseId, urgency) {
      const input = {
        idempotencyKey: `${currency}/return/${reference}`,
        purchaseId,
        occurredAt: at,
        lines: lines.map(({ lineNo, quantity }) => ({ lineNo, quantity: String(quantity) })),
      };
      return untilAnswered(`return ${reference}`, async () => {
        const { recordReturn } = await single<{ recordReturn: Answer<TakenBack> }>(purchase.brand, RETURN, input, urgency);
        return recordReturn;
      });
    },
  };
}

type SinglesLane = BulkLane<() => Promise<unknown>, unknown>;

/** One request each, but not all of them at once. */
function singlesLane(): SinglesLane {
  return new BulkLane((sends) => Promise.all(sends.map((send) => send())), { maxItems: 1, maxWeight: 1, maxInFlight: MAX_SINGLES_IN_FLIGHT });
}

function enrolmentLane(client: GraphQLClient, brand: BrandCode): BulkLane<string, undefined> {
  return new BulkLane(
    async (customers) => {
      const inputs = customers.map((customer) => ({ idempotencyKey: `online-retail/member/${customer}`, identifiers: [memberOf(customer).identifier] }));
      await bulkUntilAnswered(
        inputs,
        (some) => client.run<{ enrolMembers: Answer<object>[] }>(ENROL, { input: some }).then((data) => data.enrolMembers),
        (input) => `${input.idempotencyKey} at ${brand}`,
      );
      return customers.map(() => undefined);
    },
    { maxItems: 100, maxWeight: 100, maxInFlight: 2 },
  );
}

function purchaseLane(client: GraphQLClient, currency: string, pace: Pace): BulkLane<Bought, Earned> {
  return new BulkLane(
    (bought) =>
      bulkUntilAnswered(
        bought.map((each) => purchaseInput(each, currency)),
        (some) => client.run<{ recordPurchases: Answer<Earned>[] }>(PURCHASES, { input: some }).then((data) => data.recordPurchases),
        (input) => `purchase ${input.reference}`,
      ),
    { maxItems: pace.bulk, maxWeight: MAX_LINES, maxInFlight: pace.bulksInFlight },
    ({ purchase }) => purchase.lines.length,
  );
}

function purchaseInput({ purchase, customer, redemptionId }: Bought, currency: string) {
  return {
    idempotencyKey: `${currency}/purchase/${purchase.reference}`,
    member: memberOf(customer),
    currency,
    occurredAt: purchase.at,
    moneyCurrency: MONEY,
    lines: purchase.lines.map(({ sku, quantity, priceMillis }) => ({ sku, quantity: String(quantity), unitPrice: decimal(priceMillis) })),
    redemptionIds: redemptionId === null ? [] : [redemptionId],
    channel: 'shop',
    reference: purchase.reference,
  };
}

/** Every brand names the member by the same card; the brand that sees it for the first time links the member by it. */
function memberOf(customer: string) {
  return { identifier: { kind: 'CARD', value: `UCI${customer}` } };
}

/** Thousandths as a decimal. */
function decimal(millis: number): string {
  return `${Math.floor(millis / 1_000)}.${String(millis % 1_000).padStart(3, '0')}`;
}

async function untilAnswered<Thing extends object>(what: string, ask: () => Promise<Answer<Thing>>): Promise<Thing> {
  for (let attempt = 0; ; attempt++) {
    const answer = await ask();
    if (!isRefusal(answer) || !answer.retrySafe || attempt === RETRIES) return accepted(answer, what);
    await sleep(backoff(attempt));
  }
}

/** An answer for each input, in order; those that are refused for now are sent again, alone. */
async function bulkUntilAnswered<Input, Thing extends object>(
  inputs: readonly Input[],
  ask: (inputs: readonly Input[]) => Promise<readonly Answer<Thing>[]>,
  nameOf: (input: Input) => string,
): Promise<Thing[]> {
  const answers: (Thing | undefined)[] = inputs.map(() => undefined);
  let open = inputs.map((input, at) => ({ input, at }));
  for (let attempt = 0; open.length > 0; attempt++) {
    const given = await ask(open.map(({ input }) => input));
    const again: typeof open = [];
    open.forEach((each, i) => {
      const answer = given[i] as Answer<Thing> | RefusalAnswer;
      if (isRefusal(answer) && answer.retrySafe && attempt < RETRIES) again.push(each);
      else answers[each.at] = accepted(answer, nameOf(each.input));
    });
    open = again;
    if (open.length > 0) await sleep(backoff(attempt));
  }
  return answers as Thing[];
}
