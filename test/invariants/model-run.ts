import { deepStrictEqual } from 'node:assert/strict';
import { newUuid } from '../../src/ids';
import type { OriginState } from '../../src/ledger/internal/batch-state';
import type { Decision, decide as realDecide } from '../../src/ledger/internal/decide';
import type { PostingOutcome, PostingRequest } from '../../src/ledger/posting';
import { IdempotencyConflict } from '../../src/ledger/posting-ledger';
import { dayFromIso } from '../../src/points/calendar';
import { type Books, fromMemory, fromModel } from './books';
import { MemoryBook } from './memory-book';
import { NaiveLedger, type NaiveOutcome, type Origin } from './naive-ledger';
import { type Asked, Asker, type Command, MONTHS, type World } from './random-asks';

/** Something that postings can be sent to, several at once. */
export interface Target {
  readonly world: World;
  readonly origins: ReadonlyMap<number, Origin>;
  /** Null where the key was used with other content. */
  post(requests: readonly PostingRequest[]): Promise<(PostingOutcome | null)[]> | (PostingOutcome | null)[];
  lock(wallet: number, locked: boolean): Promise<void> | void;
  books(): Promise<Books> | Books;
}

/** Runs the commands against the model and the target, batch by batch; throws at the first difference, and afterwards compares the books. */
export async function compareWithModel(target: Target, commands: readonly Command[], compareBooks: 'each batch' | 'at the end'): Promise<void> {
  const model = new NaiveLedger(target.origins, target.world.wallets);
  const asker = new Asker(target.world, model);
  let batch: { asked: Asked; expected: NaiveOutcome | 'conflict' }[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const outcomes = await target.post(batch.map(({ asked }) => asked.request));
    batch.forEach(({ expected }, at) => {
      // What a refused plan was shown is not stored.
      const wanted = expected === 'conflict' ? null : { ...expected, seen: expected.refused ? '' : expected.seen };
      deepStrictEqual(comparable(outcomes[at]), wanted);
    });
    batch = [];
    if (compareBooks === 'each batch') deepStrictEqual(await target.books(), fromModel(model));
  };
  for (const command of commands) {
    if (command.do === 'batch' || command.do === 'lock') {
      await flush();
      if (command.do === 'lock') {
        model.wallet(target.world.wallets[command.wallet]).locked = command.locked;
        await target.lock(command.wallet, command.locked);
      }
      continue;
    }
    const asked = asker.next(command);
    if (asked) batch.push({ asked, expected: model.post(asked.ask, asked.look) });
  }
  await flush();
  deepStrictEqual(await target.books(), fromModel(model));
}

function comparable(outcome: PostingOutcome | null): NaiveOutcome | null {
  if (!outcome) return null;
  const { duplicate, refusal, answer } = outcome;
  const figure = refusal?.fields.available ?? refusal?.fields.left;
  const refused = refusal && { code: refusal.code, ...(figure === undefined ? {} : { figure: figure as number }) };
  const balances = outcome.balances.map(({ active, pending, held, arrears, spendable }) => ({ active, pending, held, arrears, spendable }));
  return { duplicate, refused, balances, seen: refused ? '' : (answer?.seen as string) };
}

/** The pure decision over a book in memory. */
export function memoryTarget(decide: typeof realDecide): Target {
  const brands = ['AXLE', 'BREW', 'CAB'].map((code, at) => ({ id: newUuid(), code, issued: 101 + at, redeemed: 201 + at }));
  const months = MONTHS.map((month) => dayFromIso(`${month}-01`));
  // Brand by brand, the last one first: an origin's id says nothing about its place in the order.
  const originId = (brand: number, month: number) => (3 - brand) * 100 + (50 - months.indexOf(month));
  const states = new Map<number, OriginState>();
  for (const [brand, { id, code }] of brands.entries())
    for (const month of months) states.set(originId(brand, month), { issuer: id, issuerCode: code, issueMonth: month });
  const wallets = [1, 2, 3];
  const summed = new Map(brands.flatMap(({ issued, redeemed }) => [[issued, 1] as const, [redeemed, 1] as const]));
  const book = new MemoryBook(states, summed, 1, wallets);
  return {
    world: { brands, wallets, originOf: originId },
    origins: new Map([...states].map(([id, state]) => [id, { issuer: state.issuerCode, month: state.issueMonth }])),
    post(requests) {
      const state = book.load(requests);
      const decisions = decide(state, requests);
      book.keep(state);
      return decisions.map(outcomeOf);
    },
    lock: (wallet, locked) => book.lock(wallets[wallet], locked),
    books: () => fromMemory(book, wallets),
  };
}

function outcomeOf(decision: Decision): PostingOutcome | null {
  if (decision.is === 'failed') throw decision.error;
  return decision.is === 'conflict' ? null : decision.outcome;
}

/** A conflict is thrown by the ledger's post(). */
export function orConflict(outcome: Promise<PostingOutcome>): Promise<PostingOutcome | null> {
  return outcome.catch((error: unknown) => {
    if (error instanceof IdempotencyConflict) return null;
    throw error;
  });
}
