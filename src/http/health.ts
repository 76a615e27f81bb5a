import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

/** Something the process needs for its work. `check` throws while it is not there. */
export interface Dependency {
  readonly name: string;
  readonly check: () => Promise<unknown>;
}

const CHECK_MS = 2_000;

/**
 * /health/live: the process answers (restart it if not). /health/ready: it can do its work (send it no traffic if not), with each
 * dependency's state, and what `more` says. A process that is stopping is not ready.
 */
export function registerHealth(
  server: FastifyInstance,
  log: Logger,
  dependencies: readonly Dependency[],
  isStopping: () => boolean,
  more: () => object = () => ({}),
): void {
  server.get('/health/live', { logLevel: 'silent' }, async () => ({ status: 'live' }));
  server.get('/health/ready', { logLevel: 'silent' }, async (_request, reply) => {
    const states = await Promise.all(dependencies.map(async (dependency) => [dependency.name, await stateOf(dependency, log)] as const));
    const ready = !isStopping() && states.every(([, state]) => state === 'ok');
    return reply
      .code(ready ? 200 : 503)
      .send({ status: isStopping() ? 'stopping' : ready ? 'ready' : 'not ready', checks: Object.fromEntries(states), ...more() });
  });
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
