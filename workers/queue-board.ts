import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { App } from '../src/app';
import { requireOperator } from '../src/coalition/access/permissions';
import { Unauthenticated } from '../src/coalition/access/unauthenticated';
import { authenticate } from '../src/coalition/sign-in/authenticate';
import { itemAt } from '../src/platform/one-of';
import { PermissionDenied } from '../src/platform/refusal';
import { queueBoardPage } from './queue-board-page';
import { QUEUES, type Queues } from './queues';

const FAILED_SHOWN = 100;

const retryParams = z.object({ queue: z.enum(QUEUES) });
/** Without an id: every failed job of the queue. */
const retryBody = z.object({ id: z.string().min(1).max(200).optional() });

/**
 * The queue board, for the operator role only. GET /queues is a page that holds nothing itself. It shows what GET
 * /queues/api says, and POST /queues/api/<queue>/retry runs failed jobs again. Both take the operator's access token.
 */
export function registerQueueBoard(server: FastifyInstance, app: App, queues: Queues): void {
  server.get('/queues', async (_request, reply) => {
    const nonce = randomBytes(16).toString('base64');
    return reply
      .header(
        'content-security-policy',
        `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      )
      .type('text/html; charset=utf-8')
      .send(queueBoardPage(nonce));
  });

  server.get('/queues/api', async (request, reply) => {
    if (!(await admit(app, request, reply))) return reply;
    const shown = await Promise.all(
      queues.all.map(async (queue) => ({ name: queue.name, counts: await queue.counts(), failed: await queue.failed(FAILED_SHOWN) })),
    );
    return reply.send({ backend: queues.backend, queues: shown });
  });

  server.post('/queues/api/:queue/retry', async (request, reply) => {
    if (!isOwnPage(request))
      return reply.code(403).send({ error: 'cross_site', message: 'Retry from the queue board itself, with a JSON body and the header x-tessera-board.' });
    if (!(await admit(app, request, reply))) return reply;
    const params = retryParams.safeParse(request.params);
    if (!params.success) return reply.code(404).send({ error: 'not_found', message: `The queues are ${QUEUES.join(', ')}.` });
    const body = retryBody.safeParse(request.body ?? {});
    if (!body.success) {
      const { path, message } = itemAt(body.error.issues, 0);
      return reply.code(400).send({ error: 'bad_request', message: `${path.join('.') || 'body'}: ${message}` });
    }
    const queue = queues.queue(params.data.queue);
    app.log.info({ queue: queue.name, job: body.data.id ?? 'all' }, 'failed jobs are retried by hand');
    if (body.data.id === undefined) await queue.retryAll();
    else if (!(await queue.retry(body.data.id)))
      return reply.code(404).send({ error: 'not_found', message: 'There is no failed job with this id; it may have been retried already.' });
    return reply.send({ retried: body.data.id ?? 'all' });
  });
}

/** True for the operator role; anybody else has been answered. */
async function admit(app: App, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  try {
    const principal = await authenticate(app, request.headers.authorization);
    if (!principal) throw new Unauthenticated();
    requireOperator(principal);
    return true;
  } catch (error) {
    if (error instanceof Unauthenticated) reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'unauthenticated', message: error.message });
    else if (error instanceof PermissionDenied) reply.code(403).send({ error: 'forbidden', message: 'The queue board is for the operator role.' });
    else throw error;
    return false;
  }
}

/**
 * No cookie is involved, so no other site can act with a browser's standing. Beyond that, a request must be one that
 * another site's form or script cannot send without asking first: a JSON body, a header of our own, and not marked as
 * cross-site.
 */
function isOwnPage({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  return (
    headers['x-tessera-board'] === '1' &&
    /^application\/json\b/i.test(headers['content-type'] ?? '') &&
    (site === undefined || site === 'same-origin' || site === 'none')
  );
}
