import { deepStrictEqual } from 'node:assert/strict';
import type { PostingOutcome, PostingRequest } from '../../src/ledger/ledger/posting';
import { type Day, NEVER } from '../../src/ledger/points/calendar';
import { type Balances, type Books, balancesOfModel, fromModel } from './books';
import type { Coverage } from './coverage';
import { NaiveLedger, type NaiveOutcome } from './naive-ledger';
import { endOf, free, owedBy, type Point, type Wallet } from './naive-points';
import { type Asked, Asker } from './random-asks';
import { type Command, PLACES } from './random-commands';
import type { World } from './world';

/** Something that postings can be sent to, several at once. */
export interface Target {
  readonly world: World;
  /** Null where the key was used with other content. */
  post(requests: readonly PostingRequest[]): Promise<(PostingOutcome | null)[]> | (PostingOutcome | null)[];
  lock(place: number, locked: boolean): Promise<void> | void;
  /** Compared after each batch, where they are to be had. */
  balances?(): Balances;
  books(): Promise<Books> | Books;
}

/**
 * Runs the commands against the model and the target, batch by batch; throws an AssertionError at the first difference,
 * and afterwards compares the books.
 */
export async function compareWithModel(target: Target, commands: readonly Command[], coverage?: Coverage): Promise<void> {
  const model = new NaiveLedger(target.world.origins, target.world.wallets);
  const asker = new Asker(target.world, model);
  const seen = coverage?.sequence();
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
    asker.batchEnded();
    if (target.balances) deepStrictEqual(target.balances(), balancesOfModel(model));
  };
  for (const command of commands) {
    if (command.do === 'lock') {
      await flush();
      model.change(target.world.wallets[command.place], { locked: command.locked });
      await target.lock(command.place, command.locked);
      continue;
    }
    const asked = asker.next(command);
    if (asked) {
      const before = model.state;
      const expected = model.post(asked.ask, asked.look);
      batch.push({ asked, expected });
      seen?.note(asked.ask, expected, before, model);
    }
    if (command.last) await flush();
  }
  await flush();
  deepStrictEqual(await target.books(), fromModel(model));
  for (const wallet of model.state.wallets.values()) deepStrictEqual(liveBesideArrears(wallet, asker.latest), []);
  for (const currency of [0, 1]) deepStrictEqual(putOut(model, target.world, currency), accountedFor(model, target.world, currency));
  seen?.end(commands.length);
}

/**
 * Points that have not ended by then, are not held and do not wait to be confirmed, in a wallet that owes something.
 */
function liveBesideArrears(wallet: Wallet, day: Day): Point[] {
  return owedBy(wallet) === 0 ? [] : free(wallet).filter((point) => day < endOf(point, wallet) && point.lot.availableOn !== NEVER);
}

function comparable(outcome: PostingOutcome | null): NaiveOutcome | null {
  if (!outcome) return null;
  const { duplicate, refusal, answer } = outcome;
  const figure = refusal?.fields.available ?? refusal?.fields.left;
  const refused = refusal && { code: refusal.code, ...(figure === undefined ? {} : { figure: figure as number }) };
  const balances = outcome.balances.map(({ active, pending, held, arrears, spendable }) => ({ active, pending, held, arrears, spendable }));
  return { duplicate, refused, balances, seen: refused ? '' : (answer?.seen as string) };
}

/** The identity of the design document, a currency's left side: issued + opening + goodwill - clawed back. */
function putOut(model: NaiveLedger, { brands }: World, currency: number): number {
  return (
    0 -
    sumOf(
      model,
      brands.flatMap(({ of }) => [of[currency].issued, of[currency].opening, of[currency].goodwill]),
    )
  );
}

/**
 * Its right side: active + pending + lapsed + held - arrears + redeemed + expired + (converted out - in) + fees +
 * remainders.
 */
function accountedFor(model: NaiveLedger, { brands, routes, wallets }: World, currency: number): number {
  const there = wallets.filter((_, at) => PLACES[at].currency === currency).map((id) => model.wallet(id));
  const inWallets = there.reduce((sum, wallet) => sum + wallet.points.length - owedBy(wallet), 0);
  const [given, taken] = [routes[currency], routes[1 - currency]];
  const gone = [...brands.flatMap(({ of }) => [of[currency].redeemed, of[currency].expired]), given.out, given.fee, given.remainder, taken.into];
  return inWallets + sumOf(model, gone);
}

/** What went into these summed accounts, less what came out of them. */
function sumOf({ state }: NaiveLedger, accounts: readonly number[]): number {
  let sum = 0;
  for (const { debit, credit, amount } of state.transfers.values()) sum += (accounts.includes(credit) ? amount : 0) - (accounts.includes(debit) ? amount : 0);
  return sum;
}

/** A conflict is thrown by the ledger's post(). */
export function orConflict(outcome: Promise<PostingOutcome>): Promise<PostingOutcome | null> {
  return outcome.catch((error: unknown) => {
    // By its code: a ledger of other modules (seeded-faults.test.ts) throws a class of its own.
    if ((error as { code?: string }).code === 'IDEMPOTENCY_CONFLICT') return null;
    throw error;
  });
}
