import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpServer } from '../../../src/api/http/server';
import { createTestApp, type TestApp } from '../../support/test-app';
import { until } from '../../support/until';

const MEGABYTE = 'x'.repeat(1_048_576);

describe('a client that does not read its answers', () => {
  let test: TestApp;
  let server: ReturnType<typeof createHttpServer>;
  let port: number;
  beforeAll(async () => {
    test = await createTestApp({ variables: { TESSERA_ANSWER_SECONDS: '1' } });
    server = createHttpServer(test.app.config, test.app.log);
    server.get('/large', async () => MEGABYTE);
    server.get('/slow', async () => {
      await sleep(3_000);
      return 'at last';
    });
    await server.listen({ host: '127.0.0.1', port: 0 });
    port = (server.server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    await server?.close();
    await test?.close();
  });

  const connections = () => new Promise<number>((done, failed) => server.server.getConnections((error, count) => (error ? failed(error) : done(count))));

  it('is closed, and one that waits for its answer is not', async () => {
    // As many answers as no two buffers of the system hold.
    const silent = connect(port, '127.0.0.1', () => silent.write('GET /large HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(30)));
    silent.on('error', () => undefined);
    silent.pause();
    const waiting = fetch(`http://127.0.0.1:${port}/slow`);
    await until('both are connected', async () => (await connections()) === 2);
    expect(await (await waiting).text()).toBe('at last');
    // That of fetch is kept alive.
    await until('one is left', async () => (await connections()) === 1);
    silent.destroy();
    const reading = await fetch(`http://127.0.0.1:${port}/large`);
    expect((await reading.text()).length).toBe(MEGABYTE.length);
  });
});
