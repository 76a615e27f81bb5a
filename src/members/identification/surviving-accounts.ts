import type { PoolClient } from 'pg';
import type { AccountId, LedgerView } from '../../ledger/ledger/posting';
import { StateMoved } from '../../ledger/ledger/state-moved';
import type { Uuid } from '../../platform/ids';
import { notNow } from '../../platform/not-now';
import { only } from '../../platform/one-of';
import type { ResolvedMember } from './resolve-members';

interface Survivor {
  readonly account: AccountId;
  readonly closed: boolean;
}

/**
 * Where the points of wallet accounts are, now that some were merged into others. What reverses an earlier event goes
 * there.
 */
export class SurvivingAccounts {
  constructor(private readonly survivors: ReadonlyMap<AccountId, Survivor>) {}

  /** The account itself, or the one that it was merged into. */
  of(account: AccountId): AccountId {
    return this.survivors.get(account)?.account ?? account;
  }

  /**
   * What a posting about these accounts loads: the one that the first one's points are in first, so that its balance is
   * the answer's.
   */
  get loads(): AccountId[] {
    return [...new Set([...[...this.survivors.values()].map(({ account }) => account), ...this.survivors.keys()])];
  }

  /**
   * A plan that is made only if the accounts are still where they were looked up: throws StateMoved when one was merged
   * or closed since.
   */
  guard<Planned>(plan: (view: LedgerView) => Planned): (view: LedgerView) => Planned {
    return (view) => {
      for (const { account, closed } of this.survivors.values())
        if (view.wallet(account).closed !== closed) throw new StateMoved(`account ${account} was merged or closed since it was looked up`);
      return plan(view);
    };
  }
}

/**
 * Looks the accounts up, whoever may see them: a brand settles its own purchases and redemptions wherever their points
 * are.
 */
export async function survivingAccounts(client: PoolClient, accounts: readonly AccountId[]): Promise<SurvivingAccounts> {
  const { rows } = await client.query<{ asked: string; id: string; closed: boolean }>({
    name: 'surviving-accounts',
    text: 'SELECT asked, s.id, s.closed FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (asked, place) CROSS JOIN LATERAL surviving_account(asked) s ORDER BY place',
    values: [[...new Set(accounts)]],
  });
  return new SurvivingAccounts(new Map(rows.map((row) => [Number(row.asked), { account: Number(row.id), closed: row.closed }])));
}

/** The member, or whom it was merged into. */
export async function survivingMember(client: PoolClient, memberId: Uuid): Promise<Uuid> {
  const { rows } = await client.query<{ id: Uuid }>({ name: 'surviving-member', text: 'SELECT surviving_member($1) AS id', values: [memberId] });
  return only(rows).id;
}

/**
 * The member's wallet, and those of who was merged into the member: what was recorded stays in the wallet that it was
 * recorded in.
 */
export async function walletsOfMember(client: PoolClient, memberId: Uuid): Promise<Uuid[]> {
  const { rows } = await client.query<{ id: Uuid }>({ name: 'wallets-of-member', text: 'SELECT wallets_of_member($1) AS id', values: [memberId] });
  return rows.map(({ id }) => id);
}

/**
 * A plan for accounts of members who were active when they were looked up. Throws StateMoved where one is closed by
 * now: its member was merged, perhaps, and the points are the survivor's.
 */
export function whileOpen<Planned>(accounts: readonly AccountId[], plan: (view: LedgerView) => Planned): (view: LedgerView) => Planned {
  return (view) => {
    for (const account of accounts) if (view.wallet(account).closed) throw new StateMoved(`account ${account} was closed since its member was looked up`);
    return plan(view);
  };
}

/** What a plan rests on that spends a member's points. */
interface Proved extends Pick<ResolvedMember, 'proofsEnded'> {
  /** One of the member's accounts: all have the same count. */
  readonly account: AccountId;
}

/**
 * whileOpen, for what rests on what proved the member: throws StateMoved too where anything has ended by now that did,
 * a card or a confirmed link. Whoever was answered that it has ended finds nothing booked on it later
 * (docs/decisions/0025).
 */
export function whileProved<Planned>({ account, proofsEnded }: Proved, accounts: readonly AccountId[], plan: (view: LedgerView) => Planned) {
  return whileOpen(accounts, (view) => {
    if (view.wallet(account).proofsEnded > proofsEnded) throw new StateMoved(`something that proved the holder of account ${account} has ended since`);
    return plan(view);
  });
}

const MOST_ATTEMPTS = 5;

/** Runs work again that finds a wallet merged or closed since it looked. Throws OVERLOADED when that does not end. */
export async function lookingAgain<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StateMoved)) throw error;
      if (attempt >= MOST_ATTEMPTS) throw notNow.refuse('OVERLOADED');
    }
  }
}
