import { Client } from 'pg';
import type { PostingOutcome, Step } from '../../../src/ledger/ledger/posting';
import { ALWAYS, dayFromIso, dayOf, NEVER } from '../../../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import type { Finding } from '../../../src/process/verify/finding';
import { verifyBooks } from '../../../src/process/verify/verify-books';
import { holdUntil } from '../../support/holds';
import { createTestApp, type TestApp } from '../../support/test-app';

let books: TestApp;
let checker: Client;
let wallet: number;
let owner: Uuid;
const ids: Record<string, Uuid> = {};

async function post(step: Step, holds: Uuid[] = [], transfers: Uuid[] = []): Promise<PostingOutcome> {
  const now = books.clock.now();
  const outcome = await books.app.ledger.post({
    id: newUuid(),
    party: newUuid(),
    kind: 'TEST',
    contentHash: Buffer.alloc(32),
    occurredAt: now.getTime(),
    recordedAt: now.getTime(),
    day: dayOf(now, 'UTC'),
    loads: { wallets: [wallet], holds, transfers },
    plan: () => ({ steps: [step], answer: {} }),
  });
  if (outcome.refusal) throw new Error(outcome.refusal.message);
  return outcome;
}

/** Alters rows that nobody may alter, as a superuser can. */
async function alter(sql: string, ...values: unknown[]): Promise<void> {
  const client = await books.database.owner.connect();
  try {
    await client.query("SET session_replication_role = 'replica'");
    const { rowCount } = await client.query(sql, values);
    expect(rowCount).toBe(1);
  } finally {
    await client.query("SET session_replication_role = 'origin'");
    client.release();
  }
}

async function firstFault(): Promise<Finding | undefined> {
  return (await verifyBooks(checker)).find((finding) => finding.wrong > 0);
}

beforeAll(async () => {
  books = await createTestApp();
  checker = new Client({ connectionString: books.database.urls.app });
  await checker.connect();
  const { rows } = await books.database.owner.query("INSERT INTO currency (code, kind, scale) VALUES ('FLP', 'POINTS', 0) RETURNING id");
  const currencyId: number = rows[0].id;
  const { ledger } = books.app;
  const [brand, other] = [newUuid(), newUuid()];
  owner = newUuid();
  const [issued, otherIssued, redeemed] = await ledger.openAccounts([
    { kind: 'ISSUED', owner: brand, currencyId },
    { kind: 'ISSUED', owner: other, currencyId },
    { kind: 'REDEEMED', owner: brand, currencyId },
  ]);
  [wallet] = await ledger.openAccounts([{ kind: 'WALLET', owner, currencyId }]);
  const termsId = newUuid();
  const issueMonth = dayFromIso('2026-03-01');
  const origin = await ledger.lotOrigin({ issuer: brand, issuerCode: 'FUEL', currencyId, issueMonth, termsId, offerId: null });
  const otherOrigin = await ledger.lotOrigin({ issuer: other, issuerCode: 'TAXI', currencyId, issueMonth, termsId, offerId: null });
  for (const name of ['earn', 'otherEarn', 'burn', 'hold', 'capture', 'openHold', 'clawback', 'refill', 'refund', 'last']) ids[name] = newUuid();
  const lot = { originId: origin, expiresOn: NEVER, availableOn: ALWAYS };
  await post({ do: 'credit', id: ids.earn, from: issued, to: wallet, amount: 1_000, code: 'EARN', lot, termsId });
  await post({ do: 'credit', id: ids.otherEarn, from: otherIssued, to: wallet, amount: 200, code: 'EARN', lot: { ...lot, originId: otherOrigin }, termsId });
  await post({ do: 'debit', id: ids.burn, from: wallet, to: redeemed, amount: 300, code: 'BURN', termsId });
  const today = dayOf(books.clock.now(), 'UTC');
  const expiresAt = books.clock.now().getTime() + 86_400_000;
  await post({ do: 'hold', id: ids.hold, from: wallet, to: redeemed, amount: 500, ...holdUntil(expiresAt), termsId });
  await post({ do: 'capture', id: ids.capture, holdId: ids.hold, amount: 400, bookedOn: today }, [ids.hold]);
  await post({ do: 'hold', id: ids.openHold, from: wallet, to: redeemed, amount: 100, ...holdUntil(expiresAt), termsId });
  await post({ do: 'clawBack', id: ids.clawback, reverses: ids.earn, amount: 700, expired: null }, [], [ids.earn]);
  await post({ do: 'credit', id: ids.refill, from: otherIssued, to: wallet, amount: 60, code: 'EARN', lot: { ...lot, originId: otherOrigin }, termsId });
  await post(
    { do: 'reinstate', id: ids.refund, reverses: ids.burn, amount: 120, code: 'REFUND', away: { since: today, bookedOn: today, graceDays: 0 } },
    [],
    [ids.burn],
  );
  await post({ do: 'credit', id: ids.last, from: issued, to: wallet, amount: 300, code: 'EARN', lot, termsId });
});

afterAll(async () => {
  await checker.end();
  await books.close();
});

test('sound books pass, and it is said what was compared', async () => {
  const findings = await verifyBooks(checker);
  expect(findings.filter((finding) => finding.wrong > 0)).toEqual([]);
  const checked = Object.fromEntries(findings.map((finding) => [finding.check, finding.checked]));
  expect(checked).toMatchObject({
    'wallet totals and running balances against transfers': 1,
    'transfers against postings': 8,
    'holds against their captures': 2,
    'arrears against the points that filled them': 1,
    'reversals against what they reverse': 2,
  });
});

// Each names what a superuser alters, and how much must be put back.
test.each([
  ['a balance', 'UPDATE account SET credits = credits + $1 WHERE id = $2', () => wallet, 'balance'],
  ['what is held', 'UPDATE account SET held = held + $1 WHERE id = $2', () => wallet, 'held, against its open holds'],
  ['a lot', "UPDATE lot SET remaining = remaining + $1 WHERE account_id = $2 AND issuer_code = 'FUEL'", () => wallet, 'lot of FUEL'],
  ['a transfer', 'UPDATE transfer SET amount = amount + $1 WHERE id = $2', () => ids.burn, 'place and balance after transfer'],
  ['a running balance', 'UPDATE transfer SET debit_balance_after = debit_balance_after + $1 WHERE id = $2', () => ids.burn, 'place and balance after transfer'],
  ['an allocation', 'UPDATE allocation SET amount = amount + $1 WHERE transfer_id = $2 AND position = 0', () => ids.capture, 'lot of FUEL'],
  ['filled arrears', 'UPDATE arrears SET amount = amount + $1 WHERE id = $2', () => ids.clawback, 'allocations of clawback'],
])('%s altered: it fails and names the account', async (_, sql, target, what) => {
  await alter(sql, 7, target());
  const fault = await firstFault();
  expect(fault?.first).toMatchObject({ account: { kind: 'WALLET', owner, id: String(wallet) } });
  expect(fault?.first?.what).toContain(what);
  expect(fault?.first?.expected).not.toBe(fault?.first?.found);
  await alter(sql, -7, target());
  expect(await firstFault()).toBeUndefined();
});

test('points moved from one lot of a wallet to another are found', async () => {
  const sql = 'UPDATE lot SET remaining = remaining + $1 WHERE account_id = $2 AND issuer_code = $3';
  await alter(sql, -9, wallet, 'FUEL');
  await alter(sql, 9, wallet, 'TAXI');
  expect((await firstFault())?.first?.what).toMatch(/^lot of (FUEL|TAXI) 2026-03/);
  await alter(sql, 9, wallet, 'FUEL');
  await alter(sql, -9, wallet, 'TAXI');
});

test('a posting that is gone is found through its transfers', async () => {
  const { rows } = await books.database.owner.query('SELECT posting_id FROM transfer WHERE id = $1', [ids.refill]);
  await alter("UPDATE posting SET outcome = 'REFUSED' WHERE id = $1", rows[0].posting_id);
  expect((await firstFault())?.first).toMatchObject({ account: { owner }, what: expect.stringContaining(rows[0].posting_id) });
  await alter("UPDATE posting SET outcome = 'ACCEPTED' WHERE id = $1", rows[0].posting_id);
});
