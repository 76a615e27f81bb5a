import { Refusal } from '../../../../platform/refusal';

interface Waiting<Ask, Answer> {
  readonly asks: ReadonlyMap<string, Ask>;
  readonly resolve: (answers: ReadonlyMap<string, Answer>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Many callers, one trip: what is asked for while a trip is under way goes together in the next. Answers hold at least what the caller asked for.
 * A trip that fails for everybody (a refusal: the ledger cannot be reached) does; any other failure is met by each caller alone.
 */
export function together<Ask, Answer>(
  trip: (asks: ReadonlyMap<string, Ask>) => Promise<ReadonlyMap<string, Answer>>,
): (asks: ReadonlyMap<string, Ask>) => Promise<ReadonlyMap<string, Answer>> {
  let waiting: Waiting<Ask, Answer>[] = [];
  let running = false;

  async function run(): Promise<void> {
    // Callers of this turn of the event loop go together.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await travel(batch);
    }
    running = false;
  }

  async function travel(batch: readonly Waiting<Ask, Answer>[]): Promise<void> {
    try {
      const answers = await trip(batch.length === 1 ? batch[0].asks : new Map(batch.flatMap(({ asks }) => [...asks])));
      for (const { resolve } of batch) resolve(answers);
    } catch (error) {
      if (batch.length > 1 && !(error instanceof Refusal)) for (const each of batch) await travel([each]);
      else for (const { reject } of batch) reject(error);
    }
  }

  return (asks) =>
    new Promise((resolve, reject) => {
      waiting.push({ asks, resolve, reject });
      if (running) return;
      running = true;
      void run();
    });
}
