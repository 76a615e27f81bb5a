import { serverAudits } from 'graphql-http';
import { type RunningServer, runGateway } from '../../../src/api/server/run-gateway';
import type { BuiltApp } from '../../../src/app';
import { createTestApp, type TestApp } from '../../support/test-app';

/**
 * The audits of the specification's own reference implementation. They ask for GET without a header of our own. A
 * simple GET, as any page of any site may send it with its visitor's credentials, is refused on purpose: GET needs a
 * header that no other site's page may send.
 */
const DELIBERATE = {
  '5A70': 'MAY accept application/x-www-form-urlencoded formatted GET requests',
  D6D5: 'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
  '6A70': 'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
};

let test: TestApp;
let gateway: RunningServer;

beforeAll(async () => {
  test = await createTestApp();
  gateway = await runGateway(test.app as BuiltApp, { check: async () => undefined, depths: async () => [] });
});
afterAll(async () => {
  await gateway?.close();
  await test?.close();
});

it('58 of its 61 audits hold, and the three that ask for a simple GET are told 400', async () => {
  const audits = serverAudits({ url: `http://127.0.0.1:${gateway.port}/graphql` });
  expect(audits).toHaveLength(61);
  const held: string[] = [];
  const others: Record<string, string> = {};
  for (const audit of audits) {
    const result = await audit.fn();
    if (result.status === 'ok') held.push(audit.id);
    else others[audit.id] = audit.name;
  }
  expect(others).toEqual(DELIBERATE);
  expect(held).toHaveLength(58);
});

it('the same GETs are answered to whoever sends the header', async () => {
  const url = `http://127.0.0.1:${gateway.port}/graphql?${new URLSearchParams({ query: 'query ($type: String!) { __type(name: $type) { name } }', variables: '{"type":"Query"}' })}`;
  for (const accept of ['application/json', 'application/graphql-response+json']) {
    expect((await fetch(url, { headers: { accept } })).status).toBe(400);
    const answer = await fetch(url, { headers: { accept, 'apollo-require-preflight': '1' } });
    expect([answer.status, await answer.json()]).toEqual([200, { data: { __type: { name: 'Query' } } }]);
  }
});
