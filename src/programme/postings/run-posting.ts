import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { findPosting, sameOutcome } from '../../ledger/ledger/find-posting';
import { contentHash, postingId } from '../../ledger/ledger/idempotency';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { Answer, Planner, PostingOutcome, PostingRequest } from '../../ledger/ledger/posting';
import { lookingAgain } from '../../members/identification/surviving-accounts';
import type { ToldBalance, ToldOutcome } from '../../members/identification/what-is-told';
import type { Tx } from '../../platform/database/transaction';
import { newUuid, type Uuid } from '../../platform/ids';
import { orRefusal, type When } from './posting-time';

/** A request to the ledger, as its operation declares it. */
interface Request<Found, Told extends Answer, Answered> {
  /** Name of the operation in the ledger; part of what is hashed. */
  readonly kind: string;
  /** Who asks: a key names one request of a party for ever. */
  readonly party: Uuid;
  readonly idempotencyKey: string;
  /** All that is asked for: another request with the same key is a conflict. */
  readonly content: object;
  /** Nothing is written, and no earlier request is looked for. */
  readonly dryRun?: boolean;
  /** What the ledger is asked for. */
  readonly plan: (found: Found, asked: Asked) => Planned<Told> | Promise<Planned<Told>>;
  readonly answer: (accepted: Accepted<Told>) => Answered | Promise<Answered>;
}

/** How an operation looks, in a transaction of whoever asks. */
interface Looking<Found> {
  /**
   * Finds the facts of a request that was not made before. What it throws is kept by nobody. It may write: a till code
   * is used up, a link confirmed. Of a dry run nothing of it stays.
   */
  readonly look: (tx: Tx, asked: Asked) => Promise<Found | Repeated>;
  /** Of a repetition: what may be told of it today. */
  readonly tellAgain: (client: PoolClient, first: PostingOutcome) => Look['tell'] | Promise<Look['tell']>;
}

/** An operation that posts, in the order of its road: what is hashed, looked at, planned, answered. */
type Posting<Found, Told extends Answer, Answered> = Request<Found, Told, Answered> & Looking<Found>;

/** One attempt at a request. */
export interface Asked {
  /** The posting's; of a dry run one that nobody else has. */
  readonly id: Uuid;
  /** Of the content. */
  readonly hash: Buffer;
  readonly dryRun: boolean;
  readonly now: Date;
}

/** What a look says besides its facts. */
interface Look {
  /** What whoever asks may know of the outcome. */
  readonly tell: (outcome: PostingOutcome) => ToldOutcome;
  /** What follows once it is booked: now, or before by the request that this one repeats. */
  readonly onceBooked?: (outcome: PostingOutcome) => Promise<void>;
}

/** The request was made before: what became of it. */
export class Repeated implements Look {
  constructor(
    readonly first: PostingOutcome,
    readonly tell: Look['tell'],
    readonly onceBooked?: Look['onceBooked'],
  ) {}
}

/** What the ledger is asked for: see PostingRequest. The plan may throw its refusal. */
export interface Planned<Told extends Answer> extends Pick<PostingRequest, 'days' | 'loads' | 'shows' | 'claims'> {
  readonly when: When;
  readonly plan: Planner<Told>;
}

/** An accepted posting, as whoever asks may know it. */
export interface Accepted<Told extends Answer> {
  readonly id: Uuid;
  readonly answer: Told;
  /** Of the first wallet that the posting shows; null: not to be known. */
  readonly balance: ToldBalance | null;
  /** Of all of them; null or none: not to be known. */
  readonly balances: readonly (ToldBalance | null)[];
  readonly duplicate: boolean;
}

/**
 * The one road of what asks the ledger: looks in a transaction of whoever asks, plans, and posts or previews. Where
 * what was looked at has moved before it was decided, it looks again. Throws what the look and the plan throw,
 * IDEMPOTENCY_CONFLICT, OVERLOADED, UNAVAILABLE.
 */
export function runPosting<Found extends Look, Told extends Answer, Answered>(
  app: App,
  principal: Principal,
  posting: Posting<Found, Told, Answered>,
): Promise<Answered> {
  const look = (asked: Asked) => app.database.transaction(databasePrincipal(principal), (tx) => lookWithin(tx, posting, asked));
  return runPostingBy(app, look, posting);
}

/** The same, for what is looked up in another way, repetitions too. */
export async function runPostingBy<Found extends Look, Told extends Answer, Answered>(
  app: App,
  look: (asked: Asked) => Promise<Found | Repeated>,
  { kind, party, idempotencyKey, content, dryRun = false, plan, answer }: Request<Found, Told, Answered>,
): Promise<Answered> {
  const hash = contentHash(kind, content);
  const id = dryRun ? newUuid() : postingId(party, idempotencyKey);
  return lookingAgain(async () => {
    const asked: Asked = { id, hash, dryRun, now: app.clock.now() };
    const looked = await look(asked);
    const outcome = looked instanceof Repeated ? looked.first : await ask(app, { kind, party, ...asked }, await plan(looked, asked));
    if (!dryRun && !outcome.refusal) await looked.onceBooked?.(outcome);
    const told = looked.tell(outcome);
    // The hash names the operation: whatever is stored under it is an answer of its own.
    const accepted = acceptedAnswer(told) as Told;
    return answer({ id, answer: accepted, balance: told.balances[0] ?? null, balances: told.balances, duplicate: told.duplicate });
  });
}

function ask<Told extends Answer>(
  { ledger }: App,
  { kind, party, id, hash, dryRun }: Asked & { readonly kind: string; readonly party: Uuid },
  { when, plan, ...rest }: Planned<Told>,
): Promise<PostingOutcome> {
  const request = {
    ...rest,
    id,
    party,
    kind,
    contentHash: hash,
    day: when.day,
    occurredAt: when.occurredAt.getTime(),
    recordedAt: when.recordedAt.getTime(),
    plan: keepingRefusals(plan),
  };
  return dryRun ? ledger.preview(request) : ledger.post(request);
}

/** The plan, whose refusals may be thrown: the ledger gets them as data. */
export function keepingRefusals<Told extends Answer>(plan: Planner<Told>): Planner<Told> {
  return (view) => {
    const planned = orRefusal(() => plan(view));
    return 'refused' in planned ? planned : planned.is;
  };
}

/**
 * The plan that is made now; a refusal on the way is the plan's, so that the ledger keeps it if it must, and answers a
 * repetition with it.
 */
export function planOrRefusal<Told extends Answer>(make: () => Planner<Told>): Planner<Told> {
  const made = orRefusal(make);
  return 'refused' in made ? () => made : made.is;
}

/** The look of runPosting, where the transaction is open already. */
export async function lookWithin<Found>(tx: Tx, { look, tellAgain }: Looking<Found>, asked: Asked) {
  const { client } = tx;
  const stored = asked.dryRun ? null : await findPosting(client, asked.id);
  if (stored) {
    const first = sameOutcome(stored, asked.hash);
    return new Repeated(first, await tellAgain(client, first));
  }
  if (!asked.dryRun) return look(tx, asked);
  // Of every dry run: nobody has to say that a look writes.
  await client.query('SAVEPOINT dry_run');
  const found = await look(tx, asked);
  await client.query('ROLLBACK TO SAVEPOINT dry_run');
  return found;
}
