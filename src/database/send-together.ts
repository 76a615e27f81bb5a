import type { Writable } from 'node:stream';
import type { ClientBase } from 'pg';

/**
 * What `send` gives to a pipelined connection goes to the operating system in one write instead of one a statement: on small statements the
 * writes are a good part of their cost. `send` must give its statements before it first waits for something.
 */
export function sendTogether<T>(client: ClientBase, send: () => T): T {
  // pg has no public name for it; without it each statement is written by itself, as ever.
  const { stream } = (client as unknown as { connection?: { stream?: Writable } }).connection ?? {};
  stream?.cork();
  try {
    return send();
  } finally {
    stream?.uncork();
  }
}
