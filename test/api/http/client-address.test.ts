import { clientAddress, trustedProxies } from '../../../src/api/http/client-address';
import { createHttpServer } from '../../../src/api/http/server';
import { readConfig } from '../../../src/platform/config';
import { createLogger } from '../../../src/platform/logging';

const trusting = (setting?: string) => trustedProxies(readConfig({ TESSERA_TRUST_PROXY: setting }).http.trustProxy);

it.each<[string, string | undefined, string, string | undefined, string]>([
  ['whoever connects, where no proxy is trusted', undefined, '192.0.2.1', '203.0.113.9', '192.0.2.1'],
  ['whoever connects, where 0 are', '0', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
  ['whom one proxy names', '1', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['not whom the client names before it', '1', '10.0.0.1', '198.51.100.66, 203.0.113.9', '203.0.113.9'],
  ['whom the first of two names', '2', '10.0.0.1', '198.51.100.66, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['whoever is left, where fewer are named than trusted', '3', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['the proxy, where it names nobody', '1', '10.0.0.1', undefined, '10.0.0.1'],
  ['the proxy, where it names nothing that is an address', '1', '10.0.0.1', 'unknown', '10.0.0.1'],
  ['whom a trusted network names', '10.0.0.0/8', '10.1.2.3', '198.51.100.66, 203.0.113.9', '203.0.113.9'],
  ['the last outside of trusted networks', '10.0.0.0/8, 192.0.2.7', '192.0.2.7', '198.51.100.66, 203.0.113.9, 10.0.0.9', '203.0.113.9'],
  ['whoever connects past the proxies', '10.0.0.0/8', '203.0.113.9', '10.0.0.5', '203.0.113.9'],
  ['IPv4 as such, however it comes', '10.0.0.0/8', '::ffff:10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
  ['without a port', '1', '10.0.0.1', '203.0.113.9:51234', '203.0.113.9'],
  ['of IPv6 too', 'fd00::/8', 'fd00::1', '2001:db8::9', '2001:db8::9'],
  ['of IPv6 with a port', '1', 'fd00::1', '[2001:db8::9]:443', '2001:db8::9'],
])('the client is %s', (_what, setting, connected, forwarded, client) => {
  expect(clientAddress(connected, forwarded, trusting(setting))).toBe(client);
});

// Routes go by clientAddress. What is left of the library's own reading believes no header: whoever used it would be
// too strict, never too trusting.
it('the library believes no header itself', async () => {
  const config = readConfig({ TESSERA_TRUST_PROXY: '2', TESSERA_LOG_LEVEL: 'silent' });
  const server = createHttpServer(config, createLogger(config, 'test'));
  server.get('/who', async (request) => request.ip);
  const forwarded = '198.51.100.66, 203.0.113.9, 10.0.0.2';
  expect((await server.inject({ url: '/who', remoteAddress: '10.0.0.1', headers: { 'x-forwarded-for': forwarded } })).body).toBe('10.0.0.1');
  await server.close();
});
