import { setTimeout as sleep } from 'node:timers/promises';
import { postingId } from '../../../src/ledger/ledger/idempotency';
import type { Uuid } from '../../../src/platform/ids';
import type { Answer } from '../../support/api';

/** One request of an external client: repeated with the same key until it has an answer. */
export interface Errand {
  readonly key: string;
  /** Whose request it is: part of the posting's id. */
  readonly party: Uuid;
  readonly brand: string;
  readonly token: () => Promise<string>;
  readonly mutation: string;
  readonly document: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What the client was told. */
export interface Told {
  readonly errand: Errand;
  /** NOT_KEPT: refused for what hangs on more than the request and the ledger, which keeps nothing of it. */
  readonly said: 'ACCEPTED' | 'REFUSED' | 'NOT_KEPT';
  readonly thing: Answer;
}

/** Neither an answer nor worth another try: a defect. */
export class NotAnswered extends Error {}

/** Longer than any outage that a test makes, on however slow a machine: whoever waits longer waits for nothing. */
const PATIENCE_MS = 240_000;
/** For one answer; a gateway gives an outage 15 seconds. */
const ANSWER_MS = 120_000;

/** Refusals that lie in no request, and pass. */
const PASSING: ReadonlySet<string> = new Set(['OVERLOADED', 'UNAVAILABLE']);

/** Everything that an external client was told, by posting. */
export class ClientLog {
  readonly told = new Map<Uuid, Told>();
  /** Tries that ended without an answer: the connection was cut, or nothing was decided yet. */
  unheard = 0;
  /** Why the last of them did. */
  lastUnheard = 'every try was answered';

  /**
   * Sends until it is answered, to whichever gateway `urlOf` names for each try; notes and gives the answer. Throws
   * NotAnswered when its patience is over.
   */
  async run(errand: Errand, urlOf: (attempt: number) => string): Promise<Told> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let attempt = 0; ; attempt++) {
      const thing = await this.attempt(errand, urlOf(attempt));
      if (thing === null) {
        this.unheard++;
        if (performance.now() > deadline)
          throw new NotAnswered(`${errand.mutation} ${errand.key} was not answered in ${attempt + 1} tries, the last: ${this.lastUnheard}`);
        await sleep(Math.min(500, 10 * 2 ** attempt) * (0.5 + Math.random()));
        continue;
      }
      const told: Told = { errand, said: !thing.code ? 'ACCEPTED' : thing.retrySafe ? 'NOT_KEPT' : 'REFUSED', thing };
      this.told.set(postingId(errand.party, errand.key), told);
      return told;
    }
  }

  /** Null: nobody knows yet. */
  private async attempt({ token, mutation, document, input, key }: Errand, url: string): Promise<Answer> {
    let status: number;
    let body: Answer;
    try {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${await token()}` };
      const signal = AbortSignal.timeout(ANSWER_MS);
      const response = await fetch(url, { method: 'POST', headers, signal, body: JSON.stringify({ query: document, variables: { input } }) });
      status = response.status;
      body = await response.json();
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error };
      return this.nobodyKnows(`${message}${cause ? ` (${cause.message})` : ''} at ${url}`);
    }
    const thing = body.data?.[mutation];
    if (!thing) {
      if (body.errors?.[0]?.extensions?.retrySafe) return this.nobodyKnows(`${body.errors[0].message} at ${url}`);
      throw new NotAnswered(`${mutation} ${key}: HTTP ${status} ${JSON.stringify(body)}`);
    }
    return PASSING.has(thing.code) ? this.nobodyKnows(`${thing.code} at ${url}`) : thing;
  }

  private nobodyKnows(why: string): null {
    this.lastUnheard = why;
    return null;
  }
}
