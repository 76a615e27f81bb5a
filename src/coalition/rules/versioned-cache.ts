import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { type RuleKind, selectRules } from './define-rule';
import type { Row } from './rule-field';
import type { RuleVersion } from './rule-version';

/** Reads something that hangs on the coalition's version, as of that version or newer. */
export type VersionedCache<T> = (app: App, version: string) => Promise<T>;

/**
 * Keeps what `load` reads until coalition_version moves, or the database is another server. Loaded as the worker, who
 * may see every brand's: callers show a brand only its own. The version is the one read in the caller's transaction
 * (CoalitionCache.version), so an answer is never older than it.
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

/** Keeps all versions of a kind of rule so, as `index` arranges them. They are given oldest effectiveFrom first. */
export function cachedRules<Rule extends RuleVersion, T>(kind: RuleKind<Rule>, index: (rules: readonly Rule[]) => T): VersionedCache<T> {
  return cachedByVersion(async (client) => {
    const { rows } = await client.query<Row>(`${selectRules(kind.table)} ORDER BY r.effective_from`);
    return index(rows.map(kind.toRule));
  });
}
