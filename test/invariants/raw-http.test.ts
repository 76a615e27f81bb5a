import { request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { key, lines } from './bad-input/desk';
import { leaksOf } from './bad-input/well-formed';
import { openKeptBrands } from './isolation/kept-brands';
import { asSeenBy, Who } from './isolation/names';
import type { Person } from './isolation/side';
import type { TwoBrands } from './isolation/two-brands';

let world: TwoBrands;

beforeAll(async () => {
  ({ world } = await openKeptBrands());
});
afterAll(() => world?.close());

describe('over a socket', () => {
  let port: number;
  beforeAll(async () => {
    const { server } = world.points.api;
    await server.listen({ host: '127.0.0.1', port: 0 });
    port = (server.server.address() as AddressInfo).port;
  });

  const PURCHASE =
    'mutation ($input: RecordPurchaseInput!) { result: recordPurchase(input: $input) { __typename ... on RecordedPurchase { purchaseId points duplicate } } }';
  const bodyOf = (buyer: Person, idempotencyKey: string) => {
    const input = asSeenBy(world.points.test.app, world.a.client.principal, {
      idempotencyKey,
      member: new Who(buyer),
      currency: 'FLP',
      lines: lines('10'),
      moneyCurrency: 'EUR',
    });
    return JSON.stringify({ query: PURCHASE, variables: { input } });
  };
  const headers = async () => ({ 'content-type': 'application/json', authorization: `Bearer ${await world.a.client.token()}` });

  it('an answer that was cut off is given again: one purchase', async () => {
    const buyer = await world.a.enrol();
    const [body, sent] = [bodyOf(buyer, key()), await headers()];
    for (const wait of [0, 1, 3, 10, 100])
      await new Promise<void>((done) => {
        const cut = httpRequest({ port, host: '127.0.0.1', path: '/graphql', method: 'POST', headers: sent });
        cut.on('error', () => undefined);
        // Also where the answer was faster.
        cut.on('close', () => done());
        cut.end(body, () => setTimeout(() => cut.destroy(new Error('cut off')), wait));
      });
    const again = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers: sent, body });
    const { result } = ((await again.json()) as { data: { result: unknown } }).data;
    expect(result).toMatchObject({ __typename: 'RecordedPurchase', points: 10 });
    const { rows } = await world.points.test.database.owner.query('SELECT count(*)::int AS n FROM purchase WHERE member_id = $1', [buyer.memberId]);
    expect(rows[0].n).toBe(1);
  });

  const raw = (text: string) =>
    new Promise<string>((done) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.end(text));
      socket.on('data', (data) => (answer += data));
      socket.on('close', () => done(answer));
      socket.on('error', () => done(answer));
    });
  const requestOf = (extra: string, body = '{"query":"{ viewer { kind } }"}', length = Buffer.byteLength(body)) =>
    `POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${extra}\r\n${body}`;

  it('malformed requests and headers get a clear no, and put nothing into the answer', async () => {
    const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
    const injected = await raw(requestOf('X-Request-Id: abcdefgh%0d%0aSet-Cookie: a=b\r\nX-Request-Id: b\r\n'));
    expect(injected.split('\r\n\r\n')[0]).not.toMatch(/set-cookie|%0d/i);
    expect(injected).toMatch(/x-request-id: [0-9a-f-]{36}/);
    for (const odd of [
      'X-Request-Id: a\u0000bcdefgh\r\n',
      'Authorization: Bearer a\u0000b\r\n',
      'Broken Header: x\r\n',
      `X-Long: ${'x'.repeat(70_000)}\r\n`,
      'Transfer-Encoding: chunked\r\n',
    ])
      expect([400, 401, 431]).toContain(statusOf(await raw(requestOf(odd))));
    for (const authorization of [
      'Bearer',
      'Bearer  ',
      'Bearer a b',
      'Basic YTpi',
      `Bearer ${'a'.repeat(9_000)}`,
      'Bearer a.b.c',
      'Bearer ..',
      "Bearer ' OR 1=1",
    ])
      expect(statusOf(await raw(requestOf(`Authorization: ${authorization}\r\n`)))).toBe(401);
    expect(statusOf(await raw('GARBAGE\r\n\r\n'))).toBe(400);
    expect(statusOf(await raw(requestOf('', '{"query":"{ viewer'.padEnd(30))))).toBe(400);
    expect(await raw(requestOf('Origin: https://evil.example\r\n'))).not.toMatch(/access-control-allow/i);
    for (const body of [
      'null',
      '5',
      '[]',
      '"x"',
      '{}',
      '{"query":5}',
      '{"query":null}',
      '{"query":"{ viewer { kind } }","variables":5}',
      '{"query":"{ viewer { kind } }","operationName":{}}',
      '{"query":"\\u0000"}',
      '{"__proto__":{"query":"{ viewer { kind } }"}}',
      `${'['.repeat(50_000)}`,
    ]) {
      const answer = await raw(requestOf('', body));
      // What is a request, and only its document is none, has 200 in application/json, and errors.
      expect([body.slice(0, 40), statusOf(answer)]).toEqual([body.slice(0, 40), body.includes('u0000') ? 200 : 400]);
      expect(answer).toContain('"errors":[{');
      expect(leaksOf({ body: answer.split('\r\n\r\n')[1], code: null, field: null, taken: false, status: 400 })).toBeNull();
    }
    const { status } = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: await headers(),
      body: JSON.stringify({ query: '{ viewer { kind } }' }),
    });
    expect(status).toBe(200);
  });

  it('a request that never ends holds nothing that others need', async () => {
    const slow = Array.from({ length: 50 }, () =>
      connect(port, '127.0.0.1', function (this: import('node:net').Socket) {
        this.write(requestOf('', '{', 100));
      }),
    );
    const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: await headers(),
      body: JSON.stringify({ query: '{ brands { edges { node { code } } } }' }),
    });
    expect(answer.status).toBe(200);
    for (const socket of slow) socket.destroy();
  });
});
