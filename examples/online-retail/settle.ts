import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLClient } from './graphql-client';
import { type Answer, accepted, REFUSAL } from './refusals';

/** A line of a statement, as the brand whose statement it is sees it. */
export interface StatementLine {
  readonly kind: 'ISSUANCE' | 'CLAWBACK' | 'REIMBURSEMENT' | 'REINSTATEMENT' | 'ARREARS_FILL' | 'FOREIGN_CLAWBACK';
  readonly owedBy: 'BRAND' | 'COUNTERPARTY';
  readonly counterparty: { readonly code: string };
  readonly points: number;
  readonly amount: { readonly amount: string };
}

export interface Statement {
  readonly month: string;
  readonly brand: { readonly code: string };
  readonly net: { readonly amount: string };
  readonly payable: { readonly amount: string };
  readonly lines: readonly StatementLine[];
}

const CLOSE = `mutation Close($input: ClosePeriodInput!) { closePeriod(input: $input) { __typename ... on Period { status } ${REFUSAL} } }`;
const STATUS = 'query Status($currency: String!, $month: String!) { period(currency: $currency, month: $month) { status } }';
const LINE = 'kind owedBy counterparty { code } points amount { amount }';
const STATEMENTS = `query Statements($currency: String!, $month: String!) {
  period(currency: $currency, month: $month) {
    statements(first: 10) { edges { node {
      month brand { code } net { amount } payable { amount }
      lines(first: 60) { edges { node { ${LINE} } } pageInfo { hasNextPage } }
      adjustments(first: 1) { edges { cursor } }
    } } pageInfo { hasNextPage } }
  }
}`;

/** Clearing is behind by seconds, not by this. */
const PATIENCE_MS = 600_000;

/** Closes the months, in order, and waits until each has its statements. */
export async function closeMonths(operator: GraphQLClient, currency: string, months: readonly string[], onClosed: (month: string) => void): Promise<void> {
  for (const month of months) {
    const { closePeriod } = await operator.run<{ closePeriod: Answer<{ status: string }> }>(CLOSE, { input: { currency, month } });
    let { status } = accepted(closePeriod, `closing ${month}`);
    for (const began = performance.now(); status !== 'CLOSED' && status !== 'SETTLED'; ) {
      if (performance.now() - began > PATIENCE_MS)
        throw new Error(`${month} is still ${status} after ${PATIENCE_MS / 60_000} minutes. Are the workers running?`);
      await sleep(100);
      const { period } = await operator.run<{ period: { status: string } }>(STATUS, { currency, month });
      status = period.status;
    }
    onClosed(month);
  }
}

interface Page<Node> {
  readonly edges: readonly { readonly node: Node }[];
  readonly pageInfo: { readonly hasNextPage: boolean };
}
type RawStatement = Omit<Statement, 'lines'> & { readonly lines: Page<StatementLine>; readonly adjustments: { readonly edges: readonly unknown[] } };

/**
 * Every brand's statements of the months. Throws when events were booked late: the months were closed in order, after
 * everything was posted.
 */
export async function readStatements(operator: GraphQLClient, currency: string, months: readonly string[]): Promise<Statement[]> {
  const statements: Statement[] = [];
  for (const month of months) {
    const { period } = await operator.run<{ period: { statements: Page<RawStatement> } }>(STATEMENTS, { currency, month });
    for (const { node } of period.statements.edges) {
      if (node.lines.pageInfo.hasNextPage || period.statements.pageInfo.hasNextPage)
        throw new Error(`The statements of ${month} are longer than the replay's can be.`);
      if (node.adjustments.edges.length > 0)
        throw new Error(`The statement of ${node.brand.code} for ${month} has adjustments: something was posted after an earlier month was closed.`);
      statements.push({ ...node, lines: node.lines.edges.map((edge) => edge.node) });
    }
  }
  return statements;
}

/** Millionths of a money amount with six decimals. */
export function micros(amount: string): number {
  const value = Number(amount.replace('.', ''));
  if (!/^-?\d+\.\d{6}$/.test(amount) || !Number.isSafeInteger(value)) throw new Error(`"${amount}" is no amount with six decimals`);
  return value;
}
