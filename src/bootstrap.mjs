// What `npm start`, `npm test` and the other scripts run first. It is plain JavaScript without packages, because a
// fresh clone has none. It installs what is missing, builds what has changed, then runs. It says what it does, and is
// quick when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command = 'start', ...args] = process.argv.slice(2);

/** Commands that run a file of their own instead of src/process/main.ts. */
const PROGRAMS = { 'example:online-retail': 'examples/online-retail/main.js', bench: 'bench/main.js' };

requireNode(20, 19);
if (!isInstalled()) await alone(install);
if (command === 'test') finish(runPackage('jest', 'bin/jest.js', args));
if (command === 'check') finish(run(process.execPath, [join(root, '.ci/check.mjs'), ...args]));
if (!isBuilt()) await alone(build);
const file = join(root, 'dist', PROGRAMS[command] ?? 'src/process/main.js');
process.argv = [process.execPath, file, ...(PROGRAMS[command] ? [] : [command]), ...args];
stopWithNpm();
// In this very process: a signal reaches what it is meant for, and no second Node has to start.
await import(pathToFileURL(file).href);

/**
 * npm passes no SIGTERM on, and cannot pass a SIGKILL on. When the npm that started us is gone, we stop as if asked to.
 */
function stopWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const npm = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}

function say(text) {
  process.stderr.write(`tessera: ${text}\n`);
}

function finish(status) {
  process.exit(status);
}

function fail(text) {
  say(text);
  process.exit(1);
}

function requireNode(major, minor) {
  const [ours, oursMinor] = process.versions.node.split('.').map(Number);
  if (ours < major || (ours === major && oursMinor < minor))
    fail(`Node ${process.versions.node} is too old: install Node ${major}.${minor} or newer (https://nodejs.org).`);
}

function run(program, programArgs, options = {}) {
  const result = spawnSync(program, programArgs, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) fail(`${program} could not be run: ${result.error.message}`);
  return result.status ?? 1;
}

function runPackage(name, script, programArgs) {
  return run(process.execPath, [...process.execArgv, join(root, 'node_modules', name, script), ...programArgs]);
}

/** Every package that the lock file asks for is there in that version; those for other platforms excepted. */
function isInstalled() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const present = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(([path, entry]) => path === '' || (present[path] ? present[path].version === entry.version : entry.optional));
  } catch {
    return false;
  }
}

function install() {
  if (isInstalled()) return;
  say('installing packages (npm ci) ...');
  const began = Date.now();
  const npm = process.env.npm_execpath;
  // Also with NODE_ENV=production: the compiler is a development package.
  const npmArgs = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const status = npm ? run(process.execPath, [npm, ...npmArgs]) : run(process.platform === 'win32' ? 'npm.cmd' : 'npm', npmArgs);
  if (status !== 0) fail('npm ci failed, see above. Is the package registry reachable (npm ping), and is this directory writable?');
  say(`packages installed in ${seconds(began)}`);
}

function isBuilt() {
  try {
    return readFileSync(join(root, 'dist/.built-from'), 'utf8') === fingerprint();
  } catch {
    return false;
  }
}

/** Changes whenever a file that the build reads changes. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const path of ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'ormconfig.ts', 'src', 'workers', 'migrations', 'examples', 'bench'].flatMap(
    filesBelow,
  )) {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function filesBelow(path) {
  if (!existsSync(join(root, path))) return [];
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/**
 * Into a directory beside, then moved: a build that fails leaves the last good one, and one that runs keeps its files.
 */
function build() {
  if (isBuilt()) return;
  say('building ...');
  const began = Date.now();
  const built = fingerprint();
  const out = mkdtempSync(join(root, 'dist-'));
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  if (run(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', out]) !== 0) {
    rmSync(out, { recursive: true, force: true });
    fail('the build failed, see above.');
  }
  writeFileSync(join(out, '.built-from'), built);
  chmodSync(out, 0o755);
  const old = join(root, `dist-old-${process.pid}`);
  if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old);
  renameSync(out, join(root, 'dist'));
  rmSync(old, { recursive: true, force: true });
  say(`built in ${seconds(began)}`);
}

/** One process at a time installs or builds; the others wait for it. */
async function alone(work) {
  const lock = join(root, '.bootstrap.lock');
  const mine = `${lock}.${process.pid}`;
  let held = false;
  const giveBack = () => {
    rmSync(mine, { force: true });
    if (held) rmSync(lock, { force: true });
    held = false;
  };
  // Also when the work fails, which ends the process.
  process.once('exit', giveBack);
  try {
    writeFileSync(mine, String(process.pid));
    for (let told = false; ; ) {
      try {
        linkSync(mine, lock);
        held = true;
        break;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const holder = holderOf(lock);
      if (holder && isAlive(holder)) {
        if (!told) say(`waiting for process ${holder}, which is installing or building here ...`);
        told = true;
        await new Promise((done) => setTimeout(done, 200));
      } else rmSync(lock, { force: true });
    }
    work();
  } catch (error) {
    fail(`${error.message}. This directory must be writable for installing and building.`);
  }
  giveBack();
}

function holderOf(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return 0;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function seconds(began) {
  return `${((Date.now() - began) / 1000).toFixed(1)} s`;
}
