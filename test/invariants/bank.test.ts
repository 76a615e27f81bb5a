import { setTimeout as sleep } from 'node:timers/promises';
import type { PostingOutcome } from '../../src/ledger/ledger/posting';
import { LedgerBook } from '../support/ledger-book';
import { createTestApp, type TestApp } from '../support/test-app';
import { faultsInBooks } from './book-checks';
import { LONG, SEED } from './run-settings';
import { newTown, type OpenTown, openTown, requestOf } from './traffic';

const CALLERS = 64;
const WALLETS = 40;
const SECONDS = LONG ? 60 : 4;
const KINDS = ['BURN', 'CAPTURE', 'CLAWBACK', 'EARN', 'HOLD', 'REFUND', 'SWAP', 'VOID'];

let gateways: TestApp[];
let towns: OpenTown[];

beforeAll(async () => {
  const first = await createTestApp();
  gateways = [first, await createTestApp({ database: first.database })];
  const { currencyId } = await LedgerBook.open(first.app.ledger, first.database);
  const town = newTown(currencyId, WALLETS);
  towns = [];
  for (const { app } of gateways) towns.push(await openTown(app.ledger, town));
});
afterAll(async () => {
  for (const gateway of [...gateways].reverse()) await gateway.close();
});

it(
  `${CALLERS} callers at two gateways: the books are right in every snapshot and at the end (TESSERA_SEED=${SEED})`,
  async () => {
    const { owner } = gateways[0].database;
    const until = performance.now() + SECONDS * 1_000;
    const acknowledged = new Map<string, string>();
    const accepted: Record<string, number> = {};
    let last = 0;
    let twice = 0;
    let snapshots = 0;
    // However slow the machine is: otherwise little was tried.
    const over = () => performance.now() > until && KINDS.every((kind) => accepted[kind]) && snapshots > 2 && twice > 10;

    const post = (n: number, gateway: number) => gateways[gateway].app.ledger.post(requestOf(towns[gateway], SEED, n));
    const note = (n: number, outcome: PostingOutcome) => {
      const { id, kind } = requestOf(towns[0], SEED, n);
      const said = outcome.refusal ? 'REFUSED' : 'ACCEPTED';
      expect(acknowledged.get(id) ?? said).toBe(said);
      acknowledged.set(id, said);
      if (!outcome.refusal && !outcome.duplicate) accepted[kind] = (accepted[kind] ?? 0) + 1;
    };
    const caller = async () => {
      while (!over()) {
        const n = last++;
        if (n % 16 !== 0) {
          note(n, await post(n, n % 2));
          continue;
        }
        // Sent to both at once, as by a client whose connection was cut.
        const [one, two] = await Promise.all([post(n, 0), post(n, 1)]);
        expect([one.duplicate, two.duplicate].sort()).toEqual([false, true]);
        expect({ ...one, duplicate: false }).toEqual({ ...two, duplicate: false });
        note(n, one.duplicate ? two : one);
        twice++;
      }
    };
    const reader = async () => {
      while (!over()) {
        expect(
          await faultsInBooks(owner, ['conservation', 'no wallet is below its floor', 'lots add up to their wallet', 'held is what open holds hold']),
        ).toEqual([]);
        snapshots++;
        await sleep(20);
      }
    };
    await Promise.all([...Array.from({ length: CALLERS }, caller), reader(), reader()]);

    const { rows } = await owner.query('SELECT id, outcome FROM posting');
    expect(new Map(rows.map((row) => [row.id, row.outcome]))).toEqual(acknowledged);
    expect(rows).toHaveLength(last);
    expect(await faultsInBooks(owner)).toEqual([]);
    expect(Object.keys(accepted).sort()).toEqual(KINDS);
    if (LONG) process.stderr.write(`bank: ${JSON.stringify({ postings: last, twice, snapshots, accepted })}\n`);
  },
  SECONDS * 1_000 + 300_000,
);
