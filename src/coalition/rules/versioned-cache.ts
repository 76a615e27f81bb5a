import type { PoolClient } from 'pg';
import type { App } from '../../app';

/** Reads something that hangs on the coalition's version, as of that version or newer. */
export type VersionedCache<T> = (app: App, version: string) => Promise<T>;

/**
 * Keeps what `load` reads until coalition_version moves, or the database is another server. Loaded as the worker, who may see every brand's: callers show a brand only its own.
 * The version is the one read in the caller's transaction (CoalitionCache.version), so that an answer is never older than it.
 */
export function cachedByVersion<T>(load: (client: PoolClient) => Promise<T>): VersionedCache<T> {
  const caches = new WeakMap<App, { generation: number; version: bigint; loaded: Promise<T> }>();
  return (app, version) => {
    const wanted = BigInt(version);
    const cached = caches.get(app);
    const { generation } = app.database.server;
    if (cached && cached.generation === generation && cached.version >= wanted) return cached.loaded;
    const loaded = app.database.readConfiguration(load);
    caches.set(app, { generation, version: wanted, loaded });
    loaded.catch(() => caches.delete(app));
    return loaded;
  };
}
