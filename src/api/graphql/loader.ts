import DataLoader from 'dataloader';
import type { Context } from './context';

/**
 * Declares a loader, and gives the function that finds this request's one. All ids asked for in one tick are read by
 * one query. `read` answers in any order; what it does not find becomes null.
 */
export function defineLoader<Key extends string | number, Value>(
  read: (ctx: Context, keys: readonly Key[]) => Promise<readonly Value[]>,
  keyOf: (value: Value) => Key,
): (ctx: Context) => DataLoader<Key, Value | null> {
  const loaders = new WeakMap<Context, DataLoader<Key, Value | null>>();
  return (ctx) => {
    let loader = loaders.get(ctx);
    if (!loader) {
      loader = new DataLoader(
        async (keys) => {
          const found = new Map((await read(ctx, keys)).map((value) => [keyOf(value), value]));
          return keys.map((key) => found.get(key) ?? null);
        },
        { maxBatchSize: 500 },
      );
      loaders.set(ctx, loader);
    }
    return loader;
  };
}
