import { type ChildProcess, fork } from 'node:child_process';
import { extname, join } from 'node:path';
import type { LoadOrders, LoadResult } from './load';
import type { ServeOrders, ServerState } from './serve';

/** A server in a process of its own. */
export interface Served {
  readonly port: number;
  /** The brand's access token; good for 15 minutes. */
  token(): Promise<string>;
  /** Memory after a garbage collection, and what the process has done so far. */
  state(): Promise<ServerState>;
  stop(): Promise<void>;
}

export async function startServer(orders: ServeOrders): Promise<Served> {
  const child = start('serve', ['--expose-gc', '--max-semi-space-size=64'], JSON.stringify(orders));
  const { port } = await next<{ port: number }>(child);
  const ask = <T>(what: 'token' | 'state'): Promise<T> => {
    child.send(what);
    return next<T>(child);
  };
  return {
    port,
    token: () => ask('token'),
    state: () => ask('state'),
    stop: () =>
      new Promise((stopped) => {
        child.removeAllListeners('exit');
        child.once('exit', () => stopped());
        child.send('stop');
      }),
  };
}

/** The load generator, in a process of its own so that its work is not the server's; one order at a time. */
export interface LoadGenerator {
  run(orders: LoadOrders): Promise<LoadResult>;
  stop(): void;
}

export function startLoad(): LoadGenerator {
  const child = start('load', []);
  return {
    run(orders) {
      child.send(orders);
      return next<LoadResult>(child);
    },
    stop: () => {
      child.removeAllListeners('exit');
      child.disconnect();
    },
  };
}

function start(name: 'serve' | 'load', flags: readonly string[], ...args: string[]): ChildProcess {
  const child = fork(join(__dirname, `${name}${extname(__filename)}`), args, { execArgv: [...process.execArgv, ...flags] });
  child.once('exit', (code) => {
    throw new Error(`the process ${name} ended with ${code}`);
  });
  return child;
}

function next<T>(child: ChildProcess): Promise<T> {
  return new Promise((done) => child.once('message', (message) => done(message as T)));
}
