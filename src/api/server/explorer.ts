import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { App } from '../../app';
import { asIpv4 } from '../http/client-address';
import { type ExplorerDemo, type ExplorerTab, explorerTabs } from './explorer-tabs';

/** Everything comes from the gateway itself: it works without internet, and the policy lets nothing else in. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // The editor sizes its parts through style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Files of npm packages, under the names that the page asks for. */
const ASSETS = [
  { name: 'react.js', package: require.resolve('react/package.json'), path: 'umd/react.production.min.js', type: 'text/javascript' },
  { name: 'react-dom.js', package: require.resolve('react-dom/package.json'), path: 'umd/react-dom.production.min.js', type: 'text/javascript' },
  { name: 'graphiql.js', package: require.resolve('graphiql/package.json'), path: 'graphiql.min.js', type: 'text/javascript' },
  { name: 'graphiql.css', package: require.resolve('graphiql/package.json'), path: 'graphiql.min.css', type: 'text/css' },
] as const;

/** Serves GraphiQL at /explorer; / leads there. `demo` fills its tabs with what works as it is. */
export async function registerExplorer(server: FastifyInstance, app: App, demo: ExplorerDemo | null): Promise<void> {
  server.get('/', (_request, reply) => reply.redirect('/explorer'));
  server.get('/explorer', async (request, reply) => {
    const tabs = await explorerTabs(mayShowCredentials(request) ? demo : null);
    return reply.type('text/html; charset=utf-8').header('content-security-policy', CONTENT_SECURITY_POLICY).send(page(tabs));
  });
  server.get('/explorer/start.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(START));
  for (const asset of ASSETS) {
    const file = join(dirname(asset.package), asset.path);
    server.get(`/explorer/${asset.name}`, async (_request, reply) =>
      reply
        .type(`${asset.type}; charset=utf-8`)
        .header('cache-control', 'private, max-age=3600')
        .send(await readFile(file)),
    );
  }
  app.log.debug({ demo: demo !== null }, 'the explorer is served at /explorer');
}

/**
 * Tokens of the demo go only to a browser on this machine that asks for this machine. Whoever comes over a network,
 * through a proxy or by a name made to point here gets the page without them.
 */
function mayShowCredentials(request: FastifyRequest): boolean {
  const address = asIpv4(request.socket.remoteAddress ?? '');
  const forwarded = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'via'].some((header) => request.headers[header] !== undefined);
  return !forwarded && (address === '::1' || address.startsWith('127.')) && ['localhost', '127.0.0.1', '[::1]'].includes(request.hostname);
}

function page(tabs: readonly ExplorerTab[]): string {
  // "<" is the one character that could end the element that the data is in.
  const data = JSON.stringify(tabs).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tessera explorer</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/explorer/graphiql.css">
<style>html, body, #explorer { height: 100%; margin: 0; }</style>
</head>
<body>
<div id="explorer">Loading ...</div>
<script type="application/json" id="tabs">${data}</script>
<script src="/explorer/react.js"></script>
<script src="/explorer/react-dom.js"></script>
<script src="/explorer/graphiql.js"></script>
<script src="/explorer/start.js"></script>
</body>
</html>
`;
}

// Tabs are kept in memory only. A reload brings them back with fresh tokens, and no token is left behind in the
// browser.
const START = `
const kept = new Map();
const storage = {
  get length() { return kept.size; },
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => { kept.set(name, value); },
  removeItem: (name) => { kept.delete(name); },
  clear: () => { kept.clear(); },
};
const defaultTabs = JSON.parse(document.getElementById('tabs').textContent);
// GraphiQL takes the first tab's query from defaultTabs, but neither its variables nor its headers.
const { variables, headers } = defaultTabs[0];
ReactDOM.createRoot(document.getElementById('explorer')).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: '/graphql', enableIncrementalDelivery: false }),
    defaultTabs,
    variables,
    headers,
    defaultEditorToolsVisibility: 'variables',
    shouldPersistHeaders: false,
    storage,
  }),
);
`;
