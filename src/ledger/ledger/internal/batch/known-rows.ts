import type { ClientBase, Pool } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '../../../../platform/clock';
import { coalesce } from '../../../../platform/database/coalesce';
import type { KnownServer } from '../../../../platform/database/known-server';
import type { Uuid } from '../../../../platform/ids';
import { type OneEach, only } from '../../../../platform/one-of';
import { dayToIso } from '../../../points/calendar';
import type { AccountKind, AccountRef, LotOrigin } from '../../ledger';
import type { AccountId, PostingRequest } from '../../posting';
import { twinOf } from '../decide/graced-lot';
import type { OriginState } from '../decide/wallet-state';
import type { Known } from '../rows/load-state';
import { day } from '../rows/raw-rows';
import { ledgerUnavailable } from './failures';

interface KnownRowsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Accounts whose ids are remembered; default 500,000. */
  readonly maxKnownAccounts?: number;
}

/**
 * What a process remembers of accounts and origins, which never change: their ids by what names them. It is forgotten
 * when another server is met, which may know less.
 */
export class KnownRows implements Known {
  readonly origins = new Map<number, OriginState>();
  readonly summed = new Map<AccountId, number>();
  private readonly originIds = new Map<string, number>();
  private readonly accountIds = new Map<string, AccountId>();
  /** The generation of the server that is kept from. */
  private generation = 0;
  /** Since when, by the clock; what was asked for before it may rest on what is no more. */
  private keptSince = Number.NEGATIVE_INFINITY;
  private readonly openUnknown = coalesce('the opening of accounts', (_of: 'all', refs: readonly AccountRef[]) => this.outlast(() => this.findOrOpen(refs)));

  constructor(
    private readonly lookups: Pool,
    private readonly server: KnownServer,
    /** Tries again what may be repeated, while the database is out. */
    private readonly outlast: <T>(attempt: () => Promise<T>) => Promise<T>,
    private readonly options: KnownRowsOptions,
  ) {}

  async openAccounts<const Refs extends readonly AccountRef[]>(refs: Refs): Promise<OneEach<Refs, AccountId>> {
    this.forgetOthers();
    const ids = refs.map((ref) => this.accountIds.get(accountKey(ref)));
    if (!ids.includes(undefined)) return ids as OneEach<Refs, AccountId>;
    const opened = await this.openUnknown(
      'all',
      refs.filter((_, at) => ids[at] === undefined),
    );
    let at = 0;
    return ids.map((id) => id ?? opened[at++]) as OneEach<Refs, AccountId>;
  }

  async lotOrigin(origin: LotOrigin): Promise<number> {
    this.forgetOthers();
    const key = `${origin.issuer} ${origin.currencyId} ${origin.issueMonth} ${origin.termsId} ${origin.offerId}`;
    const known = this.originIds.get(key);
    if (known !== undefined) return known;
    const name = [origin.issuer, origin.currencyId, dayToIso(origin.issueMonth), origin.termsId, origin.offerId];
    const row = await this.outlast(async () => {
      const find = () => this.ofOneServer(() => this.lookups.query<{ id: number; issuer_code: string }>({ text: FIND_ORIGIN, values: name }));
      const [found] = (await find()).rows;
      if (found) return found;
      await this.lookups.query({ text: INSERT_ORIGIN, values: [...name, origin.issuerCode] });
      return only((await find()).rows);
    });
    // The issuer's code is part of the lots' keys: the one that they were made with counts, not the one it has now.
    this.rememberOrigin(row.id, { issuer: origin.issuer, issuerCode: row.issuer_code, issueMonth: origin.issueMonth });
    this.originIds.set(key, row.id);
    return row.id;
  }

  /** Forgets what was read from a server that is another one by now. */
  private forgetOthers(): void {
    if (this.generation === this.server.generation) return;
    this.generation = this.server.generation;
    this.keptSince = this.options.clock.now().getTime();
    for (const kept of [this.accountIds, this.originIds, this.origins, this.summed]) kept.clear();
    this.options.log.warn('the database is another server now, which may know less: what was kept of the former is forgotten');
  }

  /** Throws UNAVAILABLE for requests that may rest on another server's rows: sent again, they are made anew. */
  requireCurrent(requests: readonly PostingRequest[]): void {
    this.forgetOthers();
    if (requests.some(({ recordedAt }) => recordedAt < this.keptSince)) throw ledgerUnavailable();
  }

  /** What is read to be kept counts only if no other server was met meanwhile. */
  private async ofOneServer<T>(read: () => Promise<T>): Promise<T> {
    const { generation } = this.server;
    const found = await read();
    if (generation !== this.server.generation) throw ledgerUnavailable();
    this.forgetOthers();
    return found;
  }

  private async findOrOpen(refs: readonly AccountRef[]): Promise<AccountId[]> {
    const keys = refs.map(accountKey);
    const unknown = new Map(refs.map((ref) => [accountKey(ref), ref]));
    const ids = new Map<string, AccountId>();
    // Sorted, so that two callers who open the same accounts at once cannot deadlock.
    const sorted = [...unknown].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ref]) => ref);
    const values = [sorted.map((ref) => ref.owner), sorted.map((ref) => ref.kind), sorted.map((ref) => ref.currencyId), this.options.clock.now()];
    // Again where somebody else opens some of them at the same time: those were neither there nor made.
    for (let attempt = 0; attempt < 2 && ids.size < unknown.size; attempt++) {
      const { rows } = await this.ofOneServer(() =>
        this.lookups.query<AccountRow>({ name: 'kernel-find-or-open-accounts', text: FIND_OR_OPEN_ACCOUNTS, values }),
      );
      for (const row of rows) {
        const key = accountKey({ kind: row.kind, owner: row.owner_id, currencyId: row.currency_id });
        ids.set(key, Number(row.id));
        this.remember(key, Number(row.id), row.guarded ? null : row.currency_id);
      }
    }
    return keys.map((key) => {
      const id = ids.get(key);
      if (id === undefined) throw new Error(`account ${key} could not be opened`);
      return id;
    });
  }

  private remember(key: string, id: AccountId, summedCurrency: number | null): void {
    if (summedCurrency !== null) this.summed.set(id, summedCurrency);
    // Wallets come and go in the cache; it is emptied rather than let grow without bound.
    if (this.accountIds.size >= (this.options.maxKnownAccounts ?? 500_000)) this.accountIds.clear();
    this.accountIds.set(key, id);
  }

  async loadOrigins(client: ClientBase, ids: readonly number[]): Promise<void> {
    const text = 'SELECT id, issuer_id, issuer_code, issue_month::text FROM lot_origin WHERE id = ANY($1::int[])';
    const { rows } = await this.ofOneServer(() =>
      client.query<{ id: number; issuer_id: Uuid; issuer_code: string; issue_month: string }>({ name: 'kernel-origins', text, values: [ids] }),
    );
    for (const row of rows) this.rememberOrigin(row.id, { issuer: row.issuer_id, issuerCode: row.issuer_code, issueMonth: day(row.issue_month) });
  }

  /** With its twin: whichever of them a batch has read, it may make lots of the other. */
  private rememberOrigin(id: number, origin: OriginState): void {
    this.origins.set(id, origin);
    this.origins.set(twinOf(id), origin);
  }
}

interface AccountRow {
  readonly id: string;
  readonly kind: AccountKind;
  readonly owner_id: Uuid;
  readonly currency_id: number;
  readonly guarded: boolean;
}

function accountKey({ kind, owner, currencyId }: AccountRef): string {
  return `${kind} ${owner} ${currencyId}`;
}

// Most are there already, and reading takes no locks. A new account of a locked wallet is locked like the others.
const FIND_OR_OPEN_ACCOUNTS = `
  WITH asked AS MATERIALIZED (
    SELECT n.owner_id, n.kind, n.currency_id, a.id, a.guarded FROM unnest($1::uuid[], $2::text[], $3::smallint[]) AS n (owner_id, kind, currency_id)
    LEFT JOIN LATERAL (SELECT * FROM account a WHERE a.owner_id = n.owner_id AND a.kind = n.kind AND a.currency_id = n.currency_id) a ON true),
  opened AS (
    INSERT INTO account (owner_id, kind, currency_id, guarded, spend_locked, opened_at)
    SELECT n.owner_id, n.kind, n.currency_id, n.kind IN ('WALLET', 'POOL'),
      n.kind IN ('WALLET', 'POOL') AND coalesce((SELECT bool_or(o.spend_locked) FROM account o WHERE o.owner_id = n.owner_id AND o.kind = n.kind), false), $4::timestamptz
    FROM asked n WHERE n.id IS NULL
    ON CONFLICT (owner_id, kind, currency_id) DO NOTHING RETURNING id, kind, owner_id, currency_id, guarded)
  SELECT id, kind, owner_id, currency_id, guarded FROM asked WHERE id IS NOT NULL
  UNION ALL SELECT id, kind, owner_id, currency_id, guarded FROM opened`;
// With its twin: see graced-lot.
const INSERT_ORIGIN = `
  WITH made AS (
    INSERT INTO lot_origin (issuer_id, currency_id, issue_month, terms_id, offer_id, issuer_code) VALUES ($1, $2, $3::date, $4, $5, $6)
    ON CONFLICT DO NOTHING RETURNING *)
  INSERT INTO lot_origin (id, issuer_id, currency_id, issue_month, terms_id, offer_id, issuer_code) OVERRIDING SYSTEM VALUE
  SELECT -id, issuer_id, currency_id, issue_month, terms_id, offer_id, issuer_code FROM made`;
const FIND_ORIGIN = `
  SELECT id, issuer_code FROM lot_origin
  WHERE issuer_id = $1 AND currency_id = $2 AND issue_month = $3::date AND terms_id = $4 AND offer_id IS NOT DISTINCT FROM $5 AND id > 0`;
