// `npm run check`: everything about the code that a machine can tell without running its tests. All steps run, one
// after the other. The end says which failed.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingNames, missingSymbols, wideLines } from './prose.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
/** A file of src or workers that is longer says why, in its first lines: "// Longer than 300 lines: ...". */
const LONGEST_FILE = 300;
const LONGEST_OF_BENCH = 400;
/** In one folder of src, those in its folders not counted. */
const MOST_FILES = 25;
const REASON = /^\/\/ Longer than 300 lines: ./m;

const steps = {
  'format and lint': () => packageBin('@biomejs/biome', 'biome', ['check', '--error-on-warnings', '--max-diagnostics=50']),
  types: () => ['.', 'test'].map((project) => packageBin('typescript', 'tsc', ['--noEmit', '-p', project])).every(Boolean),
  'layer rules': () =>
    packageBin('dependency-cruiser', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'src', 'workers', 'migrations', 'examples', 'bench', 'ormconfig.ts']),
  'dead code': () => packageBin('knip', 'knip', ['--treat-config-hints-as-errors']),
  'file length': noLongFiles,
  'folder size': noCrowdedFolders,
  'names in documents': () => none([...missingNames(root), ...missingSymbols(root)]),
  'width of prose': () => none(wideLines(root)),
  'generated files in step': () => run(process.execPath, ['src/bootstrap.mjs', 'generate', '--check']),
};

const wanted = process.argv.slice(2);
const failed = [];
for (const [name, step] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.some((each) => name.includes(each))) continue;
  const began = Date.now();
  const passed = step();
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'}  ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
  if (!passed) failed.push(name);
}
if (failed.length > 0) process.stdout.write(`\nfailed: ${failed.join(', ')}\n`);
process.exit(failed.length > 0 ? 1 : 0);

function packageBin(name, bin, args) {
  const manifest = join(root, 'node_modules', name, 'package.json');
  const { bin: bins } = require(manifest);
  return run(process.execPath, [join(dirname(manifest), typeof bins === 'string' ? bins : bins[bin]), ...args]);
}

function run(program, args) {
  return spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

/** Tells what is wrong; true where nothing is. */
function none(wrong) {
  for (const each of wrong) process.stdout.write(`${each}\n`);
  return wrong.length === 0;
}

function noLongFiles() {
  const long = ['src', 'workers', 'bench']
    .flatMap(filesBelow)
    .filter((file) => !file.startsWith(join('bench', 'results')))
    .map((file) => ({ file, most: file.startsWith('bench') ? LONGEST_OF_BENCH : LONGEST_FILE, text: readFileSync(join(root, file), 'utf8') }))
    .map((each) => ({ ...each, lines: each.text.split('\n').length - 1 }))
    .filter(({ lines, most, text }) => lines > most && !REASON.test(text.slice(0, 500)));
  for (const { file, lines, most } of long) process.stdout.write(`${file} has ${lines} lines; ${most} is the most: split it by what it does\n`);
  return long.length === 0;
}

function noCrowdedFolders() {
  const files = new Map();
  for (const file of filesBelow('src')) files.set(dirname(file), (files.get(dirname(file)) ?? 0) + 1);
  const crowded = [...files].filter(([, count]) => count > MOST_FILES);
  for (const [folder, count] of crowded) process.stdout.write(`${folder} has ${count} files; ${MOST_FILES} is the most: it is two rooms\n`);
  return crowded.length === 0;
}

function filesBelow(path) {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesBelow(join(path, name)));
}
