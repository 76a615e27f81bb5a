import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, validate } from 'graphql';
import { createHttpServer } from '../../../src/api/http/server';
import { buildTesseraSchema } from '../../../src/api/server/build-schema';
import { explorerTabs } from '../../../src/api/server/explorer-tabs';
import { registerGraphql } from '../../../src/api/server/register-graphql';
import { explorerDemo } from '../../../src/process/demo/explorer-demo';
import { seedDemo } from '../../../src/process/demo/seed-demo';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let server: ReturnType<typeof createHttpServer>;
let dataDir: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'tessera-explorer-'));
  test = await createTestApp({ now: new Date(), variables: { TESSERA_LOCAL_ISSUER: 'true', TESSERA_DATA_DIR: dataDir } });
  const demo = await seedDemo(test.app);
  server = createHttpServer(test.app.config, test.app.log);
  await registerGraphql(server, test.app, { explorerDemo: demo && explorerDemo(test.app, demo) });
  await server.ready();
});
afterAll(async () => {
  await server?.close();
  await test?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const openPage = async (headers: Record<string, string>, remoteAddress = '127.0.0.1') => {
  const response = await server.inject({ url: '/explorer', headers, remoteAddress });
  const data = /<script type="application\/json" id="tabs">(.*?)<\/script>/s.exec(response.body)?.[1] ?? '[]';
  return { response, tabs: JSON.parse(data) as { query: string; variables: string; headers: string }[] };
};
const LOCAL = { host: 'localhost:4000' };

describe('the explorer', () => {
  it('has tabs whose operations are valid', async () => {
    const schema = buildTesseraSchema();
    for (const { query } of await explorerTabs(null)) expect(validate(schema, parse(query))).toEqual([]);
  });

  it('works as it is: from the till to what was agreed', async () => {
    const { tabs } = await openPage(LOCAL);
    const run = async (tab: number, change: object = {}) => {
      const { query, variables, headers } = tabs[tab - 1];
      const sent = JSON.parse(variables);
      Object.assign(sent.input ?? {}, change);
      const response = await server.inject({ method: 'POST', url: '/graphql', headers: JSON.parse(headers), payload: { query, variables: sent } });
      expect(response.json().errors).toBeUndefined();
      return response.json().data;
    };
    const { recordPurchase } = await run(1);
    expect(recordPurchase).toMatchObject({ points: 692, amount: '69.260000000', duplicate: false });
    expect((await run(2)).me.wallet.balances[0]).toMatchObject({ active: 692, spendable: 692 });
    const { hold } = await run(3);
    expect(hold).toMatchObject({ points: 300, balance: { active: 392, spendable: 392 } });
    expect((await run(4, { redemptionId: hold.redemptionId })).captureHold).toMatchObject({ points: 250, released: 50 });
    expect((await run(5, { purchaseId: recordPurchase.purchaseId })).recordReturn).toMatchObject({ clawedBack: 29, balance: null });
    expect((await run(6)).closePeriod.status).toBe('CLOSING');
    expect((await run(7)).statements.edges).toEqual([]);
    expect((await run(8)).partnerships.edges).toHaveLength(3);
    expect((await run(9)).convert).toMatchObject({
      points: 100,
      received: 50,
      fromBalance: { spendable: 313 },
      toBalance: { currency: 'MILES', spendable: 50 },
    });
  });

  it('loads nothing from elsewhere', async () => {
    const { response } = await openPage(LOCAL);
    expect(response.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    const urls = [...response.body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url);
    expect(urls).toHaveLength(6);
    for (const url of urls.filter((each) => each !== 'data:,')) {
      const asset = await server.inject({ url });
      expect([url, asset.statusCode, Number(asset.headers['content-length']) > 500]).toEqual([url, 200, true]);
    }
    expect((await server.inject({ url: '/' })).headers.location).toBe('/explorer');
  });

  it("shows the demo's tokens to this machine only", async () => {
    const shown = async (...request: Parameters<typeof openPage>) => (await openPage(...request)).tabs.filter(({ headers }) => headers.includes('eyJ')).length;
    expect(await shown(LOCAL)).toBe(9);
    expect(await shown(LOCAL, '192.0.2.7')).toBe(0);
    expect(await shown({ host: 'rebound.example:4000' })).toBe(0);
    expect(await shown({ ...LOCAL, 'x-forwarded-for': '192.0.2.7' })).toBe(0);
  });
});
