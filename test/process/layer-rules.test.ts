import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { transformSync } from '@swc/core';

const ROOT = join(__dirname, '../..');

/** An import that goes the wrong way, and the rule of .dependency-cruiser.cjs that it breaks. */
const WRONG: readonly (readonly [from: string, to: string, rule: string])[] = [
  ['src/platform/clock.ts', 'src/ledger/points/amount.ts', 'wing-platform'],
  ['src/ledger/ledger/posting.ts', 'src/members/links/link-member.ts', 'wing-ledger'],
  ['src/members/members/enrol-members.ts', 'src/programme/care/close-wallet.ts', 'wing-members'],
  ['src/programme/limits/within-limits.ts', 'src/api/graphql/context.ts', 'wing-programme'],
  ['src/api/http/server.ts', 'src/process/main.ts', 'wing-api'],
  ['src/programme/care/merge.ts', 'src/settlement/months/periods.ts', 'wings-apart-programme'],
  ['src/settlement/clearing/clear.ts', 'src/programme/earning/earn.ts', 'wings-apart-programme'],
  ['src/programme/expiry/expire.ts', 'src/programme/earning/earn.ts', 'programme-room-expiry'],
  ['src/programme/sharing/give.ts', 'src/programme/exchange/convert.ts', 'programme-rooms-apart-care'],
  ['src/api/graphql/scalars.ts', 'src/api/earning/earning.types.ts', 'api-room-graphql'],
  ['src/coalition/access/principal.ts', 'src/coalition/sign-in/staff.ts', 'coalition-room-access'],
  ['src/members/identification/look.ts', 'src/members/links/link-member.ts', 'members-room-identification'],
  ['src/ledger/points/amount.ts', 'src/ledger/outbox/cursor.ts', 'ledger-room-points'],
  ['src/settlement/books/totals.ts', 'src/settlement/months/periods.ts', 'settlement-room-books'],
  ['src/platform/embedded/cluster.ts', 'src/platform/database/open-pool.ts', 'platform-rooms-apart-database'],
  ['src/platform/clock.ts', 'src/platform/attic/old.ts', 'rooms-are-listed'],
  ['src/programme/redemption/redeem.ts', 'src/ledger/ledger/internal/decide/lots.ts', 'internal-is-private'],
  ['workers/clear.ts', 'src/ledger/ledger/internal/decide/lots.ts', 'internal-is-private-outside'],
  ['workers/expire.ts', 'src/api/graphql/context.ts', 'workers-are-on-top'],
  ['src/api/server/gateway.ts', 'workers/main.ts', 'workers-only-from-main'],
  ['src/process/start.ts', 'src/programme/attic/old.ts', 'rooms-are-listed'],
  ['src/programme/earning/plan.ts', 'node_modules/graphql/index.js', 'domain-without-machinery'],
  ['src/programme/limits/window.ts', 'node_modules/graphql-scalars/index.js', 'domain-without-machinery'],
  ['src/members/links/linking.ts', 'node:http', 'domain-without-machinery'],
  ['src/platform/about-http.ts', 'node:http', 'platform-without-machinery'],
  ['src/app.ts', 'src/api/graphql/refusal.types.ts', 'app-carries-nothing-down'],
  ['src/ledger/points/round.ts', 'src/loose.ts', 'rooms-are-listed'],
  ['src/programme/earning/cap.ts', 'src/platform/thrown-refusal.ts', 'refused-by-their-list'],
  ['src/platform/ids.ts', 'test/support/api.ts', 'nothing-imports-tests'],
  ['examples/shop/main.ts', 'src/platform/log-text.ts', 'examples-stand-outside'],
  ['src/platform/about.ts', 'src/platform/round.ts', 'no-cycle'],
];
/** The way back, of which a cycle is made. */
const BACK = ['src/platform/round.ts', 'src/platform/about.ts'] as const;

let house: string;
let broken: Set<string>;

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'layers-'));
  const imports = new Map<string, string[]>(WRONG.map(([, to]) => [to, []]));
  for (const [from, to] of [...WRONG, BACK]) imports.set(from, [...(imports.get(from) ?? []), to]);
  for (const [file, named] of imports) {
    if (/^node(_modules\/|:)/.test(file)) continue;
    mkdirSync(join(house, dirname(file)), { recursive: true });
    const lines = named.map(
      (to) =>
        `import '${to.startsWith('node:') ? to : to.startsWith('node_modules/') ? to.split('/')[1] : `./${relative(dirname(file), to).replace(/\.ts$/, '')}`}';`,
    );
    writeFileSync(join(house, file), `${lines.join('\n')}\nexport const it = 1;\n`);
  }
  writeFileSync(join(house, 'tsconfig.json'), '{}');
  writeFileSync(join(house, 'package.json'), '{ "dependencies": { "graphql": "*", "graphql-scalars": "*" } }');
  symlinkSync(join(ROOT, 'node_modules'), join(house, 'node_modules'));
  broken = brokenRules();
});
afterAll(() => rmSync(house, { recursive: true, force: true }));

/** "rule: from" of each import that is refused. */
function brokenRules(): Set<string> {
  const cruiser = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [cruiser, '--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src', 'workers', 'examples', 'test'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: house, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (!stdout.startsWith('{')) throw new Error(stderr);
  const { violations } = JSON.parse(stdout).summary as { violations: { rule: { name: string }; from: string }[] };
  return new Set(violations.map(({ rule, from }) => `${rule.name}: ${from}`));
}

describe('an import that goes the wrong way', () => {
  it.each(WRONG)('of %s to %s breaks %s', (from, _to, rule) => {
    expect([...broken]).toContain(`${rule}: ${from}`);
  });
});

describe('src/app.ts, which everything may import,', () => {
  /** What is left of it once it is compiled. */
  const compiled = (more: string) => {
    const source = readFileSync(join(ROOT, 'src/app.ts'), 'utf8') + more;
    return transformSync(source, { swcrc: false, jsc: { parser: { syntax: 'typescript' } } })
      .code.replaceAll(/[/][*].*?[*][/]/gs, '')
      .trim();
  };

  it('holds nothing but types', () => expect(compiled('')).toBe('export { };'));

  it.each(["export { clear } from './settlement/clearing/clear';", "export * from './platform/clock';", 'export const limit = 1;'])(
    'would be seen to hold %s',
    (value) => expect(compiled(value)).not.toBe('export { };'),
  );
});
