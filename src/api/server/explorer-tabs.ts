import { randomBytes } from 'node:crypto';
import { parse, print } from 'graphql';

/** As whom a tab's operation is asked. */
export type TabPrincipal = 'FUEL' | 'TAXI' | 'MEMBER' | 'FINANCE' | 'OPERATOR';

/** What the explorer needs of a demo coalition so that its tabs work as they are. */
export interface ExplorerDemo {
  /** A card of the member's, the points currency, and the month ("2026-06") in which the tour takes place. */
  readonly card: string;
  readonly currency: string;
  readonly month: string;
  /** An access token that is good now. */
  tokenFor(principal: TabPrincipal): Promise<string>;
}

/** A tab as GraphiQL takes it. */
export interface ExplorerTab {
  readonly query: string;
  /** JSON text. */
  readonly variables: string;
  /** JSON text. */
  readonly headers: string;
}

/**
 * What the examples' variables are made of. `visit` is new for each opening of the page, so that the tour can be taken
 * again.
 */
type Facts = Pick<ExplorerDemo, 'card' | 'currency' | 'month'> & { readonly visit: string };

interface Example {
  readonly as: TabPrincipal;
  readonly query: string;
  readonly variables: (facts: Facts) => Record<string, unknown>;
}

/** The tour: what a coalition does, from the till to the statement. Each tab has the name of its operation. */
const EXAMPLES: readonly Example[] = [
  {
    as: 'FUEL',
    query: `# 1. Ana buys fuel and shows her card: FUEL issues points to her.
# Run it twice: the second answer is the first one again (duplicate: true).
mutation EarnAtFuel($input: RecordPurchaseInput!) {
  recordPurchase(input: $input) {
    ... on RecordedPurchase { purchaseId points amount expiresOn duplicate balance { active spendable } }
    ... on Refusal { code message }
  }
}`,
    variables: ({ card, currency, month, visit }) => ({
      input: {
        idempotencyKey: `explorer-purchase-${visit}`,
        member: { identifier: { kind: 'CARD', value: card } },
        currency,
        moneyCurrency: 'EUR',
        occurredAt: `${month}-10T09:30:00Z`,
        lines: [
          { sku: 'DIESEL', category: 'fuel', quantity: '40', unitPrice: '1.659' },
          { sku: 'COFFEE', category: 'shop', quantity: '1', unitPrice: '2.90' },
        ],
      },
    }),
  },
  {
    as: 'MEMBER',
    query: `# 2. Ana looks at her wallet, in the app of any brand.
query Balance($currency: String!) {
  me {
    wallet {
      balances { currency active pending held arrears spendable nextExpiries { on points } }
      movements(currency: $currency, first: 10) { edges { node { kind points occurredAt balanceAfter } } }
    }
  }
}`,
    variables: ({ currency }) => ({ currency }),
  },
  {
    as: 'TAXI',
    query: `# 3. She orders a taxi: TAXI sets points aside until the ride is over.
# Too few points: that answer is remembered too. Ask anew with another idempotencyKey.
mutation HoldAtTaxi($input: HoldInput!) {
  hold(input: $input) {
    ... on Redemption { redemptionId points value { amount currency } expiresAt balance { active spendable } }
    ... on Refusal { code message }
    ... on InsufficientPoints { available }
  }
}`,
    variables: ({ card, currency, month, visit }) => ({
      input: {
        idempotencyKey: `explorer-hold-${visit}`,
        member: { identifier: { kind: 'CARD', value: card } },
        currency,
        points: 300,
        purchaseAmount: { amount: '12.00', currency: 'EUR' },
        occurredAt: `${month}-12T18:00:00Z`,
      },
    }),
  },
  {
    as: 'TAXI',
    query: `# 4. The ride cost less: TAXI captures a part, the rest is hers again.
# Paste the redemptionId of tab 3.
mutation CaptureAtTaxi($input: CaptureHoldInput!) {
  captureHold(input: $input) {
    ... on CapturedHold { points released }
    ... on Refusal { code message }
  }
}`,
    variables: ({ month, visit }) => ({
      input: { idempotencyKey: `explorer-capture-${visit}`, redemptionId: 'red_', points: 250, occurredAt: `${month}-12T18:40:00Z` },
    }),
  },
  {
    as: 'FUEL',
    query: `# 5. She brings the coffee back: what it earned is taken back.
# Paste the purchaseId of tab 1. The balance is null: FUEL knows her by a card alone.
mutation ReturnAtFuel($input: RecordReturnInput!) {
  recordReturn(input: $input) {
    ... on RecordedReturn { returnId clawedBack reinstated pointsKept amountLeft balance { active spendable } }
    ... on Refusal { code message }
  }
}`,
    variables: ({ month, visit }) => ({
      input: { idempotencyKey: `explorer-return-${visit}`, purchaseId: 'pur_', occurredAt: `${month}-13T10:00:00Z`, lines: [{ lineNo: 2, quantity: '1' }] },
    }),
  },
  {
    as: 'FINANCE',
    query: `# 6. The month is over: the operator's finance closes it.
# The workers draw the statements up a moment later.
mutation CloseMonth($input: ClosePeriodInput!) {
  closePeriod(input: $input) {
    ... on Period { month status }
    ... on Refusal { code message }
  }
}`,
    variables: ({ currency, month }) => ({ input: { currency, month } }),
  },
  {
    as: 'FINANCE',
    query: `# 7. Who owes whom: a statement for each brand; all nets sum to zero.
query Statements($currency: String!) {
  statements(currency: $currency, first: 10) {
    edges {
      node {
        month
        brand { code }
        net { amount currency }
        payable { amount currency }
        dueOn
        lines(first: 10) { edges { node { kind counterparty { code } points price { amount } amount { amount } } } }
      }
    }
  }
}`,
    variables: ({ currency }) => ({ currency }),
  },
  {
    as: 'OPERATOR',
    query: `# 8. What was agreed: partnerships and the terms in force.
query Coalition {
  partnerships(first: 20) {
    edges {
      node {
        brand { code name }
        partner { code }
        currency { code clearingModel settlementCurrency }
        state
        termsInForce { version effectiveFrom mayIssue mayRedeem issuancePrice { amount currency } reimbursementPrice { amount currency } }
      }
    }
  }
}`,
    variables: () => ({}),
  },
  {
    as: 'MEMBER',
    query: `# 9. Ana turns some of what she has left into miles.
# dryRun: true shows what she would get, and writes nothing.
mutation ConvertIntoMiles($input: ConvertInput!) {
  convert(input: $input) {
    ... on ConvertedPoints { points fee received dryRun duplicate fromBalance { currency spendable } toBalance { currency spendable } }
    ... on Refusal { code message }
  }
}`,
    variables: ({ currency, visit }) => ({ input: { idempotencyKey: `explorer-convert-${visit}`, from: currency, to: 'MILES', points: 100, dryRun: false } }),
  },
];

const PLACEHOLDERS: Omit<Facts, 'visit'> = { card: 'a card number', currency: 'a points currency', month: '2026-01' };

/** The explorer's tabs. With a demo, each carries the token of its principal; otherwise the reader's own goes there. */
export async function explorerTabs(demo: ExplorerDemo | null): Promise<ExplorerTab[]> {
  const facts = { ...(demo ?? PLACEHOLDERS), visit: randomBytes(4).toString('hex') };
  return Promise.all(
    EXAMPLES.map(async ({ as, query, variables }) => ({
      query: spread(query),
      variables: JSON.stringify(variables(facts), null, 2),
      headers: JSON.stringify({ Authorization: `Bearer ${demo ? await demo.tokenFor(as) : `<access token: ${as}>`}` }, null, 2),
    })),
  );
}

/** A field a line, for the narrow editor; the comment at its head stays. */
function spread(query: string): string {
  const comment = /^(?:#.*\n)*/.exec(query)?.[0] ?? '';
  return comment + print(parse(query));
}
