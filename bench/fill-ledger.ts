import { pino } from 'pino';
import type { AccountId } from '../src/ledger/ledger/posting';
import { createLedger, type RunningLedger } from '../src/ledger/ledger/posting-ledger';
import { dayOf, monthStart } from '../src/ledger/points/calendar';
import { systemClock } from '../src/platform/clock';
import { newUuid, type Uuid } from '../src/platform/ids';
import { only } from '../src/platform/one-of';
import type { BenchDatabase } from './durable-server';

export const TERMS: Uuid = '00000000-0000-7000-8000-0000000000aa';
const BRANDS = 20;

export interface TrafficBrand {
  readonly id: Uuid;
  readonly issued: AccountId;
  readonly redeemed: AccountId;
  /** Lots that it issues this month. */
  readonly originId: number;
}

/** A ledger with members' wallets and their history, brands, and nothing above it. */
export interface FilledLedger {
  readonly ledger: RunningLedger;
  readonly database: BenchDatabase;
  readonly currencyId: number;
  readonly firstWallet: AccountId;
  readonly wallets: number;
  readonly brands: readonly TrafficBrand[];
}

export interface Filling {
  readonly wallets: number;
  /** Transfers that each wallet has behind it, at least 1: the first is what it starts with. */
  readonly transfersEach: number;
  /** Connections for transactions of one request each. */
  readonly ownTransactions: number;
}

/** Opens a ledger on an empty database and gives its wallets a past, set-based, with all indexes in place. */
export async function fillLedger(database: BenchDatabase, filling: Filling): Promise<FilledLedger> {
  const { superuser } = database;
  const ledger = createLedger({
    connectionString: database.urls.kernel,
    clock: systemClock,
    log: pino({ level: 'warn' }),
    maxWorkerConnections: filling.ownTransactions,
  });
  const { rows } = await superuser.query<{ id: number }>("INSERT INTO currency (code, kind, scale) VALUES ('BENCH', 'POINTS', 0) RETURNING id");
  const currencyId = only(rows).id;
  const brands = await Promise.all(Array.from({ length: BRANDS }, (_, at) => openBrand(ledger, currencyId, `BRAND${at}`)));
  const opened = await superuser.query<{ first: string }>({
    text: `WITH opened AS (
        INSERT INTO account (kind, owner_id, currency_id, guarded, opened_at) SELECT 'WALLET', uuidv7(), $1, true, now() FROM generate_series(1, $2) RETURNING id)
      SELECT min(id) AS first FROM opened`,
    values: [currencyId, filling.wallets],
  });
  const firstWallet = Number(only(opened.rows).first);
  await superuser.query({
    text: `CREATE TABLE filling AS SELECT n - 1 AS brand, i AS issued, r AS redeemed, o AS origin, p AS party
      FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::uuid[]) WITH ORDINALITY AS x (i, r, o, p, n)`,
    values: [
      brands.map((brand) => brand.issued),
      brands.map((brand) => brand.redeemed),
      brands.map((brand) => brand.originId),
      brands.map((brand) => brand.id),
    ],
  });
  for (let place = 1; place <= filling.transfersEach; place++) await addRound(database, place, firstWallet, filling.wallets, currencyId);
  await superuser.query(BALANCES);
  await superuser.query(LOTS);
  await superuser.query('DROP TABLE filling');
  await superuser.query('VACUUM ANALYZE');
  await superuser.query('CHECKPOINT');
  return { ledger, database, currencyId, firstWallet, wallets: filling.wallets, brands };
}

async function openBrand(ledger: RunningLedger, currencyId: number, code: string): Promise<TrafficBrand> {
  const id = newUuid();
  const [issued, redeemed] = await ledger.openAccounts([
    { kind: 'ISSUED', owner: id, currencyId },
    { kind: 'REDEEMED', owner: id, currencyId },
  ]);
  const issueMonth = monthStart(dayOf(new Date(), 'UTC'));
  const originId = await ledger.lotOrigin({ issuer: id, issuerCode: code, currencyId, issueMonth, termsId: TERMS, offerId: null });
  return { id, issued, redeemed, originId };
}

/**
 * Every fifth transfer spends 100, the others earn: 10,000 to begin with, then 100 each. All in one lot: what is long
 * past has left no others.
 */
async function addRound({ superuser }: BenchDatabase, place: number, firstWallet: AccountId, wallets: number, currencyId: number): Promise<void> {
  const spends = place % 5 === 0;
  const balance = (place: number) => 10_000 + 100 * (place - 1 - 2 * Math.floor(place / 5));
  const lot = `date '2099-01-01'`;
  const made = await superuser.query({
    text: `WITH made AS MATERIALIZED (
        SELECT w.id AS wallet, gen_random_uuid() AS posting, uuidv7() AS transfer, f.*
        FROM (SELECT id FROM account WHERE id BETWEEN $1 AND $2 ORDER BY hashint8(id + $3)) w JOIN filling f ON f.brand = w.id % ${BRANDS}),
      postings AS (
        INSERT INTO posting (id, party_id, kind, content_hash, outcome, result, occurred_at, recorded_at)
        SELECT posting, party, $4, sha256(uuid_send(posting)), 'ACCEPTED',
          json_build_object('answer', json_build_object('transferId', transfer), 'refusal', null, 'balances', json_build_array(json_build_object(
            'account', wallet, 'active', $6::bigint, 'pending', 0, 'held', 0, 'arrears', 0, 'spendable', $6::bigint))), now(), now() FROM made),
      allocations AS (
        INSERT INTO allocation (transfer_id, position, account_id, origin_id, expires_on, available_on, amount)
        SELECT transfer, 0, wallet, origin, ${lot}, '-infinity', 100 FROM made WHERE ${spends})
      INSERT INTO transfer (id, posting_id, party_id, debit_account, credit_account, currency_id, amount, code, origin_id, lot_expires_on, lot_available_on,
        debit_balance_after, debit_seq, credit_balance_after, credit_seq, terms_id, occurred_at, recorded_at)
      SELECT transfer, posting, party, ${spends ? 'wallet, redeemed' : 'issued, wallet'}, $5, ${place === 1 ? 10_000 : 100}, $4,
        ${spends ? `NULL, NULL, NULL, $6::bigint, $3::bigint, NULL, NULL` : `origin, ${lot}, '-infinity', NULL, NULL, $6::bigint, $3::bigint`}, '${TERMS}', now(), now() FROM made`,
    values: [firstWallet, firstWallet + wallets - 1, place, spends ? 'BURN' : 'EARN', currencyId, balance(place)],
  });
  if (made.rowCount !== wallets) throw new Error(`${made.rowCount} transfers were made for ${wallets} wallets`);
}

const BALANCES = `
  UPDATE account a SET credits = x.credits, debits = x.debits, seq = x.seq FROM (
    SELECT id, sum(credit) AS credits, sum(debit) AS debits, max(seq) AS seq FROM (
      SELECT credit_account AS id, amount AS credit, 0 AS debit, credit_seq AS seq FROM transfer WHERE credit_seq IS NOT NULL
      UNION ALL SELECT debit_account, 0, amount, debit_seq FROM transfer WHERE debit_seq IS NOT NULL) sides GROUP BY id) x WHERE a.id = x.id`;
const LOTS = `
  INSERT INTO lot (account_id, expires_on, issue_month, issuer_code, origin_id, available_on, remaining)
  SELECT x.account, x.expires_on, o.issue_month, o.issuer_code, o.id, x.available_on, sum(x.amount) FROM (
    SELECT credit_account AS account, origin_id, lot_expires_on AS expires_on, lot_available_on AS available_on, amount FROM transfer WHERE credit_seq IS NOT NULL
    UNION ALL SELECT account_id, origin_id, expires_on, available_on, -amount FROM allocation) x JOIN lot_origin o ON o.id = x.origin_id
  GROUP BY 1, 2, 3, 4, 5, 6`;
