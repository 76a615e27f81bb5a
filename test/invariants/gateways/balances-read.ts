import type { PointsApi } from '../../support/points-api';
import { uuidIn } from '../../support/shown-ids';

const BALANCES = 'query ($ref: MemberRefInput!) { member(ref: $ref) { id wallet { id balances { currency active pending held arrears spendable } } } }';

interface Balance {
  readonly currency: string;
  readonly active: number;
  readonly pending: number;
  readonly held: number;
  readonly arrears: number;
  readonly spendable: number;
}

interface Answer {
  readonly data?: { readonly member: { readonly id: string; readonly wallet: { readonly id: string; readonly balances: readonly Balance[] } } };
}

/**
 * Balances that the operator's staff was shown, who sees all of them: each must add up, and be one that the wallet had
 * after some movement.
 */
export class BalancesRead {
  count = 0;
  private readonly sums = new Map<string, Set<number>>();
  /** Ids of members, by card: a look by card is logged. */
  private readonly members = new Map<string, string>();

  constructor(private readonly points: PointsApi) {}

  /**
   * Asks a gateway for the balances of a card's wallet; what is wrong with them by themselves. Throws when there is no
   * answer.
   */
  async read(url: string, card: string): Promise<string[]> {
    const { test, coalition } = this.points;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${await coalition.freshOperatorToken()}` };
    const known = this.members.get(card);
    const ref = known ? { id: known } : { identifier: { kind: 'CARD', value: card } };
    const body = JSON.stringify({ query: BALANCES, variables: { ref } });
    const answer = (await (await fetch(url, { method: 'POST', headers, body })).json()) as Answer;
    if (!answer.data) throw new Error(`the balances of ${card}: ${JSON.stringify(answer)}`);
    this.members.set(card, answer.data.member.id);
    const { id, balances } = answer.data.member.wallet;
    const wallet = test.app.keys.fromPairwise('wallet', 'coalition', uuidIn(id));
    const findings: string[] = [];
    for (const { currency, ...parts } of balances) {
      const { active, pending, held, arrears, spendable } = parts;
      if (Object.values(parts).some((part) => part < 0) || spendable !== Math.max(0, active - arrears))
        findings.push(`balance: ${card} ${currency} does not add up: ${JSON.stringify(parts)}`);
      const of = `${wallet} ${currency}`;
      const sums = this.sums.get(of);
      if (sums) sums.add(active + pending + held - arrears);
      else this.sums.set(of, new Set([active + pending + held - arrears]));
      this.count++;
    }
    return findings;
  }

  /**
   * Those read since it was last asked that their wallet never had: put together from before a movement and after it.
   */
  async neverHad(): Promise<string[]> {
    const read = [...this.sums].flatMap(([of, sums]) => [...sums].map((sum) => [...of.split(' '), sum] as const));
    this.sums.clear();
    const columns = [0, 1, 2].map((at) => read.map((row) => row[at]));
    const { rows } = await this.points.test.database.owner.query(NEVER_HAD, columns);
    return rows.map(({ wallet, currency, sum }) => `balance: wallet ${wallet} was shown with ${sum} ${currency} and never had them`);
  }
}

const NEVER_HAD = `
  SELECT r.* FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS r (wallet, currency, sum)
  JOIN currency c ON c.code = r.currency JOIN account a ON a.owner_id = r.wallet AND a.kind = 'WALLET' AND a.currency_id = c.id
  WHERE r.sum <> 0
    AND NOT EXISTS (SELECT FROM transfer WHERE credit_account = a.id AND credit_seq IS NOT NULL AND credit_balance_after = r.sum)
    AND NOT EXISTS (SELECT FROM transfer WHERE debit_account = a.id AND debit_seq IS NOT NULL AND debit_balance_after = r.sum)`;
