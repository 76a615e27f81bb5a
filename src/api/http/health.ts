import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

/** Something the process needs for its work. `check` throws while it is not there. */
export interface Dependency {
  readonly name: string;
  readonly check: () => Promise<unknown>;
}

const CHECK_MS = 2_000;
/** So long an answer is good for others too: anybody may ask, as often as they like, and work must not wait for it. */
const SHARED_MS = 500;

/**
 * /health/live: the process answers (restart it if not). /health/ready: it can do its work (send it no traffic if not),
 * with each dependency's state, and what `more` says. A process that is stopping is not ready.
 */
export function registerHealth(
  server: FastifyInstance,
  log: Logger,
  dependencies: readonly Dependency[],
  isStopping: () => boolean,
  more: () => object = () => ({}),
): void {
  const look = sharing(() => Promise.all(dependencies.map(async (dependency) => [dependency.name, await stateOf(dependency, log)] as const)));
  server.get('/health/live', { logLevel: 'silent' }, async () => ({ status: 'live' }));
  server.get('/health/ready', { logLevel: 'silent' }, async (_request, reply) => {
    const states = await look();
    const ready = !isStopping() && states.every(([, state]) => state === 'ok');
    return reply
      .code(ready ? 200 : 503)
      .send({ status: isStopping() ? 'stopping' : ready ? 'ready' : 'not ready', checks: Object.fromEntries(states), ...more() });
  });
}

/** The same look for all who ask while it is under way, or shortly after it began. */
function sharing<T>(look: () => Promise<T>): () => Promise<T> {
  let last: { readonly answer: Promise<T>; readonly began: number } | null = null;
  return () => {
    const now = performance.now();
    if (!last || now - last.began > SHARED_MS) last = { answer: look(), began: now };
    return last.answer;
  };
}

async function stateOf({ name, check }: Dependency, log: Logger): Promise<'ok' | 'failed' | 'slow'> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<'slow'>((answer) => {
    timer = setTimeout(answer, CHECK_MS, 'slow');
  });
  try {
    return await Promise.race([check().then(() => 'ok' as const), slow]);
  } catch (error) {
    // Why stays in the log: the answer is for everybody.
    log.warn({ err: error, dependency: name }, 'a dependency does not answer');
    return 'failed';
  } finally {
    clearTimeout(timer);
  }
}
