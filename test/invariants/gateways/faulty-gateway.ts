import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import type * as Runs from '../../../src/database/run-together';
import { newUuid, type Uuid } from '../../../src/ids';
import type * as Finds from '../../../src/ledger/find-posting';
import type * as Decides from '../../../src/ledger/internal/decide';
import type * as Loads from '../../../src/ledger/internal/load-state';
import type * as Posts from '../../../src/ledger/internal/post-batch';
import type { PostingRequest } from '../../../src/ledger/posting';

/**
 * Required before a gateway's own modules (node -r), it replaces functions of the ledger by wrong ones: TEST_GATEWAY_FAULT says which. Each fault but one is
 * silent: no constraint of the database, no assertion of the ledger and no single answer shows it. What must is gateway-faults.test.ts's to say.
 */
const FAULTS = {
  /** Each fifth batch is answered as if it were committed, and rolled back. */
  'acknowledges what it rolls back': () => {
    let batches = 0;
    replace<typeof Posts>('internal/post-batch', ({ postBatch }) => ({
      postBatch(client, ...rest) {
        if (++batches % 5 !== 0) return postBatch(client, ...rest);
        const lying = intercepted(client, async (send, text) => {
          if (text !== 'COMMIT') return send(text);
          await send('ROLLBACK');
          return { command: 'COMMIT' };
        });
        return postBatch(lying, ...rest);
      },
    }));
  },

  /** A batch is answered when it is decided, 200 ms before its COMMIT is sent. Only who is killed in between loses anything. */
  'acknowledges before COMMIT': () => {
    const pending = new WeakMap<ClientBase, Promise<unknown>>();
    replace<typeof Posts>('internal/post-batch', ({ postBatch }) => ({
      async postBatch(client, ...rest) {
        await pending.get(client);
        const hasty = intercepted(client, async (send, text) => {
          if (text !== 'COMMIT') return send(text);
          pending.set(
            client,
            sleep(200)
              .then(() => send('COMMIT'))
              .catch(() => undefined),
          );
          return { command: 'COMMIT' };
        });
        return postBatch(hasty, ...rest);
      },
    }));
  },

  /** Balances are committed first, and 20 ms later what they come from. In the end everything is there. */
  'commits a batch in two transactions': () => {
    replace<typeof Runs>('../database/run-together', ({ runTogether }) => ({
      async runTogether(client, statements) {
        const apart = statements.findIndex(({ text }) => text.startsWith('INSERT INTO posting '));
        if (apart < 0) return runTogether(client, statements);
        const balances = await runTogether(client, statements.slice(0, apart));
        await client.query('COMMIT');
        await sleep(20);
        await client.query('BEGIN');
        return [...balances, ...(await runTogether(client, statements.slice(apart)))];
      },
    }));
  },

  /** A balance is read without a snapshot: what is held and owed first, and the lots 30 ms later. */
  'reads a balance from two snapshots': () => {
    const reading = new WeakSet<ClientBase>();
    replace<typeof Runs>('../database/run-together', ({ runTogether }) => ({
      async runTogether(client, statements) {
        const apart = statements.findIndex(({ text }) => /FROM lot\b/.test(text));
        if (apart < 0 || !reading.has(client)) return runTogether(client, statements);
        const wallets = await runTogether(client, statements.slice(0, apart));
        await sleep(30);
        return [...wallets, ...(await runTogether(client, statements.slice(apart)))];
      },
    }));
    replace<typeof Loads>('internal/load-state', ({ loadState }) => ({
      async loadState(client, requests, known, loading) {
        if (loading?.mode !== 'read') return loadState(client, requests, known, loading);
        await client.query('COMMIT');
        await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY');
        reading.add(client);
        return loadState(client, requests, known, loading);
      },
    }));
  },

  /**
   * A wallet that was kept is decided on and written whatever version it has by now: what another gateway did to it meanwhile is written over. Not silent
   * for long: movements are numbered, and the database refuses a number's second use.
   */
  'writes over what another gateway wrote': () => {
    replace<typeof Runs>('../database/run-together', ({ runTogether }) => ({
      runTogether: (client, statements) =>
        runTogether(
          client,
          statements.map(({ text, ...statement }) => ({
            ...statement,
            text: text.replace('version = x.version + 1', 'version = a.version + 1').replace('AND a.version = x.version', ''),
          })),
        ),
    }));
    replace<typeof Posts>('internal/post-batch', ({ postBatch }) => ({
      postBatch: (client, requests, known, kept, beforeCommit) => postBatch(client, requests, known, { ...kept, believe: true }, beforeCommit),
    }));
  },

  /** The idempotency key is not looked up: what comes again is booked again, under an id of its own. Answers are late, so that a kill leaves some unheard. */
  'books again what comes again': () => {
    replace<typeof Decides>('internal/decide', ({ decide }) => ({
      decide: (state, requests) =>
        decide(
          state,
          requests.map((request) => (state.postings.has(request.id) ? underId(newUuid(), request) : request)),
        ),
    }));
    replace<typeof Finds>('find-posting', ({ storedPostings }) => ({
      findPosting: async () => null,
      findPostings: async () => new Map(),
      storedPostings: (ids) => ({ ...storedPostings(ids), take: () => new Map() }),
    }));
    replace<typeof Posts>('internal/post-batch', ({ postBatch }) => ({
      async postBatch(...batch) {
        const decisions = await postBatch(...batch);
        await sleep(200);
        return decisions;
      },
    }));
  },
} as const satisfies Record<string, () => void>;

export type GatewayFault = keyof typeof FAULTS;

/** The module with some of its functions replaced, for what is required from then on. */
function replace<M extends object>(name: string, change: (actual: M) => Partial<M>): void {
  const file = require.resolve(`../../../src/ledger/${name}`);
  const actual = require(file) as M;
  (require.cache[file] as NodeJS.Module).exports = { ...actual, ...change(actual) };
}

/** The same request as another posting, with the rows that it writes alongside. */
function underId(id: Uuid, request: PostingRequest): PostingRequest {
  const plan: PostingRequest['plan'] = (view) => {
    const planned = request.plan(view);
    if ('refused' in planned || !planned.rows) return planned;
    return { ...planned, rows: planned.rows.map(({ table, values }) => ({ table, values: 'posting_id' in values ? { ...values, posting_id: id } : values })) };
  };
  return { ...request, id, plan };
}

/** The connection, except that what is asked of it by text alone goes through `query`. */
function intercepted(client: ClientBase, query: (send: (text: string) => Promise<unknown>, text: string) => Promise<unknown>): ClientBase {
  const send = (text: string) => client.query(text);
  const value = (asked: unknown) => (typeof asked === 'string' ? query(send, asked) : client.query(asked as string));
  return Object.create(client, { query: { value } });
}

const fault = process.env.TEST_GATEWAY_FAULT as GatewayFault;
if (!FAULTS[fault]) throw new Error(`there is no fault "${fault}"`);
FAULTS[fault]();
