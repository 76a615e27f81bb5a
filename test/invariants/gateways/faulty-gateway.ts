import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import type { AlongsideRow } from '../../../src/ledger/ledger/alongside';
import type * as Finds from '../../../src/ledger/ledger/find-posting';
import type * as Posts from '../../../src/ledger/ledger/internal/batch/post-batch';
import type * as Decides from '../../../src/ledger/ledger/internal/decide/decide';
import type * as Loads from '../../../src/ledger/ledger/internal/rows/load-state';
import type { PostingRequest } from '../../../src/ledger/ledger/posting';
import type * as Runs from '../../../src/platform/database/pipeline';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { MOMENT_IS_HERE } from './moment';

/**
 * Required before a gateway's own modules (node -r), it replaces functions of the ledger by wrong ones:
 * TEST_GATEWAY_FAULT says which. Each fault but one is silent: no constraint of the database, no assertion of the
 * ledger and no single answer shows it. gateway-faults.test.ts says what must. A kill that is to catch something need
 * not be lucky: from SIGUSR2 on the gateway stands still at the right moment (see Moment).
 */
const FAULTS = {
  /** None: an honest gateway that can be stopped between a COMMIT and its answers. */
  'answers late': () => {
    holdAnswers();
  },

  /** Each fifth batch is answered as if it were committed, and rolled back. */
  'acknowledges what it rolls back': () => {
    let batches = 0;
    replace<typeof Posts>('internal/batch/post-batch', ({ postBatch }) => ({
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

  /**
   * A batch is answered when it is decided, before its COMMIT is sent. Only a kill in between loses anything. From the
   * moment on no COMMIT is sent.
   */
  'acknowledges before COMMIT': () => {
    const moment = new Moment();
    const pending = new Map<ClientBase, Promise<unknown>>();
    moment.whenAsked(async () => {
      await Promise.all(pending.values());
      moment.isHere();
    });
    replace<typeof Posts>('internal/batch/post-batch', ({ postBatch }) => ({
      async postBatch(client, ...rest) {
        await pending.get(client);
        const hasty = intercepted(client, async (send, text) => {
          if (text !== 'COMMIT') return send(text);
          if (!moment.asked)
            pending.set(
              client,
              sleep(20)
                .then(() => send('COMMIT'))
                .catch(() => undefined),
            );
          else pending.set(client, NEVER);
          return { command: 'COMMIT' };
        });
        return postBatch(hasty, ...rest);
      },
    }));
  },

  /** Balances are committed first, and 20 ms later what they come from. In the end everything is there. */
  'commits a batch in two transactions': () => {
    replace<typeof Runs>('../../platform/database/pipeline', ({ pipeline }) => ({
      async pipeline(client, statements) {
        const apart = statements.findIndex(({ text }) => text.startsWith('INSERT INTO posting '));
        if (apart < 0) return pipeline(client, statements);
        const balances = await pipeline(client, statements.slice(0, apart));
        await client.query('COMMIT');
        await sleep(20);
        await client.query('BEGIN');
        return [...balances, ...(await pipeline(client, statements.slice(apart)))];
      },
    }));
  },

  /** A balance is read without a snapshot: what is held and owed first, and the lots 30 ms later. */
  'reads a balance from two snapshots': () => {
    const reading = new WeakSet<ClientBase>();
    replace<typeof Runs>('../../platform/database/pipeline', ({ pipelineRows }) => ({
      async pipelineRows(client, statements) {
        if (!reading.has(client)) return pipelineRows(client, statements);
        const [before, after] = [false, true].map((ofLots) =>
          Object.fromEntries(Object.entries(statements).map(([name, each]) => [name, each && /FROM lot\b/.test(each.text) === ofLots ? each : null])),
        );
        const wallets = await pipelineRows(client, before);
        await sleep(30);
        const lots = await pipelineRows(client, after);
        return Object.fromEntries(Object.keys(statements).map((name) => [name, before[name] ? wallets[name] : lots[name]])) as never;
      },
    }));
    replace<typeof Loads>('internal/rows/load-state', ({ loadState }) => ({
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
   * A wallet that was kept is decided on and written whatever version it has by now, over what another gateway did to
   * it meanwhile. Not silent for long: movements are numbered, and the database refuses a number's second use.
   */
  'writes over what another gateway wrote': () => {
    replace<typeof Runs>('../../platform/database/pipeline', ({ pipeline }) => ({
      pipeline: (client, statements) =>
        pipeline(
          client,
          statements.map(({ text, ...statement }) => ({
            ...statement,
            text: text.replace('version = x.version + 1', 'version = a.version + 1').replace('AND a.version = x.version', ''),
          })),
        ),
    }));
    replace<typeof Posts>('internal/batch/post-batch', ({ postBatch }) => ({
      postBatch: (client, requests, known, kept, beforeCommit) => postBatch(client, requests, known, { ...kept, believe: true }, beforeCommit),
    }));
  },

  /**
   * The idempotency key is not looked up. What comes again is booked again, under an id of its own. Only a client that
   * did not hear the answer asks again.
   */
  'books again what comes again': () => {
    replace<typeof Decides>('internal/decide/decide', ({ decide }) => ({
      decide: (state, requests) =>
        decide(
          state,
          requests.map((request) => (state.postings.has(request.id) ? underId(newUuid(), request) : request)),
        ),
    }));
    holdAnswers();
    replace<typeof Finds>('find-posting', ({ storedPostings }) => ({
      findPosting: async () => null,
      findPostings: async () => new Map(),
      storedPostings: (ids) => ({ ...storedPostings(ids), take: () => new Map() }),
    }));
  },
} as const satisfies Record<string, () => void>;

export type GatewayFault = keyof typeof FAULTS;

const NEVER = new Promise<never>(() => undefined);

/**
 * The moment at which a kill catches what it is meant to catch. SIGUSR2 asks for it, and it is announced when it is
 * here. It lasts until the kill.
 */
class Moment {
  asked = false;
  private readonly listeners: (() => void)[] = [];

  constructor() {
    process.once('SIGUSR2', () => {
      this.asked = true;
      for (const listener of this.listeners) listener();
    });
  }

  whenAsked(listener: () => void): void {
    this.listeners.push(listener);
  }

  isHere(): void {
    process.stdout.write(`${MOMENT_IS_HERE}\n`);
  }
}

/** From the moment on, batches are committed and nobody is told. */
function holdAnswers(): void {
  const moment = new Moment();
  replace<typeof Posts>('internal/batch/post-batch', ({ postBatch }) => ({
    async postBatch(...batch) {
      const decisions = await postBatch(...batch);
      if (!moment.asked) return decisions;
      moment.isHere();
      return NEVER;
    },
  }));
}

/**
 * The module with some of its functions replaced, for what is required from then on. Throws if something has the right
 * ones already.
 */
function replace<M extends object>(name: string, change: (actual: M) => Partial<M>): void {
  const file = require.resolve(`../../../src/ledger/ledger/${name}`);
  if (file in require.cache) throw new Error(`${name} is in use already: replace it earlier`);
  const actual = require(file) as M;
  (require.cache[file] as NodeJS.Module).exports = { ...actual, ...change(actual) };
}

/** The same request as another posting, with the rows that it writes alongside. */
function underId(id: Uuid, request: PostingRequest): PostingRequest {
  const plan: PostingRequest['plan'] = (view) => {
    const planned = request.plan(view);
    if ('refused' in planned || !planned.rows) return planned;
    const { rows } = planned;
    const named = (made: readonly AlongsideRow[]) =>
      made.map(({ table, values }) => ({ table, values: 'posting_id' in values ? { ...values, posting_id: id } : values }));
    return { ...planned, rows: typeof rows === 'function' ? (done) => named(rows(done)) : named(rows) };
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
