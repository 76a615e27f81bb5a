/**
 * The direction that docs/ARCHITECTURE.md draws: a line imports only from lines below it.
 * src/app.ts is the type of what operations get as an argument; it holds nothing but types, so everything may import it.
 */
const LINES = [
  ['workers', 'src/graphql', 'src/http', 'src/demo', 'src/verify'],
  ['src/settlement', 'src/books', 'src/sandbox', 'src/webhooks', 'src/analytics', 'src/ingest'],
  ['src/earning', 'src/redemption', 'src/care'],
  ['src/offers'],
  ['src/exchange', 'src/purchases', 'src/sharing'],
  ['src/expiry', 'src/limits'],
  ['src/privacy'],
  ['src/members'],
  ['src/coalition', 'src/access'],
  ['src/ledger'],
  ['src/outbox'],
  ['src/database'],
  ['src/points', 'src/(refusal|clock|ids|config|logging|log-text)[.]ts'],
];

const anyOf = (rooms) => `^(${rooms.join('|')})`;

const direction = LINES.slice(1).map((line, at) => ({
  name: `direction-${line[0].split('/').at(-1).replace(/\W.*/, '')}`,
  comment: 'A line imports only from lines below it.',
  severity: 'error',
  from: { path: anyOf(line) },
  to: { path: anyOf(LINES.slice(0, at + 1).flat()) },
}));

module.exports = {
  forbidden: [
    ...direction,
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'Two files that need each other are one, or lack a third.',
      from: {},
      to: { circular: true, viaOnly: { pathNot: '^src/app[.]ts$' } },
    },
    {
      name: 'internal-is-private',
      severity: 'error',
      comment: "A module's root files are its surface.",
      from: { path: '^src/([^/]+)/', pathNot: '^test/' },
      to: { path: '^src/([^/]+)/internal/', pathNot: '^src/$1/' },
    },
    {
      name: 'internal-is-private-outside',
      severity: 'error',
      from: { path: '^(workers|examples|bench)/|^src/[^/]+[.]ts$' },
      to: { path: '^src/[^/]+/internal/' },
    },
    {
      name: 'composition-is-the-top',
      severity: 'error',
      comment: 'What builds, opens and stops a process is imported by main only.',
      from: { path: '^(src/[^/]+/|workers/|migrations/|src/(refusal|clock|ids|config|logging|app)[.]ts)' },
      to: { path: '^src/(main|build-app|open-deployment|stop-process|ready-banner|generate|found-command|supervise-workers)[.]ts$' },
    },
    { name: 'workers-only-from-main', severity: 'error', from: { path: '^src/', pathNot: '^src/main[.]ts$' }, to: { path: '^workers/' } },
    {
      name: 'domain-without-machinery',
      severity: 'error',
      comment: 'Domain modules know neither GraphQL nor HTTP nor queues.',
      from: { path: '^src/', pathNot: '^src/(graphql|http|demo)/|^src/(main|generate)[.]ts$' },
      to: { path: 'node_modules/(graphql|type-graphql|@apollo|fastify|bullmq|ioredis)/' },
    },
    { name: 'nothing-imports-tests', severity: 'error', from: { pathNot: '^(test|bench)/' }, to: { path: '^(test|bench)/' } },
    {
      name: 'examples-stand-outside',
      severity: 'error',
      comment: 'They show what an outsider can do through the API.',
      from: { path: '^examples/' },
      to: { path: '^(src|workers|migrations)/' },
    },
    {
      name: 'declared-packages-only',
      severity: 'error',
      from: { path: '^(src|workers|migrations)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json', '.mjs', '.cjs'], exportsFields: ['exports'], conditionNames: ['require', 'node', 'default'] },
  },
};
