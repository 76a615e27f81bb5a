import { isNotNow } from '../../platform/not-now';

/**
 * What could not be done of many things that do not hang on each other. None of them keeps the others from being done.
 */
export class Undone {
  private readonly names = new Set<string>();
  private first: { readonly name: string; readonly error: unknown } | null = null;

  /**
   * What the work gives for each of the items, in their order; null for those that it fails for, which are remembered
   * by name. Throws what lies in no item and passes, such as a ledger that cannot be reached: the others would fare no
   * better.
   */
  each<Item, Result>(items: readonly Item[], nameOf: (item: Item) => string, work: (item: Item) => Promise<Result>): Promise<(Result | null)[]> {
    return Promise.all(
      items.map((item) =>
        work(item).catch((error: unknown) => {
          if (isNotNow(error)) throw error;
          this.names.add(nameOf(item));
          this.first ??= { name: nameOf(item), error };
          return null;
        }),
      ),
    );
  }

  get isEmpty(): boolean {
    return this.first === null;
  }

  /**
   * Throws if anything is undone: what it is called, e.g. "accounts whose expiry could not be booked", how many, and
   * why the first.
   */
  throwAny(what: string): void {
    if (!this.first) return;
    const { name, error } = this.first;
    throw new Error(`${what}: ${this.names.size}; first ${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
