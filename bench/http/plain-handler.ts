import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ClientConfig, Pool, type PoolClient } from 'pg';
import type { App, BuiltApp } from '../../src/app';
import { authenticate } from '../../src/coalition/sign-in/authenticate';
import { withSettings } from '../../src/platform/database/connection-options';
import { isRefusal } from '../../src/platform/refusal';
import { recordPurchaseSchema } from '../../src/programme/earning/purchase-command';
import { recordPurchase } from '../../src/programme/earning/record-purchases';
import type { HttpTown } from './http-town';

/** As many as give it its best rate on two cores. */
const CONNECTIONS = 16;

/**
 * What one would write without the ledger's batches and without GraphQL: JSON over node:http, and one transaction a
 * request for everything, with the same checks and the same rows. To its advantage it runs as a superuser (no row-level
 * security), pipelined, with the kernel's settings.
 */
export function openPlainHandler(
  app: BuiltApp,
  town: HttpTown,
): { handler: (request: IncomingMessage, response: ServerResponse) => void; close(): Promise<void> } {
  const settings = [
    'plan_cache_mode=force_generic_plan',
    'jit=off',
    'enable_seqscan=off',
    'enable_hashjoin=off',
    'enable_mergejoin=off',
    'timezone=UTC',
    'datestyle=ISO',
    'bytea_output=hex',
  ];
  const pool = new Pool({ ...withSettings(town.superuserUrl, settings), max: CONNECTIONS, pipeline: true } as ClientConfig);
  const apps = new WeakMap<PoolClient, App>();

  async function earn(authorization: string | undefined, input: unknown): Promise<unknown> {
    const principal = await authenticate(app, authorization);
    if (!principal) throw new Error('nobody asks');
    const { customerId, ...rest } = input as { customerId: string };
    const command = recordPurchaseSchema.parse({ ...rest, member: { by: 'customerId', customerId } });
    const client = await pool.connect();
    try {
      const begun = client.query('BEGIN');
      let within = apps.get(client);
      if (!within) apps.set(client, (within = inOneTransaction(app, client)));
      const [, recorded] = await Promise.all([begun, recordPurchase(within, principal, command)]);
      await client.query('COMMIT');
      return recorded;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }

  return {
    handler(request, response) {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        earn(request.headers.authorization, JSON.parse(Buffer.concat(chunks).toString())).then(
          (recorded) => send(response, 200, recorded),
          (error) => send(response, isRefusal(error) ? 409 : 500, { error: String(error?.message) }),
        );
      });
    },
    close: () => pool.end(),
  };
}

function send(response: ServerResponse, status: number, content: unknown): void {
  const body = JSON.stringify(content);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The platform as the operations see it, with everything on this connection, whose transaction is open. */
function inOneTransaction(app: BuiltApp, client: PoolClient): App {
  const database = Object.assign(Object.create(app.database), { transaction: (_principal: unknown, work: (tx: unknown) => unknown) => work({ client }) });
  const ledger = Object.assign(Object.create(app.ledger), {
    openAccounts: app.ledger.openAccounts.bind(app.ledger),
    lotOrigin: app.ledger.lotOrigin.bind(app.ledger),
    post: async (request: never) => (await app.ledger.postWithin(client, [request]))[0],
  });
  return { ...app, database, ledger };
}
