import { type ChildProcess, fork } from 'node:child_process';
import type { Logger } from 'pino';

/** The worker process of `npm start`. */
export interface SupervisedWorkers {
  /** Of its health and metrics pages; null if it died before it had any. */
  readonly statusPort: number | null;
  /**
   * Lets it finish the jobs in hand and end. After `graceMs` it is killed, and the jobs run again at the next start.
   */
  stop(graceMs: number): Promise<void>;
}

const LEAST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 30_000;

/**
 * Runs `main workers` in a process of its own, and starts it again when it ends. Clearing a full journal must not slow
 * the gateway's one thread, and a worker that dies must not take the gateway along. It ends by itself when this process
 * does. Resolves once the workers take jobs.
 */
export async function superviseWorkers(main: string, log: Logger): Promise<SupervisedWorkers> {
  let child: ChildProcess | null = null;
  let stopping = false;
  let pause = LEAST_PAUSE_MS;
  let timer: NodeJS.Timeout | undefined;

  function begin(): Promise<number | null> {
    return new Promise((ready) => {
      const startedAt = performance.now();
      // A process group of its own: Ctrl-C in the terminal is for us, who then ask it to end.
      const started = fork(main, ['workers'], { detached: true });
      child = started;
      started.once('message', (message: { statusPort: number }) => ready(message.statusPort));
      started.once('exit', (code, signal) => {
        child = null;
        ready(null);
        if (stopping) return;
        // One that lived for a while met an accident; one that dies at once would do so again and again.
        pause = performance.now() - startedAt > 60_000 ? LEAST_PAUSE_MS : Math.min(pause * 2, MOST_PAUSE_MS);
        log.error({ code, signal, againInMs: pause }, 'the worker process ended; starting it again');
        timer = setTimeout(() => void begin(), pause);
      });
    });
  }

  const statusPort = await begin();
  return {
    statusPort,
    async stop(graceMs) {
      stopping = true;
      clearTimeout(timer);
      const running = child;
      if (!running) return;
      const ended = new Promise((done) => running.once('exit', done));
      running.kill('SIGTERM');
      const killer = setTimeout(() => running.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(killer);
    },
  };
}
