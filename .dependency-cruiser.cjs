/**
 * The direction that docs/ARCHITECTURE.md draws. A wing (a folder of src) imports only from wings below it; in a wing, a room (a folder of it) only from
 * rooms on lines below its own. src/app.ts is the type of what operations get as an argument; it holds nothing but types, so everything may import it.
 */
const WINGS = [['process'], ['api'], ['programme', 'settlement'], ['members'], ['coalition'], ['ledger'], ['platform']];

const ROOMS = {
  api: [
    ['server'],
    ['earning'],
    ['books', 'redemption', 'returns'],
    ['access', 'care', 'exchange', 'expiry', 'ingest', 'limits', 'purchases', 'settlement', 'sharing'],
    ['coalition', 'members', 'rules', 'sandbox'],
    ['documents'],
    ['graphql', 'http'],
  ],
  programme: [['returns'], ['earning'], ['redemption'], ['care', 'exchange', 'purchases', 'sharing'], ['expiry', 'limits', 'postings']],
  settlement: [['months'], ['clearing'], ['books']],
  members: [['members'], ['identifiers', 'links'], ['identification'], ['households'], ['vault']],
  coalition: [['rules'], ['sign-in'], ['coalition'], ['sandbox'], ['access']],
  ledger: [['ledger'], ['outbox'], ['points']],
  platform: [['database', 'embedded']],
};

const anyOf = (names) => `(${names.join('|')})`;

/** What dependency-cruiser calls a package, and a module of Node's own. */
const OUTSIDE = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'core'];
const DOMAIN_PACKAGES = ['csv-parse', 'jose', 'libphonenumber-js', 'pg', '@types/pg', 'pino', 'typeorm', 'zod', 'node:crypto', 'node:timers/promises'];
const PLATFORM_PACKAGES = ['node:child_process', 'node:fs', 'node:module', 'node:net', 'node:os', 'node:path', 'node:util'];

/** Node's modules have their bare names as paths. */
function anyPackage(names) {
  return names.map((name) => (name.startsWith('node:') ? `^(node:)?${name.slice(5)}$` : `node_modules/${name}/`));
}

/** Each line below the first imports nothing of the lines above it; names of one line nothing of each other. */
function downwards(kind, root, lines) {
  const rules = lines.slice(1).map((line, at) => ({
    name: `${kind}-${line[0]}`,
    comment: `A ${kind} imports only from lines below its own.`,
    severity: 'error',
    from: { path: `^${root}${anyOf(line)}/` },
    to: { path: `^${root}${anyOf(lines.slice(0, at + 1).flat())}/` },
  }));
  const peers = lines
    .filter((line) => line.length > 1)
    .map((line) => ({
      name: `${kind}s-apart-${line[0]}`,
      comment: `What stands on one line does not know each other.`,
      severity: 'error',
      from: { path: `^${root}${anyOf(line)}/` },
      to: { path: `^${root}${anyOf(line)}/`, pathNot: `^${root}$1/` },
    }));
  return [...rules, ...peers];
}

module.exports = {
  forbidden: [
    ...downwards('wing', 'src/', WINGS),
    ...Object.entries(ROOMS).flatMap(([wing, lines]) => downwards(`${wing}-room`, `src/${wing}/`, lines)),
    {
      name: 'rooms-are-listed',
      severity: 'error',
      comment: 'A new wing or room has its line in this file.',
      from: {},
      to: {
        path: '^src/',
        pathNot: [
          '^src/app[.]ts$',
          '^src/process/',
          '^src/platform/[^/]+$',
          ...Object.entries(ROOMS).map(([wing, lines]) => `^src/${wing}/${anyOf(lines.flat())}/`),
        ],
      },
    },
    {
      name: 'app-carries-nothing-down',
      severity: 'error',
      comment: 'Everything may import src/app.ts. That it holds nothing but types is for test/process/layer-rules.test.ts to tell.',
      from: { path: '^src/app[.]ts$' },
      to: { path: '^src/(process|api|programme|settlement|members)/' },
    },
    {
      name: 'workers-are-on-top',
      severity: 'error',
      comment: 'What builds, opens and stops a process is for main; workers are started by it.',
      from: { path: '^workers/' },
      to: { path: '^src/(process|api)/' },
    },
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
      comment: "A room's root files are its surface.",
      from: { path: '^src/([^/]+/[^/]+)/', pathNot: '^test/' },
      to: { path: '^src/([^/]+/[^/]+)/internal/', pathNot: '^src/$1/' },
    },
    {
      name: 'internal-is-private-outside',
      severity: 'error',
      from: { path: '^(workers|examples|bench)/|^src/[^/]+[.]ts$' },
      to: { path: '^src/[^/]+/[^/]+/internal/' },
    },
    { name: 'workers-only-from-main', severity: 'error', from: { path: '^src/', pathNot: '^src/process/main[.]ts$' }, to: { path: '^workers/' } },
    {
      name: 'domain-without-machinery',
      severity: 'error',
      comment: 'Domain modules know neither GraphQL nor HTTP nor queues. A new package has its place in a list of this file.',
      from: { path: '^src/(programme|settlement|members|coalition|ledger)/' },
      to: { dependencyTypes: OUTSIDE, pathNot: anyPackage(DOMAIN_PACKAGES) },
    },
    {
      name: 'platform-without-machinery',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { dependencyTypes: OUTSIDE, pathNot: anyPackage([...DOMAIN_PACKAGES, ...PLATFORM_PACKAGES]) },
    },
    {
      name: 'refused-by-their-list',
      severity: 'error',
      comment: 'A refusal is thrown by refuse(code) of a list, or was stored by the ledger.',
      from: { pathNot: '^src/(platform/(refusal|define-refusal)|ledger/ledger/outcome)[.]ts$' },
      to: { path: '^src/platform/thrown-refusal[.]ts$' },
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
